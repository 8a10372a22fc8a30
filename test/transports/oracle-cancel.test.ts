import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Endpoint } from '../../src/contracts/transport.ts';
import { openOracle } from '../../src/transports/oracle/open-oracle.ts';
import type { OutputSink, Session } from '../../src/transports/transport.ts';
import { abortedAs } from '../support/aborted-as.ts';
import { collectOutput } from '../support/collect-output.ts';
import { createCertificate } from '../support/tls-certificate.ts';
import { PASSWORD, startOracle, USER } from '../support/tns-fixture.ts';
import type { TnsServer } from '../support/tns-server.ts';
import { failureOf, never, querySql, runStatement, sql, sqlEndpoint } from './support/sql.ts';

const LOGIN = { type: 'password', username: USER, password: PASSWORD } as const;

const endpointOf = ({ port }: { port: number }, config: Record<string, unknown> = {}, fields: Partial<Endpoint> = {}): Endpoint =>
  sqlEndpoint('oracle', port, { secret: LOGIN, config: { service_name: 'sales', ...config }, ...fields });

const statement = (text: string) => ({ ...sql``, statement: { segments: [text], values: [] } });

/** Runs a statement, and cancels it once the server has it. @returns what became of it; the time that the server has to answer is skipped. */
const cancelAtServer = async (server: TnsServer, session: Session, text: string, patienceMs = 0): Promise<unknown> => {
  const abort = new AbortController();
  const running = abortedAs(runStatement(session, statement(text), collectOutput().sink, abort.signal));
  await server.untilAsked(text);
  if (patienceMs > 0) vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  abort.abort(new Error('cancelled by test'));
  if (patienceMs > 0) await vi.advanceTimersByTimeAsync(patienceMs);
  return running;
};
afterEach(() => void vi.useRealTimers());

const expectToGoOn = (session: Session): Promise<void> =>
  expect(runStatement(session, statement('UPDATE changed 3'), collectOutput().sink)).resolves.toMatchObject({ affectedRows: 3 });

describe.each(['19c', '23ai'] as const)('Oracle: cancels, and connections that go (a double of %s)', (release) => {
  test('the server confirms a cancel, and the connection goes on', async () => {
    await using server = await startOracle({ release });
    await using session = await openOracle(endpointOf(server), never);
    expect(await cancelAtServer(server, session, 'UPDATE hangs')).toMatchObject({ work: 'ended', reason: 'cancelled by test' });
    expect(server.counts.breaks).toBe(1);
    expect(session.isOpen).toBe(true);
    await expectToGoOn(session);
    expect(server.logins).toHaveLength(1);
  });

  test('a connection whose server does not answer a cancel is dropped', async () => {
    await using server = await startOracle({ release });
    const session = await openOracle(endpointOf(server), never);
    expect(await cancelAtServer(server, session, 'UPDATE deaf', 5_000)).toMatchObject({ work: 'unknown', reason: 'cancelled by test' });
    expect(session.isOpen).toBe(false);
    await server.untilLeft();
  });

  test('a cancel between two fetches ends the rows, and the connection goes on', async () => {
    await using server = await startOracle({ release });
    await using session = await openOracle(endpointOf(server), never);
    const abort = new AbortController();
    const output = collectOutput();
    const cancelling: OutputSink = (stream, chunk) => {
      abort.abort(new Error('cancelled by test'));
      return output.sink(stream, chunk);
    };
    const running = abortedAs(runStatement(session, statement('SELECT many 10000'), cancelling, abort.signal));
    expect(await running).toMatchObject({ work: 'ended', reason: 'cancelled by test' });
    expect(server.counts.rowsGiven).toBeLessThan(10_000);
    expect(server.counts.breaks).toBe(0);
    expect(session.isOpen).toBe(true);
    await expectToGoOn(session);
    expect(server.logins).toHaveLength(1);
  });

  test('a connection that goes while a statement runs leaves its outcome unknown', async () => {
    await using server = await startOracle({ release });
    const session = await openOracle(endpointOf(server), never);
    const { code, message } = await failureOf(runStatement(session, statement('UPDATE cut'), collectOutput().sink));
    expect(code).toBe('CONNECTION_LOST');
    expect(message).toContain('Whether the statement took effect is not known');
    expect(message).not.toMatch(/CONNECTION_ID|\n/);
    expect(session.isOpen).toBe(false);
    await session[Symbol.asyncDispose]();
  });

  test('a connection that goes while rows are read keeps those that came', async () => {
    await using server = await startOracle({ release });
    const session = await openOracle(endpointOf(server), never);
    const output = collectOutput();
    expect(await failureOf(runStatement(session, statement('SELECT lost 500'), output.sink))).toMatchObject({ code: 'CONNECTION_LOST' });
    expect(output.stdout.split('\n').length).toBeGreaterThan(300);
    expect(session.isOpen).toBe(false);
  });
});

describe('Oracle: outputs that fail, and sessions that the server ends (a double of 23ai)', () => {
  test('an output that takes no more ends the connection', async () => {
    await using server = await startOracle();
    const session = await openOracle(endpointOf(server), never);
    const full: OutputSink = () => Promise.reject(new Error('the output is full'));
    expect((await failureOf(runStatement(session, statement('SELECT many 10000'), full))).message).toBe('the output is full');
    expect(session.isOpen).toBe(false);
    await server.untilLeft();
  });

  test.each([28, 1012, 2396, 3113, 3135])('ORA-%i of a session that is no more is a lost connection', async (error) => {
    await using server = await startOracle();
    const session = await openOracle(endpointOf(server), never);
    const { code, message } = await failureOf(runStatement(session, statement(`UPDATE error ${error}`), collectOutput().sink));
    expect(code).toBe('CONNECTION_LOST');
    expect(message).toContain(`ORA-${String(error).padStart(5, '0')}`);
    expect(session.isOpen).toBe(false);
  });
});

describe('Oracle over TLS (a double of 23ai)', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ops-oracle-tls-'));
  const certificate = createCertificate(folder, 'IP:127.0.0.1');
  const tls = { key: readFileSync(certificate.keyFile, 'utf8'), cert: certificate.pem };
  const authorities = getCACertificates('default');
  // As NODE_EXTRA_CA_CERTS of a worker does.
  beforeAll(() => setDefaultCACertificates([...authorities, certificate.pem]));
  afterAll(() => {
    setDefaultCACertificates(authorities);
    rmSync(folder, { recursive: true, force: true });
  });

  test('a certificate that Node trusts is accepted, and rows come', async () => {
    await using server = await startOracle({ tls });
    expect(await querySql(openOracle, endpointOf(server, { protocol: 'tcps' }), statement('SELECT many 1000'))).toMatchObject({
      rowCount: 1_000,
    });
    await server.untilLeft();
    expect(server.counts.goodbyes).toBe(1);
  });

  test('one of another name is refused before the login is sent', async () => {
    await using server = await startOracle({ tls });
    const endpoint = endpointOf(server, { protocol: 'tcps' }, { host: 'localhost' });
    expect(await failureOf(openOracle(endpoint, never))).toMatchObject({ code: 'CERTIFICATE_REFUSED' });
    expect(server.logins).toEqual([]);
  });

  test('a cancel ends the statement; one that no server answers drops the connection', async () => {
    await using server = await startOracle({ tls });
    const session = await openOracle(endpointOf(server, { protocol: 'tcps' }), never);
    expect(await cancelAtServer(server, session, 'UPDATE hangs')).toMatchObject({ work: 'ended', reason: 'cancelled by test' });
    expect(session.isOpen).toBe(true);
    expect(await cancelAtServer(server, session, 'UPDATE deaf', 5_000)).toMatchObject({ work: 'unknown', reason: 'cancelled by test' });
    expect(session.isOpen).toBe(false);
    await server.untilLeft();
  });
});
