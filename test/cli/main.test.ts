import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { startCli } from '../support/cli-process.ts';
import { startFakeApi } from './fake-api.ts';

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

test('what was compiled is kept in the cache folder, and a command goes without when there can be none, or others could write into it', async () => {
  const folder = (mode = 0o700): string => {
    const made = mkdtempSync(join(tmpdir(), 'opsc-cache-'));
    onTestFinished(() => rmSync(made, { recursive: true }));
    chmodSync(made, mode);
    return made;
  };
  const [own, open, elsewhere, linked, loose] = [folder(), folder(0o770), folder(), folder(), folder()];
  symlinkSync(elsewhere, join(linked, 'compiled'));
  mkdirSync(join(loose, 'compiled'));
  chmodSync(join(loose, 'compiled'), 0o722);
  const run = async (OPSCONDUCTOR_CACHE: string): Promise<number> => {
    const started = startCli(['--version'], { OPSCONDUCTOR_CACHE });
    expect(await once(started.child, 'close')).toEqual([0, null]);
    expect(started.output()).toMatch(/^\d+\.\d+\.\d+\n$/);
    const compiled = join(OPSCONDUCTOR_CACHE, 'compiled');
    return existsSync(compiled) ? readdirSync(compiled, { recursive: true }).length : -1;
  };
  expect(await run(join(own, 'new'))).toBeGreaterThan(100);
  expect(statSync(join(own, 'new/compiled')).mode & 0o777).toBe(0o700);
  expect(await Promise.all(['/dev/null/none', open, linked, loose].map(run))).toEqual([-1, -1, 0, 0]);
});

test.each<[string, boolean, Record<string, string>, boolean]>([
  ['on a terminal', true, {}, true],
  ['on a terminal with NO_COLOR=1', true, { NO_COLOR: '1' }, false],
  ['on a terminal with an empty NO_COLOR, which counts as none (no-color.org)', true, { NO_COLOR: '' }, true],
  ['through a pipe', false, {}, false],
])('data and errors are coloured, or not: %s', async (_, terminal, colours, areColoured) => {
  const result = { target_serial: 'T20250001', result: 'success', message: 'Logged in.', duration_ms: 40 };
  await using api = await startFakeApi((response) =>
    response.writeHead(200, { 'content-type': 'application/x-ndjson' }).write(`${JSON.stringify(result)}\n`, () => response.destroy()),
  );
  const environment = { OPSCONDUCTOR_URL: api.url, OPSCONDUCTOR_TOKEN: 't', XDG_CONFIG_HOME: '/nowhere', ...colours };
  const started = startCli(['targets', 'test', 'T20250001'], environment, { terminal });
  await once(started.child, 'close');
  const printed = started.output();
  expect(printed).toContain(areColoured ? 'T20250001  \u001b[32msuccess\u001b[39m  ' : 'T20250001  success  ');
  expect(printed).toContain(areColoured ? '\u001b[31merror:\u001b[39m The connection' : 'error: The connection');
  expect(printed.includes('\u001b')).toBe(areColoured);
});
