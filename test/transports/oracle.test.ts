import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { describe, expect, test } from 'vitest';
import type { Endpoint } from '../../src/contracts/transport.ts';
import { openOracle } from '../../src/transports/oracle/open-oracle.ts';
import { toConnectError, toStatementError } from '../../src/transports/oracle/oracle-errors.ts';
import { freePort } from '../support/free-port.ts';
import { createCertificate } from '../support/tls-certificate.ts';
import { failureOf, never, sqlEndpoint } from './support/sql.ts';

const endpointOf = (port: number, config: Record<string, unknown> = {}, fields: Partial<Endpoint> = {}): Endpoint =>
  sqlEndpoint('oracle', port, { config: { service_name: 'sales', ...config }, ...fields });

/** A listener that does this with each connection. */
const listen = async (meet: (socket: Socket) => void) => {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    meet(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('no port');
  return {
    port: bound.port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
};

/** A REFUSE packet of TNS: length, type 4, reasons, length of the text, the text. */
const refuse = (error: number): Buffer => {
  const text = Buffer.from(`(DESCRIPTION=(TMP=)(VSNNUM=318767104)(ERR=${error})(ERROR_STACK=(ERROR=(CODE=${error})(EMFI=4))))`);
  const head = Buffer.from([0, 0, 0, 0, 4, 0, 0, 0, 34, 0, 0, 0]);
  head.writeUInt16BE(head.length + text.length);
  head.writeUInt16BE(text.length, 10);
  return Buffer.concat([head, text]);
};

const attempt = (port: number, config: Record<string, unknown> = {}, fields: Partial<Endpoint> = {}) =>
  failureOf(openOracle(endpointOf(port, config, fields), never));

describe('Oracle: what a listener may do (TCP servers, no Oracle)', () => {
  test.each([
    [12514, {}, 'LOGIN_REJECTED', 'did not open database sales'],
    [12505, { service_name: undefined, sid: 'OLD' }, 'LOGIN_REJECTED', 'did not open database OLD'],
    [12528, {}, 'CONNECTION_REFUSED', 'takes no connection now'],
    [12516, {}, 'CONNECTION_REFUSED', 'takes no connection now'],
  ])('a REFUSE packet with ORA-%i is told as such, without the password', async (error, config, code, says) => {
    await using listener = await listen((socket) => socket.once('data', () => socket.end(refuse(error))));
    const failure = await attempt(listener.port, config);
    expect(failure).toMatchObject({ code });
    expect(failure.message).toContain(says);
    expect(failure.message).toContain('Oracle Database at 127.0.0.1');
    expect(failure.message).not.toContain('SECRET');
  });

  test('a port on which nothing listens refuses the connection', async () => {
    expect(await attempt(await freePort())).toMatchObject({ code: 'CONNECTION_REFUSED' });
  });

  test('a name without address is told as such', async () => {
    expect(await attempt(1521, {}, { host: 'nowhere.invalid' })).toMatchObject({ code: 'NAME_NOT_FOUND' });
  });

  test('a listener that cuts the connection is no listener', async () => {
    await using listener = await listen((socket) => socket.once('data', () => socket.resetAndDestroy()));
    expect(await attempt(listener.port)).toMatchObject({ code: 'PROTOCOL_ERROR' });
  });

  test('a listener that speaks another protocol is told as such', async () => {
    await using listener = await listen((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    expect(await attempt(listener.port)).toMatchObject({ code: 'PROTOCOL_ERROR' });
  });

  test('a listener that says nothing is given up when the time is up', async () => {
    await using listener = await listen(() => undefined);
    expect(await attempt(listener.port, {}, { connectTimeoutMs: 200 })).toMatchObject({ code: 'CONNECTION_TIMED_OUT' });
  });

  test('an abort ends the wait for a listener', async () => {
    const met = Promise.withResolvers<void>();
    await using listener = await listen(() => met.resolve());
    const abort = new AbortController();
    const opening = failureOf(openOracle(endpointOf(listener.port), abort.signal));
    await met.promise;
    abort.abort(new Error('cancelled by test'));
    expect((await opening).message).toBe('cancelled by test');
  });

  test('a certificate of nobody known is refused over TCPS', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ops-oracle-'));
    const certificate = createCertificate(folder, 'IP:127.0.0.1');
    const server = createTlsServer({ key: readFileSync(certificate.keyFile), cert: certificate.pem }).listen(0, '127.0.0.1');
    let sent = 0;
    server.on('secureConnection', (socket) => socket.on('data', (chunk: Buffer) => (sent += chunk.length)));
    await once(server, 'listening');
    const bound = server.address();
    if (bound === null || typeof bound === 'string') throw new Error('no port');
    const failure = await attempt(bound.port, { protocol: 'tcps' });
    server.close();
    rmSync(folder, { recursive: true });
    expect(failure).toMatchObject({ code: 'CERTIFICATE_REFUSED' });
    expect(sent).toBe(0);
  });

  test('a service that is more than a name is refused before anything is sent', async () => {
    expect(await attempt(1521, { service_name: 'x)(SERVER=other' })).toMatchObject({ code: 'VALIDATION' });
  });

  test('no credential is told as such', async () => {
    expect(await attempt(1521, {}, { secret: undefined })).toMatchObject({ code: 'CREDENTIAL_MISSING' });
  });
});

describe('Oracle: what errors of the driver mean', () => {
  const endpoint = endpointOf(1521);

  test.each([
    ['ORA-01017: invalid username/password; logon denied', 'LOGIN_REJECTED'],
    ['ORA-28000: The account is locked.', 'LOGIN_REJECTED'],
    ['ORA-01034: The Oracle instance is not available', 'CONNECTION_REFUSED'],
  ])('while connecting: %s', (message, code) => {
    expect(toConnectError(endpoint, 'sales', new Error(message))).toMatchObject({ code });
  });

  test.each([
    ['ORA-00942: table or view does not exist', 'QUERY_INVALID', 'correct it in the job'],
    ['ORA-00900: invalid SQL statement', 'QUERY_INVALID', 'correct it in the job'],
    ['ORA-06550: line 1, column 7', 'QUERY_INVALID', 'correct it in the job'],
    ['ORA-01031: insufficient privileges', 'QUERY_REFUSED', 'give it the right'],
    ['ORA-00955: name is already used by an existing object', 'QUERY_FAILED', 'already used'],
    ['ORA-00060: deadlock detected while waiting for resource', 'QUERY_FAILED', 'may be run again'],
    ['ORA-03113: end-of-file on communication channel', 'CONNECTION_LOST', 'is not known'],
    ['NJS-500: connection to Oracle Database was closed or broken', 'CONNECTION_LOST', 'is not known'],
    ['NJS-503: connection could not be established', 'CONNECTION_LOST', 'is not known'],
  ])('of a statement: %s', (message, code, says) => {
    const error = toStatementError(endpoint, new Error(message));
    expect(error).toMatchObject({ code });
    expect(error.message).toContain(says);
    expect(error.message).toContain(message);
  });

  test('a broken rule of the data is not the fault of the job', () => {
    expect(toStatementError(endpoint, new Error('ORA-00001: unique constraint (A.B) violated')).message).not.toContain('correct it');
  });
});
