import type { Sequelize } from 'sequelize';
import { selectRows } from '../../src/db/query.ts';
import type { QueryCase } from './cases/query-case.ts';
import type { Plan } from './read-plan.ts';
import type { StatementRecorder } from './record-statements.ts';

/** What one statement of a case did, over all the times that the case was asked. */
export interface StatementRecord {
  text: string;
  plans: Plan[];
  /** Milliseconds of each time. */
  times: number[];
}

/** A table with more rows is never to be read from its beginning to its end. */
const LARGE_FROM_ROWS = 1_000;
/** A filter may throw away so many rows for each row that it gives … */
const READ_FOR_EACH = 50;
/** … and so many in any case: what a run of this size has. */
const READ_ANYWAY = 2_000;

/** Tables and partitions that are large. Wants a database that was analyzed. */
export const largeTables = async (db: Sequelize): Promise<ReadonlySet<string>> => {
  const rows = await selectRows<{ name: string }>(
    db,
    `SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND reltuples > ${LARGE_FROM_ROWS}`,
  );
  return new Set(rows.map((row) => row.name));
};

/** Sequelize writes the values of some statements into them: they are the same statement all the same. */
const withoutValues = (text: string): string => text.replaceAll(/'(?:[^']|'')*'|\b\d+\b/g, '?');

/** Asks a case several times, the first ones with EXPLAIN, and gives its statements in the order in which they came first. */
export const measureCase = async (
  recorder: StatementRecorder,
  { call }: QueryCase,
  { explained, timed }: { explained: number; timed: number },
): Promise<StatementRecord[]> => {
  const records = new Map<string, StatementRecord>();
  for (let number = 0; number < explained + timed; number += 1) {
    const isExplained = number < explained;
    for (const { text, plans, ms } of await recorder.record(() => call(number), isExplained)) {
      const record = records.get(withoutValues(text)) ?? { text, plans: [], times: [] };
      records.set(withoutValues(text), record);
      record.plans.push(...plans);
      if (!isExplained) record.times.push(ms);
    }
  }
  return [...records.values()];
};

/** Large tables that a plan of the statement reads whole. */
export const sequentialScans = ({ plans }: StatementRecord, large: ReadonlySet<string>): string[] => [
  ...new Set(plans.flatMap((plan) => plan.sequential).filter((table) => large.has(table))),
];

/** Rows that a plan met in these tables. */
export const rowsReadOf = ({ rowsRead }: Plan, tables: ReadonlySet<string>): number =>
  Math.round([...rowsRead].reduce((sum, [table, rows]) => sum + (tables.has(table) ? rows : 0), 0));

/** The plan that reads most rows of large tables. */
export const heaviestPlan = ({ plans }: StatementRecord, large: ReadonlySet<string>): Plan | undefined =>
  plans.toSorted((a, b) => rowsReadOf(b, large) - rowsReadOf(a, large))[0];

/** The first plan that reads too many rows of large tables for what it gives. @param reads rows that it may read whatever it gives */
export const wastefulPlan = ({ plans }: StatementRecord, large: ReadonlySet<string>, reads = 0): Plan | undefined =>
  plans.find((plan) => rowsReadOf(plan, large) > READ_FOR_EACH * plan.rowsReturned + READ_ANYWAY + reads);

/** The beginning of a statement, in one line. */
export const headOf = ({ text }: StatementRecord): string => text.replace(/\s+/g, ' ').trim().slice(0, 90);
