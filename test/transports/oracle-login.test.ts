import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { Endpoint } from '../../src/contracts/transport.ts';
import { openOracle } from '../../src/transports/oracle/open-oracle.ts';
import { collectOutput } from '../support/collect-output.ts';
import { createCertificate } from '../support/tls-certificate.ts';
import { answerTo, PASSWORD, startOracle, USER } from '../support/tns-fixture.ts';
import { failureOf, never, runStatement, sql, sqlEndpoint } from './support/sql.ts';

const folder = mkdtempSync(join(tmpdir(), 'ops-oracle-login-'));
const certificate = createCertificate(folder, 'IP:127.0.0.1');
const tls = { key: readFileSync(certificate.keyFile, 'utf8'), cert: certificate.pem };
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const LOGIN = { type: 'password', username: USER, password: PASSWORD } as const;

const endpointOf = ({ port }: { port: number }, config: Record<string, unknown> = {}, fields: Partial<Endpoint> = {}): Endpoint =>
  sqlEndpoint('oracle', port, { secret: LOGIN, config: { service_name: 'sales', ...config }, ...fields });

describe.each([
  ['19c', '19.3.0.0.0'],
  ['23ai', '23.4.0.0.0'],
] as const)('Oracle login (a double of %s)', (release, version) => {
  test('a right login sets the session up, tells of the server, and says goodbye', async () => {
    await using server = await startOracle({ release });
    {
      await using session = await openOracle(endpointOf(server), never);
      expect(session).toMatchObject({ isOpen: true, login: `Connected to 127.0.0.1:${server.port} as OPS` });
      expect(await session.probe(never)).toBe(`Oracle Database ${version}; database SALES, user OPS.`);
    }
    await server.untilLeft();
    expect(server.logins).toMatchObject([{ user: USER, password: PASSWORD, connectData: expect.stringContaining('SERVICE_NAME=sales') }]);
    expect(server.settings).toEqual([expect.stringContaining(`NLS_DATE_FORMAT = 'YYYY-MM-DD HH24:MI:SS'`)]);
    expect(server.counts.goodbyes).toBe(1);
  });

  test('a login by SID', async () => {
    await using server = await startOracle({ release });
    await using session = await openOracle(endpointOf(server, { service_name: undefined, sid: 'OLD' }), never);
    expect(session.isOpen).toBe(true);
  });

  test.each([
    ['a wrong password', {}, { secret: { ...LOGIN, password: 'SECRET' } }, 'ORA-01017'],
    ['an unknown user', {}, { secret: { ...LOGIN, username: 'nobody', password: 'SECRET' } }, 'refused user nobody'],
    ['a locked account', { error: 28000, message: 'The account is locked.' }, {}, 'ORA-28000: The account is locked.'],
    ['an expired password', { error: 28001, message: 'the password has expired' }, {}, 'ORA-28001: the password has expired'],
    [
      'a trigger that refuses',
      { error: 604, message: 'error occurred at recursive SQL level 1\nORA-20001: not from here' },
      {},
      'ORA-20001: not from here). Check',
    ],
    ['an account without the right to log in', { error: 1045, message: 'user lacks CREATE SESSION privilege' }, {}, 'ORA-01045'],
  ] as const)('%s is told as such, without the password, and the connection is closed', async (_, closed, fields, says) => {
    await using server = await startOracle({ release, ...('error' in closed ? { closedBy: closed } : {}) });
    const failure = await failureOf(openOracle(endpointOf(server, {}, fields), never));
    expect(failure).toMatchObject({ code: 'LOGIN_REJECTED' });
    expect(failure.message).toContain(says);
    expect(failure.message).toContain('Check the ');
    expect(failure.message).not.toMatch(/docs.oracle.com|\n/);
    expect(failure.message).not.toContain('SECRET');
    expect(failure.message).not.toContain(PASSWORD);
    await server.untilLeft();
  });

  test.each([
    ['a service', {}, { service: 'other' }, 'sales'],
    ['a SID', { service_name: undefined, sid: 'NONE' }, {}, 'NONE'],
  ] as const)('%s that there is not is told as such', async (_, config, options, name) => {
    await using server = await startOracle({ release, ...options });
    const failure = await failureOf(openOracle(endpointOf(server, config), never));
    expect(failure).toMatchObject({ code: 'LOGIN_REJECTED' });
    expect(failure.message).toContain(`did not open database ${name}`);
    await server.untilLeft();
  });
});

describe('Oracle connections that fail (a double of 23ai)', () => {
  test.each(['connect', 'negotiation', 'login'] as const)('a connection that is cut at the %s is no server', async (at) => {
    await using server = await startOracle({ stops: { at, by: 'cut' } });
    expect(await failureOf(openOracle(endpointOf(server), never))).toMatchObject({ code: 'PROTOCOL_ERROR' });
  });

  test.each(['connect', 'negotiation', 'login'] as const)('a server that falls silent at the %s is given up and left', async (at) => {
    await using server = await startOracle({ stops: { at, by: 'silence' } });
    const failure = await failureOf(openOracle(endpointOf(server, {}, { connectTimeoutMs: 300 }), never));
    expect(failure).toMatchObject({ code: 'CONNECTION_TIMED_OUT' });
    await server.untilLeft();
  });

  test.each([
    [
      'refuses',
      { kind: 'failed', error: 2248, message: 'invalid option for ALTER SESSION' },
      10_000,
      'LOGIN_REJECTED',
      'did not begin the session (ORA-02248: invalid option for ALTER SESSION). Check',
    ],
    ['does not answer to', { kind: 'deaf' }, 500, 'CONNECTION_TIMED_OUT', ''],
  ] as const)('a server that %s the settings of the session is left', async (_, answer, connectTimeoutMs, code, says) => {
    await using server = await startOracle({ answer: (asked) => (asked.text.startsWith('ALTER') ? answer : answerTo(asked)) });
    const failure = await failureOf(openOracle(endpointOf(server, {}, { connectTimeoutMs }), never));
    expect(failure).toMatchObject({ code });
    expect(failure.message).toContain(says);
    await server.untilLeft();
  });

  test('a connection is kept alive, so that a server which is gone is noticed', async () => {
    await using server = await startOracle();
    await using session = await openOracle(endpointOf(server), never);
    await session.probe(never);
    // Linux tells of each connection its state, of which 01 is established (another's, long closed, may have had the same port), and its timer; 02 is that of keep-alive.
    const remote = `0100007F:${server.port.toString(16).toUpperCase().padStart(4, '0')}`;
    const [, , , , , timer] = readFileSync('/proc/net/tcp', 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .find(([, , to, state]) => to === remote && state === '01') ?? [''];
    expect(timer).toMatch(/^02:/);
  });

  test('a session that the server closed while it was idle is not open any more', async () => {
    await using server = await startOracle();
    const session = await openOracle(endpointOf(server), never);
    await server[Symbol.asyncDispose]();
    const { code } = await failureOf(runStatement(session, sql`UPDATE changed 1`, collectOutput().sink));
    expect(code).toBe('CONNECTION_LOST');
    expect(session.isOpen).toBe(false);
    await session[Symbol.asyncDispose]();
  });
});

describe('Oracle over TLS (a double of 23ai)', () => {
  test.each([
    ['of nobody known', {}],
    ['of another name', { host: 'localhost' }],
  ])('a certificate %s is refused before the login is sent', async (_, fields) => {
    await using server = await startOracle({ tls });
    expect(await failureOf(openOracle(endpointOf(server, { protocol: 'tcps' }, fields), never))).toMatchObject({
      code: 'CERTIFICATE_REFUSED',
    });
    await server.untilLeft();
    expect(server.logins).toEqual([]);
  });
});
