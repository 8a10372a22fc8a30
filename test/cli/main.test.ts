import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const file = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

test('a reader of a pipe gets all that is printed, however slow it reads; and openapi.json is that of this code', async () => {
  const child = spawn(process.execPath, [file('src/cli/main.ts'), 'openapi'], { stdio: ['ignore', 'pipe', 'ignore'] });
  const closed = once(child, 'close');
  const chunks: Buffer[] = [];
  // More than a pipe holds must wait for us here: the program is at its end then.
  await once(child.stdout, 'readable');
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  expect(await closed).toEqual([0, null]);
  expect(Buffer.concat(chunks).toString()).toBe(readFileSync(file('openapi.json'), 'utf8'));
});
