import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DatabaseHealth } from '../../../src/contracts/database-health.ts';
import { connectDatabase } from '../../../src/db/connect.ts';
import { readHealth } from '../../../src/db/health/read-health.ts';
import { namesOf, openHealthDatabase } from '../support/health-database.ts';
import type { HealthDatabase } from '../support/health-database.ts';

const ROLE = 'health_without_rights';

let database: HealthDatabase;
beforeAll(async () => {
  database = await openHealthDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());

const connect = async () => {
  const client = new Client({ connectionString: database.url, application_name: 'somebody else' });
  await client.connect();
  return { client, [Symbol.asyncDispose]: () => client.end() };
};

test('the migrated schema is well: all that there is to say is that statements are not recorded', async () => {
  const health = await readHealth(database.db);
  expect(namesOf(health.findings)).toEqual(['statements_unavailable pg_stat_statements']);
  expect(DatabaseHealth.strict().parse(health)).toEqual(health);
  expect(health).toMatchObject({
    server: expect.stringMatching(/^18/),
    database: new URL(database.url).pathname.slice(1),
    slowest_statements: [],
    statistics_since: expect.stringMatching(/^20\d\d-/),
  });
  expect(health.size_bytes).toBeGreaterThan(5_000_000);
  expect(health.tables).toHaveLength(20);
  expect(health.tables.map(({ size_bytes: size }) => size)).toEqual(
    health.tables.map(({ size_bytes: size }) => size).toSorted((a, b) => b - a),
  );
  // Months are data: a partitioned table is one table.
  expect(health.tables.map(({ table }) => table)).toContain('audit_events');
  expect(health.tables.filter(({ table }) => /_p\d{6}$|_default$/.test(table))).toEqual([]);
});

test('the statistics are those since the reset, where there was one', async () => {
  const before = (await readHealth(database.db)).statistics_since;
  await database.run('SELECT pg_stat_reset()');
  const [reset] = await database.ask<{ at: Date }>('SELECT stats_reset AS at FROM pg_stat_database WHERE datname = current_database()');
  const { statistics_since: since } = await readHealth(database.db);
  expect(since).toBe(reset?.at.toISOString());
  expect(before).not.toBe(since);
});

test('the worst comes first', async () => {
  await using other = await openHealthDatabase();
  await other.run(
    'CREATE TABLE t (a bigint, b bigint)',
    'CREATE INDEX one ON t (a)',
    'CREATE INDEX two ON t (a)',
    'CREATE INDEX three ON t (a, b)',
    'CREATE TABLE r (a bigint REFERENCES universal_targets (id))',
  );
  const { findings } = await readHealth(other.db);
  expect(findings.map(({ severity, kind }) => `${severity} ${kind}`)).toEqual([
    'warning duplicate_index',
    'info statements_unavailable',
    'info redundant_index',
    'info unindexed_foreign_key',
  ]);
});

test('nothing is written, and the settings of the session are as before', async () => {
  const written = 'SELECT pg_current_xact_id_if_assigned()::text AS id, current_setting($1) AS timeout';
  await readHealth(database.db);
  const [session] = await database.ask<{ id: string | null; timeout: string }>(written, ['statement_timeout']);
  expect(session).toEqual({ id: null, timeout: '0' });
  const [lock] = await database.ask<{ timeout: string }>(
    `SELECT current_setting('transaction_read_only') || current_setting('lock_timeout') AS timeout`,
  );
  expect(lock?.timeout).toBe('off0');
});

test('nothing can be written, not even by a view that tries to', async () => {
  await using other = await openHealthDatabase();
  await other.run(
    'ALTER TABLE schema_migrations RENAME TO ledger',
    `CREATE FUNCTION write() RETURNS timestamptz LANGUAGE sql AS 'DELETE FROM ledger RETURNING applied_at'`,
    'CREATE VIEW schema_migrations AS SELECT write() AS applied_at',
  );
  await expect(readHealth(other.db)).rejects.toMatchObject({ parent: { code: '25006' } });
  expect(await other.ask('SELECT FROM ledger')).not.toHaveLength(0);
});

test('a table that another transaction has locked does not stop it: what could not be looked at is said', async () => {
  await using other = await connect();
  await other.client.query('BEGIN');
  await other.client.query('LOCK TABLE jobs IN ACCESS EXCLUSIVE MODE');
  const health = await readHealth(database.db);
  const unseen = health.findings.filter(({ kind }) => kind === 'limited_view');
  expect(unseen.map(({ object }) => object)).toEqual(expect.arrayContaining(['tables', 'indexes', 'dead rows']));
  expect(unseen.find(({ object }) => object === 'tables')?.sentence).toBe(
    'There was no look at tables: a table was locked by another transaction, such as a migration.',
  );
  expect(health.tables).toEqual([]);
  expect(health.connections.used).toBeGreaterThan(0);
  await other.client.query('ROLLBACK');
});

describe('a role without rights', () => {
  beforeAll(() => database.run(`CREATE ROLE ${ROLE} LOGIN PASSWORD 'x'`));
  afterAll(() => database.run(`DROP OWNED BY ${ROLE}`, `DROP ROLE ${ROLE}`));

  const healthForRole = async (): Promise<DatabaseHealth> => {
    const url = new URL(database.url);
    url.username = ROLE;
    url.password = 'x';
    const db = connectDatabase({ url: url.href, poolSize: 1, applicationName: 'without rights' });
    try {
      return await readHealth(db);
    } finally {
      await db.close();
    }
  };

  test('gets what it may see, and what it could not see is said', async () => {
    await database.run('CREATE TABLE t (a bigint)', 'CREATE INDEX one ON t (a)', 'CREATE INDEX two ON t (a)');
    const health = await healthForRole();
    expect(namesOf(health.findings)).toEqual([
      'duplicate_index two',
      'limited_view SELECT',
      'limited_view pg_read_all_stats',
      'statements_unavailable pg_stat_statements',
    ]);
    const view = health.findings.filter(({ kind }) => kind === 'limited_view');
    expect(view[0]).toMatchObject({ severity: 'info', statement: `GRANT pg_read_all_stats TO ${ROLE};` });
    expect(view[0]?.sentence).toContain(`The role ${ROLE} does not see what other roles do`);
    expect(view[1]?.sentence).toMatch(new RegExp(`^The role ${ROLE} may not read 4\\d tables`));
    expect(health.tables).toHaveLength(20);
    expect(health.connections).toMatchObject({ max: 200, used: expect.any(Number) });
    expect(health.connections.by_application).toContainEqual(expect.objectContaining({ application: 'without rights', total: 1 }));
    // Ours, whose state it does not see, is counted.
    expect(health.connections.by_application).toContainEqual(expect.objectContaining({ application: 'test' }));
    expect(health.size_bytes).toBeGreaterThan(0);
  });

  test('sees of the statements only its own', async () => {
    await database.run('CREATE EXTENSION pg_stat_statements', 'SELECT 1 AS secret_of_the_owner');
    const health = await healthForRole();
    expect(health.slowest_statements.length).toBeGreaterThan(0);
    const texts = health.slowest_statements.map(({ text }) => text).join('\n');
    expect(texts).not.toMatch(/secret_of_the_owner|insufficient privilege/);
    // The time of the others is in the shares.
    expect(health.slowest_statements.reduce((sum, { share }) => sum + share, 0)).toBeLessThan(0.99);
    await database.run('DROP EXTENSION pg_stat_statements');
  });

  test('says no more once it has the rights', async () => {
    await database.run(`GRANT pg_read_all_stats, pg_read_all_data TO ${ROLE}`);
    const health = await healthForRole();
    expect(health.findings.filter(({ kind }) => kind === 'limited_view')).toEqual([]);
  });
});
