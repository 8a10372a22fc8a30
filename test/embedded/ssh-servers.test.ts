import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createKeyPair } from '../../src/embedded/ssh-servers/create-key-pair.ts';
import { findSshd } from '../../src/embedded/ssh-servers/find-sshd.ts';
import { startInProcessSshd } from '../../src/embedded/ssh-servers/in-process-sshd.ts';
import type { InProcessSshd } from '../../src/embedded/ssh-servers/in-process-sshd.ts';
import { startSystemSshd } from '../../src/embedded/ssh-servers/system-sshd.ts';
import { OpsError } from '../../src/domain/ops-error.ts';
import { createOpenSsh } from '../../src/transports/ssh/open-ssh.ts';
import { collectOutput } from '../support/collect-output.ts';
import { freePort } from '../support/free-port.ts';
import { markedProcesses } from '../support/marked-processes.ts';
import { buildProgram } from '../support/run-built-program.ts';
import { endpointOf, withoutSshd } from '../support/sshd-fixture.ts';

const open = createOpenSsh();
const never = new AbortController().signal;
const folder = mkdtempSync(join(tmpdir(), 'opsc-servers-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const keys = createKeyPair();
const keySecret = { type: 'ssh_key', username: 'root', private_key: keys.privateKey } as const;

const codeOf = async (promise: Promise<unknown>): Promise<string> => {
  const error: unknown = await promise.then(
    () => 'nothing was thrown',
    (cause: unknown) => cause,
  );
  return error instanceof OpsError ? error.code : String(error);
};

const waitFor = async (isTrue: () => boolean): Promise<void> => {
  while (!isTrue()) await new Promise((resolve) => setImmediate(resolve));
};

test('a key pair is one that OpenSSH reads', () => {
  const file = join(folder, 'pair');
  writeFileSync(file, keys.privateKey, { mode: 0o600 });
  const derived = execFileSync('ssh-keygen', ['-y', '-f', file], { encoding: 'utf8' });
  expect(derived.split(' ').slice(0, 2)).toEqual(keys.publicKey.split(' ').slice(0, 2));
});

describe.skipIf(withoutSshd)('the sshd of this machine', () => {
  const isAlive = (pid: number): boolean => {
    try {
      process.kill(pid, 0);
      return true;
    } catch {
      return false;
    }
  };

  test('listens on more addresses than one process takes, with one host key, and goes when disposed', async () => {
    const addresses = Array.from({ length: 20 }, (_, at) => `127.0.77.${at + 1}`);
    const port = await freePort();
    const username = process.getuid?.() === 0 ? 'root' : String(process.env['USER']);
    const marker = 'J20250009.0001.0001.0001/1/1';
    const server = await startSystemSshd({ folder: join(folder, 'many'), addresses, port, authorizedKey: keys.publicKey });
    expect(server.pids.length).toBe(2);
    for (const host of [addresses[0] ?? '', addresses[19] ?? '']) {
      await using session = await open(endpointOf(port, { ...keySecret, username }, { host }), never);
      expect(session.hostKeyFingerprint).toBe(server.hostKeyFingerprint);
    }
    const session = await open(endpointOf(port, { ...keySecret, username }, { host: '127.0.77.3' }), never);
    const output = collectOutput();
    const running = session.run(buildProgram({ text: 'setsid sleep 501 & echo ready; sleep 502', marker }), output.sink, never);
    const lost = codeOf(running);
    await output.until('ready');
    await server[Symbol.asyncDispose]();
    expect(await lost).toBe('CONNECTION_LOST');
    expect(server.pids.filter(isAlive)).toEqual([]);
    expect(markedProcesses(marker)).toEqual([]);
    expect(await codeOf(open(endpointOf(port, keySecret, { host: '127.0.77.3' }), never))).toBe('CONNECTION_REFUSED');
  });

  test('listens everywhere with one process when asked', async () => {
    const port = await freePort('0.0.0.0');
    await using server = await startSystemSshd({ folder: join(folder, 'any'), addresses: [], port, authorizedKey: keys.publicKey, wildcard: true });
    expect(server.pids.length).toBe(1);
    await using session = await open(endpointOf(port, keySecret, { host: '127.0.88.9' }), never);
    expect(session.hostKeyFingerprint).toBe(server.hostKeyFingerprint);
    expect(readFileSync(join(folder, 'any', 'authorized_keys'), 'utf8')).toMatch(/^from="127\.0\.0\.0\/8" ssh-ed25519 /);
    expect(await codeOf(open(endpointOf(port, { type: 'password', username: 'root', password: 'x' }), never))).toBe('LOGIN_REJECTED');
  });

  test('says why it does not start', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const bound = taken.address();
    const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
    const options = { folder: join(folder, 'taken'), addresses: ['127.0.0.1'], port, authorizedKey: keys.publicKey };
    await expect(startSystemSshd(options)).rejects.toThrow(/EADDRINUSE/);
    taken.close();
    const strange = { ...options, folder: join(folder, 'strange'), port: await freePort(), user: 'x\nNoSuchOption yes' };
    await expect(startSystemSshd(strange)).rejects.toThrow(/sshd did not start[\s\S]*NoSuchOption/);
  });

  test('is found in the usual places', () => {
    expect(findSshd()).toMatch(/^\/.*\/sshd$/);
  });
});

describe('the server in this process', () => {
  let server: InProcessSshd;
  let port: number;
  beforeEach(async () => {
    port = await freePort();
    server = await startInProcessSshd({ addresses: ['127.0.0.1', '127.0.0.2'], port, authorizedKey: keys.publicKey, password: 'open sesame' });
  });
  afterEach(() => server[Symbol.asyncDispose]());

  const runText = async (text: string) => {
    await using session = await open(endpointOf(port, keySecret), never);
    const output = collectOutput();
    const exit = await session.run(buildProgram({ text }), output.sink, never);
    return { ...exit, stdout: output.stdout, stderr: output.stderr };
  };

  test('lets in by key and by password, and nobody else', async () => {
    await using byKey = await open(endpointOf(port, keySecret, { host: '127.0.0.2' }), never);
    await using byPassword = await open(endpointOf(port, { type: 'password', username: 'x', password: 'open sesame' }), never);
    expect([byKey.hostKeyFingerprint, byPassword.hostKeyFingerprint]).toEqual([server.hostKeyFingerprint, server.hostKeyFingerprint]);
    expect(await codeOf(open(endpointOf(port, { ...keySecret, private_key: createKeyPair().privateKey }), never))).toBe('LOGIN_REJECTED');
    expect(await codeOf(open(endpointOf(port, { type: 'password', username: 'x', password: 'other' }), never))).toBe('LOGIN_REJECTED');
  });

  test('tells codes, signals and both outputs', async () => {
    expect(await runText('echo a; echo b >&2; exit 3')).toEqual({ exitCode: 3, signal: null, stdout: 'a\n', stderr: 'b\n' });
    expect(await runText('kill -KILL $$')).toMatchObject({ exitCode: null, signal: 'SIGKILL' });
    expect(await runText('exec >&- 2>&-; sleep 0.2; exit 4')).toMatchObject({ exitCode: 4 });
  });

  test('brings large outputs on both streams whole', async () => {
    const text = 'for i in 1 2 3 4; do head -c 3000000 /dev/zero; head -c 3000000 /dev/zero >&2; done';
    const { stdout, stderr, exitCode } = await runText(text);
    expect([stdout.length, stderr.length, exitCode]).toEqual([12_000_000, 12_000_000, 0]);
  });

  test('stops reading a program whose client does not read', async () => {
    await using session = await open(endpointOf(port, keySecret), never);
    const file = join(folder, 'progress');
    const controller = new AbortController();
    const first = Promise.withResolvers<void>();
    const text = `i=0; while :; do i=$((i+1)); head -c 1000000 /dev/zero; echo $i >'${file}'; done`;
    const stuck = (): Promise<void> => {
      first.resolve();
      return new Promise((resolve) => controller.signal.addEventListener('abort', () => resolve()));
    };
    const running = codeOf(session.run(buildProgram({ text, marker: 'J20250009.0001.0001.0002/1/1' }), stuck, controller.signal));
    await first.promise;
    const stateOf = () => spawnSync('pgrep', ['-f', '^head -c 1000000 /dev/zero'], { encoding: 'utf8' }).stdout.trim();
    // The same `head` alive over many looks is one that cannot write.
    let seen = '';
    let looks = 0;
    while (looks < 10) {
      const now = stateOf();
      looks = now !== '' && now === seen ? looks + 1 : 0;
      seen = now;
    }
    expect(Number(readFileSync(file, 'utf8'))).toBeLessThan(20);
    controller.abort(new OpsError('ACTION_TIMED_OUT', 'enough'));
    expect(await running).toBe('ACTION_TIMED_OUT');
  });

  test.skipIf(process.platform !== 'linux')('ends a program by signal for clients that cannot run a script', async () => {
    const marker = 'J20250009.0001.0001.0003/1/1';
    await using session = await open(endpointOf(port, keySecret, { platform: 'windows' }), never);
    // A server that takes the Windows line for a program of its own: `powershell` is missing here, so a shell function stands in.
    expect(await session.run(buildProgram({ interpreter: 'powershell', marker }), collectOutput().sink, never)).toMatchObject({ exitCode: 127 });
  });

  test.skipIf(process.platform !== 'linux')('kills what runs when the client goes, and when it is closed itself', async () => {
    const marker = 'J20250009.0001.0001.0004/1/1';
    for (const end of ['client', 'server'] as const) {
      const session = await open(endpointOf(port, keySecret), never);
      const output = collectOutput();
      const running = codeOf(session.run(buildProgram({ text: 'echo ready; sleep 511; true', marker }), output.sink, never));
      await output.until('ready');
      await (end === 'client' ? session : server)[Symbol.asyncDispose]();
      expect(await running).toBe('CONNECTION_LOST');
      await waitFor(() => markedProcesses(marker).length === 0);
    }
  });
});
