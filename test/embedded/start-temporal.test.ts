import { once } from 'node:events';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Connection, Client } from '@temporalio/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findTemporal } from '../../src/embedded/find-temporal.ts';
import { processIdentity } from '../../src/embedded/process-identity.ts';
import { type StartTemporal, startTemporal } from '../../src/embedded/start-temporal.ts';
import { runChild, source, type TemporaryHome, temporaryHome } from './temporary-home.ts';

const PARENT = `
const { startTemporal } = await import(${JSON.stringify(source('start-temporal.ts'))});
const options = { executable: process.argv[1], folder: process.argv[2], port: 0, uiPort: 0, namespace: 'ops', log: () => {} };
const { address, pid } = await startTemporal(options);
console.log(JSON.stringify({ address, pid }));
`;

let home: TemporaryHome;
let executable: string;
const start = (more: Partial<StartTemporal> = {}) =>
  startTemporal({ executable, folder: home.path, port: 0, uiPort: 0, namespace: 'ops', log: () => {}, ...more });

const withClient = async <T>(address: string, use: (client: Client) => Promise<T>): Promise<T> => {
  const connection = await Connection.connect({ address });
  try {
    return await use(new Client({ connection, namespace: 'ops' }));
  } finally {
    await connection.close();
  }
};
const startWorkflow = (address: string, workflowId: string) =>
  withClient(address, (client) => client.workflow.start('nobody', { workflowId, taskQueue: 'none' }));
const statusOf = (address: string, workflowId: string) =>
  withClient(address, async (client) => (await client.workflow.getHandle(workflowId).describe()).status.name);

beforeAll(async () => {
  home = await temporaryHome();
  executable = await findTemporal({ cacheDir: join(homedir(), '.cache', 'opsconductor'), log: () => {} });
}, 900_000);
afterAll(() => home[Symbol.asyncDispose]());

test('a server killed in its first start left half a file: it is moved aside', async () => {
  await writeFile(join(home.path, 'temporal.db'), '');
  const lines: string[] = [];
  await using temporal = await start({ log: (line) => void lines.push(line) });
  expect(await processIdentity(temporal.pid)).toBeDefined();
  expect(lines.join()).toMatch(/temporal\.db was not finished by its first start; moved to .*temporal\.db\.incomplete-/);
});

test('it serves its namespace and its UI on 127.0.0.1, on a WAL file', async () => {
  await using temporal = await start();
  expect((await fetch(temporal.uiUrl)).status).toBe(200);
  await startWorkflow(temporal.address, 'kept');
  expect((await stat(join(home.path, 'temporal.db-wal'))).size).toBeGreaterThan(0);
  await expect(startWorkflow(temporal.address, 'x'.repeat(256))).rejects.toThrow();
});

test('a restart keeps what ran; stop ends the server and its pid file', async () => {
  await using temporal = await start();
  expect(await statusOf(temporal.address, 'kept')).toBe('RUNNING');
  await Promise.all([temporal.stop(), temporal.stop()]);
  expect(await temporal.onExit).toEqual({ code: 0, signal: null });
  expect(await processIdentity(temporal.pid)).toBeUndefined();
  expect(await readdir(home.path)).not.toContain('temporal.pid');
});

test('a server whose parent was killed is stopped by the next start, and its workflows stay', async () => {
  await using parent = await runChild(PARENT, executable, home.path);
  await parent.kill();
  const { address, pid } = parent.printed as { address: string; pid: number };
  await startWorkflow(address, 'of-the-orphan');
  const lines: string[] = [];
  await using temporal = await start({ log: (line) => void lines.push(line) });
  expect(lines.join()).toContain(`(pid ${pid}); stopping it`);
  expect(await processIdentity(pid)).toBeUndefined();
  expect(await statusOf(temporal.address, 'of-the-orphan')).toBe('RUNNING');
  expect(Number(await readFile(join(home.path, 'temporal.pid'), 'utf8'))).toBe(temporal.pid);
});

test('a stale pid file that names a foreign process harms neither', async () => {
  await writeFile(join(home.path, 'temporal.pid'), `${process.pid}\n`);
  await using temporal = await start({ namespace: 'another' });
  expect(temporal.pid).not.toBe(process.pid);
});

test.each([
  ['port', 'OPSCONDUCTOR_TEMPORAL_PORT'],
  ['uiPort', 'OPSCONDUCTOR_TEMPORAL_UI_PORT'],
])('a taken %s is told with the variable %s that changes it', async (which, variable) => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as { port: number };
  await expect(start({ [which]: port })).rejects.toThrow(
    new RegExp(`Port ${port} for .* is taken by another program: free it, or set ${variable} `),
  );
  taken.close();
});

test('a server that cannot start tells its last lines', async () => {
  await expect(start({ executable: '/bin/ls' })).rejects.toThrow(
    /The embedded Temporal did not start; its last lines: .*ls: .*see temporal\.log in/,
  );
  await expect(start({ executable: '/nowhere/temporal' })).rejects.toThrow('/nowhere/temporal cannot be run (ENOENT)');
});
