import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openDataFolder } from '../../src/embedded/data-folder.ts';
import { ensureFreeSpace } from '../../src/embedded/ensure-free-space.ts';
import { processIdentity } from '../../src/embedded/process-identity.ts';
import { readUpRecord } from '../../src/embedded/up-record.ts';
import { runChild, source, temporaryHome } from './temporary-home.ts';

const HOLDER = `
const { openDataFolder } = await import(${JSON.stringify(source('data-folder.ts'))});
const folder = await openDataFolder(process.argv[1]);
await folder.announce({ api: 'http://127.0.0.1:4680' });
console.log(JSON.stringify({ pid: process.pid }));
process.stdin.resume();
`;

const TAKER = `
const { openDataFolder } = await import(${JSON.stringify(source('data-folder.ts'))});
const result = await openDataFolder(process.argv[1]).then(() => 'won', (error) => error.code);
console.log(JSON.stringify({ result }));
process.stdin.resume();
`;

test('the folder is made, closed to others, and says who uses it until it is disposed', async () => {
  await using home = await temporaryHome();
  const path = join(home.path, 'deep', 'er');
  {
    await using folder = await openDataFolder(path);
    await folder.announce({ api: 'http://127.0.0.1:1' });
    expect(folder.path).toBe(path);
    expect((await stat(path)).mode & 0o777).toBe(process.getuid?.() === 0 ? 0o711 : 0o700);
    expect(await readUpRecord(path)).toMatchObject({ pid: process.pid, urls: { api: 'http://127.0.0.1:1' } });
  }
  expect(await readdir(path)).toEqual(['up.lock']);
  await using again = await openDataFolder(path);
  expect(again.path).toBe(path);
});

test('a second holder is refused with the pid and the API of the first, from this process and from another', async () => {
  await using home = await temporaryHome();
  await using holder = await runChild(HOLDER, home.path);
  const refused = openDataFolder(home.path);
  await expect(refused).rejects.toMatchObject({ code: 'CONFLICT' });
  await expect(refused).rejects.toThrow(`already running on this folder (pid ${String(holder.printed['pid'])}, http://127.0.0.1:4680)`);
  await holder.kill();
  await using folder = await openDataFolder(home.path);
  await expect(openDataFolder(home.path)).rejects.toThrow(`(pid ${process.pid})`);
  await using late = await runChild(TAKER, home.path);
  expect(late.printed).toEqual({ result: 'CONFLICT' });
  await folder.announce({});
});

test('the lock of a killed holder is taken over, even when its pid belongs to another process now', async () => {
  await using home = await temporaryHome();
  await using holder = await runChild(HOLDER, home.path);
  await holder.kill();
  expect(await readUpRecord(home.path)).toBeUndefined();
  expect(JSON.parse(await readFile(join(home.path, 'up.json'), 'utf8'))).toMatchObject({ pid: holder.printed['pid'] });
  await writeFile(join(home.path, 'up.json'), JSON.stringify({ pid: process.pid, startedAt: 'another time', urls: {} }));
  await using folder = await openDataFolder(home.path);
  expect(await readUpRecord(folder.path)).toMatchObject({ startedAt: (await processIdentity(process.pid))?.startedAt });
});

test.each(['a stale lock', 'no lock'])('of ten processes that race for a folder with %s one wins', async (before) => {
  await using home = await temporaryHome();
  if (before === 'a stale lock')
    await writeFile(join(home.path, 'up.json'), JSON.stringify({ pid: 2 ** 22 + 1, startedAt: 'x', urls: {} }));
  const takers = await Promise.all(Array.from({ length: 10 }, () => runChild(TAKER, home.path)));
  const results = takers.map(({ printed }) => printed['result']);
  await Promise.all(takers.map((taker) => taker.kill()));
  expect(results.filter((result) => result === 'won')).toHaveLength(1);
  expect(results.filter((result) => result === 'CONFLICT')).toHaveLength(9);
});

test('a folder that cannot be used is told in one sentence', async () => {
  await using home = await temporaryHome();
  await writeFile(join(home.path, 'file'), '');
  await expect(openDataFolder(join(home.path, 'file'))).rejects.toThrow(
    /is a file where a folder is needed: move it away, or set OPSCONDUCTOR_HOME/,
  );
  await expect(openDataFolder(join(home.path, 'file', 'below'))).rejects.toThrow(/since a part of that path is a file/);
  await expect(openDataFolder('/sys/opsconductor')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
});

test('a disk with too little space is told in numbers', async () => {
  await using home = await temporaryHome();
  await mkdir(join(home.path, 'x'));
  await expect(ensureFreeSpace(home.path, 1)).resolves.toBeUndefined();
  await expect(ensureFreeSpace(home.path, 1e18)).rejects.toThrow(/has \d+ MB free and 1000000000000 MB are needed/);
});
