import { chown, mkdtemp, rm } from 'node:fs/promises';
import { chmodSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { Endpoint } from '../../src/contracts/transport.ts';
import { postgresUser } from '../../src/embedded/postgres-user.ts';
import { openPostgresql } from '../../src/transports/postgresql/open-postgresql.ts';
import { OpsError } from '../../src/domain/ops-error.ts';
import { abortedAs } from '../support/aborted-as.ts';
import { collectOutput } from '../support/collect-output.ts';
import { startCuttingProxy } from '../support/cutting-proxy.ts';
import { createTestDatabase } from '../support/database.ts';
import type { TestDatabase } from '../support/database.ts';
import { freePort } from '../support/free-port.ts';
import { ROLE_PASSWORD, startMachinePostgres, withoutMachinePostgres } from '../support/machine-postgres.ts';
import type { MachinePostgres } from '../support/machine-postgres.ts';
import { openClient } from '../support/open-client.ts';
import { createCertificate } from '../support/tls-certificate.ts';
import type { TestCertificate } from '../support/tls-certificate.ts';
import { failureOf, never, querySql, runStatement, sql, sqlEndpoint } from './support/sql.ts';

const endpointOf = (url: string, config: Record<string, unknown> = {}, fields: Partial<Endpoint> = {}): Endpoint => {
  const { hostname: host, port, username, password, pathname } = new URL(url);
  const secret = { type: 'password', username: decodeURIComponent(username), password: decodeURIComponent(password) } as const;
  return sqlEndpoint('postgresql', Number(port), { host, config: { database: pathname.slice(1), ...config }, secret, ...fields });
};

const WITHOUT_TLS = { ssl_mode: 'disable' };

describe('PostgreSQL (the embedded server, which has no TLS)', () => {
  let database: TestDatabase;
  let endpoint: Endpoint;
  beforeAll(async () => {
    database = await createTestDatabase('empty');
    endpoint = endpointOf(database.url, WITHOUT_TLS);
  });
  afterAll(() => database[Symbol.asyncDispose]());

  const query = (request: ReturnType<typeof sql>, to = endpoint) => querySql(openPostgresql, to, request);

  /** Done when a statement that holds this text runs on the server, or no longer does. */
  const untilRuns = async (text: string, isRunning: boolean): Promise<number | undefined> => {
    await using client = await openClient(database.url);
    for (;;) {
      const { rows } = await client.query<{ pid: number }>(
        `SELECT pid FROM pg_stat_activity WHERE state = 'active' AND pid <> pg_backend_pid() AND query LIKE $1`,
        [`%${text}%`],
      );
      if (rows.length > 0 === isRunning) return rows[0]?.pid;
    }
  };

  test.each([
    ['NULL', 'NULL::text', 'null'],
    ['a whole number', '42::int', '42'],
    ['the largest exact number', '9007199254740991::bigint', '9007199254740991'],
    ['a bigint beyond it', '9223372036854775807::bigint', '"9223372036854775807"'],
    ['a decimal', '12345678901234567890.1234567890::numeric', '"12345678901234567890.1234567890"'],
    ['a double', '0.1::float8', '0.1'],
    ['NaN', `'NaN'::float8`, '"NaN"'],
    ['yes', 'true', 'true'],
    ['a date', `'2024-02-29'::date`, '"2024-02-29"'],
    ['a moment with microseconds', `'2024-02-29 12:34:56.123456'::timestamp`, '"2024-02-29 12:34:56.123456"'],
    ['bytes', `'\\x00ff0a'::bytea`, '"AP8K"'],
    ['an array', `ARRAY['a','b c']`, String.raw`"{a,\"b c\"}"`],
    ['JSON with a number of 20 digits', `'{"n": [12345678901234567890, 1.10]}'::jsonb`, '{"n":[12345678901234567890,1.10]}'],
    ['text with a line break and quotes', `E'a\\n"b"ü😀'`, JSON.stringify('a\n"b"ü😀')],
  ])('%s comes exact', async (_, expression, json) => {
    const { text } = await query({ ...sql``, statement: { segments: [`SELECT ${expression} AS v`], values: [] } });
    expect(text).toBe(`{"v":${json}}\n`);
  });

  test('values are bound: nothing in them is read as SQL', async () => {
    const evil = `'; DROP TABLE t; --`;
    const { rows } = await query(sql`SELECT ${evil} || '' AS a, ${7}::int + 1 AS b, ${true}::bool AS c, ${null}::text AS d`);
    expect(rows).toEqual([{ a: evil, b: 8, c: true, d: null }]);
  });

  test('columns of the same name all come', async () => {
    expect((await query(sql`SELECT 1 AS a, 2 AS a, 3`)).rows).toEqual([{ a: 1, a_2: 2, '?column?': 3 }]);
  });

  test('changes tell how many rows, and a SELECT does not', async () => {
    await query(sql`CREATE TABLE counted (n int)`);
    expect(await query(sql`INSERT INTO counted SELECT generate_series(1, 250)`)).toMatchObject({ affectedRows: 250, rowCount: null });
    expect(await query(sql`DELETE FROM counted WHERE n > ${240} RETURNING n`)).toMatchObject({ affectedRows: 10, rowCount: 10 });
    expect(await query(sql`SELECT n FROM counted`)).toMatchObject({ affectedRows: null, rowCount: 240, isTruncated: false });
  });

  test('rows beyond the limit are left out, and it is said', async () => {
    const { rows, ...result } = await query({ ...sql`SELECT g FROM generate_series(1, 1000) g`, maxRows: 3 });
    expect(rows).toEqual([{ g: 1 }, { g: 2 }, { g: 3 }]);
    expect(result).toMatchObject({ rowCount: 3, isTruncated: true });
  });

  test('a procedure is called by name', async () => {
    await query(sql`CREATE PROCEDURE double(INOUT n int) LANGUAGE plpgsql AS 'BEGIN n := n * 2; END'`);
    expect((await query({ ...sql`double(${21})`, isProcedure: true })).rows).toEqual([{ n: 42 }]);
  });

  test('no further rows are read while the output takes none', async () => {
    await using session = await openPostgresql(endpoint, never);
    await using other = await openClient(database.url);
    await other.query('CREATE SEQUENCE given');
    const [reached, go] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const running = runStatement(session, sql`SELECT nextval('given'), repeat('x', 1000) FROM generate_series(1, 5000)`, () => {
      reached.resolve();
      return go.promise;
    });
    await reached.promise;
    const { rows } = await other.query<{ last_value: string }>('SELECT last_value FROM given');
    expect(Number(rows[0]?.last_value)).toBeLessThan(500);
    go.resolve();
    await expect(running).resolves.toMatchObject({ rowCount: 5000 });
  });

  test('a cancel ends the statement on the server, and the session goes on', async () => {
    await using session = await openPostgresql(endpoint, never);
    const abort = new AbortController();
    const running = abortedAs(runStatement(session, sql`SELECT pg_sleep(600), 'cancel-me'`, collectOutput().sink, abort.signal));
    await untilRuns('cancel-me', true);
    abort.abort(new Error('cancelled by test'));
    expect(await running).toMatchObject({ work: 'ended', reason: 'cancelled by test' });
    await untilRuns('cancel-me', false);
    const output = collectOutput();
    await runStatement(session, sql`SELECT 1 AS one`, output.sink);
    expect(output.stdout).toBe('{"one":1}\n');
  });

  test('a change that the server has ended is known to have ended', async () => {
    await query(sql`CREATE TABLE ended (n int)`);
    await using session = await openPostgresql(endpoint, never);
    const abort = new AbortController();
    const change = sql`INSERT INTO ended SELECT 1 FROM pg_sleep(600) /* end-me */`;
    const running = abortedAs(runStatement(session, change, collectOutput().sink, abort.signal));
    await untilRuns('end-me', true);
    abort.abort(new Error('enough'));
    expect(await running).toEqual({ work: 'ended', reason: 'enough', says: 'The server has ended the statement.' });
    expect((await query(sql`SELECT * FROM ended`)).rowCount).toBe(0);
  });

  test('a change that completes although it was to be ended is completed', async () => {
    await query(sql`CREATE TABLE done (n int)`);
    await using session = await openPostgresql(endpoint, never);
    const abort = new AbortController();
    const stubborn = sql`DO $$ BEGIN PERFORM pg_sleep(600); EXCEPTION WHEN query_canceled THEN INSERT INTO done VALUES (1); END $$`;
    const running = runStatement(session, stubborn, collectOutput().sink, abort.signal);
    await untilRuns('INTO done', true);
    abort.abort(new Error('enough'));
    await expect(running).resolves.toMatchObject({ isTruncated: false });
    expect((await query(sql`SELECT * FROM done`)).rowCount).toBe(1);
  });

  test('a change that fails by itself while it is ended has failed by itself', async () => {
    await using session = await openPostgresql(endpoint, never);
    const abort = new AbortController();
    const fails = sql`DO $$ BEGIN PERFORM pg_sleep(600); EXCEPTION WHEN query_canceled THEN RAISE 'my own'; END $$`;
    const running = failureOf(runStatement(session, fails, collectOutput().sink, abort.signal));
    await untilRuns('my own', true);
    abort.abort(new Error('enough'));
    expect(await running).toMatchObject({ code: 'QUERY_FAILED', message: expect.stringContaining('my own') });
  });

  test('a change whose end the server does not tell may be done', async () => {
    const proxy = await startCuttingProxy(endpoint.port, []);
    await using session = await openPostgresql({ ...endpoint, host: '127.0.0.1', port: proxy.port }, never);
    const abort = new AbortController();
    const change = sql`DO $$ BEGIN PERFORM pg_sleep(600) /* lose-me */; END $$`;
    const running = abortedAs(runStatement(session, change, collectOutput().sink, abort.signal));
    const pid = await untilRuns('lose-me', true);
    abort.abort(new Error('enough'));
    await proxy[Symbol.asyncDispose]();
    expect(await running).toMatchObject({ work: 'unknown', reason: 'enough', says: expect.stringContaining('may have taken effect') });
    await using client = await openClient(database.url);
    await client.query('SELECT pg_terminate_backend($1)', [pid]);
  });

  test('a statement that waits for its turn is given up at once, and never sent', async () => {
    await query(sql`CREATE TABLE queued (n int)`);
    await using session = await openPostgresql(endpoint, never);
    const [first, second] = [new AbortController(), new AbortController()];
    const before = abortedAs(runStatement(session, sql`SELECT pg_sleep(600), 'in-the-way'`, collectOutput().sink, first.signal));
    const waiting = abortedAs(runStatement(session, sql`INSERT INTO queued VALUES (1)`, collectOutput().sink, second.signal));
    const behind = runStatement(session, sql`INSERT INTO queued VALUES (2)`, collectOutput().sink);
    await untilRuns('in-the-way', true);
    second.abort(new Error('late'));
    const says = expect.stringMatching(/^It had waited \d+\.\d s for PostgreSQL at .*; nothing was sent\.$/);
    expect(await waiting).toEqual({ work: 'not_sent', reason: 'late', says });
    first.abort(new Error('enough'));
    expect(await before).toMatchObject({ work: 'ended' });
    await behind;
    expect((await query(sql`SELECT * FROM queued`)).rows).toEqual([{ n: 2 }]);
  });

  test('a connection that goes while a statement runs leaves the outcome unknown', async () => {
    await using session = await openPostgresql(endpoint, never);
    const running = failureOf(runStatement(session, sql`SELECT pg_sleep(600), 'kill-me'`, collectOutput().sink));
    const pid = await untilRuns('kill-me', true);
    await using client = await openClient(database.url);
    await client.query('SELECT pg_terminate_backend($1)', [pid]);
    const { code, message } = await running;
    expect(code).toBe('CONNECTION_LOST');
    expect(message).toContain('Whether the statement took effect is not known');
    expect(session.isOpen).toBe(false);
  });

  test('an error tells what the server says, its code and the place', async () => {
    const { code, message } = await failureOf(query(sql`SELECT nothing`));
    expect(code).toBe('QUERY_INVALID');
    expect(message).toBe(
      `PostgreSQL at ${endpoint.host} port ${endpoint.port}: column "nothing" does not exist (code 42703, at character 8). ` +
        'The statement of the action does not fit this server: correct it in the job.',
    );
  });

  test('an output that fails ends the statement with its error', async () => {
    await using session = await openPostgresql(endpoint, never);
    const full = runStatement(session, sql`SELECT repeat('x', 1000) FROM generate_series(1, 5000)`, () =>
      Promise.reject(new Error('disk full')),
    );
    await expect(full).rejects.toThrow('disk full');
  });

  test.each(['SELECT 1; SELECT 2', 'BEGIN'])('"%s" is refused: one statement is one transaction', async (text) => {
    const { code } = await failureOf(query({ ...sql``, statement: { segments: [text], values: [] } }));
    expect(code).toBe('QUERY_INVALID');
  });

  test.each([
    ['SELEC 1', 'QUERY_INVALID', 'configuration'],
    ['SELECT * FROM absent', 'QUERY_INVALID', 'configuration'],
    ['SELECT absent()', 'QUERY_INVALID', 'configuration'],
    ['CREATE TABLE faults (n int PRIMARY KEY)', 'success', undefined],
    ['CREATE TABLE faults (n int)', 'QUERY_FAILED', 'command_execution'],
    ['INSERT INTO faults VALUES (1), (1)', 'QUERY_FAILED', 'command_execution'],
    [`INSERT INTO faults VALUES ('x')`, 'QUERY_FAILED', 'command_execution'],
  ])('%s: %s, whose category is %s', async (text, code, category) => {
    const error: unknown = await query({ ...sql``, statement: { segments: [text], values: [] } }).then(
      () => undefined,
      (cause: unknown) => cause,
    );
    expect(error instanceof OpsError ? [error.code, error.category] : ['success', error]).toEqual([code, category]);
  });

  test('a user who may not do it is the fault of the credential', async () => {
    await using client = await openClient(database.url);
    await client.query(`CREATE ROLE outcomes_reader LOGIN PASSWORD 'reader-reader'`);
    const secret = { type: 'password', username: 'outcomes_reader', password: 'reader-reader' } as const;
    const failure = failureOf(query(sql`CREATE TABLE not_mine (n int)`, { ...endpoint, secret }));
    expect(await failure).toMatchObject({ code: 'QUERY_REFUSED', message: expect.stringContaining('give it the right on the server') });
    await client.query('DROP ROLE outcomes_reader');
  });

  test('a statement that opens a transaction does not hold the next one', async () => {
    await using session = await openPostgresql(endpoint, never);
    const { message } = await failureOf(runStatement(session, sql`BEGIN`, collectOutput().sink));
    expect(message).toContain('rolled back');
    await runStatement(session, sql`CREATE TABLE kept (n int)`, collectOutput().sink);
    await using client = await openClient(database.url);
    await expect(client.query('SELECT * FROM kept')).resolves.toMatchObject({ rowCount: 0 });
  });

  test.each([
    ['a wrong password', {}, { secret: { type: 'password', username: 'nobody', password: 'SECRET' } }, 'LOGIN_REJECTED'],
    ['no credential', {}, { secret: undefined }, 'CREDENTIAL_MISSING'],
    ['a database that there is not', { database: 'nowhere' }, {}, 'LOGIN_REJECTED'],
    ['TLS that the server does not offer', { ssl_mode: 'require' }, {}, 'CERTIFICATE_REFUSED'],
    ['TLS of a method that says nothing, which the server does not offer', { ssl_mode: undefined }, {}, 'CERTIFICATE_REFUSED'],
    ['a name without address', {}, { host: 'nowhere.invalid' }, 'NAME_NOT_FOUND'],
  ] as const)('%s is told as such, without the password', async (_, config, fields, code) => {
    const wrong = endpointOf(database.url, { ...WITHOUT_TLS, ...config }, fields);
    const failure = await failureOf(openPostgresql(wrong, never));
    expect(failure.code).toBe(code);
    expect(failure.message).toContain(`PostgreSQL`);
    expect(failure.message).not.toContain('SECRET');
    expect(failure.message).not.toContain(decodeURIComponent(new URL(inject('templateUrl')).password));
  });

  test('a port on which nothing listens refuses the connection', async () => {
    expect(await failureOf(openPostgresql({ ...endpoint, port: await freePort() }, never))).toMatchObject({ code: 'CONNECTION_REFUSED' });
  });

  test('a probe tells version, database and user', async () => {
    await using session = await openPostgresql(endpoint, never);
    expect(await session.probe(never)).toMatch(/^PostgreSQL 18.*; database test_\w+, user \w+\.$/);
  });
});

describe.skipIf(withoutMachinePostgres)('PostgreSQL over TLS (the PostgreSQL of the machine)', () => {
  let server: MachinePostgres;
  let folder: string;
  let certificate: TestCertificate;
  let url: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ops-tls-'));
    chmodSync(folder, 0o755);
    certificate = createCertificate(folder, 'IP:127.0.0.1');
    const { user } = await postgresUser();
    if (user !== undefined) await chown(certificate.keyFile, user.uid, user.gid);
    server = await startMachinePostgres(['ssl=on', `ssl_cert_file=${certificate.certificateFile}`, `ssl_key_file=${certificate.keyFile}`]);
    url = await server.createDatabase();
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  const isEncrypted = async (config: Record<string, unknown>): Promise<unknown> => {
    const { rows } = await querySql(openPostgresql, endpointOf(url, config), sql`SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()`);
    return rows;
  };

  test.each([
    ['disable', false],
    ['allow', false],
    ['prefer', true],
    ['require', true],
    ['verify-ca', true],
    ['verify-full', true],
  ])('ssl_mode %s: encrypted is %s', async (mode, encrypted) => {
    expect(await isEncrypted({ ssl_mode: mode, ca_certificate: certificate.pem })).toEqual([{ ssl: encrypted }]);
  });

  test.each([
    [undefined, '127.0.0.1', undefined],
    ['verify-full', '127.0.0.1', undefined],
    ['verify-ca', '127.0.0.1', undefined],
    ['verify-full', 'localhost', 'own'],
  ])('ssl_mode %s refuses %s with the certificate of nobody known or of another name', async (mode, host, ca) => {
    const config = { ssl_mode: mode, ...(ca === undefined ? {} : { ca_certificate: certificate.pem }) };
    const { code, message } = await failureOf(openPostgresql(endpointOf(url, config, { host }), never));
    expect(code).toBe('CERTIFICATE_REFUSED');
    expect(message).not.toContain(ROLE_PASSWORD);
  });

  test('verify-ca takes another name', async () => {
    const to = endpointOf(url, { ssl_mode: 'verify-ca', ca_certificate: certificate.pem }, { host: 'localhost' });
    expect((await querySql(openPostgresql, to, sql`SELECT 1 AS a`)).rows).toEqual([{ a: 1 }]);
  });

  test('a wrong password is the fault of the credential', async () => {
    const secret = { type: 'password', username: 'ops', password: 'SECRET' } as const;
    const { code, message } = await failureOf(openPostgresql(endpointOf(url, { ca_certificate: certificate.pem }, { secret }), never));
    expect(code).toBe('LOGIN_REJECTED');
    expect(message).toContain('the server refused user ops');
    expect(message).not.toContain('SECRET');
  });

  test('a cancel over TLS ends the statement', async () => {
    await using session = await openPostgresql(endpointOf(url, { ssl_mode: 'require' }), never);
    const abort = new AbortController();
    const running = abortedAs(runStatement(session, sql`SELECT pg_sleep(600)`, collectOutput().sink, abort.signal));
    abort.abort(new Error('cancelled by test'));
    expect(await running).toMatchObject({ reason: 'cancelled by test' });
  });
});
