import { chmod, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ensureKeyFile } from '../../src/embedded/key-file.ts';
import { temporaryHome } from './temporary-home.ts';

test('the key file is made once, for its owner alone, and never again', async () => {
  await using home = await temporaryHome();
  const texts = await Promise.all(Array.from({ length: 10 }, () => ensureKeyFile(home.path)));
  expect(new Set(texts).size).toBe(1);
  const ring = JSON.parse(texts[0] ?? '') as { current: string; keys: Record<string, string>; audit: string };
  expect(ring.current).toBe('k1');
  expect(Buffer.from(ring.keys['k1'] ?? '', 'base64')).toHaveLength(32);
  expect(Buffer.from(ring.audit, 'base64')).toHaveLength(32);
  expect(ring.audit).not.toBe(ring.keys['k1']);
  expect((await stat(join(home.path, 'keys.json'))).mode & 0o777).toBe(0o600);
  expect(await readdir(home.path)).toEqual(['keys.json']);
  expect(await ensureKeyFile(home.path)).toBe(texts[0]);
});

test('a key file that others can read is refused', async () => {
  await using home = await temporaryHome();
  await ensureKeyFile(home.path);
  await chmod(join(home.path, 'keys.json'), 0o640);
  await expect(ensureKeyFile(home.path)).rejects.toThrow(/mode 640\): run chmod 600 .*keys\.json/);
});
