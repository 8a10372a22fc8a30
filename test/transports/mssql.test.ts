import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { Endpoint } from '../../src/contracts/transport.ts';
import { openMssql } from '../../src/transports/mssql/open-mssql.ts';
import { abortedAs } from '../support/aborted-as.ts';
import { collectOutput } from '../support/collect-output.ts';
import { freePort } from '../support/free-port.ts';
import { PASSWORD, ROWS, startDouble, USER } from '../support/tds-fixture.ts';
import type { TdsServer } from '../support/tds-server.ts';
import { createCertificate } from '../support/tls-certificate.ts';
import { failureOf, never, querySql, runStatement, sql, sqlEndpoint } from './support/sql.ts';

const folder = mkdtempSync(join(tmpdir(), 'ops-mssql-'));
const certificate = createCertificate(folder, 'IP:127.0.0.1');
const tls = { key: readFileSync(certificate.keyFile, 'utf8'), cert: certificate.pem };
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const LOGIN = { type: 'password', username: USER, password: PASSWORD } as const;

const endpointOf = ({ port }: { port: number }, config: Record<string, unknown> = {}, fields: Partial<Endpoint> = {}): Endpoint =>
  sqlEndpoint('mssql', port, { secret: LOGIN, config: { encrypt: 'no', ...config }, ...fields });

const statement = (text: string) => ({ ...sql``, statement: { segments: [text], values: [] } });

describe('SQL Server without TLS (a double of TDS 7.4)', () => {
  test.each(Object.entries(ROWS))('%s comes exact', async (name, { json }) => {
    await using server = await startDouble();
    const { text } = await querySql(openMssql, endpointOf(server), statement(`row ${name}`));
    expect(text).toBe(`{"v":${json}}\n`);
  });

  test.each(Object.keys(ROWS))('%s may be NULL', async (name) => {
    await using server = await startDouble();
    const { text } = await querySql(openMssql, endpointOf(server), statement(`null ${name}`));
    expect(text).toBe('{"v":null}\n');
  });

  test('values are bound: they are no part of the statement', async () => {
    await using server = await startDouble();
    const evil = `'; DROP TABLE t; --`;
    const long = 'ü'.repeat(5_000);
    await querySql(openMssql, endpointOf(server), sql`changed 1 ${evil} ${7} ${2 ** 40} ${0.5} ${true} ${null} ${long}`);
    const [asked] = server.statements;
    expect(asked?.text).not.toContain('DROP');
    expect(asked?.text).toContain('@ops_value_1 @ops_value_2');
    expect(Object.values(asked?.values ?? {})).toEqual([evil, 7, 2n ** 40n, 0.5, true, null, long]);
  });

  test('a procedure is called by name, its values bound', async () => {
    await using server = await startDouble();
    await querySql(openMssql, endpointOf(server), { ...sql`dbo.changed 1(${21})`, isProcedure: true });
    expect(server.statements[0]?.text).toBe('EXEC dbo.changed 1 @ops_value_1');
  });

  test('changes tell how many rows, and rows how many came', async () => {
    await using server = await startDouble();
    expect(await querySql(openMssql, endpointOf(server), statement('changed 250'))).toMatchObject({ affectedRows: 250, rowCount: null });
    expect(await querySql(openMssql, endpointOf(server), statement('many 7'))).toMatchObject({ affectedRows: null, rowCount: 7 });
  });

  test('rows beyond the limit are left out, and it is said', async () => {
    await using server = await startDouble();
    const { rows, ...result } = await querySql(openMssql, endpointOf(server), { ...statement('many 1000'), maxRows: 2 });
    expect(rows).toHaveLength(2);
    expect(result).toMatchObject({ rowCount: 2, isTruncated: true });
  });

  test('no further rows are read while the output takes none', async () => {
    await using server = await startDouble();
    await using session = await openMssql(endpointOf(server), never);
    const [reached, go] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    await using other = await openMssql(endpointOf(server), never);
    const total = 100_000;
    const running = runStatement(session, { ...statement(`many ${total}`), maxRows: total }, () => {
      reached.resolve();
      return go.promise;
    });
    await reached.promise;
    // The double gives what is taken from it between two answers to somebody else.
    for (let given = -1, unchanged = 0; unchanged < 20; unchanged = given === server.rowsGiven ? unchanged + 1 : 0) {
      given = server.rowsGiven;
      await runStatement(other, statement('changed 1'), collectOutput().sink);
    }
    expect(server.rowsGiven).toBeLessThan(total / 2);
    go.resolve();
    await expect(running).resolves.toMatchObject({ rowCount: total });
  });

  test('an output that fails ends the statement with its error', async () => {
    await using server = await startDouble();
    await using session = await openMssql(endpointOf(server), never);
    const full = runStatement(session, statement('many 5000'), () => Promise.reject(new Error('disk full')));
    await expect(full).rejects.toThrow('disk full');
  });

  test('a cancel is an attention to the server, and the session goes on', async () => {
    await using server = await startDouble();
    await using session = await openMssql(endpointOf(server), never);
    const abort = new AbortController();
    const running = abortedAs(runStatement(session, statement('hangs'), collectOutput().sink, abort.signal));
    await server.untilAsked('hangs');
    abort.abort(new Error('cancelled by test'));
    expect(await running).toMatchObject({ work: 'ended', reason: 'cancelled by test' });
    expect(server.attentions).toBe(1);
    expect(session.isOpen).toBe(true);
    await expect(runStatement(session, statement('changed 1'), collectOutput().sink)).resolves.toMatchObject({ affectedRows: 1 });
  });

  test('a statement that was done when the cancel came may have taken effect', async () => {
    await using server = await startDouble();
    await using session = await openMssql(endpointOf(server), never);
    const abort = new AbortController();
    const running = abortedAs(runStatement(session, statement('late'), collectOutput().sink, abort.signal));
    await server.untilAsked('late');
    abort.abort(new Error('enough'));
    expect(await running).toMatchObject({ work: 'unknown', says: expect.stringContaining('done already') });
  });

  test('a connection that goes while a statement runs leaves the outcome unknown', async () => {
    await using server = await startDouble();
    await using session = await openMssql(endpointOf(server), never);
    const { code, message } = await failureOf(runStatement(session, statement('cut'), collectOutput().sink));
    expect(code).toBe('CONNECTION_LOST');
    expect(message).toContain('Whether the statement took effect is not known');
    expect(session.isOpen).toBe(false);
  });

  test.each([
    [102, 'QUERY_INVALID', 'correct it in the job'],
    [156, 'QUERY_INVALID', 'correct it in the job'],
    [208, 'QUERY_INVALID', 'correct it in the job'],
    [229, 'QUERY_REFUSED', 'give it the right'],
    [1205, 'QUERY_FAILED', 'it may be run again'],
    [2627, 'QUERY_FAILED', '(error 2627, line 1)'],
  ])('error %i of the server is told as %s with its number and what to do', async (number, meant, advice) => {
    await using server = await startDouble();
    await using session = await openMssql(endpointOf(server), never);
    const { code, message } = await failureOf(runStatement(session, statement(`error ${number}`), collectOutput().sink));
    expect(code).toBe(meant);
    expect(message).toContain(`the server says ${number} (error ${number}, line 1)`);
    expect(message).toContain(advice);
    await expect(runStatement(session, statement('changed 1'), collectOutput().sink)).resolves.toMatchObject({ affectedRows: 1 });
  });

  test('a statement that leaves a transaction open is rolled back and fails', async () => {
    await using server = await startDouble();
    await using session = await openMssql(endpointOf(server), never);
    const { message } = await failureOf(runStatement(session, statement('begin'), collectOutput().sink));
    expect(message).toContain('rolled back');
    expect(server.statements.at(-1)?.text).toContain('ROLLBACK TRANSACTION');
  });

  test.each([
    ['a wrong password', {}, { secret: { ...LOGIN, password: 'SECRET' } }, 'LOGIN_REJECTED', 'refused user'],
    ['no credential', {}, { secret: undefined }, 'CREDENTIAL_MISSING', 'has neither'],
    ['a database that there is not', { database: 'nowhere' }, {}, 'LOGIN_REJECTED', 'did not open database nowhere'],
    ['TLS that the server does not offer', { encrypt: 'yes' }, {}, 'CERTIFICATE_REFUSED', 'offers no TLS'],
    ['a name without address', {}, { host: 'nowhere.invalid' }, 'NAME_NOT_FOUND', 'has no address'],
  ] as const)('%s is told as such, without the password', async (_, config, fields, code, says) => {
    await using server = await startDouble();
    const failure = await failureOf(openMssql(endpointOf(server, config, fields), never));
    expect(failure).toMatchObject({ code });
    expect(failure.message).toContain(says);
    expect(failure.message).not.toContain('SECRET');
    expect(failure.message).not.toContain(PASSWORD);
  });

  test('a port on which nothing listens refuses the connection', async () => {
    expect(await failureOf(openMssql(endpointOf({ port: await freePort() }), never))).toMatchObject({ code: 'CONNECTION_REFUSED' });
  });

  test('a server that says nothing is given up when the time is up', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const bound = silent.address();
    if (bound === null || typeof bound === 'string') throw new Error('no port');
    const failure = await failureOf(openMssql(endpointOf(bound, {}, { connectTimeoutMs: 200 }), never));
    silent.close();
    expect(failure).toMatchObject({ code: 'CONNECTION_TIMED_OUT' });
  });

  test('a probe tells what the server says of itself', async () => {
    await using server = await startDouble();
    await using session = await openMssql(endpointOf(server), never);
    expect(await session.probe(never)).toBe('SQL Server 16.0.1; database master, user ops.');
  });
});

describe('SQL Server over TLS (a double of TDS 7.4)', () => {
  const ask = (server: TdsServer, config: Record<string, unknown>, fields: Partial<Endpoint> = {}) =>
    querySql(openMssql, endpointOf(server, config, fields), statement('changed 3'));

  test('a certificate that the method trusts is accepted', async () => {
    await using server = await startDouble({ tls });
    expect(await ask(server, { encrypt: 'yes', ca_certificate: certificate.pem })).toMatchObject({ affectedRows: 3 });
  });

  test('any certificate is accepted when the method switches verification off', async () => {
    await using server = await startDouble({ tls });
    expect(await ask(server, { encrypt: 'yes', trust_server_certificate: 'yes' })).toMatchObject({ affectedRows: 3 });
  });

  test.each([
    ['of nobody known', { encrypt: 'yes' }],
    ['of nobody known, where encrypt is left to its default', { encrypt: undefined }],
    ['of another name', { encrypt: 'yes', ca_certificate: certificate.pem, server_name: 'db.example' }],
  ])('a certificate %s is refused before the login is sent', async (_, config) => {
    await using server = await startDouble({ tls });
    expect(await failureOf(ask(server, config))).toMatchObject({ code: 'CERTIFICATE_REFUSED' });
    expect(server.logins).toEqual([]);
  });

  test('a server that takes TLS only is told as such', async () => {
    await using server = await startDouble({ tls });
    expect((await failureOf(ask(server, { encrypt: 'no' }))).message).toContain('Set encrypt of the method to yes');
    expect(server.logins).toEqual([]);
  });

  test('a cancel over TLS ends the statement', async () => {
    await using server = await startDouble({ tls });
    await using session = await openMssql(endpointOf(server, { encrypt: 'yes', ca_certificate: certificate.pem }), never);
    const abort = new AbortController();
    const running = abortedAs(runStatement(session, statement('hangs'), collectOutput().sink, abort.signal));
    await server.untilAsked('hangs');
    abort.abort(new Error('cancelled by test'));
    expect(await running).toMatchObject({ work: 'ended', reason: 'cancelled by test' });
    expect(server.attentions).toBe(1);
    expect(session.isOpen).toBe(true);
  });
});
