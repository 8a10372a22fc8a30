import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BoundText, Endpoint, QueryRequest } from '../../src/contracts/transport.ts';
import { openRedis } from '../../src/transports/redis/open-redis.ts';
import { splitCommandLine } from '../../src/transports/redis/split-command-line.ts';
import type { Session } from '../../src/transports/transport.ts';
import { abortedAs } from '../support/aborted-as.ts';
import { collectOutput } from '../support/collect-output.ts';
import { freePort } from '../support/free-port.ts';
import { outcomeCode } from '../support/outcome-code.ts';
import { startRedis, withoutRedis } from '../support/redis-fixture.ts';
import type { RedisFixture } from '../support/redis-fixture.ts';

const signal = new AbortController().signal;

/** A line with values where the template has `${…}`. */
const line = (segments: TemplateStringsArray, ...values: BoundText['values']): BoundText => ({ segments: [...segments], values });

const command = (statement: BoundText, fields: Partial<QueryRequest> = {}): QueryRequest => ({
  statement,
  isProcedure: false,
  maxRows: 1_000,
  ...fields,
});

const ask = async (session: Session, statement: BoundText, fields: Partial<QueryRequest> = {}, until = signal) => {
  const output = collectOutput();
  const result = await session.query?.(command(statement, fields), output.sink, until);
  return { result, text: output.stdout };
};

/** Done when so many commands wait at the server. */
const untilBlocked = async (session: Session, count: number): Promise<void> => {
  while (!(await ask(session, line`INFO clients`)).text.includes(`blocked_clients:${count}`));
};

const probeOver = async (endpoint: Endpoint): Promise<string> => {
  await using session = await openRedis(endpoint, signal);
  return await session.probe(signal);
};

describe('a Redis command line', () => {
  const split = (statement: BoundText): string[] => splitCommandLine(statement).map((argument) => argument.toString('latin1'));

  test.each([
    ['GET key', ['GET', 'key']],
    ['  GET\t key\n', ['GET', 'key']],
    ['SET k "a b"', ['SET', 'k', 'a b']],
    ['SET k ""', ['SET', 'k', '']],
    [String.raw`SET k "\x00\xff\n\"\\"`, ['SET', 'k', '\u0000\u00ff\n"\\']],
    [String.raw`SET k 'a "b" \' \n'`, ['SET', 'k', String.raw`a "b" ' \n`]],
    [String.raw`SET k a\b`, ['SET', 'k', String.raw`a\b`]],
  ])('%j is split as redis-cli does', (text, expected) => {
    expect(split({ segments: [text], values: [] })).toEqual(expected);
  });

  test.each(['SET k "a', "SET k 'a", 'SET k "a"b', '', ' \n'])('%j is refused', (text) => {
    expect(() => splitCommandLine({ segments: [text], values: [] })).toThrow(/^The Redis command of this action cannot be split: /);
  });

  test.each(['a b', '"', "'", '\\', '\r\nFLUSHALL\r\n', '', 'x" FLUSHALL "'])(
    'the value %j is one argument, with and without quotes',
    (value) => {
      expect(split(line`SET k ${value}`)).toEqual(['SET', 'k', value]);
      expect(split(line`SET k "${value}" NX`)).toEqual(['SET', 'k', value, 'NX']);
      expect(split(line`SET k '<${value}>'`)).toEqual(['SET', 'k', `<${value}>`]);
      expect(split(line`SET p:${value}:${3} ${true}`)).toEqual(['SET', `p:${value}:3`, 'true']);
    },
  );

  test('Redis has no null', () => {
    expect(() => splitCommandLine(line`SET k ${null}`)).toThrow(/no null/);
  });
});

describe.skipIf(withoutRedis)('Redis (redis-server)', () => {
  let server: RedisFixture;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server[Symbol.asyncDispose]());

  test.each(['plain', 'TLS'])('over %s a value comes back byte for byte', async (mode) => {
    await using session = await openRedis(mode === 'TLS' ? server.tlsEndpoint() : server.endpoint(), signal);
    const value = 'Grüße "\'\\ \r\n\u0000 FLUSHALL';
    expect((await ask(session, line`SET ${mode} ${value}`)).text).toBe('"OK"\n');
    expect(await ask(session, line`GET ${mode}`)).toEqual({
      result: { rowCount: 1, affectedRows: null, isTruncated: false },
      text: `${JSON.stringify(value)}\n`,
    });
  });

  test('replies of every kind are JSON: whole numbers with all digits, bytes that are no text, lists, nothing, errors within', async () => {
    await using session = await openRedis(server.endpoint(), signal);
    await ask(session, line`DEL big list hash none`);
    await ask(session, line`SET big 9007199254740993`);
    expect((await ask(session, line`INCR big`)).text).toBe('9007199254740994\n');
    await ask(session, line`SET bytes "\\xff\\x00"`);
    expect((await ask(session, line`GET bytes`)).text).toBe('{"$base64":"/wA="}\n');
    await ask(session, line`RPUSH list a b c`);
    expect((await ask(session, line`LRANGE list 0 -1`)).text).toBe('["a","b","c"]\n');
    expect((await ask(session, line`GET none`)).text).toBe('null\n');
    expect((await ask(session, line`EVAL ${'return {1, {err="ERR bad"}, false, {"x"}}'} 0`)).text).toBe(
      '[1,{"$error":"ERR bad"},null,["x"]]\n',
    );
  });

  test('a list beyond the wanted number of rows is cut, and that is told', async () => {
    await using session = await openRedis(server.endpoint(), signal);
    await ask(session, line`DEL many`);
    await ask(session, line`RPUSH many 1 2 3 4 5`);
    expect(await ask(session, line`LRANGE many 0 -1`, { maxRows: 2 })).toEqual({
      result: { rowCount: 2, affectedRows: null, isTruncated: true },
      text: '["1","2"]\n',
    });
  });

  test('a test passes exactly when a run can log in: user, password, TLS, certificate, name, port', async () => {
    const reader = { type: 'password', username: 'reader', password: server.password } as const;
    const cases: [string, Endpoint, string][] = [
      ['ann', server.endpoint(), 'success'],
      ['reader, who may not see the version', server.endpoint({}, reader), 'success'],
      ['wrong password', server.endpoint({}, { ...reader, password: 'wrong-one' }), 'LOGIN_REJECTED'],
      ['unknown user', server.endpoint({}, { ...reader, username: 'nobody' }), 'LOGIN_REJECTED'],
      ['a user who is off', server.endpoint({}, { ...reader, username: 'default' }), 'LOGIN_REJECTED'],
      ['no credential', server.endpoint({}, null), 'LOGIN_REJECTED'],
      ['trusted', server.tlsEndpoint(), 'success'],
      ['not trusted', server.tlsEndpoint({ ca_certificate: undefined }), 'CERTIFICATE_REFUSED'],
      ['not verified', server.tlsEndpoint({ ca_certificate: undefined, verify_certs: false }), 'success'],
      ['other name', server.tlsEndpoint({ server_name: 'other.test' }), 'CERTIFICATE_REFUSED'],
      ['TLS to a plain port', { ...server.tlsEndpoint(), port: server.port, connectTimeoutMs: 500 }, 'CONNECTION_TIMED_OUT'],
      ['plain to the TLS port', { ...server.endpoint(), port: server.tlsPort }, 'PROTOCOL_ERROR'],
      ['no listener', { ...server.endpoint(), port: await freePort() }, 'CONNECTION_REFUSED'],
      ['no such name', { ...server.endpoint(), host: 'no-such-host.invalid' }, 'NAME_NOT_FOUND'],
    ];
    for (const [what, endpoint, expected] of cases) expect([what, await outcomeCode(probeOver(endpoint))]).toEqual([what, expected]);
  });

  test('the probe tells the version; a refused login names user and place, never the password', async () => {
    await expect(probeOver(server.endpoint())).resolves.toMatch(/^Redis \d+\.\d+\.\d+\.$/);
    const refused = probeOver(server.endpoint({}, { type: 'password', username: 'ann', password: 'hunter2' }));
    await expect(refused).rejects.toMatchObject({
      message: expect.stringMatching(/^Redis to 127\.0\.0\.1 port \d+: the server refused user ann\./),
    });
    await expect(refused).rejects.not.toMatchObject({ message: expect.stringContaining('hunter2') });
  });

  test('the database of the method is the one that is used', async () => {
    await using three = await openRedis(server.endpoint({ database: 3 }), signal);
    await using zero = await openRedis(server.endpoint(), signal);
    await ask(three, line`SET only-in-three 1`);
    expect((await ask(zero, line`GET only-in-three`)).text).toBe('null\n');
  });

  test('what the server refuses is told with its words and whose fault it is, and the session goes on', async () => {
    await using session = await openRedis(server.endpoint({}, { type: 'password', username: 'reader', password: server.password }), signal);
    await expect(ask(session, line`SET a b`)).rejects.toMatchObject({ code: 'QUERY_REFUSED', message: expect.stringContaining('NOPERM') });
    await expect(ask(session, line`GET`)).rejects.toMatchObject({ code: 'QUERY_INVALID' });
    expect((await ask(session, line`GET nothing`)).text).toBe('null\n');
  });

  test.each(['SUBSCRIBE x', 'monitor', 'AUTH ann x', 'QUIT', 'HELLO 3', 'RESET'])(
    '%s is refused: it changes the connection',
    async (text) => {
      await using session = await openRedis(server.endpoint(), signal);
      await expect(ask(session, { segments: [text], values: [] })).rejects.toMatchObject({ code: 'VALIDATION' });
    },
  );

  test('a stored procedure is refused, with what to use instead', async () => {
    await using session = await openRedis(server.endpoint(), signal);
    const called = ask(session, line`x`, { isProcedure: true });
    await expect(called).rejects.toMatchObject({ code: 'VALIDATION', message: expect.stringContaining('FCALL') });
  });

  test('an abort ends a command that waits; another at the same time goes on', async () => {
    await using session = await openRedis(server.endpoint(), signal);
    await ask(session, line`DEL queue other`);
    const abort = new AbortController();
    const waiting = ask(session, line`BLPOP queue 0`, {}, abort.signal);
    const other = ask(session, line`BLPOP other 0`);
    await using pusher = await openRedis(server.endpoint(), signal);
    await untilBlocked(pusher, 2);
    abort.abort(new Error('enough'));
    expect(await abortedAs(waiting)).toEqual({
      work: 'unknown',
      reason: 'enough',
      says: 'BLPOP was sent and not answered: the server may have done it, or do it still. Look at the data before it is sent again.',
    });
    await ask(pusher, line`RPUSH other x`);
    expect((await other).text).toBe('["other","x"]\n');
    await ask(pusher, line`RPUSH queue still-here`);
    expect((await ask(pusher, line`LRANGE queue 0 -1`)).text).toBe('["still-here"]\n');
  });

  test('an abort before the command is sent sends nothing', async () => {
    await using session = await openRedis(server.endpoint(), signal);
    const abort = new AbortController();
    const waiting = ask(session, line`SET never-sent 1`, {}, abort.signal);
    abort.abort(new Error('enough'));
    expect(await abortedAs(waiting)).toMatchObject({ work: 'not_sent', reason: 'enough' });
    expect((await ask(session, line`GET never-sent`)).text).toBe('null\n');
  });

  test('a server that goes away during a command leaves the outcome unknown', async () => {
    await using own = await startRedis();
    await using session = await openRedis(own.endpoint(), signal);
    const lost = { code: 'CONNECTION_LOST', message: expect.stringContaining('may have done the command') };
    const waiting = expect(ask(session, line`BLPOP queue 0`)).rejects.toMatchObject(lost);
    await using watcher = await openRedis(own.endpoint(), signal);
    await untilBlocked(watcher, 1);
    await own.stop();
    await waiting;
    expect(session.isOpen).toBe(false);
  });

  test('a server that says nothing is given up after the time of the method, and an abort ends the wait', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const bound = silent.address();
    const endpoint = { ...server.endpoint(), port: typeof bound === 'object' && bound !== null ? bound.port : 0 };
    await expect(openRedis({ ...endpoint, connectTimeoutMs: 200 }, signal)).rejects.toMatchObject({ code: 'CONNECTION_TIMED_OUT' });
    const abort = new AbortController();
    const opened = openRedis(endpoint, abort.signal);
    abort.abort(new Error('enough'));
    await expect(opened).rejects.toThrow('enough');
    silent.close();
  });
});
