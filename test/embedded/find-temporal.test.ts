import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findTemporal } from '../../src/embedded/find-temporal.ts';
import { cachedTemporal, probeTemporal } from '../../src/embedded/probe-temporal.ts';
import { type TemporaryHome, temporaryHome } from './temporary-home.ts';

const SYSTEM_PATH = '/usr/bin:/bin';
const STUB = '#!/bin/sh\necho "temporal version stub"\n';
/** Writes the executable that `go install` would build, and counts its calls. */
const STUB_GO = `#!/bin/sh
echo "$@" >> "$(dirname "$0")/go-calls"
printf '#!/bin/sh\\necho "temporal version from go"\\n' > "$GOBIN/temporal"
chmod 755 "$GOBIN/temporal"
`;

let home: TemporaryHome;
let bin: string;
let cacheDir: string;
const before = { path: process.env['PATH'], proxy: process.env['HTTPS_PROXY'] };

const script = async (path: string, text: string): Promise<void> => {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
  await chmod(path, 0o755);
};

beforeEach(async () => {
  home = await temporaryHome();
  [bin, cacheDir] = [join(home.path, 'bin'), join(home.path, 'cache')];
  await mkdir(bin);
  process.env['PATH'] = `${bin}:${SYSTEM_PATH}`;
  process.env['HTTPS_PROXY'] = 'http://127.0.0.1:1'; // no machine downloads anything in this test
});

afterEach(async () => {
  process.env['PATH'] = before.path;
  process.env['HTTPS_PROXY'] = before.proxy;
  if (before.proxy === undefined) delete process.env['HTTPS_PROXY'];
  await home[Symbol.asyncDispose]();
});

test('the executable on PATH comes before the cache, and the cache before any download', async () => {
  const log: string[] = [];
  await script(cachedTemporal(cacheDir), STUB);
  const options = { cacheDir, log: (line: string) => void log.push(line) };
  expect(await findTemporal(options)).toBe(cachedTemporal(cacheDir));
  await script(join(bin, 'temporal'), STUB);
  expect(await findTemporal(options)).toBe(join(bin, 'temporal'));
  await script(join(bin, 'temporal'), '#!/bin/sh\nexit 1\n');
  expect(await findTemporal(options)).toBe(cachedTemporal(cacheDir));
  expect(log).toEqual([]);
});

test('a probe tells what is there and writes nothing', async () => {
  expect(await probeTemporal({ cacheDir })).toBeUndefined();
  await script(join(bin, 'temporal'), STUB);
  expect(await probeTemporal({ cacheDir })).toEqual({
    executable: join(bin, 'temporal'),
    source: 'PATH',
    version: 'temporal version stub',
  });
  expect(await readdir(home.path)).toEqual(['bin']);
});

test('a download that fails falls to Go, once for all who ask at the same time, and the result is cached', async () => {
  await script(join(bin, 'go'), STUB_GO);
  await mkdir(join(cacheDir, 'temporal', '1.5.1.left-by-a-killed-install'), { recursive: true });
  const log: string[] = [];
  const find = () => findTemporal({ cacheDir, log: (line) => void log.push(line) });
  expect(await Promise.all([find(), find(), find()])).toEqual(Array.from({ length: 3 }, () => cachedTemporal(cacheDir)));
  expect(await readFile(join(bin, 'go-calls'), 'utf8')).toBe('install github.com/temporalio/cli/cmd/temporal@v1.5.1\n');
  expect(log.filter((line) => line.startsWith('Downloading'))).toHaveLength(1);
  expect(log.filter((line) => line.startsWith('The download failed ('))).toHaveLength(1);
  expect(log.filter((line) => line.startsWith('Building the Temporal server with Go'))).toHaveLength(1);
  expect(log.filter((line) => line.startsWith('Another process is installing'))).toHaveLength(2);
  expect(await readdir(join(cacheDir, 'temporal'))).toEqual(['1.5.1', 'install.lock']);
  expect((await probeTemporal({ cacheDir }))?.version).toBe('temporal version from go');
});

test('where nothing works, both reasons and the ways out are told, and nothing is left', async () => {
  await script(join(bin, 'go'), '#!/bin/sh\necho "no such module" >&2\nexit 1\n');
  const failed = findTemporal({ cacheDir, log: () => {} });
  await expect(failed).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  await expect(failed).rejects.toThrow(/download: .+; Go: no such module\): install the Temporal CLI .* or set TEMPORAL_ADDRESS/);
  expect(await readdir(join(cacheDir, 'temporal'))).toEqual(['install.lock']);
});

test('a cache folder that cannot be made is told', async () => {
  await writeFile(cacheDir, '');
  await expect(findTemporal({ cacheDir, log: () => {} })).rejects.toThrow(/cannot be used .*: set OPSCONDUCTOR_CACHE/);
});
