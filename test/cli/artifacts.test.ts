import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { serve } from '@hono/node-server';
import type { AddressInfo } from 'node:net';
import { startTestPlatform } from '../support/platform.ts';
import type { TestPlatform } from '../support/platform.ts';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

describe('opsconductor artifacts', () => {
  let platform: TestPlatform;
  let server: ReturnType<typeof serve>;
  let folder: string;
  beforeAll(async () => {
    platform = await startTestPlatform({ worker: false });
    server = await new Promise((resolve) => {
      const started = serve({ fetch: platform.app.fetch, port: 0, hostname: '127.0.0.1' }, () => resolve(started));
    });
    folder = mkdtempSync(join(tmpdir(), 'opsc-artifacts-'));
  });
  afterAll(async () => {
    server.close();
    await platform[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  const cli = (...args: string[]): Promise<{ code: number; stdout: Buffer; stderr: string }> =>
    new Promise((resolve) => {
      const { port } = server.address() as AddressInfo;
      const env = {
        PATH: process.env['PATH'],
        HOME: folder,
        OPSCONDUCTOR_URL: `http://127.0.0.1:${port}`,
        OPSCONDUCTOR_TOKEN: platform.token,
      };
      execFile(
        process.execPath,
        [MAIN, 'artifacts', ...args],
        { cwd: folder, env, encoding: 'buffer', maxBuffer: 8_000_000 },
        (error, stdout, stderr) => resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr: stderr.toString() }),
      );
    });

  test('a file goes up, is listed and shown, and comes back the same', async () => {
    const content = randomBytes(3_000_000);
    writeFileSync(join(folder, 'app.bin'), content);
    const up = await cli('upload', 'app.bin', '--name', 'release 1.bin');
    expect([up.code, up.stderr]).toEqual([0, expect.stringContaining('Stored release 1.bin, 3000000 bytes')]);
    const uuid = up.stdout.toString().trim();
    expect((await cli('list', '--type', 'upload')).stdout.toString()).toContain(uuid);
    expect((await cli('show', uuid)).stdout.toString()).toContain('3000000');
    const down = await cli('download', uuid);
    expect(down.stdout.toString()).toBe(`${join(folder, 'release 1.bin')}\n`);
    expect(readFileSync(join(folder, 'release 1.bin')).equals(content)).toBe(true);
    expect((await cli('download', uuid, '-o', '-')).stdout.equals(content)).toBe(true);
    expect(await cli('remove', uuid)).toMatchObject({ code: 0, stderr: `Removed ${uuid}.\n` });
    expect((await cli('list', '--search', 'RELEASE')).stdout.toString()).not.toContain(uuid);
  });

  test('a file that is there is not written over', async () => {
    writeFileSync(join(folder, 'mine'), 'mine');
    const { stdout } = await cli('upload', 'mine');
    const again = await cli('download', stdout.toString().trim());
    expect([again.code, again.stderr]).toEqual([2, expect.stringContaining('Name another file with --to')]);
    expect(readFileSync(join(folder, 'mine'), 'utf8')).toBe('mine');
  });

  test('a missing file and an unknown artifact are told in a sentence', async () => {
    const missing = await cli('upload', 'none');
    expect([missing.code, missing.stderr]).toEqual([2, expect.stringContaining('The file none cannot be read')]);
    const before = readdirSync(folder);
    const unknown = await cli('download', '00000000-0000-4000-8000-000000000000');
    expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining('There is no artifact')]);
    expect(readdirSync(folder)).toEqual(before);
  });
});
