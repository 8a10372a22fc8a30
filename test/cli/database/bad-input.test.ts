import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openClient } from '../../support/open-client.ts';
import { createTestDatabase } from '../../support/database.ts';
import type { TestDatabase } from '../../support/database.ts';
import { freePort } from '../../support/free-port.ts';
import { newKeyRing } from '../../support/platform.ts';
import { runCommand } from './run-command.ts';

const PASSWORD = `pässword/${randomUUID()}`;
const ROLE = `weak_${randomUUID().slice(0, 8)}`;
const ENV = { OPSCONDUCTOR_KEYS: newKeyRing(), OPSCONDUCTOR_HOME: '/nonexistent' };

let database: TestDatabase;
let owner: pg.Client;
let name: string;
beforeAll(async () => {
  database = await createTestDatabase('empty');
  owner = await openClient(database.url);
  name = new URL(database.url).pathname.slice(1);
  await owner.query(`CREATE ROLE ${ROLE} LOGIN PASSWORD '${PASSWORD}'`);
});
afterAll(async () => {
  await owner.end();
  await database[Symbol.asyncDispose]();
  await using server = await openClient(Object.assign(new URL(database.url), { pathname: '/postgres' }).href);
  await server.query(`DROP ROLE ${ROLE}`);
});

const urlWith = (change: (url: URL) => void): string => {
  const url = new URL(database.url);
  url.username = ROLE;
  url.password = encodeURIComponent(PASSWORD);
  change(url);
  return url.href;
};

const restricted = async (restrict: string, undo: string, use: () => Promise<void>): Promise<void> => {
  await owner.query(restrict);
  try {
    await use();
  } finally {
    await owner.query(undo);
  }
};

/** One line on stderr, nothing on stdout, code 2, no password; and the database is as empty as before. */
const expectRefusal = async (url: string, sentence: RegExp, args: readonly string[] = ['db', 'migrate']): Promise<void> => {
  const { code, stdout, stderr } = await runCommand(args, { ...ENV, DATABASE_URL: url });
  expect(stderr).toMatch(/^error: [^\n]+\n$/);
  expect(stderr.slice('error: '.length)).toMatch(sentence);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  for (const secret of [PASSWORD, encodeURIComponent(PASSWORD), new URL(database.url).password]) expect(stderr).not.toContain(secret);
  const { rows } = await owner.query(
    `SELECT relname FROM pg_class WHERE oid >= 16384 UNION ALL SELECT extname FROM pg_extension WHERE extname <> 'plpgsql'`,
  );
  expect(rows).toEqual([]);
};

test('nothing listens there', async () => {
  // A port that is free now may be another server's in a moment; nobody takes this one.
  const url = urlWith((changed) => (changed.port = '1'));
  await expectRefusal(url, /^Nothing listens at 127\.0\.0\.1:1: start the database/);
  await expectRefusal(url, /^Nothing listens/, ['migrate']);
  await expectRefusal(url, /^Nothing listens/, ['db', 'status', '--json']);
  await expectRefusal(url, /^Nothing listens/, ['db', 'plan']);
});

test('the name of the host does not resolve', () =>
  expectRefusal(
    urlWith((url) => (url.hostname = 'no-such-host.invalid')),
    /^The name of the database server in no-such-host\.invalid:\d+ does not resolve/,
  ));

test('the password is wrong, missing, or spilled into the rest of the URL', async () => {
  const refused = new RegExp(`refuses the user "${ROLE}" with this password: correct DATABASE_URL`);
  await expectRefusal(
    urlWith((url) => (url.password = 'wrong')),
    refused,
  );
  await expectRefusal(
    urlWith((url) => (url.password = '')),
    new RegExp(`asks the user "${ROLE}" for a password, and DATABASE_URL has none`),
  );
  const { port } = new URL(database.url);
  await expectRefusal(
    `postgres://127.0.0.1:${await freePort()}/${PASSWORD}@127.0.0.1:${port}/x`,
    /^DATABASE_URL cannot be read: write .* as %2F/,
  );
});

test('the user does not exist, which the server does not tell from a wrong password', () =>
  expectRefusal(
    urlWith((url) => (url.username = 'nobody')),
    /refuses the user "nobody" with this password/,
  ));

test('the database does not exist', () =>
  expectRefusal(
    urlWith((url) => (url.pathname = '/none')),
    /^The server at 127\.0\.0\.1:\d+ has no database "none": create it/,
  ));

test('the user may not log in', () =>
  restricted(`ALTER ROLE ${ROLE} NOLOGIN`, `ALTER ROLE ${ROLE} LOGIN`, () =>
    expectRefusal(
      urlWith(() => {}),
      /does not let the user ".*" in \(.*is not permitted to log in\)/,
    ),
  ));

test('the user may not connect to the database', () =>
  restricted(`REVOKE CONNECT ON DATABASE ${name} FROM PUBLIC`, `GRANT CONNECT ON DATABASE ${name} TO PUBLIC`, () =>
    expectRefusal(
      urlWith(() => {}),
      new RegExp(`^The user "${ROLE}" may not connect to the database "${name}" .*GRANT CONNECT`),
    ),
  ));

test('the user has no connection left', () =>
  restricted(`ALTER ROLE ${ROLE} CONNECTION LIMIT 0`, `ALTER ROLE ${ROLE} CONNECTION LIMIT -1`, () =>
    expectRefusal(
      urlWith(() => {}),
      new RegExp(`has no connection left for the user "${ROLE}" \\(too many connections`),
    ),
  ));

test('the database takes no connections', async () => {
  await using closed = await createTestDatabase('empty');
  const closedName = new URL(closed.url).pathname.slice(1);
  await restricted(`ALTER DATABASE ${closedName} ALLOW_CONNECTIONS false`, `ALTER DATABASE ${closedName} ALLOW_CONNECTIONS true`, () =>
    expectRefusal(closed.url, /cannot do this now \(database ".*" is not currently accepting connections/),
  );
});

test('the user may not make tables', () =>
  expectRefusal(
    urlWith(() => {}),
    new RegExp(
      `^The user "${ROLE}" may not create tables in the schema "public" of the database "${name}": .*GRANT CREATE ON SCHEMA "public" TO "${ROLE}"`,
    ),
  ));

test('the user may not make the extension', () =>
  restricted(`GRANT CREATE ON SCHEMA public TO ${ROLE}`, `REVOKE CREATE ON SCHEMA public FROM ${ROLE}`, () =>
    expectRefusal(
      urlWith(() => {}),
      new RegExp(
        `^The user "${ROLE}" may not create the extension btree_gist in the database "${name}": let its owner run there CREATE EXTENSION btree_gist$`,
        'm',
      ),
    ),
  ));

test('no schema of the search path exists', () =>
  restricted(`ALTER ROLE ${ROLE} SET search_path = 'gone'`, `ALTER ROLE ${ROLE} RESET search_path`, () =>
    expectRefusal(
      urlWith(() => {}),
      /^No schema of the search path of the user ".*" exists/,
    ),
  ));

test('the database is read-only', () =>
  restricted(
    `ALTER DATABASE ${name} SET default_transaction_read_only = on`,
    `SET default_transaction_read_only = off; ALTER DATABASE ${name} RESET default_transaction_read_only`,
    () => expectRefusal(database.url, new RegExp(`^The database "${name}" is read-only`)),
  ));

test('the database is not encoded in UTF8', async () => {
  const other = `${name}_ascii`;
  await restricted(
    `CREATE DATABASE ${other} ENCODING 'SQL_ASCII' LOCALE_PROVIDER libc LOCALE 'C' TEMPLATE template0`,
    `DROP DATABASE ${other}`,
    () =>
      expectRefusal(
        Object.assign(new URL(database.url), { pathname: `/${other}` }).href,
        /is encoded in SQL_ASCII, and OpsConductor needs UTF8/,
      ),
  );
});

test('the server does not offer TLS', () =>
  expectRefusal(
    urlWith((url) => url.searchParams.set('sslmode', 'verify-full')),
    /does not offer TLS, which DATABASE_URL asks for/,
  ));

test('no database is named, and no `up` runs', async () => {
  const { code, stderr } = await runCommand(['db', 'status'], ENV);
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: expect.stringMatching(/^error: .*DATABASE_URL.*OPSCONDUCTOR_HOME.*opsconductor up.*\n$/),
  });
});

test('what is no URL of Postgres is not repeated', async () => {
  for (const url of [`mysql://user:${PASSWORD}@host/db`, `postgres://user:${PASSWORD}@host/db`, PASSWORD]) {
    const { code, stderr } = await runCommand(['db', 'status'], { ...ENV, DATABASE_URL: url });
    expect(code).toBe(2);
    expect(stderr).not.toContain(PASSWORD);
  }
});
