import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chown, stat } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { connectDatabase } from '../../src/db/connect.ts';
import { connectionProblem } from '../../src/db/connection-problem.ts';
import { selectRows } from '../../src/db/query.ts';
import { migrationObstacle, readServerFacts, versionProblem } from '../../src/db/server-facts.ts';
import type { ServerFacts } from '../../src/db/server-facts.ts';
import { startPostgres } from '../../src/embedded/start-postgres.ts';
import { temporaryHome } from '../embedded/temporary-home.ts';

const URL_TEXT = 'postgres://ann:pa%2Fss@db.example.com/ops';

/** As the driver gives them. */
const driverError = (code: string | undefined, message: string, detail?: string): Error =>
  Object.assign(new Error(message), { ...(code !== undefined && { code }), ...(detail !== undefined && { detail }) });

test.each([
  ['ENETUNREACH', 'connect ENETUNREACH', /^There is no route to the database at db\.example\.com:5432/],
  ['ETIMEDOUT', 'connect ETIMEDOUT', /does not answer/],
  ['EAI_AGAIN', 'getaddrinfo EAI_AGAIN', /does not resolve/],
  [
    '28000',
    'no pg_hba.conf entry for host "10.0.0.1", user "ann", database "ops", no encryption',
    /refuses connections without TLS.*sslmode=verify-full/,
  ],
  ['28000', 'role "ann" does not exist', /has no user "ann": create it/],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'self-signed certificate in certificate chain', /certificate .* is not trusted .*sslrootcert/],
  ['53300', 'sorry, too many clients already', /no connection left .*too many clients/],
  ['57P03', 'the database system is starting up', /cannot do this now \(the database system is starting up\): repeat it/],
  ['57P01', 'terminating connection due to administrator command', /connection .* broke/],
  ['25006', 'cannot execute CREATE TABLE in a read-only transaction', /^The database "ops" at .* is read-only/],
  ['42501', 'must be owner of table jobs', /^The user "ann" lacks a right .*must be owner of table jobs/],
  [undefined, 'Connection terminated unexpectedly', /connection .* broke/],
])('%s %s is told in one sentence', (code, message, sentence) => {
  const problem = connectionProblem(URL_TEXT, driverError(code, message));
  expect(problem).toMatchObject({ code: 'UNAVAILABLE', message: expect.stringMatching(sentence) });
  expect(problem?.message).not.toMatch(/pa%2Fss|pa\/ss|\n/);
});

test('of several addresses that were tried the first is told; a socket is told by its folder', () => {
  const refused = Object.assign(new AggregateError([driverError('ECONNREFUSED', 'connect ECONNREFUSED ::1:5432')]), {
    code: 'ECONNREFUSED',
  });
  expect(connectionProblem('postgres://localhost/ops', refused)?.message).toMatch(/^Nothing listens at localhost:5432/);
  expect(connectionProblem('postgres:///ops?host=/run/postgresql', driverError('ENOENT', 'connect ENOENT'))?.message).toMatch(
    /^Nothing listens at \/run\/postgresql/,
  );
});

test('what says nothing about the connection is left to others', () => {
  for (const error of [driverError('23505', 'duplicate key'), new TypeError('x is not a function'), 'text', undefined]) {
    expect(connectionProblem(URL_TEXT, error)).toBeUndefined();
  }
});

const portOf = async (server: Server): Promise<number> => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
};

test.each([
  ['is silent', () => createServer(), /does not answer/],
  ['is no Postgres', () => createHttpServer(), /does not answer|connection .* broke/],
  ['hangs up', () => createServer((socket) => socket.destroy()), /connection .* broke/],
])('a server that %s is told', async (_what, make, sentence) => {
  const server = make();
  const sockets = new Set<{ destroy(): void }>();
  server.on('connection', (socket) => sockets.add(socket));
  const url = `postgres://ann:secret@127.0.0.1:${await portOf(server)}/ops`;
  const db = connectDatabase({ url, poolSize: 1, applicationName: 'test', connectTimeoutMs: 300 });
  const error: unknown = await selectRows(db, 'SELECT 1').catch((caught: unknown) => caught);
  expect(connectionProblem(url, error)?.message).toMatch(sentence);
  await db.close();
  for (const socket of sockets) socket.destroy();
  server.close();
});

const FACTS: ServerFacts = {
  versionNumber: 150_004,
  version: '15.4',
  database: 'ops',
  user: 'ann',
  encoding: 'UTF8',
  schema: 'public',
  isStandby: false,
  isReadOnly: false,
  mayCreateInSchema: true,
  mayCreateInDatabase: true,
  btreeGist: 'available',
};

test('PostgreSQL 15 and later will do, 14 and earlier will not', () => {
  expect(versionProblem({ versionNumber: 140_012, version: '14.12 (Debian)' })).toBe(
    'The server is PostgreSQL 14.12 (Debian), and OpsConductor needs 15 or later: upgrade it, or name another one in DATABASE_URL.',
  );
  expect(versionProblem({ versionNumber: 90_624, version: '9.6.24' })).toContain('PostgreSQL 9.6.24');
  expect(versionProblem(FACTS)).toBeUndefined();
});

test('without the contrib package there is no btree_gist; an installed one needs no right to make it', () => {
  expect(migrationObstacle(FACTS)).toBeUndefined();
  expect(migrationObstacle({ ...FACTS, btreeGist: 'missing' })).toMatch(
    /^The server lacks the extension btree_gist: install the contrib package/,
  );
  expect(migrationObstacle({ ...FACTS, mayCreateInDatabase: false })).toContain('may not create the extension btree_gist');
  expect(migrationObstacle({ ...FACTS, mayCreateInDatabase: false, btreeGist: 'installed' })).toBeUndefined();
});

test('a standby is known as one', async () => {
  await using home = await temporaryHome();
  const open = () => startPostgres({ folder: home.path, port: 0, log: () => {} });
  const primary = await open();
  await primary.stop();
  const [data, signal] = [join(home.path, 'postgres'), join(home.path, 'postgres', 'standby.signal')];
  await writeFile(signal, '');
  const owner = await stat(data);
  await chown(signal, owner.uid, owner.gid);
  await using standby = await open();
  const db = connectDatabase({ url: standby.url, poolSize: 1, applicationName: 'test' });
  const facts = await readServerFacts((sql, bind) => selectRows(db, sql, bind));
  await db.close();
  expect(facts).toMatchObject({ isStandby: true, isReadOnly: true });
  expect(migrationObstacle(facts)).toMatch(/^The server is a standby/);
});
