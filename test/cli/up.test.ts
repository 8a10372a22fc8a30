import { randomUUID } from 'node:crypto';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { createApiClient } from '../../src/cli/api-client.ts';
import type { ApiClient } from '../../src/cli/api-client.ts';
import { startCli } from '../support/cli-process.ts';
import type { CliProcess } from '../support/cli-process.ts';
import { createTestDatabase } from '../support/database.ts';
import { command, startFleet, targetOf, withoutSshd } from '../support/fleet.ts';
import type { Fleet } from '../support/fleet.ts';
import { waitFor } from '../support/wait-for.ts';

const PASSWORD = 'a password of my own';

/** Processes whose command lines name the folder. */
const processesOf = (folder: string): string[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return [readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')];
      } catch {
        return []; // it has ended meanwhile
      }
    })
    .filter((line) => line.includes(folder));

describe('opsconductor up', () => {
  let folder: string;
  let fleet: Fleet | undefined;
  let firstPassword = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'opsc-up-'));
    await chmod(folder, 0o755);
    if (!withoutSshd) fleet = await startFleet();
  });
  afterAll(async () => {
    await fleet?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  const environment = (more: Record<string, string> = {}) => ({
    OPSCONDUCTOR_HOME: join(folder, 'home'),
    OPSCONDUCTOR_PORT: '0',
    OPSCONDUCTOR_POSTGRES_PORT: '0',
    OPSCONDUCTOR_TEMPORAL_PORT: '0',
    OPSCONDUCTOR_TEMPORAL_UI_PORT: '0',
    OPSCONDUCTOR_GRACE_SECONDS: '1',
    OPSCONDUCTOR_HEARTBEAT_SECONDS: '5',
    XDG_CONFIG_HOME: join(folder, 'config'),
    ...more,
  });
  const up = async (): Promise<CliProcess> => {
    const started = startCli(['up'], environment());
    await started.until('Ctrl-C stops it.');
    return started;
  };
  const runToEnd = async (args: readonly string[], env: Record<string, string> = {}): Promise<{ code: number | null; output: string }> => {
    const started = startCli(args, environment(env));
    const [code] = (await once(started.child, 'close')) as [number | null];
    return { code, output: started.output() };
  };
  const urlOf = (started: CliProcess): string => /API\s+(http\S+)/.exec(started.output())?.[1] ?? '';
  const passwordIn = (output: string): string | undefined => /password\s+(\S{20,})/.exec(output)?.[1];

  const logIn = async (started: CliProcess, password: string): Promise<ApiClient> => {
    const { token } = await createApiClient({ url: urlOf(started), token: undefined }).login({ username: 'admin', password });
    return createApiClient({ url: urlOf(started), token });
  };

  test('a first start that fails after the administrator was made has told the password; no later start does', async () => {
    const failed = await runToEnd(['up'], { TEMPORAL_ADDRESS: '127.0.0.1:1', TEMPORAL_TLS_CA: join(folder, 'no-such-ca.pem') });
    expect(failed.code).not.toBe(0);
    expect(failed.output).toMatch(/TEMPORAL_TLS_CA.*no-such-ca\.pem/);
    firstPassword = passwordIn(failed.output) ?? '';
    expect(firstPassword).not.toBe('');
  });

  test('starts everything, tells its addresses; the password must be changed, and can be reset where it is lost', async () => {
    const first = await up();
    expect(passwordIn(first.output())).toBeUndefined();
    expect(first.output()).toMatch(/API reference\s+http\S+\/docs/);
    expect(first.output()).toMatch(/Temporal UI\s+http/);
    expect((await stat(join(folder, 'home', 'keys.json'))).mode & 0o777).toBe(0o600);
    const before = await logIn(first, firstPassword);
    const reset = await runToEnd(['db', 'reset-password', 'Admin']);
    expect(reset.code).toBe(0);
    await expect(before.getProfile()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    await expect(logIn(first, firstPassword)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    const password = passwordIn(reset.output) ?? '';
    const client = await logIn(first, password);
    await expect(client.listJobs({})).rejects.toMatchObject({ code: 'PASSWORD_CHANGE_REQUIRED' });
    await client.changePassword({ current_password: password, new_password: PASSWORD });
    expect((await client.listJobs({})).data).toEqual([]);
    const metrics = await text(await client.getMetrics());
    for (const part of ['api', 'worker']) expect(metrics).toContain(`opsconductor_database_pool_connections{part="${part}",state="used"}`);

    const second = await runToEnd(['up']);
    expect(second.code).not.toBe(0);
    expect(second.output).toContain('already running on this folder');

    expect(await first.end('SIGINT')).toBe(0);
    expect(first.output()).toContain('Stopped.');
  });

  test.skipIf(withoutSshd)('Ctrl-C records what it interrupts; the next start goes on with the run and remembers everything', async () => {
    const first = await up();
    expect(passwordIn(first.output())).toBeUndefined();
    const client = await logIn(first, PASSWORD);
    const target = await client.createTarget(targetOf(fleet as Fleet, 0) as never);
    const job = await client.createJob({
      name: 'interrupted',
      targets: [target.target_serial],
      actions: [command('echo begun; sleep 320'), command('echo after')],
    });
    const run = await client.startExecution(job.job_serial, {});
    for await (const event of client.followExecution(run.execution_serial))
      if (event.type === 'line' && event.data.log_message === 'begun') break;
    expect(await first.end('SIGINT')).toBe(0);

    const second = await up();
    const again = await logIn(second, PASSWORD);
    for await (const event of again.followExecution(run.execution_serial))
      if (event.type === 'end') expect(event.data.status).toBe('failed');
    const { data } = await again.listBranches(run.execution_serial, {});
    expect(data[0]).toMatchObject({
      status: 'failed',
      failure_category: 'interrupted',
      error_code: 'WORKER_STOPPED',
      closed_by: 'workflow',
    });
    await second.end('SIGINT');
  });

  test('killed, with its servers left behind: the next start clears up and has all data', async () => {
    const first = await up();
    expect(await first.end('SIGKILL')).toBe('SIGKILL');
    const second = await up();
    const client = await logIn(second, PASSWORD);
    expect((await client.getProfile()).username).toBe('admin');

    const { token } = await client.login({ username: 'admin', password: PASSWORD });
    const stream = await fetch(`${client.url}/api/v1/events`, { headers: { authorization: `Bearer ${token}` } });
    const told = stream.text();
    expect(await second.end('SIGTERM')).toBe(0);
    // Who follows is told to come again, before the connection is closed in order.
    expect(await told).toContain('event: closed\ndata: {"reason":"server_stops"}');
  });

  test('a taken port is named, with the variable that changes it, and nothing is left running', async () => {
    const squatter = createServer().listen(0, '127.0.0.1');
    await once(squatter, 'listening');
    const address = squatter.address();
    const port = typeof address === 'object' && address !== null ? String(address.port) : '';
    for (const variable of [
      'OPSCONDUCTOR_PORT',
      'OPSCONDUCTOR_POSTGRES_PORT',
      'OPSCONDUCTOR_TEMPORAL_PORT',
      'OPSCONDUCTOR_TEMPORAL_UI_PORT',
    ]) {
      const { code, output } = await runToEnd(['up'], { [variable]: port });
      expect([variable, code]).not.toEqual([variable, 0]);
      expect(output).toContain(port);
      expect(output).toContain(variable);
    }
    squatter.close();
    expect(JSON.parse(await readFile(join(folder, 'home', 'keys.json'), 'utf8'))).toHaveProperty('current');
  });

  test('starts no Postgres and no Temporal where others are given', async () => {
    await using database = await createTestDatabase('empty');
    const home = join(folder, 'given');
    const servers = { DATABASE_URL: database.url, TEMPORAL_ADDRESS: inject('temporalAddress'), OPSCONDUCTOR_TASK_QUEUE: randomUUID() };
    const started = startCli(['up'], environment({ ...servers, OPSCONDUCTOR_HOME: home }));
    await started.until('Ctrl-C stops it.');
    expect(started.output()).not.toContain('Temporal UI');
    const client = await logIn(started, passwordIn(started.output()) ?? '');
    expect((await client.getProfile()).must_change_password).toBe(true);
    expect(processesOf(home)).toEqual([]);
    expect((await readdir(home)).filter((name) => /postgres|temporal/.test(name))).toEqual([]);
    expect(await started.end('SIGINT')).toBe(0);
  });

  test('doctor tells what is here; parts that run alone say which variable is missing', async () => {
    const found = await runToEnd(['doctor']);
    expect(found).toMatchObject({ code: 0 });
    expect(found.output).toMatch(/ok\s+Postgres/);
    expect(found.output).toContain('All that is needed is here.');
    const missing = await runToEnd(['doctor'], { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none', TEMPORAL_ADDRESS: '127.0.0.1:1' });
    expect(missing.code).toBe(1);
    expect(missing.output).toMatch(/MISSING\s+Postgres/);
    expect(missing.output).toMatch(/MISSING\s+Temporal/);
    for (const part of ['server', 'worker', 'migrate']) {
      const { code, output } = await runToEnd([part]);
      expect(code).toBe(2);
      expect(output).toMatch(/DATABASE_URL/);
    }
  });
});

describe('opsconductor demo', () => {
  test('ends with 0 when every outcome is the expected one, and removes all of it', { timeout: 120_000 }, async () => {
    const started = startCli(['demo', '--targets', '4'], {});
    const [code] = (await once(started.child, 'close')) as [number | null];
    expect(started.output()).toContain('As expected: 3 targets completed, demo-02 failed its check.');
    expect(started.output()).toMatch(/demo-02 T\d+\s+failed\s+3\s.*no space left on device/);
    expect(code).toBe(0);
  });

  test.skipIf(process.platform !== 'linux')('stopped at any moment it ends with 130, and leaves neither process nor file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'opsc-demo-'));
    await chmod(folder, 0o755);
    const stopAt = async (name: string, moment: (started: CliProcess, its: string) => Promise<void>): Promise<unknown> => {
      const its = join(folder, name);
      await mkdir(its);
      const started = startCli(['demo', '--targets', '4'], { TMPDIR: its });
      await moment(started, its);
      const code = await started.end('SIGINT');
      return { name, code, said: started.output().includes('The demo was stopped.'), left: await readdir(its) };
    };
    const isThere = (its: string, file: string): boolean => readdirSync(its).some((demo) => existsSync(join(its, demo, 'home', file)));
    const stops = await Promise.all([
      stopAt('beginning', (started) => started.until('Starting Postgres')),
      stopAt('temporal', (_, its) => waitFor(() => isThere(its, 'temporal.pid'))),
      stopAt('targets', (started) => started.until('SSH targets are served')),
    ]);
    for (const { name } of stops as { name: string }[]) expect(stops).toContainEqual({ name, code: 130, said: true, left: [] });
    expect(processesOf(folder)).toEqual([]);
    await rm(folder, { recursive: true });
  });
});
