import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findRestoreTools, findTool } from '../../src/db/backup/find-tools.ts';
import type { ToolSearch } from '../../src/db/backup/find-tools.ts';
import { temporaryFolder, writeScript } from './support/backup-fixture.ts';

/** Folders with programs that tell these versions: `{ 'pg/17': ['pg_dump', '17.5'] }`. */
const installed = async (programs: Record<string, [name: string, version: string]>) => {
  const folder = await temporaryFolder();
  for (const [place, [name, version]] of Object.entries(programs)) {
    await mkdir(join(folder.path, place), { recursive: true });
    await writeScript(join(folder.path, place, name), `echo "${name} (PostgreSQL) ${version} (Some 1.2-3)"`);
  }
  const search = (fields: Partial<ToolSearch> = {}): ToolSearch => ({
    folder: undefined,
    which: () => Promise.resolve(undefined),
    platform: 'linux',
    foldersOf: (major) => [join(folder.path, 'pg', String(major))],
    ...fields,
  });
  return { path: folder.path, search, [Symbol.asyncDispose]: folder[Symbol.asyncDispose] };
};

test('the program of the server’s major version is taken before the one on PATH', async () => {
  await using machine = await installed({ 'pg/17': ['pg_dump', '17.5'], path: ['pg_dump', '18.0'] });
  const onPath = join(machine.path, 'path', 'pg_dump');
  const found = await findTool('pg_dump', 17, machine.search({ which: () => Promise.resolve(onPath) }));
  expect(found).toEqual({ path: join(machine.path, 'pg/17/pg_dump'), version: '17.5' });
  expect(await findTool('pg_dump', 18, machine.search({ which: () => Promise.resolve(onPath) }))).toMatchObject({ path: onPath });
});

test('a newer program is taken where it is allowed and nothing else is there; an older one never', async () => {
  await using machine = await installed({ 'pg/16': ['pg_dump', '16.9'], 'pg/18': ['pg_dump', '18beta1'] });
  const onPath = join(machine.path, 'pg/16/pg_dump');
  const search = machine.search({ which: () => Promise.resolve(onPath) });
  expect(await findTool('pg_dump', 17, search, { orNewer: true })).toMatchObject({ version: '18' });
  await expect(findTool('pg_dump', 17, search)).rejects.toThrow(`${onPath} is of 16.9`);
  await expect(findTool('pg_dump', 19, search, { orNewer: true })).rejects.toThrow('needs pg_dump of version 19');
});

test('OPSCONDUCTOR_PG_BIN is the only place that is looked at', async () => {
  await using machine = await installed({ 'pg/17': ['pg_dump', '17.5'], own: ['pg_dump', '16.1'] });
  const search = machine.search({ folder: join(machine.path, 'own') });
  expect(await findTool('pg_dump', 16, search)).toMatchObject({ version: '16.1' });
  await expect(findTool('pg_dump', 17, search)).rejects.toThrow('OPSCONDUCTOR_PG_BIN');
});

test('psql is taken from the folder of pg_restore', async () => {
  await using machine = await installed({ 'pg/17': ['pg_restore', '17.5'] });
  await expect(findRestoreTools(17, machine.search())).rejects.toThrow('There is no psql on this machine');
  await writeScript(join(machine.path, 'pg/17/psql'), 'echo "psql (PostgreSQL) 17.5"');
  expect((await findRestoreTools(17, machine.search())).psql.path).toBe(join(machine.path, 'pg/17/psql'));
});

test.each([
  ['linux', 'postgresql-client-17 on Debian and Ubuntu'],
  ['linux', 'postgresql17 on Fedora and RHEL'],
  ['darwin', 'brew install postgresql@17'],
  ['win32', 'installer of PostgreSQL 17 for Windows'],
] as const)('on %s a missing program is told with: %s', async (platform, advice) => {
  await using machine = await installed({});
  await expect(findTool('pg_dump', 17, machine.search({ platform }))).rejects.toThrow(advice);
});
