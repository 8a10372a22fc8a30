import { createServer } from 'node:net';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openMysql } from '../../src/transports/mysql/open-mysql.ts';
import { abortedAs } from '../support/aborted-as.ts';
import { collectOutput } from '../support/collect-output.ts';
import { freePort } from '../support/free-port.ts';
import { startMariadb, withoutMariadb } from '../support/mariadb-fixture.ts';
import type { MariadbFixture } from '../support/mariadb-fixture.ts';
import { createCertificate } from '../support/tls-certificate.ts';
import { failureOf, never, querySql, runStatement, sql } from './support/sql.ts';

const raw = (text: string) => ({ ...sql``, statement: { segments: [text], values: [] } });

describe.skipIf(withoutMariadb)('MySQL (a real MariaDB over TLS)', () => {
  let server: MariadbFixture;
  beforeAll(async () => {
    server = await startMariadb();
  });
  afterAll(() => server[Symbol.asyncDispose]());

  const query = (request: ReturnType<typeof sql>, to = server.endpoint()) => querySql(openMysql, to, request);

  test.each([
    ['NULL', 'NULL', 'null'],
    ['a whole number', '42', '42'],
    ['the largest exact number', 'CAST(9007199254740991 AS SIGNED)', '9007199254740991'],
    ['a bigint beyond it', '9223372036854775807', '"9223372036854775807"'],
    ['the largest unsigned number', '18446744073709551615', '"18446744073709551615"'],
    ['a decimal', 'CAST(12345678901234567890.1234567890 AS DECIMAL(40,10))', '"12345678901234567890.1234567890"'],
    ['a double', '1e-1', '0.1'],
    ['a float', 'CAST(0.1 AS FLOAT)', '0.1'],
    ['a date', `DATE '2024-02-29'`, '"2024-02-29"'],
    ['a moment with microseconds', `TIMESTAMP '2024-02-29 12:34:56.123456'`, '"2024-02-29 12:34:56.123456"'],
    ['bytes', `X'00ff0a'`, '"AP8K"'],
    ['text with a line break and quotes', `'a\\n"b"ü😀'`, JSON.stringify('a\n"b"ü😀')],
  ])('%s comes exact', async (_, expression, json) => {
    expect((await query(raw(`SELECT ${expression} AS v`))).text).toBe(`{"v":${json}}\n`);
  });

  test('JSON stays JSON, with all digits of its numbers', async () => {
    await query(raw('CREATE TABLE documents (v JSON)'));
    await query(sql`INSERT INTO documents VALUES (${'{"n": [12345678901234567890, 1.10]}'})`);
    expect((await query(raw('SELECT v FROM documents'))).text).toBe('{"v":{"n":[12345678901234567890,1.10]}}\n');
  });

  test.each([`'; DROP TABLE t; --`, "\\' OR 1=1 #", '"a" `b` \r\n ü😀', '${NAME} ? :x', '\0 and more'])(
    '%j is a value, never SQL',
    async (evil) => {
      const { rows } = await query(sql`SELECT ${evil} AS a, ${7} + 1 AS b, ${true} AS c, ${null} AS d, ${0.5} AS e`);
      expect(rows).toEqual([{ a: evil, b: 8, c: 1, d: null, e: 0.5 }]);
    },
  );

  test('a whole number may be bound where only a whole number may stand', async () => {
    expect((await query(sql`SELECT seq FROM seq_1_to_9 LIMIT ${2}`)).rows).toEqual([{ seq: 1 }, { seq: 2 }]);
  });

  test('columns of the same name all come', async () => {
    expect((await query(sql`SELECT 1 AS a, 2 AS a`)).rows).toEqual([{ a: 1, a_2: 2 }]);
  });

  test('changes tell how many rows, and a SELECT or a definition does not', async () => {
    expect(await query(sql`CREATE TABLE counted (n int)`)).toMatchObject({ affectedRows: null, rowCount: null });
    expect(await query(sql`INSERT INTO counted SELECT seq FROM seq_1_to_250`)).toMatchObject({ affectedRows: 250, rowCount: null });
    expect(await query(sql`UPDATE counted SET n = 1 WHERE n <= ${10}`)).toMatchObject({ affectedRows: 9 });
    expect(await query(sql`SELECT n FROM counted`)).toMatchObject({ affectedRows: null, rowCount: 250, isTruncated: false });
  });

  test('rows beyond the limit are left out, and it is said', async () => {
    const { rows, ...result } = await query({ ...sql`SELECT seq FROM seq_1_to_1000`, maxRows: 3 });
    expect(rows).toEqual([{ seq: 1 }, { seq: 2 }, { seq: 3 }]);
    expect(result).toMatchObject({ rowCount: 3, isTruncated: true });
  });

  test('a procedure is called by name and gives its rows', async () => {
    await query(raw('CREATE PROCEDURE twice(n int) SELECT n * 2 AS n'));
    expect((await query({ ...sql`twice(${21})`, isProcedure: true })).rows).toEqual([{ n: 42 }]);
  });

  test('large output comes whole, and none is read while the output takes none', async () => {
    await using session = await openMysql(server.endpoint(), never);
    const [reached, go] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let [taken, calls] = [0, 0];
    const running = runStatement(session, raw(`SELECT seq, repeat('x', 1000) AS x FROM seq_1_to_60000`), async (_stream, chunk) => {
      taken += chunk.length;
      calls += 1;
      reached.resolve();
      await go.promise;
    }).catch((error: unknown) => error);
    await reached.promise;
    // The server cannot send on: its statement stays, waiting for us to read.
    await server.untilRunning('seq_1_to_60000', 1);
    expect(calls).toBe(1);
    go.resolve();
    expect(await running).toMatchObject({ rowCount: 10_000, isTruncated: true });
    expect(taken).toBeGreaterThan(10_000_000);
  });

  test('a cancel ends the statement on the server, and the session goes on', async () => {
    await using session = await openMysql(server.endpoint(), never);
    const abort = new AbortController();
    await query(raw('CREATE TABLE ended (n bigint)'));
    const change = raw('INSERT INTO ended SELECT count(*) FROM seq_1_to_1000000000 a, seq_1_to_1000000000 b /* cancel-me */');
    const running = abortedAs(runStatement(session, change, collectOutput().sink, abort.signal));
    await server.untilRunning('cancel-me', 1);
    abort.abort(new Error('cancelled by test'));
    expect(await running).toEqual({ work: 'ended', reason: 'cancelled by test', says: 'The server has ended the statement.' });
    await server.untilRunning('cancel-me', 0);
    const output = collectOutput();
    await runStatement(session, sql`SELECT 1 AS one`, output.sink);
    expect(output.stdout).toBe('{"one":1}\n');
  });

  test('a connection that goes while a statement runs leaves the outcome unknown', async () => {
    await using session = await openMysql(server.endpoint(), never);
    const running = failureOf(runStatement(session, raw(`SELECT SLEEP(600), 'kill-me'`), collectOutput().sink));
    const [id] = await server.untilRunning('kill-me', 1);
    await server.administer(`KILL CONNECTION ${id}`);
    const { code, message } = await running;
    expect(code).toBe('CONNECTION_LOST');
    expect(message).toContain('Whether the statement took effect is not known');
    expect(session.isOpen).toBe(false);
  });

  test('an output that fails ends the statement with its error', async () => {
    await using session = await openMysql(server.endpoint(), never);
    const full = runStatement(session, raw(`SELECT repeat('x', 1000) FROM seq_1_to_5000`), () => Promise.reject(new Error('disk full')));
    await expect(full).rejects.toThrow('disk full');
  });

  test.each([
    ['a wrong word', 'SELEC 1', /1064.*definition|1064.*correct it in the job/],
    ['a column that there is not', 'SELECT absent', /Unknown column.*1054/],
    ['two statements', 'SELECT 1; SELECT 2', /1064/],
    ['a placeholder of its own', 'SELECT ?', /placeholders of its own/],
    ['a table that there is not', 'SELECT * FROM absent', /1146.*correct it in the job/],
    ['a procedure that there is not', 'CALL absent()', /1305.*correct it in the job/],
  ])('%s fails with what the server says', async (_, text, says) => {
    const { code, message } = await failureOf(query(raw(text)));
    expect(code).toBe('QUERY_INVALID');
    expect(message).toMatch(says);
    expect(message).toContain(`MySQL/MariaDB at 127.0.0.1 port ${server.port}`);
  });

  test('a reference inside of quotes is refused before anything runs', async () => {
    await query(raw('CREATE TABLE quoted (v text)'));
    const { code, message } = await failureOf(query(sql`INSERT INTO quoted VALUES ('${'x'}')`));
    expect([code, message]).toEqual(['QUERY_INVALID', expect.stringContaining('inside of quotes')]);
    expect((await query(raw('SELECT * FROM quoted'))).rowCount).toBe(0);
  });

  test('a lock that somebody else holds is told as such', async () => {
    await query(raw('CREATE TABLE locked (n int PRIMARY KEY) ENGINE InnoDB'));
    await query(raw('INSERT INTO locked VALUES (1)'));
    const holder = failureOf(query(raw(`UPDATE locked SET n = n + 1 WHERE SLEEP(600) = 0 /* holder */`)));
    const [id] = await server.untilRunning('holder', 1);
    expect((await failureOf(query(raw('UPDATE locked SET n = 5')))).message).toMatch(/1205.*may be tried again/);
    await server.administer(`KILL CONNECTION ${id}`);
    await holder;
  });

  test('a deadlock, signalled by a procedure, is told as such', async () => {
    await query(raw(`CREATE PROCEDURE deadlock() SIGNAL SQLSTATE '40001' SET MYSQL_ERRNO = 1213, MESSAGE_TEXT = 'Deadlock found'`));
    expect((await failureOf(query({ ...sql`deadlock`, isProcedure: true }))).message).toMatch(/Deadlock found.*1213.*may be tried again/);
  });

  test('what the server cannot prepare fails with its code', async () => {
    expect((await failureOf(query(raw(`LOAD DATA LOCAL INFILE '/etc/hostname' INTO TABLE t`)))).code).toBe('QUERY_INVALID');
  });

  test.each([
    ['utf8', 'ü\u20ac', '\u{1F600}'],
    ['latin1', 'ü', '\u0127'],
    ['ascii', 'u', 'ü'],
  ])('charset %s sends %s, and refuses %s instead of sending another character', async (charset, within, beyond) => {
    const to = server.endpoint({ charset });
    expect((await query(sql`SELECT ${within} AS v`, to)).rows).toEqual([{ v: within }]);
    const { code, message } = await failureOf(query(sql`SELECT ${beyond} AS v`, to));
    expect([code, message]).toEqual(['QUERY_INVALID', expect.stringContaining('utf8mb4')]);
    expect((await failureOf(query(raw(`SELECT '${beyond}'`), to))).message).toContain('utf8mb4');
  });

  test('a transaction that is left open fails the action and is rolled back', async () => {
    expect((await failureOf(query(raw('START TRANSACTION')))).message).toContain('rolled back');
    expect((await failureOf(query(raw('SET autocommit = 0')))).message).toContain('rolled back');
  });

  test.each([
    ['a wrong password', {}, { secret: { type: 'password', username: 'ops', password: 'SECRET' } }, 'LOGIN_REJECTED'],
    ['an unknown user', {}, { secret: { type: 'password', username: 'nobody', password: 'SECRET' } }, 'LOGIN_REJECTED'],
    ['no credential', {}, { secret: undefined }, 'CREDENTIAL_MISSING'],
    ['a database that there is not', { database: 'nowhere' }, {}, 'LOGIN_REJECTED'],
    ['a certificate that nobody known signed', { ca_certificate: undefined }, {}, 'CERTIFICATE_REFUSED'],
    ['a certificate of another name', {}, { host: 'localhost' }, 'CERTIFICATE_REFUSED'],
    ['a name without address', {}, { host: 'nowhere.invalid' }, 'NAME_NOT_FOUND'],
  ] as const)('%s is told as such, without the password', async (_, config, fields, code) => {
    const failure = await failureOf(openMysql(server.endpoint(config, fields), never));
    expect(failure.code).toBe(code);
    expect(failure.message).toContain('MySQL/MariaDB');
    expect(failure.message).not.toContain('SECRET');
    expect(failure.message).not.toContain(server.password);
  });

  test('the certificate of another authority is refused', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'opsc-other-ca-'));
    const { pem } = createCertificate(folder, 'IP:127.0.0.1');
    rmSync(folder, { recursive: true });
    for (const ssl_mode of ['verify_identity', 'required'])
      expect((await failureOf(openMysql(server.endpoint({ ssl_mode, ca_certificate: pem }), never))).code).toBe('CERTIFICATE_REFUSED');
  });

  test.each([
    ['disabled', false],
    ['preferred', true],
    ['required', true],
    ['verify_identity', true],
  ])('ssl_mode %s: encrypted is %s', async (ssl_mode, isEncrypted) => {
    const { rows } = await query(raw(`SHOW STATUS LIKE 'Ssl_version'`), server.endpoint({ ssl_mode }));
    expect(rows).toEqual([{ Variable_name: 'Ssl_version', Value: isEncrypted ? expect.stringMatching(/^TLSv1\.[23]$/) : '' }]);
  });

  test('a port on which nothing listens refuses the connection', async () => {
    const to = server.endpoint({}, { port: await freePort() });
    expect(await failureOf(openMysql(to, never))).toMatchObject({ code: 'CONNECTION_REFUSED' });
  });

  test('a server that never answers is given up when its time is over', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const address = silent.address();
    const to = server.endpoint({}, { port: typeof address === 'object' ? (address?.port ?? 0) : 0, connectTimeoutMs: 100 });
    expect(await failureOf(openMysql(to, never))).toMatchObject({ code: 'CONNECTION_TIMED_OUT' });
    silent.close();
  });

  test('a probe tells version, database and user', async () => {
    await using session = await openMysql(server.endpoint(), never);
    expect(await session.probe(never)).toMatch(/^\d+\.\d+\.\d+-MariaDB.*; database things, user ops@127\.0\.0\.1\.$/);
  });
});

describe.skipIf(withoutMariadb)('MySQL (a real MariaDB without TLS)', () => {
  test('TLS is never left out, but by `preferred`; a server that dies during a statement leaves the outcome unknown', async () => {
    await using server = await startMariadb({ tls: false });
    for (const config of [{}, { ssl_mode: 'required' }]) {
      const { code, message } = await failureOf(openMysql(server.endpoint(config), never));
      expect([code, message]).toEqual(['CERTIFICATE_REFUSED', expect.stringContaining('offers no TLS')]);
    }
    await using session = await openMysql(server.endpoint({ ssl_mode: 'preferred' }), never);
    const running = failureOf(runStatement(session, raw(`SELECT SLEEP(600), 'until-dead'`), collectOutput().sink));
    await server.untilRunning('until-dead', 1);
    await server.kill();
    expect((await running).code).toBe('CONNECTION_LOST');
    expect(session.isOpen).toBe(false);
  });
});
