import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { join } from 'node:path';
import v8 from 'node:v8';
import vm from 'node:vm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Interpreter, ProgramExit } from '../../src/contracts/transport.ts';
import type { SshEndpoint } from '../../src/transports/ssh/ssh-endpoint.ts';
import { OpsError } from '../../src/domain/ops-error.ts';
import { connectSsh } from '../../src/transports/ssh/connect-ssh.ts';
import { endRemote } from '../../src/transports/ssh/end-remote.ts';
import { openExecChannel } from '../../src/transports/ssh/exec-channel.ts';
import { createLoginMethods } from '../../src/transports/ssh/login-methods.ts';
import { createOpenSsh } from '../../src/transports/ssh/open-ssh.ts';
import type { OutputSink } from '../../src/transports/transport.ts';
import type { SshSession } from '../../src/transports/ssh/open-ssh.ts';
import { abortedAs } from '../support/aborted-as.ts';
import { collectOutput } from '../support/collect-output.ts';
import { freePort } from '../support/free-port.ts';
import { markedPids, markedProcesses } from '../support/marked-processes.ts';
import { buildProgram } from '../support/run-built-program.ts';
import { waitFor } from '../support/wait-for.ts';
import { endpointOf, startSshdFixture, withoutSshd } from '../support/sshd-fixture.ts';
import type { SshdFixture } from '../support/sshd-fixture.ts';
import { canMakeUsers, ensureTestUser } from '../support/test-user.ts';

const open = createOpenSsh();
const never = new AbortController().signal;
const has = (program: string): boolean => spawnSync('/bin/sh', ['-c', `command -v ${program}`]).status === 0;

v8.setFlagsFromString('--expose-gc');
const collectGarbage = vm.runInNewContext('gc') as () => void;

let run = 0;
/** A marker that no other test has. */
const newMarker = (): string => `J2025${process.pid}.0001.0001.${String((run += 1)).padStart(4, '0')}/1/1`;

const errorOf = async (promise: Promise<unknown>): Promise<OpsError> => {
  const error: unknown = await promise.then(
    () => new Error('nothing was thrown'),
    (cause: unknown) => cause,
  );
  if (error instanceof OpsError) return error;
  throw error;
};

const tryOpen = async (endpoint: SshEndpoint): Promise<SshSession> => open(endpoint, never);

const runText = async (session: SshSession, text: string, interpreter: Interpreter = 'sh') => {
  const output = collectOutput();
  const exit = await session.run(buildProgram({ text, interpreter, marker: newMarker() }), output.sink, never);
  return { ...exit, stdout: output.stdout, stderr: output.stderr };
};

describe.skipIf(withoutSshd)('a session on real OpenSSH', () => {
  let sshd: SshdFixture;
  let session: SshSession;
  beforeAll(async () => {
    sshd = await startSshdFixture();
    session = await open(sshd.endpoint(), never);
  });
  afterAll(async () => {
    await session[Symbol.asyncDispose]();
    await sshd[Symbol.asyncDispose]();
  });

  test('reports the fingerprint that the server has, and accepts it when pinned', async () => {
    expect(session.hostKeyFingerprint).toBe(sshd.server.hostKeyFingerprint);
    const known = execFileSync('ssh-keygen', ['-lf', join(sshd.folder, 'host_key')], { encoding: 'utf8' });
    expect(known).toContain(session.hostKeyFingerprint);
    await using again = await open(sshd.endpoint({ hostKeyFingerprint: session.hostKeyFingerprint }), never);
    expect(again.isOpen).toBe(true);
  });

  test('tells exit codes, and keeps stdout and stderr apart', async () => {
    expect(await runText(session, 'echo out; echo err >&2; exit 3')).toEqual({
      exitCode: 3,
      signal: null,
      stdout: 'out\n',
      stderr: 'err\n',
    });
    expect(await runText(session, 'true')).toEqual({ exitCode: 0, signal: null, stdout: '', stderr: '' });
  });

  test('tells the signal of a killed program', async () => {
    expect(await runText(session, 'kill -KILL $$')).toMatchObject({ exitCode: null, signal: 'SIGKILL' });
  });

  test('tells the code of a program that closed its outputs long before', async () => {
    expect(await runText(session, 'exec >&- 2>&-; sleep 0.3; exit 3')).toMatchObject({ exitCode: 3 });
  });

  for (const [interpreter, text, needs] of [
    ['sh', 'echo "$1"', 'sh'],
    ['bash', '[[ -n $BASH_VERSION ]] && echo "$1"', 'bash'],
    ['python', 'import sys; print(sys.argv[1])', 'python3'],
    ['javascript', 'console.log(process.argv[2])', 'node'],
    ['powershell', 'Write-Output $args[0]', 'pwsh'],
  ] satisfies [Interpreter, string, string][]) {
    test.skipIf(!has(needs))(`runs ${interpreter}`, async () => {
      const output = collectOutput();
      const program = buildProgram({ interpreter, text, arguments: [`it's "ä€🦊" $HOME\nnext`] });
      expect(await session.run(program, output.sink, never)).toEqual({ exitCode: 0, signal: null });
      expect(output.stdout).toBe(`it's "ä€🦊" $HOME\nnext\n`);
    });
  }

  test('brings environment and working directory', async () => {
    const output = collectOutput();
    const program = buildProgram({ text: 'pwd; printenv A', environment: { A: `x'\n"y` }, workingDirectory: '/usr' });
    await session.run(program, output.sink, never);
    expect(output.stdout).toBe(`/usr\nx'\n"y\n`);
    const missing = await session.run(buildProgram({ workingDirectory: '/no/such' }), output.sink, never);
    expect(missing.exitCode).toBe(126);
    expect(output.stderr).toContain('cannot change to the working directory /no/such');
  });

  test('takes a text much larger than a pipe', async () => {
    const text = `${Array.from({ length: 60_000 }, (_, at) => `x=${at}`).join('\n')}\necho $x`;
    expect(await runText(session, text)).toMatchObject({ exitCode: 0, stdout: '59999\n' });
  });

  test.each(['sh', 'bash', 'python'] as const)('shows no secret in an argument list of the target (%s)', async (interpreter) => {
    const secret = 'opensesame4711';
    const text = { sh: 'ps -A -ww -o args=', bash: 'ps -A -ww -o args=', python: 'import os; os.system("ps -A -ww -o args=")' }[
      interpreter
    ];
    const output = collectOutput();
    await session.run(
      buildProgram({ interpreter, text: `${text} # ${secret}`, arguments: [secret], environment: { S: secret } }),
      output.sink,
      never,
    );
    expect(output.stdout).toContain('ps -A');
    expect(output.stdout).not.toContain(secret);
  });

  test('runs two programs at once', async () => {
    const fifo = join(sshd.folder, 'fifo');
    execFileSync('mkfifo', [fifo]);
    const [reader, writer] = await Promise.all([runText(session, `cat '${fifo}'`), runText(session, `echo met >'${fifo}'`)]);
    expect([reader.stdout, writer.exitCode]).toEqual(['met\n', 0]);
  });

  test('delivers 50 MB to a slow sink, complete and with bounded memory', async () => {
    const size = 50 * 1024 * 1024;
    let received = 0;
    let isBusy = false;
    let largest = 0;
    let looks = 0;
    // What is really held: the resident size also counts garbage that V8 has not looked at yet.
    const held = (): number => {
      collectGarbage();
      return process.memoryUsage().arrayBuffers;
    };
    const before = held();
    let largestChunk = 0;
    const sink: OutputSink = async (_stream, chunk) => {
      expect(isBusy).toBe(false);
      isBusy = true;
      received += chunk.length;
      largestChunk = Math.max(largestChunk, chunk.length);
      await new Promise((resolve) => setTimeout(resolve, 5));
      // Not at each of some two thousand: a look takes longer than the chunk.
      if (received >= looks * 1024 * 1024) {
        looks += 1;
        largest = Math.max(largest, held() - before);
      }
      isBusy = false;
    };
    const exit = await session.run(buildProgram({ text: `head -c ${size} /dev/zero; head -c 3000000 /dev/zero >&2` }), sink, never);
    expect([exit.exitCode, received]).toEqual([0, size + 3_000_000]);
    expect(largestChunk).toBeLessThan(5 * 1024 * 1024);
    expect(largest).toBeLessThan(24 * 1024 * 1024);
  });

  test('ends the whole tree when aborted', async () => {
    const marker = newMarker();
    const controller = new AbortController();
    const output = collectOutput();
    const text = `setsid sleep 401 & timeout 100 sleep 402 & nohup sleep 403 >/dev/null 2>&1 & (setsid sh -c 'sleep 404 & exit' &); echo ready; sleep 405`;
    const running = session.run(buildProgram({ text, marker }), output.sink, controller.signal);
    await output.until('ready');
    await waitFor(() => [401, 402, 403, 404, 405].every((seconds) => markedProcesses(marker).includes(`sleep ${seconds}`)));
    const reason = new OpsError('ACTION_TIMED_OUT', 'too long');
    controller.abort(reason);
    expect(await abortedAs(running)).toEqual({ work: 'ended', reason: 'too long', says: 'The program on the target was ended.' });
    expect(markedProcesses(marker)).toEqual([]);
    expect(await runText(session, 'echo still here')).toMatchObject({ stdout: 'still here\n' });
  });

  test('ends what ignores TERM, and delivers what is said on the way out', async () => {
    const marker = newMarker();
    const controller = new AbortController();
    const output = collectOutput();
    const text = `(trap '' TERM; sleep 411; sleep 412) & trap 'echo bye; exit' TERM; echo ready; wait`;
    const running = session.run(buildProgram({ text, marker }), output.sink, controller.signal);
    await output.until('ready');
    controller.abort(new OpsError('RUN_TIMED_OUT', 'too long'));
    expect(await abortedAs(running)).toMatchObject({ work: 'ended', reason: 'too long' });
    expect(markedProcesses(marker)).toEqual([]);
    expect(output.stdout).toBe('ready\nbye\n');
  });

  test('runs nothing when aborted before', async () => {
    const reason = new OpsError('WORKER_STOPPED', 'stopped');
    const late = session.run(buildProgram(), collectOutput().sink, AbortSignal.abort(reason));
    expect(await abortedAs(late)).toMatchObject({ work: 'not_sent' });
    const controller = new AbortController();
    const running = session.run(buildProgram({ text: `touch '${sshd.folder}/ran'` }), collectOutput().sink, controller.signal);
    controller.abort(reason);
    expect(await abortedAs(running)).toEqual({ work: 'not_sent', reason: 'stopped', says: 'The program was not started.' });
    expect(await runText(session, `ls '${sshd.folder}'`)).not.toMatchObject({ stdout: expect.stringContaining('ran\n') });
  });

  test('ends the program when its sink fails, with the error of the sink', async () => {
    const marker = newMarker();
    const broken = new OpsError('INTERNAL', 'disk full');
    const running = session.run(
      buildProgram({ text: 'while :; do echo x; sleep 0.01; done', marker }),
      () => Promise.reject(broken),
      never,
    );
    expect(await errorOf(running)).toBe(broken);
    expect(markedProcesses(marker)).toEqual([]);
  });

  test('is lost when the server dies under a program', async () => {
    await using other = await startSshdFixture();
    await using session = await open(other.endpoint(), never);
    const output = collectOutput();
    const marker = newMarker();
    const running = session.run(buildProgram({ text: 'echo ready; sleep 421', marker }), output.sink, never);
    await output.until('ready');
    const children = execFileSync('ps', ['-o', 'pid=', '--ppid', String(other.server.pids[0])], { encoding: 'utf8' });
    for (const pid of children.trim().split(/\s+/)) process.kill(Number(pid), 'SIGKILL');
    const error = await errorOf(running);
    expect(error.code).toBe('CONNECTION_LOST');
    expect(error.message).toContain(`127.0.0.1 port ${other.port}`);
    expect(session.isOpen).toBe(false);
    expect(await errorOf(session.run(buildProgram(), output.sink, never))).toMatchObject({
      code: 'CONNECTION_CLOSED',
      category: 'communication',
      message: expect.stringContaining('nothing ran'),
    });
    for (const pid of markedPids(marker)) process.kill(Number(pid), 'SIGKILL');
  });

  test('is lost when its peer falls silent', async () => {
    await using other = await startSshdFixture();
    await using session = await open(other.endpoint({ keepAliveMs: 100 }), never);
    const output = collectOutput();
    const running = session.run(buildProgram({ text: 'echo ready; sleep 431' }), output.sink, never);
    await output.until('ready');
    const children = execFileSync('ps', ['-o', 'pid=', '--ppid', String(other.server.pids[0])], { encoding: 'utf8' });
    for (const pid of children.trim().split(/\s+/)) process.kill(Number(pid), 'SIGSTOP');
    const error = await errorOf(running);
    expect([error.code, error.message]).toEqual(['CONNECTION_LOST', expect.stringContaining('Keepalive timeout')]);
  });

  test('disposing closes it, also under a program', async () => {
    const session = await open(sshd.endpoint(), never);
    const output = collectOutput();
    const running = session.run(buildProgram({ text: 'echo ready; exec sleep 0.5' }), output.sink, never);
    await output.until('ready');
    await session[Symbol.asyncDispose]();
    expect(session.isOpen).toBe(false);
    expect((await errorOf(running)).code).toBe('CONNECTION_LOST');
    await session[Symbol.asyncDispose]();
  });
});

describe.skipIf(withoutSshd)('logging in to real OpenSSH', () => {
  const makeKey = (folder: string, name: string, options: string[]): string => {
    execFileSync('ssh-keygen', ['-q', '-f', join(folder, name), ...options]);
    return name;
  };
  let sshd: SshdFixture;
  beforeAll(async () => {
    sshd = await startSshdFixture();
  });
  afterAll(() => sshd[Symbol.asyncDispose]());

  const tryKey = async (name: string, passphrase?: string): Promise<ProgramExit> => {
    const text = readFileSync(join(sshd.folder, name), 'utf8');
    const publicLine = readFileSync(join(sshd.folder, `${name}.pub`), 'utf8');
    await using other = await startSshdFixture({ authorizedKey: publicLine });
    const { username } = other.endpoint().secret;
    const secret = { type: 'ssh_key', username, private_key: text, ...(passphrase === undefined ? {} : { passphrase }) } as const;
    await using session = await open(endpointOf(other.port, secret), never);
    return await session.run(buildProgram({ text: 'exit 5' }), collectOutput().sink, never);
  };

  test.each([
    ['rsa', ['-t', 'rsa', '-b', '2048', '-N', ''], undefined],
    ['rsa-pem', ['-t', 'rsa', '-b', '2048', '-m', 'PEM', '-N', ''], undefined],
    ['rsa-pem-secret', ['-t', 'rsa', '-b', '2048', '-m', 'PEM', '-N', 'open sesame'], 'open sesame'],
    ['ecdsa', ['-t', 'ecdsa', '-N', ''], undefined],
    ['ecdsa-pem', ['-t', 'ecdsa', '-m', 'PEM', '-N', ''], undefined],
    ['ed25519', ['-t', 'ed25519', '-N', ''], undefined],
    ['ed25519-secret', ['-t', 'ed25519', '-N', 'open sesame'], 'open sesame'],
  ] satisfies [string, string[], string | undefined][])('a key of kind %s', async (name, options, passphrase) => {
    expect(await tryKey(makeKey(sshd.folder, name, options), passphrase)).toEqual({ exitCode: 5, signal: null });
  });

  test.each([
    ['a wrong passphrase', 'wrong'],
    ['no passphrase', undefined],
  ])('an encrypted key with %s is unusable', async (title, passphrase) => {
    const name = makeKey(sshd.folder, title.replaceAll(' ', '-'), ['-t', 'ed25519', '-N', 'open sesame']);
    const private_key = readFileSync(join(sshd.folder, name), 'utf8');
    const secret = { type: 'ssh_key', username: 'x', private_key, ...(passphrase === undefined ? {} : { passphrase }) } as const;
    expect((await errorOf(tryOpen(sshd.endpoint({ secret })))).code).toBe('KEY_UNUSABLE');
  });

  test.each(['nonsense', '-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n', 'public'])(
    'the key text %j is unusable',
    async (text) => {
      const private_key = text === 'public' ? sshd.keys.publicKey : text;
      const error = await errorOf(tryOpen(sshd.endpoint({ secret: { type: 'ssh_key', username: 'x', private_key } })));
      expect(error.code).toBe('KEY_UNUSABLE');
    },
  );

  test('an unknown key is rejected, with the user and the way named', async () => {
    const name = makeKey(sshd.folder, 'stranger', ['-t', 'ed25519', '-N', '']);
    const private_key = readFileSync(join(sshd.folder, name), 'utf8');
    const { username } = sshd.endpoint().secret;
    const error = await errorOf(tryOpen(sshd.endpoint({ secret: { type: 'ssh_key', username, private_key } })));
    expect(error.code).toBe('LOGIN_REJECTED');
    expect(error.message).toContain(`user ${username} with the SSH key`);
  });

  test.skipIf(!canMakeUsers())('a password', async () => {
    const user = ensureTestUser();
    await using other = await startSshdFixture({ user: user.username, passwordAuthentication: true });
    const secret = { type: 'password', ...user } as const;
    const session = await open(endpointOf(other.port, secret), never);
    expect(await runText(session, 'id -un')).toMatchObject({ stdout: 'opsc-test\n' });
    await session[Symbol.asyncDispose]();
    const error = await errorOf(tryOpen(endpointOf(other.port, { ...secret, password: 'wrong-password' })));
    expect(error.code).toBe('LOGIN_REJECTED');
    expect(error.message).toContain('user opsc-test with the password');
    expect(error.message).not.toContain('wrong-password');
  });

  test.skipIf(!canMakeUsers())('a program is ended by signals where no script can end it', async () => {
    const user = ensureTestUser();
    await using other = await startSshdFixture({ user: user.username });
    const link = await connectSsh(other.endpoint({ platform: 'windows' }), createLoginMethods()(other.endpoint().secret), never);
    const exec = await openExecChannel(link, "trap '' TERM; echo ready; sleep 441");
    const ready = once(exec.channel, 'data');
    exec.channel.end('');
    await ready;
    await endRemote(link, { exec, marker: newMarker(), pid: undefined });
    expect(exec.exit).toEqual({ exitCode: null, signal: 'SIGKILL' });
    link.client.end();
  });

  test('another host key than the pinned one is refused, and both are named', async () => {
    const pinned = 'SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';
    const error = await errorOf(tryOpen(sshd.endpoint({ hostKeyFingerprint: pinned })));
    expect(error.code).toBe('HOST_KEY_CHANGED');
    expect(error.message).toContain(pinned);
    expect(error.message).toContain(sshd.server.hostKeyFingerprint);
  });
});

describe('what does not let us in', () => {
  const secret = { type: 'password', username: 'nobody', password: 'never-shown-4711' } as const;
  const sockets = new Set<Socket>();
  const listen = async (server: Server): Promise<number> => {
    server.on('connection', (socket: Socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined);
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return (server.address() as AddressInfo).port;
  };
  const stop = async (server: Server): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  };
  const expectCode = async (endpoint: SshEndpoint, code: string): Promise<void> => {
    const error = await errorOf(tryOpen(endpoint));
    expect(error.code).toBe(code);
    expect(error.message).toContain(`${endpoint.host} port ${endpoint.port}`);
    expect(error.message).not.toContain(secret.password);
  };

  test('a name without an address', () => expectCode(endpointOf(22, secret, { host: 'no-such-host.invalid' }), 'NAME_NOT_FOUND'));

  test('a port where nothing listens', async () => expectCode(endpointOf(await freePort(), secret), 'CONNECTION_REFUSED'));

  test('a server that says nothing', async () => {
    const server = createServer();
    await expectCode(endpointOf(await listen(server), secret, { connectTimeoutMs: 200 }), 'CONNECTION_TIMED_OUT');
    await stop(server);
  });

  test('a server that falls silent after its first line', async () => {
    const server = createServer((socket) => socket.write('SSH-2.0-tired\r\n'));
    await expectCode(endpointOf(await listen(server), secret, { connectTimeoutMs: 200 }), 'CONNECTION_TIMED_OUT');
    await stop(server);
  });

  test.each([
    ['talks HTTP', 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n'],
    ['talks nonsense', '\0\u0001\u0002'.repeat(9000)],
    ['hangs up', ''],
    ['has too many clients', 'Exceeded MaxStartups\r\n'],
    ['has an old protocol', 'SSH-1.5-old\r\n'],
    ['breaks off after its first line', 'SSH-2.0-short\r\n'],
    ['sends a broken packet', `SSH-2.0-broken\r\n${'\uffff'.repeat(64)}`],
  ])('a server that %s', async (_title, text) => {
    const server = createServer((socket) => socket.end(text));
    await expectCode(endpointOf(await listen(server), secret), 'PROTOCOL_ERROR');
    await stop(server);
  });

  test('a server that cuts the line', async () => {
    const server = createServer((socket) => socket.resetAndDestroy());
    await expectCode(endpointOf(await listen(server), secret), 'PROTOCOL_ERROR');
    await stop(server);
  });

  test('a real HTTP server', async () => {
    const server = createHttpServer((_request, response) => response.end('hello'));
    await expectCode(endpointOf(await listen(server), secret), 'PROTOCOL_ERROR');
    await stop(server);
  });

  test('an abort while connecting', async () => {
    const server = createServer();
    const port = await listen(server);
    const connected = once(server, 'connection');
    const controller = new AbortController();
    const opening = open(endpointOf(port, secret), controller.signal);
    await connected;
    const reason = new OpsError('WORKER_STOPPED', 'stopped');
    controller.abort(reason);
    expect(await errorOf(opening)).toBe(reason);
    expect(await errorOf(open(endpointOf(port, secret), controller.signal))).toBe(reason);
    await stop(server);
  });
});
