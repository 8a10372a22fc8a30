import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Endpoint, ProgramExit, RemoteProgram } from '../../src/contracts/transport.ts';
import { openTelnet } from '../../src/transports/telnet/open-telnet.ts';
import type { Session } from '../../src/transports/transport.ts';
import { abortedAs } from '../support/aborted-as.ts';
import { collectOutput } from '../support/collect-output.ts';
import { freePort } from '../support/free-port.ts';
import { markedPids } from '../support/marked-processes.ts';
import { startTelnetd, telnetEndpoint, withoutTelnetd } from '../support/telnetd-fixture.ts';
import type { TelnetdFixture } from '../support/telnetd-fixture.ts';
import { waitFor } from '../support/wait-for.ts';

const signal = new AbortController().signal;
const NONE = { shell: 'none' };

const program = (text: string, fields: Partial<RemoteProgram> = {}): RemoteProgram => ({
  interpreter: 'sh',
  text,
  arguments: [],
  workingDirectory: undefined,
  environment: {},
  marker: 'E20250001.1.1/1/1',
  ...fields,
});

/** Runs one command and gives all that came of it. */
const run = async (session: Session, text: string, fields: Partial<RemoteProgram> = {}): Promise<ProgramExit & { bytes: Buffer }> => {
  const chunks: Buffer[] = [];
  const exit = await session.run?.(
    program(text, fields),
    async (stream, chunk) => {
      expect(stream).toBe('stdout');
      chunks.push(chunk);
    },
    signal,
  );
  return { ...(exit ?? { exitCode: null, signal: 'none' }), bytes: Buffer.concat(chunks) };
};

const textOf = async (session: Session, text: string, fields: Partial<RemoteProgram> = {}): Promise<[string, number | null]> => {
  const { bytes, exitCode } = await run(session, text, fields);
  return [bytes.toString(), exitCode];
};

/** How a test of the connection and a run end; undefined: well. */
const outcomes = async (endpoint: Endpoint): Promise<unknown[]> => {
  const failed = (error: unknown): unknown => error;
  try {
    await using session = await openTelnet(endpoint, signal);
    const probed = await session.probe(signal).then(() => undefined, failed);
    return [probed, await run(session, 'echo x').then(() => undefined, failed)];
  } catch (error) {
    return [error, error];
  }
};

describe.skipIf(withoutTelnetd)('a shell over telnet (inetutils)', () => {
  let server: TelnetdFixture;
  let session: Session;
  beforeAll(async () => {
    server = await startTelnetd('opsc-telnet');
    session = await openTelnet(server.endpoint(), signal);
  });
  afterAll(async () => {
    await session[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  test.each([
    ['echo hello', 'hello\n', 0],
    ['exit 3', '', 3],
    ['printf "no end of line"', 'no end of line', 0],
    ['echo one; echo two >&2; false', 'one\ntwo\n', 1],
    ['if', expect.stringContaining('Syntax error'), 2],
    ['no-such-program-here', expect.stringContaining('not found'), 127],
    ['cat', '', 0],
    ['tty; test -t 1 || echo no terminal', 'not a tty\nno terminal\n', 0],
    ['kill -9 $$', expect.anything(), 137],
    ['printf "%s\\n" a\\\\b "c%d" \'$HOME\' "tab\there" é', 'a\\b\nc%d\n$HOME\ntab\there\né\n', 0],
    ['echo first\n\necho "second\n  third"\n', 'first\nsecond\n  third\n', 0],
  ])('%j gives its exact output and exit code', async (text, output, exitCode) => {
    expect(await textOf(session, text)).toEqual([output, exitCode]);
  });

  test('variables, arguments and the folder arrive as they are; nothing is left for the next command', async () => {
    const environment = { TRICKY: `'"$(id)\`\\\n!%s\ttab é `, EMPTY: '' };
    const fields = { environment, arguments: ['a b', "'", ''], workingDirectory: '/usr' };
    const [output] = await textOf(session, 'printf "%s|" "$TRICKY" "$EMPTY" "$@" "$(pwd)" "$OPSCONDUCTOR_ACTION"', fields);
    expect(output).toBe(`${[environment.TRICKY, '', 'a b', "'", '', '/usr', 'E20250001.1.1/1/1'].join('|')}|`);
    const [after] = await textOf(session, 'printf "%s|" "$TRICKY" "$#" "$(pwd)"');
    expect(after).toBe(`|0|/home/${server.username}|`);
  });

  test('every byte comes as it is', async () => {
    const all = Buffer.from(Array.from({ length: 256 }, (_, value) => value));
    const octal = [...all].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
    const { bytes } = await run(session, `printf '${octal}'; printf '\\r\\n\\r\\r\\n\\r'`);
    expect(bytes).toEqual(Buffer.concat([all, Buffer.from('\r\n\r\r\n\r')]));
  });

  test('five megabytes come whole, and a reader that is slow is waited for', async () => {
    const hash = createHash('sha256');
    let length = 0;
    let isBusy = false;
    const sink = async (_: string, chunk: Buffer): Promise<void> => {
      expect(isBusy).toBe(false);
      isBusy = true;
      await new Promise((resolve) => setImmediate(resolve));
      hash.update(chunk);
      length += chunk.length;
      isBusy = false;
    };
    await session.run?.(program('seq 1 736363'), sink, signal);
    const expected = Array.from({ length: 736_363 }, (_, at) => `${at + 1}\n`).join('');
    expect([length, hash.digest('hex')]).toEqual([expected.length, createHash('sha256').update(expected).digest('hex')]);
  });

  test('a command of 128 KiB arrives whole', async () => {
    const value = `%\\'"\n\té`.repeat(14_500);
    const quoted = `'${value.replaceAll("'", String.raw`'\''`)}'`;
    const { bytes } = await run(session, `printf %s ${quoted}`);
    expect(bytes.toString()).toBe(value);
  });

  test('what stays in the background and keeps the output is waited for, as over SSH', async () => {
    expect(await textOf(session, '(sleep 0.3; echo late) & echo now; exit 4')).toEqual(['now\nlate\n', 4]);
  });

  test('no value and no text is in an argument list of the target', async () => {
    const environment = { TOKEN: 'SECRET-of-the-test-7341' };
    const output = collectOutput();
    const seen = join(tmpdir(), `opsc-telnet-seen-${process.pid}`);
    const text = `echo SECRET-in-the-text-7341 begun; until [ -e ${seen} ]; do sleep 0.05; done`;
    const running = session.run?.(program(text, { environment }), output.sink, signal);
    await output.until('begun');
    const lines = readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((pid) => {
        try {
          return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
        } catch {
          return '';
        }
      });
    writeFileSync(seen, '');
    await running;
    rmSync(seen);
    expect(lines.some((line) => line.includes('_opsc'))).toBe(true);
    expect(lines.filter((line) => /SECRET-\w+-the-t/.test(line) || line.includes(server.password))).toEqual([]);
  });

  test('commands asked for at once run one after the other', async () => {
    const results = await Promise.all(['sleep 0.2; echo a', 'echo b', 'echo c'].map((text) => textOf(session, text)));
    expect(results).toEqual([
      ['a\n', 0],
      ['b\n', 0],
      ['c\n', 0],
    ]);
  });

  test('an abort closes the connection, which ends the program, and says that its end was not seen', async () => {
    const marker = 'E20250001.1.2/1/1';
    const own = await openTelnet(server.endpoint(), signal);
    const abort = new AbortController();
    const output = collectOutput();
    const running = own.run?.(program('echo begun; sleep 300', { marker }), output.sink, abort.signal);
    await output.until('begun');
    expect(markedPids(marker)).not.toEqual([]);
    abort.abort(new Error('enough'));
    await expect(running).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN', message: expect.stringContaining('not seen to end') });
    expect(own.isOpen).toBe(false);
    await waitFor(() => markedPids(marker).length === 0);
    await expect(own.run?.(program('echo again'), output.sink, signal)).rejects.toMatchObject({
      code: 'CONNECTION_CLOSED',
      message: expect.stringContaining('nothing ran'),
    });
  });

  test('an abort before the start sends nothing and leaves the connection', async () => {
    const late = session.run?.(program('echo x'), collectOutput().sink, AbortSignal.abort(new Error('enough')));
    expect(await abortedAs(late)).toMatchObject({ work: 'not_sent', reason: 'enough' });
    expect(await textOf(session, 'echo still here')).toEqual(['still here\n', 0]);
  });

  test('a device that goes away in the middle: the connection is lost, the output until then is kept', async () => {
    await using other = await startTelnetd('opsc-telnet-cut');
    await using own = await openTelnet(other.endpoint(), signal);
    const output = collectOutput();
    const running = own.run?.(program('echo begun; sleep 300'), output.sink, signal);
    await output.until('begun');
    other.cut();
    await expect(running).rejects.toMatchObject({ code: 'CONNECTION_LOST', message: expect.stringContaining('may be done, or run still') });
    expect(output.stdout).toBe('begun\n');
    expect(own.isOpen).toBe(false);
  });

  test('a connection that ends while nobody uses it is known to be closed', async () => {
    await using other = await startTelnetd('opsc-telnet-cut');
    await using own = await openTelnet(other.endpoint(), signal);
    expect(own.isOpen).toBe(true);
    other.cut();
    await waitFor(() => !own.isOpen);
  });

  test('the error of a reader ends the run and the connection', async () => {
    await using own = await openTelnet(server.endpoint(), signal);
    const broken = own.run?.(program('echo x'), () => Promise.reject(new Error('disk full')), signal);
    await expect(broken).rejects.toThrow('disk full');
    expect(own.isOpen).toBe(false);
  });

  test('latin1 is spoken with a device that knows no UTF-8; its output is kept as UTF-8', async () => {
    await using own = await openTelnet(server.endpoint({ encoding: 'latin1' }), signal);
    expect(await textOf(own, 'printf %s é | wc -c; echo é')).toEqual(['1\né\n', 0]);
  });

  test('a character that the encoding has not is refused before anything is sent', async () => {
    await using own = await openTelnet(server.endpoint({ encoding: 'ascii' }), signal);
    await expect(run(own, 'echo é')).rejects.toMatchObject({ code: 'VALIDATION', message: expect.stringContaining('encoding ascii') });
  });

  test.each(['\n', '\r'])('Enter may be %j', async (newline) => {
    await using own = await openTelnet(server.endpoint({ newline }), signal);
    expect(await textOf(own, 'echo hello')).toEqual(['hello\n', 0]);
  });

  test('bash as the login shell is as good', async () => {
    await using other = await startTelnetd('opsc-telnet-bash', '/bin/bash');
    await using own = await openTelnet(other.endpoint(), signal);
    expect(await textOf(own, 'echo "a!b"\techo; exit 5')).toEqual(['a!b echo\n', 5]);
  });

  test('a test passes exactly when a run can log in, and no message tells the password', async () => {
    const { username, password } = server;
    const short = { connectTimeoutMs: 2_500 };
    const cases: [Endpoint, string, RegExp | undefined][] = [
      [server.endpoint(), 'success', undefined],
      [server.endpoint(NONE), 'success', undefined],
      [telnetEndpoint(server.port, { username, password: 'wrong-pw' }), 'LOGIN_REJECTED', /refused user opsc-telnet /],
      [telnetEndpoint(server.port, { username: 'nobody-here', password }), 'LOGIN_REJECTED', /refused user nobody-here /],
      [telnetEndpoint(server.port, { username, password: 'two\nlines' }), 'LOGIN_REJECTED', /cannot be typed.*Nothing was sent/],
      [telnetEndpoint(server.port, { username, password: 'é' }, { encoding: 'ascii' }), 'LOGIN_REJECTED', /encoding ascii/],
      [server.endpoint({}, { secret: undefined }), 'CREDENTIAL_MISSING', undefined],
      [server.endpoint({}, { host: 'no-such-host.invalid' }), 'NAME_NOT_FOUND', undefined],
      [server.endpoint({}, { port: await freePort() }), 'CONNECTION_REFUSED', /telnet server runs/i],
      [server.endpoint({ login_prompt: 'who are you' }, short), 'PROTOCOL_ERROR', /last was ".*login: ".*Set login_prompt/],
      [server.endpoint({ prompt: 'router#' }, short), 'PROTOCOL_ERROR', /last was "\$ "/],
    ];
    for (const [endpoint, expected, message] of cases) {
      const errors = await outcomes(endpoint);
      const code = expected === 'success' ? undefined : expect.objectContaining({ code: expected });
      expect({ config: endpoint.config, errors }).toEqual({ config: endpoint.config, errors: [code, code] });
      if (message !== undefined) expect(String(errors[0])).toMatch(message);
      expect(String(errors[0])).not.toMatch(/wrong-pw|two|é/);
      expect(String(errors[0])).not.toContain(password);
    }
  });

  test('a test says that nothing is encrypted', async () => {
    await expect(session.probe(signal)).resolves.toContain('not encrypted');
    expect(session.login).toBe(`Logged in to 127.0.0.1:${server.port} as ${server.username}`);
  });
});

describe.skipIf(withoutTelnetd)('a command line of a device over telnet (inetutils)', () => {
  let server: TelnetdFixture;
  let session: Session;
  beforeAll(async () => {
    server = await startTelnetd('opsc-telnet-dev', '/bin/bash');
    session = await openTelnet(server.endpoint(NONE), signal);
  });
  afterAll(async () => {
    await session[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  test.each([
    ['echo hello', 'hello\n'],
    ['echo hello\n\necho again\n', 'hello\nagain\n'],
    ['true', ''],
    ['false', ''],
    ['printf nothing-behind', 'nothing-behind'],
    ['seq 3', '1\n2\n3\n'],
    ['echo "Ünïcödé 100% #"', 'Ünïcödé 100% #\n'],
    ['printf "50%%\\n"; sleep 0.5; printf "a# b\\n"', '50%\na# b\n'],
    [`echo ${'long '.repeat(60)}`, `${'long '.repeat(60).trim()}\n`],
    ['export PS1="(config)# "', ''],
    ['echo after a new prompt', 'after a new prompt\n'],
  ])('%j is typed as it is, and gives %j without echo and prompt; there is no exit code', async (text, output) => {
    expect(await textOf(session, text)).toEqual([output, null]);
  });

  test('a folder, another user and control characters are refused before anything is typed', async () => {
    await using own = await openTelnet(server.endpoint(NONE), signal);
    await expect(run(own, 'echo x', { workingDirectory: '/tmp' })).rejects.toMatchObject({ code: 'METHOD_UNSUPPORTED' });
    await using second = await openTelnet(server.endpoint(NONE), signal);
    await expect(run(second, 'echo x', { runAs: 'root' })).rejects.toMatchObject({ code: 'METHOD_UNSUPPORTED' });
    await using third = await openTelnet(server.endpoint(NONE), signal);
    await expect(run(third, 'echo x\u0003')).rejects.toMatchObject({
      code: 'VALIDATION',
      message: expect.stringContaining('control character'),
    });
  });

  test('a command that ends the session is a lost connection', async () => {
    await using own = await openTelnet(server.endpoint(NONE), signal);
    await expect(run(own, 'exit')).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
  });
});

describe('logging in to telnet servers of other kinds', () => {
  /** A server that plays a part: each step says something and waits for what is typed. */
  const play = async (act: (socket: Socket, next: () => Promise<string>) => Promise<void>) => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      const lines: string[] = [];
      let wake = (): void => undefined;
      socket.on('data', (chunk) => {
        lines.push(chunk.toString('latin1'));
        wake();
      });
      const next = async (): Promise<string> => {
        while (!lines.join('').includes('\n')) await new Promise<void>((resolve) => (wake = resolve));
        return lines.splice(0).join('').trimEnd();
      };
      void act(socket, next);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    return {
      endpoint: (config: Record<string, unknown> = NONE, fields: Partial<Endpoint> = {}) =>
        telnetEndpoint(port, { username: 'admin', password: 'pw-of-the-device' }, config, { connectTimeoutMs: 5_000, ...fields }),
      [Symbol.dispose]: () => void server.close(),
    };
  };

  test('a device that asks for the password alone, in capitals and with colours', async () => {
    const typed: string[] = [];
    using device = await play(async (socket, next) => {
      socket.write('\r\n\x1b[1mPASSWORD: \x1b[0m');
      typed.push(await next());
      socket.write('\r\nrouter>');
      typed.push(await next());
      socket.write('\r\nrouter>');
      typed.push(await next());
      socket.write('show version\r\nVersion 4\r\nrouter>');
      typed.push(await next());
    });
    await using session = await openTelnet(device.endpoint(), signal);
    expect(await textOf(session, 'show version')).toEqual(['Version 4\n', null]);
    expect(typed).toEqual(['pw-of-the-device', '', 'show version']);
  });

  test('a text that only begins like a prompt is not taken for one', async () => {
    const typed: string[] = [];
    using device = await play(async (socket, next) => {
      socket.write('User Name:');
      typed.push(await next());
      socket.write('Password:');
      typed.push(await next());
      socket.write('\r\nLast login: ');
      setImmediate(() => socket.write('yesterday, disk at 80%'));
      setTimeout(() => socket.write(' of 4 GB\r\nswitch# '), 20);
      typed.push(await next());
      socket.write('switch# ');
    });
    await using session = await openTelnet(device.endpoint(), signal);
    expect(session.isOpen).toBe(true);
    expect(typed).toEqual(['admin', 'pw-of-the-device', '']);
  });

  test.each([
    ['asks again', (socket: Socket) => socket.write('\r\nLogin incorrect\r\nlogin: '), 'LOGIN_REJECTED'],
    ['asks for the password again', (socket: Socket) => socket.write('\r\n% Bad secrets\r\nPassword: '), 'LOGIN_REJECTED'],
    ['hangs up', (socket: Socket) => socket.end('\r\nAccess denied\r\n'), 'LOGIN_REJECTED'],
    ['wants a new password', (socket: Socket) => socket.write('\r\nYou must change it.\r\nNew password: '), 'LOGIN_REJECTED'],
    ['says nothing that is known', (socket: Socket) => socket.write('\r\nchoose: pw-of-the-device admin ?'), 'PROTOCOL_ERROR'],
  ])('after the password it %s', async (_, answer, code) => {
    using device = await play(async (socket, next) => {
      socket.write('login: ');
      await next();
      socket.write('Password: ');
      await next();
      answer(socket);
    });
    const opened = openTelnet(device.endpoint(NONE, { connectTimeoutMs: 2_000 }), signal);
    await expect(opened).rejects.toMatchObject({ code, message: expect.not.stringContaining('pw-of') });
  });

  test('a device that is taken for a POSIX shell is told as such', async () => {
    using device = await play(async (socket, next) => {
      socket.write('Password: ');
      await next();
      socket.write('\r\nswitch> ');
      socket.write(`${await next()}\r\n% Unknown command\r\nswitch> `);
    });
    await expect(openTelnet(device.endpoint({}, { connectTimeoutMs: 1_000 }), signal)).rejects.toMatchObject({
      code: 'PROTOCOL_ERROR',
      message: expect.stringMatching(/no POSIX shell.*set the method's shell to none/),
    });
  });

  test('a server that closes at once, or never speaks', async () => {
    using closing = await play(async (socket) => void socket.end());
    await expect(openTelnet(closing.endpoint(), signal)).rejects.toMatchObject({
      code: 'PROTOCOL_ERROR',
      message: expect.stringContaining('cut the connection before the login'),
    });
    using silent = await play(async () => {});
    await expect(openTelnet(silent.endpoint(NONE, { connectTimeoutMs: 300 }), signal)).rejects.toMatchObject({
      code: 'CONNECTION_TIMED_OUT',
      message: expect.stringContaining('nothing answered in time'),
    });
  });

  test('an abort ends the login with its reason', async () => {
    const abort = new AbortController();
    using silent = await play(async () => abort.abort(new Error('enough')));
    await expect(openTelnet(silent.endpoint(), abort.signal)).rejects.toThrow('enough');
  });

  test('options are refused while a login goes on', async () => {
    const heard: Buffer[] = [];
    using device = await play(async (socket) => {
      socket.on('data', (chunk: Buffer) => heard.push(chunk));
      socket.write(Buffer.from([255, 253, 31, 255, 251, 1, 255, 251, 3]));
      await waitFor(() => Buffer.concat(heard).length >= 9);
      socket.end();
    });
    await expect(openTelnet(device.endpoint(), signal)).rejects.toMatchObject({ code: 'PROTOCOL_ERROR' });
    expect(Buffer.concat(heard).toJSON().data).toEqual([255, 252, 31, 255, 254, 1, 255, 254, 3]);
  });
});
