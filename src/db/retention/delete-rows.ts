import type { Sequelize } from 'sequelize';
import { selectRow, selectRows } from '../query.ts';
import type { RowRule, TreeRule } from './rule.ts';

const ROWS_PER_BATCH = 5_000;
const PARENTS_PER_PAGE = 500;

/** Called between two batches; may throw to end there. */
export type BetweenBatches = () => void;

/** How many rows of which table were removed or, of sessions, ended. */
export type Removed = Record<string, number>;

interface Batch {
  table: string;
  key: readonly string[];
  where: string;
  order?: string;
  set?: string;
}

/** A row that somebody else is changing is left for the next time; one that was changed meanwhile is looked at again. */
const batchSql = ({ table, key, where, order, set }: Batch): string => {
  const keys = (alias: string): string => key.map((column) => `${alias}."${column}"`).join(', ');
  const isOld = `(${keys('t')}) = (${keys('old')})`;
  const change =
    set === undefined ? `DELETE FROM ${table} t USING old WHERE ${isOld}` : `UPDATE ${table} t SET ${set} FROM old WHERE ${isOld}`;
  return `WITH old AS MATERIALIZED (
      SELECT ${keys('t')} FROM ${table} t WHERE ${where} ${order === undefined ? '' : `ORDER BY t."${order}"`} LIMIT ${ROWS_PER_BATCH} FOR UPDATE OF t SKIP LOCKED),
    gone AS (${change} RETURNING 1)
    SELECT count(*) AS rows FROM gone`;
};

const runBatches = async (db: Sequelize, batch: Batch, bind: unknown, betweenBatches: BetweenBatches, removed: Removed): Promise<void> => {
  const sql = batchSql(batch);
  for (;;) {
    betweenBatches();
    const { rows } = (await selectRow<{ rows: number }>(db, sql, [bind])) ?? { rows: 0 };
    removed[batch.table] = (removed[batch.table] ?? 0) + rows;
    if (rows < ROWS_PER_BATCH) return;
  }
};

/** Removes (or changes) what is older than the cutoff, 5,000 rows a statement. @param removed is counted up, batch by batch. */
export const deleteRows = async (
  db: Sequelize,
  rule: RowRule,
  cutoff: Date,
  betweenBatches: BetweenBatches,
  removed: Removed,
): Promise<void> => {
  removed[rule.table] = 0;
  await runBatches(db, rule, cutoff.toISOString(), betweenBatches, removed);
};

/**
 * Removes rows with their parts, a page of rows at a time. When it ends between two batches some rows lack parts; they are still old, and the
 * next run removes the rest.
 * @param removed is counted up, batch by batch.
 */
export const deleteTrees = async (
  db: Sequelize,
  rule: TreeRule,
  cutoff: Date,
  betweenBatches: BetweenBatches,
  removed: Removed,
): Promise<void> => {
  for (const { table } of rule.parts) removed[table] = 0;
  const page = (after: number) =>
    selectRows<{ id: number }>(
      db,
      `SELECT t.id FROM ${rule.table} t WHERE t.id > $2::bigint AND (${rule.where}) ORDER BY t.id LIMIT ${PARENTS_PER_PAGE}`,
      [cutoff.toISOString(), after],
    );
  for (let rows = await page(0); rows.length > 0; rows = await page(rows.at(-1)?.id ?? Number.MAX_SAFE_INTEGER)) {
    const ids = rows.map(({ id }) => id);
    for (const part of rule.parts) await runBatches(db, part, ids, betweenBatches, removed);
  }
};
