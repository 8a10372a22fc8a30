import type { Sequelize } from 'sequelize';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectDatabase } from '../../../src/db/connect.ts';
import { LOCK_LEVELS, statementLocks } from '../../../src/db/migrations/statement-locks.ts';
import { splitStatements } from '../../../src/db/migrations/split-statements.ts';
import { selectRows } from '../../../src/db/query.ts';
import { createTestDatabase } from '../../support/database.ts';
import type { TestDatabase } from '../../support/database.ts';

let database: TestDatabase;
let db: Sequelize;
beforeAll(async () => {
  database = await createTestDatabase('empty');
  db = connectDatabase({ url: database.url, poolSize: 1, applicationName: 'test' });
  await db.query(`
    CREATE TABLE a (id int PRIMARY KEY, n int, word text);
    ALTER TABLE a ADD CONSTRAINT positive CHECK (n > 0) NOT VALID;
    CREATE TABLE b (id int PRIMARY KEY, a_id int);
    CREATE INDEX idx_on ON b (a_id);
    CREATE TABLE months (at date) PARTITION BY RANGE (at);
    CREATE TABLE spare (at date);
    CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
    CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW EXECUTE FUNCTION f();`);
});
afterAll(async () => {
  await db.close();
  await database[Symbol.asyncDispose]();
});

/** What Postgres really holds on tables that existed before, while the statement is not committed. */
const realLocks = async (sql: string): Promise<Record<string, string>> => {
  const transaction = await db.transaction();
  try {
    const tables = await selectRows<{ oid: number; relname: string }>(
      db,
      `SELECT oid::int, relname FROM pg_class WHERE relkind IN ('r', 'p') AND oid >= 16384`,
      [],
      transaction,
    );
    await db.query(sql, { transaction });
    const locks = await selectRows<{ oid: number; lock: string }>(
      db,
      `SELECT relation::int AS oid, upper(regexp_replace(regexp_replace(mode, 'Lock$', ''), '([a-z])([A-Z])', '\\1 \\2', 'g')) AS lock
       FROM pg_locks WHERE pid = pg_backend_pid() AND relation IS NOT NULL AND granted`,
      [],
      transaction,
    );
    const held = locks.flatMap(({ oid, lock }) =>
      tables.filter((table) => table.oid === oid).map(({ relname }) => ({ table: relname, lock })),
    );
    return strongest(held);
  } finally {
    await transaction.rollback();
  }
};

const rank = (lock: string | undefined): number => LOCK_LEVELS.findIndex((level) => level === lock);
const strongest = (locks: readonly { table: string; lock: string }[]): Record<string, string> => {
  const found: Record<string, string> = {};
  for (const { table, lock } of locks) if (rank(lock) > rank(found[table])) found[table] = lock;
  return found;
};

const TABLE_OF_INDEX: Record<string, string> = { idx_on: 'b' };
const toldLocks = (sql: string): Record<string, string> =>
  strongest(
    splitStatements(sql)
      .flatMap(statementLocks)
      .map(({ relation, lock }) => ({ table: TABLE_OF_INDEX[relation] ?? relation, lock })),
  );

test.each([
  'ALTER TABLE a ADD COLUMN more int',
  'ALTER TABLE a ADD COLUMN more int, ALTER word SET NOT NULL',
  'ALTER TABLE a VALIDATE CONSTRAINT positive',
  'ALTER TABLE a ALTER COLUMN n SET STATISTICS 10',
  'ALTER TABLE a SET (fillfactor = 70, autovacuum_enabled = false)',
  'ALTER TABLE a VALIDATE CONSTRAINT positive, ALTER word DROP NOT NULL',
  'ALTER TABLE a DISABLE TRIGGER t',
  'ALTER TABLE b ADD CONSTRAINT fk FOREIGN KEY (a_id) REFERENCES a (id) NOT VALID',
  'ALTER TABLE ONLY b ADD FOREIGN KEY (a_id) REFERENCES a',
  `ALTER TABLE months ATTACH PARTITION spare FOR VALUES FROM ('2020-01-01') TO ('2020-02-01')`,
  'CREATE TABLE c (a_id int REFERENCES a (id), b_id int REFERENCES b)',
  `CREATE TABLE m1 PARTITION OF months FOR VALUES FROM ('2020-01-01') TO ('2020-02-01')`,
  'CREATE INDEX ON a (n)',
  'CREATE UNIQUE INDEX IF NOT EXISTS also_on ON public.a (word)',
  'CREATE INDEX once_on ON b USING btree (a_id) WHERE a_id > 0',
  'DROP INDEX idx_on',
  'ALTER INDEX idx_on RENAME TO other',
  'REINDEX TABLE b',
  'DROP TABLE a, b',
  'TRUNCATE a, b',
  'INSERT INTO a VALUES (1)',
  `UPDATE a SET word = 'x'`,
  'DELETE FROM a USING b WHERE b.a_id = a.id',
  'CREATE TRIGGER t2 AFTER UPDATE OF word ON a FOR EACH ROW EXECUTE FUNCTION f()',
  'DROP TRIGGER t ON a',
  `COMMENT ON TABLE a IS 'b'`,
  `COMMENT ON COLUMN a.word IS 'b'`,
  'CREATE STATISTICS s ON n, word FROM a',
  'ANALYZE a',
  'LOCK TABLE a IN SHARE ROW EXCLUSIVE MODE',
  'CREATE POLICY p ON a USING (true)',
  'CREATE TABLE alone (id int)',
  'COMMENT ON FUNCTION f() IS $$x$$',
])('Postgres takes the locks that are told: %s', async (sql) => {
  const told = toldLocks(sql);
  expect(Object.fromEntries(Object.entries(told).map(([table, lock]) => [table.replace('public.', ''), lock]))).toEqual(
    await realLocks(sql),
  );
});

test('statements that wait for no writer are told as such', () => {
  expect(toldLocks('CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON a (n)')).toEqual({ a: 'SHARE UPDATE EXCLUSIVE' });
  expect(toldLocks('DROP INDEX CONCURRENTLY IF EXISTS idx_on')).toEqual({ b: 'SHARE UPDATE EXCLUSIVE' });
  expect(toldLocks('REINDEX INDEX CONCURRENTLY idx_on')).toEqual({ b: 'SHARE UPDATE EXCLUSIVE' });
  expect(toldLocks('VACUUM (ANALYZE) a')).toEqual({ a: 'SHARE UPDATE EXCLUSIVE' });
  expect(toldLocks('VACUUM FULL a')).toEqual({ a: 'ACCESS EXCLUSIVE' });
});
