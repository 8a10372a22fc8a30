import type { Sequelize, Transaction } from 'sequelize';
import { execute, selectRows } from '../query.ts';
import type { BetweenBatches, Removed } from './delete-rows.ts';
import type { PartitionRule } from './rule.ts';

/** A month that goes; `until` is the first instant after it, ISO 8601. */
export interface DroppedMonth {
  table: PartitionRule['table'];
  partition: string;
  until: string;
}

/** Writes down that a month goes, in the transaction in which it leaves its table. */
export type NoteDrop = (month: DroppedMonth, transaction: Transaction) => Promise<void>;

/** Readers of the table wait as long as we do: rather later than that. */
const LOCK_TIMEOUT = '2s';
const detachedPrefix = (table: string): string => `${table}_expired_`;

const namesOf = async (db: Sequelize, sql: string, bind: readonly unknown[]): Promise<string[]> =>
  (await selectRows<{ name: string }>(db, sql, bind)).map(({ name }) => name);

/** Partitions whose last instant is before the cutoff, oldest first. The bound is asked of the server, whatever the partition's name. */
const expiredPartitions = async (db: Sequelize, table: string, cutoff: Date): Promise<{ name: string; until: Date }[]> =>
  selectRows<{ name: string; until: Date }>(
    db,
    `SELECT name, until FROM (
       SELECT c.relname AS name, substring(pg_get_expr(c.relpartbound, c.oid) FROM 'TO \\(''([^'']+)''\\)')::timestamptz AS until
       FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = $1::regclass) p
     WHERE until <= $2::timestamptz ORDER BY until`,
    [table, cutoff.toISOString()],
  );

const inShortLocks = (db: Sequelize, statements: readonly string[], then?: (transaction: Transaction) => Promise<void>): Promise<void> =>
  db.transaction(async (transaction) => {
    await execute(db, `SET LOCAL lock_timeout = '${LOCK_TIMEOUT}'`, [], transaction);
    for (const sql of statements) await execute(db, sql, [], transaction);
    await then?.(transaction);
  });

/**
 * Detaches the partitions that are wholly older than the cutoff, then drops them: dropping may take long, and only detaching holds up the others.
 * A detached one is renamed, so that a later try drops exactly what an earlier one detached, and never what somebody keeps under its old name.
 * @throws the error of the database when a lock is not given within two seconds; to be tried again.
 */
export const dropPartitions = async (
  db: Sequelize,
  { table }: PartitionRule,
  cutoff: Date,
  betweenBatches: BetweenBatches,
  noteDrop: NoteDrop,
): Promise<Removed> => {
  for (const { name, until } of await expiredPartitions(db, table, cutoff)) {
    betweenBatches();
    await inShortLocks(
      db,
      [`ALTER TABLE ${table} DETACH PARTITION "${name}"`, `ALTER TABLE "${name}" RENAME TO "${detachedPrefix(table)}${name}"`],
      (transaction) => noteDrop({ table, partition: name, until: until.toISOString() }, transaction),
    );
  }
  const detached = await namesOf(
    db,
    `SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND NOT relispartition
       AND starts_with(relname, $1) ORDER BY 1`,
    [detachedPrefix(table)],
  );
  for (const name of detached) {
    betweenBatches();
    await inShortLocks(db, [`DROP TABLE "${name}"`]);
  }
  return { partitions: detached.length };
};
