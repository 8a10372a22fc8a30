import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Endpoint, Interpreter } from '../../src/contracts/transport.ts';
import { OpsError } from '../../src/domain/ops-error.ts';
import { createOpenSession } from '../../src/transports/open-session.ts';
import type { RemoteFiles, Session } from '../../src/transports/transport.ts';
import { collectOutput } from '../support/collect-output.ts';
import { freePort } from '../support/free-port.ts';
import { markedPids } from '../support/marked-processes.ts';
import { buildProgram } from '../support/run-built-program.ts';
import { createCertificate } from '../support/tls-certificate.ts';
import { waitFor } from '../support/wait-for.ts';
import { startWinrmDouble } from '../support/winrm-double.ts';
import type { DoubleOptions, WinrmDouble } from '../support/winrm-double.ts';

const USER = 'anna';
const PASSWORD = 'Pa$$w0rd "ä';
const users = { [USER]: PASSWORD };
const never = new AbortController().signal;
const open = createOpenSession();

const endpointOf = (port: number, config: Record<string, unknown> = {}, password = PASSWORD): Endpoint => ({
  methodType: 'winrm',
  host: '127.0.0.1',
  port,
  config,
  hostKeyFingerprint: undefined,
  platform: 'windows',
  connectTimeoutMs: 5_000,
  keepAliveMs: 0,
  secret: { type: 'password', username: `CORP\\${USER}`, password },
});
const asLocal = (endpoint: Endpoint): Endpoint => ({
  ...endpoint,
  secret: { type: 'password', username: USER, password: endpoint.secret?.type === 'password' ? endpoint.secret.password : '' },
});

const errorOf = async (promise: Promise<unknown>): Promise<OpsError> => {
  const error: unknown = await promise.then(
    () => new Error('nothing was thrown'),
    (cause: unknown) => cause,
  );
  if (error instanceof OpsError) return error;
  throw error;
};

const run = (session: Session, program: ReturnType<typeof buildProgram>, sink: ReturnType<typeof collectOutput>['sink'], signal = never) =>
  session.run === undefined ? Promise.reject(new Error('no run')) : session.run(program, sink, signal);

const runText = async (session: Session, text: string, interpreter: Interpreter = 'sh', args: string[] = []) => {
  const output = collectOutput();
  const exit = await run(session, buildProgram({ text, interpreter, arguments: args }), output.sink);
  return { ...exit, stdout: output.stdout, stderr: output.stderr };
};

const folder = mkdtempSync(join(tmpdir(), 'opsc-winrm-test-'));
const certificate = createCertificate(folder, 'IP:127.0.0.1');
const tls = { key: readFileSync(certificate.keyFile, 'utf8'), cert: certificate.pem };
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const WAYS = [
  { name: 'ntlm over http', options: {}, config: {} },
  { name: 'ntlm over https', options: { tls }, config: { protocol: 'https', ca_certificate: certificate.pem } },
  {
    name: 'basic over https',
    options: { tls, offers: ['Basic'] },
    config: { transport: 'basic', protocol: 'https', ca_certificate: certificate.pem },
  },
  {
    name: 'basic over http, where that is allowed',
    options: { offers: ['Basic'], allowUnencrypted: true },
    config: { transport: 'basic', allow_unencrypted: true },
  },
] as const;

describe.each(WAYS)('a session by $name', ({ options, config }) => {
  let double: WinrmDouble;
  let session: Session;
  const endpoint = (password?: string): Endpoint => {
    const made = endpointOf(double.port, config, password);
    return 'transport' in config ? asLocal(made) : made;
  };
  beforeAll(async () => {
    double = await startWinrmDouble({ users, ...options });
    session = await open(endpoint(), never);
  });
  afterAll(async () => {
    await session[Symbol.asyncDispose]();
    await double[Symbol.asyncDispose]();
  });

  test('tells exit codes, and keeps stdout and stderr apart', async () => {
    expect(await runText(session, 'echo out; echo err >&2; exit 3')).toEqual({
      exitCode: 3,
      signal: null,
      stdout: 'out\n',
      stderr: 'err\n',
    });
  });

  test('a test passes exactly when a run logs in', async () => {
    expect(await session.probe(never)).toContain('Stack: 3.0');
    const error = await errorOf(open(endpoint('An0ther'), never));
    expect(error.code).toBe('LOGIN_REJECTED');
    expect(error.message).toContain(USER);
    expect(error.message).not.toContain('An0ther');
  });

  test('leaves no shell behind', async () => {
    await runText(session, 'true');
    expect(double.shells.open.size).toBe(0);
  });
});

describe('a session', () => {
  let double: WinrmDouble;
  let session: Session;
  beforeAll(async () => {
    double = await startWinrmDouble({ users, pollMs: 100 });
    session = await open(endpointOf(double.port), never);
  });
  afterAll(async () => {
    await session[Symbol.asyncDispose]();
    await double[Symbol.asyncDispose]();
  });

  test('encrypts what it sends over http', async () => {
    await runText(session, 'echo a-readable-word');
    const wire = double.wire().toString('latin1');
    expect(wire).toContain('application/HTTP-SPNEGO-session-encrypted');
    expect(wire).not.toContain('a-readable-word');
    expect(wire).not.toContain('CommandLine');
    expect(wire).not.toContain(PASSWORD);
  });

  for (const [interpreter, text] of [
    ['sh', 'echo "$1"'],
    ['batch', 'echo "$1"'],
    ['powershell', 'echo "$1"'],
    ['python', 'import sys; print(sys.argv[1])'],
    ['javascript', 'console.log(process.argv[1])'],
  ] satisfies [Interpreter, string][]) {
    test(`runs ${interpreter} with its arguments`, async () => {
      // In a batch file a quote cannot be written inside of quotes, nor a line break: those are refused.
      const isBatch = interpreter === 'sh' || interpreter === 'batch';
      const argument = isBatch ? `it's ä€🦊 & $HOME %PATH%` : `it's "ä€🦊" $HOME %PATH%\nnext`;
      expect(await runText(session, text, interpreter, [argument])).toMatchObject({ exitCode: 0, stdout: `${argument}\n` });
    });
  }

  test('brings environment and working directory', async () => {
    const output = collectOutput();
    await run(session, buildProgram({ text: 'pwd; printenv A', environment: { A: `x'\n"y` }, workingDirectory: '/usr' }), output.sink);
    expect(output.stdout).toBe(`/usr\nx'\n"y\n`);
  });

  test('brings every byte of a long output, and a text that fills many messages', async () => {
    const text = `wc -c <<'E'\n${'x'.repeat(300_000)}\nE\nhead -c 1000000 /dev/zero`;
    const { stdout, exitCode } = await runText(session, text, 'powershell');
    expect(exitCode).toBe(0);
    expect(stdout.slice(0, 7)).toBe('300001\n');
    expect(stdout.length).toBe(1_000_007);
  });

  test('asks again when a poll brings nothing', async () => {
    const before = double.actions.length;
    expect(await runText(session, 'sleep 0.5; echo late')).toMatchObject({ exitCode: 0, stdout: 'late\n' });
    expect(double.actions.slice(before).filter((action) => action === 'Receive').length).toBeGreaterThan(2);
  });

  test('runs programs at the same time', async () => {
    const ends = await Promise.all(['1', '2', '3'].map((code) => runText(session, `sleep 0.2; exit ${code}`)));
    expect(ends.map(({ exitCode }) => exitCode)).toEqual([1, 2, 3]);
  });

  test('a cancel ends the program and what it started', async () => {
    const output = collectOutput();
    const marker = `J2025${process.pid}.0002.0001.0001/1/1`;
    const cancel = new AbortController();
    const running = run(
      session,
      buildProgram({ text: 'sh -c "sleep 300; true" & echo started; sleep 300', marker }),
      output.sink,
      cancel.signal,
    );
    await output.until('started');
    expect(markedPids(marker).length).toBeGreaterThan(1);
    cancel.abort(new Error('cancelled by a test'));
    await expect(running).rejects.toMatchObject({ work: 'ended', cause: { message: 'cancelled by a test' } });
    await waitFor(() => markedPids(marker).length === 0);
    expect(double.shells.open.size).toBe(0);
  });

  test('a sink that fails ends the program', async () => {
    const marker = `J2025${process.pid}.0003.0001.0001/1/1`;
    const sink = (): Promise<void> => Promise.reject(new Error('no room'));
    await expect(run(session, buildProgram({ text: 'echo a; sleep 300', marker }), sink)).rejects.toThrow('no room');
    await waitFor(() => markedPids(marker).length === 0);
  });

  test('logs in again when the server has forgotten the login', async () => {
    double.forgetLogins();
    expect(await runText(session, 'echo again')).toMatchObject({ stdout: 'again\n' });
  });

  test('another user than the one logged in is refused', async () => {
    const error = await errorOf(run(session, buildProgram({ runAs: 'bob' }), collectOutput().sink));
    expect(error.code).toBe('METHOD_UNSUPPORTED');
  });
});

describe('what is refused, and how it is told', () => {
  const sessionOn = async (options: Partial<DoubleOptions>, use: (double: WinrmDouble) => Promise<void>): Promise<void> => {
    await using double = await startWinrmDouble({ users, ...options });
    await use(double);
  };

  test('a certificate that nobody vouches for, with nothing sent', () =>
    sessionOn({ tls }, async (double) => {
      const error = await errorOf(open(endpointOf(double.port, { protocol: 'https' }), never));
      expect(error.code).toBe('CERTIFICATE_REFUSED');
      expect(double.wire().length).toBe(0);
      await using trusting = await open(endpointOf(double.port, { protocol: 'https', verify_ssl: false }), never);
      expect(trusting.isOpen).toBe(true);
    }));

  test('a port that takes http where the method says https, and the other way round', async () => {
    await sessionOn({}, async (double) => {
      const error = await errorOf(open(endpointOf(double.port, { protocol: 'https' }), never));
      expect(error.code).toBe('PROTOCOL_ERROR');
      expect(error.message).toContain('TLS could not be agreed');
    });
    await sessionOn({ tls }, async (double) => {
      const error = await errorOf(open(endpointOf(double.port), never));
      expect(error.code).toBe('PROTOCOL_ERROR');
      expect(error.message).toMatch(/expect TLS|takes http or https|port of a WinRM listener/);
      expect(double.wire().length).toBe(0);
    });
  });

  test('basic over http, unless the method allows it', async () => {
    const error = await errorOf(open(endpointOf(1, { transport: 'basic' }), never));
    expect(error.code).toBe('VALIDATION');
    expect(error.message).toContain('allow_unencrypted');
  });

  test('a way to log in that the server does not offer', () =>
    sessionOn({ offers: ['Negotiate'], tls }, async (double) => {
      const config = { transport: 'basic', protocol: 'https', ca_certificate: certificate.pem };
      const error = await errorOf(open(endpointOf(double.port, config), never));
      expect(error.code).toBe('LOGIN_REJECTED');
      expect(error.message).toContain('it offers Negotiate');
    }));

  const CASES = [
    [
      'a user without the right',
      { code: 5, subcode: 'AccessDenied', text: 'Access is denied.' },
      'LOGIN_REJECTED',
      'Remote Management Users',
    ],
    ['a quota', { code: 2_150_859_174, subcode: 'QuotaLimit', text: 'The maximum number of shells…' }, 'PROTOCOL_ERROR', 'quota'],
    ['any other fault', { code: 1, subcode: 'InternalError', text: 'Strange.' }, 'PROTOCOL_ERROR', 'Strange.'],
    ['a service that is not ready', { status: 503 }, 'PROTOCOL_ERROR', 'Start it on the target'],
  ] as const;
  test.each(CASES)('%s', (_, instead, code, says) =>
    sessionOn({ instead: (action) => (action === 'Create' ? instead : undefined) }, async (double) => {
      await using session = await open(endpointOf(double.port), never);
      const error = await errorOf(runText(session, 'true'));
      expect(error.code).toBe(code);
      expect(error.message).toContain(says);
      expect(error.message).toContain(`127.0.0.1 port ${double.port}`);
      const probed = await errorOf(session.probe(never));
      expect(probed.code).toBe(code);
    }),
  );

  test.each([
    ['is cut', 'cut'],
    ['loses its shell', { code: 2_150_858_843, subcode: 'InvalidSelectors', text: 'The shell was not found on the server.' }],
    ['meets a server that is away', { status: 503 }],
  ] as const)('a program whose connection %s while it runs has an unknown end', (_, instead) =>
    sessionOn({ instead: (action) => (action === 'Receive' ? instead : undefined) }, async (double) => {
      await using session = await open(endpointOf(double.port), never);
      expect((await errorOf(runText(session, 'true'))).code).toBe('CONNECTION_LOST');
    }),
  );

  const SHELL = 'http://schemas.microsoft.com/wbem/wsman/1/windows/shell';
  const stream = (name: string, bytes: Buffer): string =>
    `<rsp:Stream Name="${name}" CommandId="x">${bytes.toString('base64')}</rsp:Stream>`;
  const ended = (exitCode: string, streams = ''): { body: string } => ({
    body: `<rsp:ReceiveResponse>${streams}<rsp:CommandState CommandId="x" State="${SHELL}/CommandState/Done">${exitCode}</rsp:CommandState></rsp:ReceiveResponse>`,
  });
  const running = (streams: string): { body: string } => ({
    body: `<rsp:ReceiveResponse>${streams}<rsp:CommandState CommandId="x" State="${SHELL}/CommandState/Running"/></rsp:ReceiveResponse>`,
  });
  /** Answers to polls, one after the other; then the double's own. */
  const polls = (
    ...answers: (ReturnType<NonNullable<DoubleOptions['instead']>> | (() => void))[]
  ): NonNullable<DoubleOptions['instead']> => {
    const left = [...answers];
    return (action) => {
      const next = action === 'Receive' ? left.shift() : undefined;
      if (typeof next !== 'function') return next;
      next();
      return undefined;
    };
  };

  test.each([
    ['0', 0],
    ['259', 259],
    ['3221225477', -1_073_741_819],
    ['4294967295', -1],
    ['-1073741510', -1_073_741_510],
  ])('an exit code of Windows, %s, is %i', (text, exitCode) =>
    sessionOn({ instead: polls(ended(`<rsp:ExitCode>${text}</rsp:ExitCode>`)) }, async (double) => {
      await using session = await open(endpointOf(double.port), never);
      expect((await runText(session, 'true')).exitCode).toBe(exitCode);
    }),
  );

  test.each([
    ['nothing', ''],
    ['no number', '<rsp:ExitCode>ok</rsp:ExitCode>'],
  ])('a program that has ended with %s for its exit code is no success', (_, text) =>
    sessionOn({ instead: polls(ended(text)) }, async (double) => {
      await using session = await open(endpointOf(double.port), never);
      const error = await errorOf(runText(session, 'true'));
      expect(error.code).toBe('CONNECTION_LOST');
      expect(error.message).toContain('without telling its exit code');
    }),
  );

  const TORN = Buffer.from('ä€🦊');
  test('characters torn between messages are whole again, in output and in the reason of a file', () =>
    sessionOn({}, async (double) => {
      await using session = await open(endpointOf(double.port), never);
      const torn = (name: string): { body: string }[] => [...TORN].map((byte) => running(stream(name, Buffer.of(byte))));
      double.setInstead(polls(...torn('stdout'), ended('<rsp:ExitCode>0</rsp:ExitCode>')));
      expect((await runText(session, 'true')).stdout).toBe('ä€🦊');
      double.setInstead(polls(...torn('stderr'), ended('<rsp:ExitCode>3</rsp:ExitCode>')));
      const error = await errorOf(session.files?.stat('C:\\x', never) ?? Promise.resolve());
      expect(error.code).toBe('FILE_REFUSED');
      expect(error.message).toContain('stat of C:\\x failed: ä€🦊');
    }));

  const PIPE_GONE = { code: 232, subcode: 'InternalError', text: 'The pipe is being closed.' };
  const TIMED_OUT = { code: 2_150_858_793, subcode: 'TimedOut', text: 'The operation timed out.' };

  test('a program that takes no input because it has ended is told by its exit code', () =>
    sessionOn({}, async (double) => {
      await using session = await open(endpointOf(double.port), never);
      const next = polls(ended('<rsp:ExitCode>9009</rsp:ExitCode>'));
      double.setInstead((action) => (action === 'Send' ? PIPE_GONE : next(action)));
      expect((await runText(session, 'true')).exitCode).toBe(9_009);
    }));

  test('a program that takes no input and does not end is ended, and nobody waits for it', () =>
    sessionOn({ pollMs: 10 }, async (double) => {
      await using session = await open(endpointOf(double.port), never);
      double.setInstead((action) => (action === 'Send' ? TIMED_OUT : undefined));
      const error = await errorOf(runText(session, 'true'));
      expect(error.code).toBe('CONNECTION_LOST');
      expect(error.message).toContain('to take the input of the program');
      expect(double.shells.open.size).toBe(0);
    }));

  test('a login that is refused while a program runs leaves an unknown end, not a login to be corrected', async () => {
    const changing: Record<string, string> = { ...users };
    await sessionOn({ users: changing, pollMs: 10 }, async (double) => {
      await using session = await open(endpointOf(double.port), never);
      const forget = (): void => {
        changing[USER] = 'changed meanwhile';
        double.forgetLogins();
      };
      double.setInstead(polls(forget));
      const error = await errorOf(runText(session, 'sleep 5'));
      expect(error.code).toBe('CONNECTION_LOST');
      expect(error.message).toContain('it may still run there');
    });
  });

  test('a cancel before the process id was told still ends all that was begun', () =>
    sessionOn({}, async (double) => {
      await using session = await open(endpointOf(double.port), never);
      const cancel = new AbortController();
      const marker = `J2025${process.pid}.0005.0001.0001/1/1`;
      double.setInstead(polls(() => cancel.abort(new Error('cancelled by a test'))));
      const program = buildProgram({ text: 'sh -c "sleep 300; true" & sleep 300', marker });
      await expect(run(session, program, collectOutput().sink, cancel.signal)).rejects.toMatchObject({
        work: 'ended',
        cause: { message: 'cancelled by a test' },
      });
      expect(double.actions.filter((action) => action === 'Create')).toHaveLength(2);
      await waitFor(() => markedPids(marker).length === 0);
    }));

  const serverOf = async (server: Server): Promise<number> => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  };

  test('a web server without a WinRM listener', async () => {
    const server = createHttpServer((_, response) => response.writeHead(404).end('not here'));
    const error = await errorOf(open(endpointOf(await serverOf(server)), never));
    server.closeAllConnections();
    server.close();
    expect(error.code).toBe('PROTOCOL_ERROR');
    expect(error.message).toContain('winrm quickconfig');
  });

  test('a port that speaks something else', async () => {
    const server = createServer((socket) => socket.on('error', () => undefined).end('SSH-2.0-OpenSSH_9.2\r\n'));
    const error = await errorOf(open(endpointOf(await serverOf(server)), never));
    server.close();
    expect(error.code).toBe('PROTOCOL_ERROR');
  });

  test('a port without anybody', async () => {
    expect((await errorOf(open(endpointOf(await freePort()), never))).code).toBe('CONNECTION_REFUSED');
  });

  test('a host that never answers', async () => {
    const server = createServer((socket) => socket.on('error', () => undefined));
    const port = await serverOf(server);
    const error = await errorOf(open({ ...endpointOf(port), connectTimeoutMs: 200 }, never));
    server.close();
    expect(error.code).toBe('CONNECTION_TIMED_OUT');
  });

  test('a credential that is no password', async () => {
    expect((await errorOf(open({ ...endpointOf(1), secret: undefined }, never))).code).toBe('CREDENTIAL_MISSING');
  });
});

describe('files', () => {
  let double: WinrmDouble;
  let session: Session;
  let files: RemoteFiles;
  beforeAll(async () => {
    double = await startWinrmDouble({ users });
    session = await open(endpointOf(double.port), never);
    if (session.files === undefined) throw new Error('no files');
    files = session.files;
  });
  afterAll(async () => {
    await session[Symbol.asyncDispose]();
    await double[Symbol.asyncDispose]();
  });
  const at = (name: string): string => join(folder, name);
  const codeOf = async (promise: Promise<unknown>): Promise<string> => (await errorOf(promise)).code;

  test('any bytes go there and come back, from any place on', async () => {
    const content = randomBytes(400_000);
    const path = at(`it's "ä".bin`);
    expect(await files.write(path, Readable.from([content.subarray(0, 300_000)]), 0, never)).toBe(300_000);
    expect(await files.write(path, Readable.from([content.subarray(200_000)]), 200_000, never)).toBe(200_000);
    expect(readFileSync(path).equals(content)).toBe(true);
    expect((await buffer(await files.read(path, 0, never))).equals(content)).toBe(true);
    expect((await buffer(await files.read(path, 399_000, never))).equals(content.subarray(399_000))).toBe(true);
    expect(await files.sha256(path, 1_000, never)).toBe(createHash('sha256').update(content.subarray(0, 1_000)).digest('hex'));
    expect(await files.stat(path, never)).toEqual({ kind: 'file', bytes: 400_000, mode: undefined });
  });

  test('are copied, moved, deleted, and folders made', async () => {
    writeFileSync(at('one'), 'text');
    await files.perform({ operation: 'mkdir', source: at('new'), mode: undefined }, undefined, never);
    expect(await files.stat(at('new'), never)).toMatchObject({ kind: 'directory' });
    await files.perform(
      { operation: 'copy', source: at('one'), destination: at('new/two'), overwrite: true, preservePermissions: false },
      undefined,
      never,
    );
    await files.perform(
      { operation: 'move', source: at('new/two'), destination: at('new/three'), overwrite: true, preservePermissions: false },
      undefined,
      never,
    );
    expect(readFileSync(at('new/three'), 'utf8')).toBe('text');
    const kept = {
      operation: 'copy',
      source: at('one'),
      destination: at('new/three'),
      overwrite: false,
      preservePermissions: false,
    } as const;
    expect(await codeOf(files.perform(kept, undefined, never))).toBe('FILE_FAILED');
    expect(await codeOf(files.perform({ operation: 'delete', source: at('new'), isRecursive: false }, undefined, never))).toBe(
      'FILE_FAILED',
    );
    await files.perform({ operation: 'delete', source: at('new'), isRecursive: true }, undefined, never);
    expect(existsSync(at('new'))).toBe(false);
    expect(await files.stat(at('new'), never)).toBeUndefined();
  });

  test('that are missing are told so', async () => {
    expect(await codeOf(files.sha256(at('nothing'), 1, never))).toBe('FILE_MISSING');
    expect(await codeOf(files.write(at('no/folder'), Readable.from([Buffer.from('a')]), 0, never))).toBe('FILE_MISSING');
    expect(await codeOf(buffer(await files.read(at('nothing'), 0, never)))).toBe('FILE_MISSING');
  });

  test('have no modes, and are nobody else’s', async () => {
    const chmod = { operation: 'chmod', source: at('one'), mode: '644', isRecursive: false } as const;
    const error = await errorOf(files.perform(chmod, undefined, never));
    expect(error).toMatchObject({ code: 'METHOD_UNSUPPORTED' });
    expect(error.message).toContain('icacls');
    expect(await codeOf(files.perform({ operation: 'delete', source: at('one'), isRecursive: false }, 'bob', never))).toBe(
      'METHOD_UNSUPPORTED',
    );
  });

  test('a reader that leaves ends the reading on the target', async () => {
    writeFileSync(at('long'), randomBytes(5_000_000));
    const stream = await files.read(at('long'), 0, never);
    await once(stream, 'readable');
    stream.destroy();
    await waitFor(() => double.shells.open.size === 0);
  });
});
