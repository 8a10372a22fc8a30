import { once } from 'node:events';
import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { spawn } from 'node:child_process';
import { watch } from 'node:fs';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ensureReachable } from '../../src/embedded/ensure-reachable.ts';
import { processIdentity } from '../../src/embedded/process-identity.ts';
import { runCommand } from '../../src/embedded/run-command.ts';
import { type EmbeddedPostgres, startPostgres } from '../../src/embedded/start-postgres.ts';
import { runChild, source, type TemporaryHome, temporaryHome } from './temporary-home.ts';

const isRoot = process.getuid?.() === 0;
const quiet = (): void => {};
const start = (folder: string, port = 0): Promise<EmbeddedPostgres> => startPostgres({ folder, port, log: quiet });

const query = async (url: string, sql: string): Promise<Record<string, unknown>[]> => {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows as Record<string, unknown>[];
  } finally {
    await client.end();
  }
};

const PARENT = `
const { startPostgres } = await import(${JSON.stringify(source('start-postgres.ts'))});
const { url, pid, port } = await startPostgres({ folder: process.argv[1], port: 0, log: () => {} });
console.log(JSON.stringify({ url, pid, port }));
`;

describe('on one data folder', () => {
  let home: TemporaryHome;
  beforeAll(async () => {
    home = await temporaryHome();
  });
  afterAll(() => home[Symbol.asyncDispose]());

  test('the first start makes a durable UTF-8 database that only answers the password, on 127.0.0.1', async () => {
    await using postgres = await start(home.path);
    expect(postgres.firstStart).toBe(true);
    expect(postgres.url).toContain(`@127.0.0.1:${postgres.port}/opsconductor`);
    expect((await stat(join(home.path, 'postgres-password'))).mode & 0o777).toBe(0o600);
    const wanted = ['fsync', 'full_page_writes', 'listen_addresses', 'synchronous_commit', 'unix_socket_directories', 'wal_compression'];
    const settings = await query(
      postgres.url,
      `select name, setting from pg_settings where name = any('{${wanted.join(',')}}') order by name`,
    );
    expect(settings.map(({ setting }) => setting)).toEqual(['on', 'on', '127.0.0.1', 'on', '', expect.stringMatching(/on|pglz/)]);
    const [database] = await query(
      postgres.url,
      `select pg_encoding_to_char(encoding) as encoding, datlocale, upper('é') from pg_database where datname = 'opsconductor'`,
    );
    expect(database).toMatchObject({ encoding: 'UTF8', datlocale: 'C.UTF-8', upper: 'É' });
    await query(postgres.url, 'create extension pg_stat_statements; create extension btree_gist; create table kept (n int)');
    const noPassword = new URL(postgres.url);
    noPassword.password = 'wrong';
    await expect(query(noPassword.href, 'select')).rejects.toMatchObject({ code: '28P01' });
    expect(await readdir(home.path)).toEqual(['logs', 'postgres', 'postgres-password']);
  });

  test('a restart keeps the data; stop ends the server, tells so, and may be repeated', async () => {
    await using postgres = await start(home.path);
    expect(postgres.firstStart).toBe(false);
    await query(postgres.url, 'insert into kept values (1)');
    await Promise.all([postgres.stop(), postgres.stop()]);
    expect(await postgres.onExit).toEqual({ code: 0, signal: null });
    await postgres.stop();
    expect(await processIdentity(postgres.pid)).toBeUndefined();
  });

  test('the Ctrl-C of the terminal does not reach the server, which is a process group of its own', async () => {
    await using postgres = await start(home.path);
    const { stdout } = await runCommand('ps', ['-o', 'pgid=', '-p', String(postgres.pid)], { timeoutMs: 10_000 });
    expect(Number(stdout)).toBe(postgres.pid);
  });

  test('a server whose parent was killed is stopped by the next start, with all that was committed', async () => {
    const parent = await runChild(PARENT, home.path);
    const { url, pid } = parent.printed as { url: string; pid: number };
    await parent.kill();
    await query(url, 'insert into kept values (2)');
    const lines: string[] = [];
    await using postgres = await startPostgres({ folder: home.path, port: 0, log: (line) => lines.push(line) });
    expect(lines.join()).toContain(`(pid ${pid}); stopping it`);
    expect(await processIdentity(pid)).toBeUndefined();
    expect(await query(postgres.url, 'select n from kept order by n')).toEqual([{ n: 1 }, { n: 2 }]);
  });

  test('a server that was killed itself is seen and recovers', async () => {
    await using postgres = await start(home.path);
    await query(postgres.url, 'insert into kept values (3)');
    process.kill(postgres.pid, 'SIGKILL');
    expect(await postgres.onExit).toEqual({ code: null, signal: 'SIGKILL' });
    await using again = await start(home.path);
    expect(await query(again.url, 'select n from kept order by n')).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
  });

  test('a stale pid file that names a foreign process harms neither', async () => {
    const user = await stat(join(home.path, 'postgres'));
    const foreign = spawn('sleep', ['600'], isRoot ? { uid: user.uid, gid: user.gid } : {});
    await once(foreign, 'spawn');
    const pidFile = join(home.path, 'postgres', 'postmaster.pid');
    await writeFile(
      pidFile,
      `${foreign.pid}\n${join(home.path, 'postgres')}\n1700000000\n5432\n\n127.0.0.1\n  1234567 1234567\nready   \n`,
    );
    {
      await using postgres = await start(home.path);
      expect(await query(postgres.url, 'select count(*)::int as n from kept')).toEqual([{ n: 3 }]);
    }
    expect(foreign.exitCode).toBeNull();
    foreign.kill();
    await once(foreign, 'exit');
  });

  test('a taken port is told with the variable that changes it', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as { port: number };
    const refused = start(home.path, port);
    await expect(refused).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(refused).rejects.toThrow(
      `Port ${port} for the embedded Postgres is taken by another program: free it, or set OPSCONDUCTOR_POSTGRES_PORT`,
    );
    taken.close();
  });

  test('a server that cannot start tells the last lines of its log', async () => {
    const file = join(home.path, 'postgres', 'postgresql.auto.conf');
    const before = await readFile(file, 'utf8');
    await writeFile(file, `work_mem = 'nonsense'\n`);
    await expect(start(home.path)).rejects.toThrow(/did not start; its last lines: .*work_mem.*see postgres\.log in/);
    await writeFile(file, before);
  });

  test('a wrong password file is told by name', async () => {
    const file = join(home.path, 'postgres-password');
    const before = await readFile(file, 'utf8');
    await writeFile(file, 'other\n');
    await expect(start(home.path)).rejects.toThrow(`refuses the password in ${file}`);
    await writeFile(file, before);
    await using postgres = await start(home.path);
    expect(postgres.firstStart).toBe(false);
  });

  test('a data folder of another major version is refused', async () => {
    const file = join(home.path, 'postgres', 'PG_VERSION');
    await writeFile(file, '15\n');
    await expect(start(home.path)).rejects.toThrow(/was made by Postgres 15, and this is Postgres 18/);
    await writeFile(file, '18\n');
  });
});

test('a parent killed while initdb runs leaves nothing that the next start trips over', async () => {
  await using home = await temporaryHome();
  const seen = new AbortController();
  const half = new Promise<void>((resolve) => {
    watch(home.path, { signal: seen.signal }, (_event, name) => {
      if (name?.startsWith('postgres-unfinished-') === true) resolve();
    });
  });
  const parent = spawn(process.execPath, ['--input-type=module', '-e', PARENT, home.path], { stdio: 'ignore' });
  await half;
  seen.abort();
  const exit = once(parent, 'exit');
  parent.kill('SIGKILL');
  await exit;
  expect(await readdir(home.path)).not.toContain('postgres');
  await using postgres = await start(home.path);
  expect(postgres.firstStart).toBe(true);
  await query(postgres.url, 'select');
});

test.runIf(isRoot)('as root, a folder that the user postgres cannot reach is told before anything is made', async () => {
  await using home = await temporaryHome();
  await chmod(dirname(home.path), 0o700);
  const message = `Postgres refuses to run as root, and its user postgres may not pass through ${dirname(home.path)} to reach ${home.path}: set OPSCONDUCTOR_HOME to a folder such as /var/lib/opsconductor`;
  await expect(start(home.path)).rejects.toThrow(message);
  expect(await readdir(home.path)).toEqual([]);
});

test('a closed package folder is told with what to do', async () => {
  await using home = await temporaryHome();
  await mkdir(join(home.path, 'closed'), { mode: 0o710 });
  await mkdir(join(home.path, 'closed', 'bin'));
  const reach = (gid: number) =>
    ensureReachable({ folder: join(home.path, 'closed', 'bin'), user: { uid: 54_321, gid }, advice: 'move this checkout' });
  await expect(reach(54_321)).rejects.toThrow(/may not pass through .*closed to reach .*bin: move this checkout, or run chmod o\+x/);
  await expect(reach((await stat(join(home.path, 'closed'))).gid)).resolves.toBeUndefined();
});
