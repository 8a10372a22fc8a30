import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import type { Client, ClientChannel } from 'ssh2';
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
import { markedPids, markedProcesses } from '../support/marked-processes.ts';
import { buildProgram } from '../support/run-built-program.ts';
import { waitFor } from '../support/wait-for.ts';
import { abortedAs } from '../support/aborted-as.ts';
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

/** A client without our transport around it. */
const rawExec = async (port: number, line: string): Promise<{ client: Client; channel: ClientChannel }> => {
  const client = new ssh2.Client();
  const ready = once(client, 'ready');
  client.connect({ host: '127.0.0.1', port, username: 'x', privateKey: keys.privateKey });
  await ready;
  const channel = await new Promise<ClientChannel>((resolve, reject) => {
    client.exec(line, (error, opened) => (error === undefined ? resolve(opened) : reject(error)));
  });
  return { client, channel };
};

test('a key pair is one that OpenSSH reads', () => {
  const file = join(folder, 'pair');
  writeFileSync(file, keys.privateKey, { mode: 0o600 });
  const derived = execFileSync('ssh-keygen', ['-y', '-f', file], { encoding: 'utf8' });
  expect(derived.split(' ').slice(0, 2)).toEqual(keys.publicKey.split(' ').slice(0, 2));
});

test('every key pair is one that ssh2 reads', () => {
  const lengths = Array.from({ length: 1500 }, () => createKeyPair()).map(
    ({ publicKey }) => Buffer.from(publicKey.split(' ')[1] ?? '', 'base64').length,
  );
  expect(new Set(lengths)).toEqual(new Set([51]));
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
    const marker = `J20250009.${process.pid}.0001.0001/1/1`;
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
    await waitFor(() => markedProcesses(marker).length === 0);
    expect(await codeOf(open(endpointOf(port, keySecret, { host: '127.0.77.3' }), never))).toBe('CONNECTION_REFUSED');
  });

  test('listens everywhere with one process when asked', async () => {
    const port = await freePort('0.0.0.0');
    await using server = await startSystemSshd({
      folder: join(folder, 'any'),
      addresses: [],
      port,
      authorizedKey: keys.publicKey,
      wildcard: true,
    });
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
    server = await startInProcessSshd({
      addresses: ['127.0.0.1', '127.0.0.2'],
      port,
      authorizedKey: keys.publicKey,
      password: 'open sesame',
    });
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

  test.skipIf(process.platform !== 'linux')('stops reading a program whose client does not read', async () => {
    await using session = await open(endpointOf(port, keySecret), never);
    const controller = new AbortController();
    const first = Promise.withResolvers<number>();
    const marker = `J20250009.${process.pid}.0001.0002/1/1`;
    let received = 0;
    const stuck = (_stream: string, chunk: Buffer): Promise<void> => {
      received += chunk.length;
      first.resolve(received);
      return new Promise((resolve) => controller.signal.addEventListener('abort', () => resolve()));
    };
    const running = abortedAs(session.run(buildProgram({ text: 'exec head -c 50000000 /dev/zero', marker }), stuck, controller.signal));
    await first.promise;
    // It sleeps in `write` when nobody takes what it wrote, and not for a while: two looks with all queues between at rest.
    const writtenBy = (): string => {
      const [pid] = markedPids(marker);
      return pid === undefined ? '' : (/^wchar: (\d+)/m.exec(readFileSync(`/proc/${pid}/io`, 'utf8'))?.[1] ?? '');
    };
    let written = '';
    let looks = 0;
    await waitFor(() => {
      const now = writtenBy();
      looks = now !== '' && now === written ? looks + 1 : 0;
      written = now;
      return looks > 200;
    });
    expect(Number(written)).toBeGreaterThan(1_000_000);
    expect(Number(written)).toBeLessThan(20_000_000);
    controller.abort(new OpsError('ACTION_TIMED_OUT', 'enough'));
    expect(await running).toMatchObject({ work: 'ended', reason: 'enough' });
  });

  test('passes a signal request on to the process group', async () => {
    const { client, channel } = await rawExec(port, 'sleep 300 & echo ready; wait');
    await once(channel, 'data');
    const exit = once(channel, 'exit');
    channel.signal('KILL');
    expect((await exit).slice(0, 2)).toEqual([null, 'SIGKILL']);
    client.end();
  });

  test.skipIf(process.platform !== 'linux')('kills what runs when the client goes, and when it is closed itself', async () => {
    const marker = `J20250009.${process.pid}.0001.0004/1/1`;
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

describe('a server that lets in but runs nothing', () => {
  type Exec = (accept: () => ssh2.ServerChannel, reject: () => void) => void;
  const startServer = async (port: number, exec: Exec): Promise<ssh2.Server> => {
    const server = new ssh2.Server({ hostKeys: [createKeyPair().privateKey] }, (client) => {
      client.on('error', () => undefined);
      client.on('authentication', (context) => context.accept());
      client.on('session', (accept) => {
        accept().on('exec', exec);
      });
    });
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return server;
  };

  test('is told apart from a failing program', async () => {
    const port = await freePort();
    const server = await startServer(port, (_accept, reject) => reject());
    const session = await open(endpointOf(port, { type: 'password', username: 'x', password: 'y' }), never);
    expect(await codeOf(session.run(buildProgram(), collectOutput().sink, never))).toBe('PROTOCOL_ERROR');
    await session[Symbol.asyncDispose]();
    server.close();
    await once(server, 'close');
  });

  test('an exit code of Windows has its sign, as the record keeps it', async () => {
    const port = await freePort();
    const server = await startServer(port, (accept) => {
      const channel = accept();
      channel.exit(0xc000_0005);
      channel.end();
    });
    const session = await open(endpointOf(port, { type: 'password', username: 'x', password: 'y' }), never);
    expect(await session.run(buildProgram(), collectOutput().sink, never)).toMatchObject({ exitCode: -1_073_741_819 });
    await session[Symbol.asyncDispose]();
    server.close();
    await once(server, 'close');
  });
});
