import pg from 'pg';
import type { Sequelize } from 'sequelize';
import { expect, inject, test } from 'vitest';
import { keepTrying } from '../../src/activities/run-action/keep-trying.ts';
import { selectRows } from '../../src/db/query.ts';
import { openTestDatabase } from '../db/support/open-database.ts';
import { addRunningBranch, addWriter, oneTo, storedLines } from './support/attempt.ts';

/** Another database of the same server, from which ours can be taken away. */
const connectBeside = async (): Promise<pg.Client & AsyncDisposable> => {
  const url = new URL(inject('templateUrl'));
  url.pathname = '/postgres';
  const client = new pg.Client({ connectionString: url.toString() });
  await client.connect();
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.end() });
};

/** The same database; tells when so many connections could not be had. */
const countingFailures = (db: Sequelize, count: number): { db: Sequelize; failed: Promise<void> } => {
  const failed = Promise.withResolvers<void>();
  let failures = 0;
  const { connectionManager } = db;
  const getConnection: typeof connectionManager.getConnection = (options) => {
    const answer = connectionManager.getConnection(options);
    answer.catch(() => {
      failures += 1;
      if (failures === count) failed.resolve();
    });
    return answer;
  };
  const counted = new Proxy(connectionManager, {
    get: (target, name) => {
      if (name === 'getConnection') return getConnection;
      const member: unknown = Reflect.get(target, name);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
  const counting = new Proxy(db, { get: (target, name) => (name === 'connectionManager' ? counted : Reflect.get(target, name)) });
  return { db: counting, failed: failed.promise };
};

test('while Postgres is away output waits, and nothing of it is lost', async () => {
  await using database = await openTestDatabase();
  await using server = await connectBeside();
  const { db, url } = database;
  const name = new URL(url).pathname.slice(1);
  const branch = await addRunningBranch(db);
  const counting = countingFailures(db, 3);
  const { writer } = await addWriter(db, branch, 1, { db: counting.db });
  const line = (number: number): string => `line ${number} ${'x'.repeat(100)}`;
  let sent = 0;
  const send = (count: number): Promise<void> => {
    const lines = oneTo(count).map((index) => `${line(sent + index)}\n`);
    sent += count;
    return writer.write('stdout', Buffer.from(lines.join('')));
  };
  await send(600);

  await server.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS false`);
  await server.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [name]);
  let taken = false;
  const held = send(2_000).then(() => {
    taken = true;
  });
  await counting.failed;
  expect(taken).toBe(false);

  await server.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS true`);
  await held;
  await send(10);
  const facts = await writer.end();
  expect(facts.bytes).toBe(oneTo(sent).reduce((bytes, number) => bytes + line(number).length + 1, 0));
  const stored = await storedLines(db, branch.branchId);
  expect(stored.map((row) => row.log_message)).toEqual(oneTo(sent).map(line));
  expect(stored.map((row) => row.line_number)).toEqual(oneTo(sent));
});

test('a statement that is wrong is not repeated', async () => {
  await using database = await openTestDatabase();
  let tries = 0;
  const write = (): Promise<object[]> => {
    tries += 1;
    return selectRows(database.db, 'SELECT 1 / 0');
  };
  await expect(keepTrying(write, new AbortController().signal)).rejects.toThrow('division by zero');
  expect(tries).toBe(1);
});

test('nobody who has given up waits for a database that is away', async () => {
  const away = Object.assign(new Error('Connection terminated unexpectedly'), { code: 'ECONNRESET' });
  let tries = 0;
  const write = async (): Promise<never> => {
    tries += 1;
    throw away;
  };
  await expect(keepTrying(write, AbortSignal.abort())).rejects.toBe(away);
  expect(tries).toBe(1);
});
