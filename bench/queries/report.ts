import { table } from '../support/table.ts';
import type { QueryCase } from './cases/query-case.ts';
import { headOf, heaviestPlan, measureCase, rowsReadOf, sequentialScans, wastefulPlan } from './measure-case.ts';
import type { StatementRecord } from './measure-case.ts';
import type { StatementRecorder } from './record-statements.ts';

/** One statement, as the table shows it. Milliseconds. */
interface StatementRow {
  statement: string;
  scans: string[];
  p50: number;
  p95: number;
  /** Most that one of the plans read of large tables, and what that one gave. */
  rowsRead: number;
  rowsReturned: number;
  sequential: string[];
  isWasteful: boolean;
}

/** A case; its statements in the order in which they are sent. */
export interface QueryRow {
  name: string;
  limitMs: number;
  statements: StatementRow[];
}

const LIMIT_MS: Readonly<Record<QueryCase['kind'], number>> = { page: 50, row: 5 };
const EXPLAINED = 5;

const percentile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(values.length * share) - 1)] ?? 0;

const statementRow = (record: StatementRecord, large: ReadonlySet<string>, reads: number | undefined): StatementRow => {
  const wasteful = wastefulPlan(record, large, reads);
  const most = wasteful ?? heaviestPlan(record, large);
  return {
    statement: headOf(record),
    scans: most?.scans ?? [],
    p50: percentile(record.times, 0.5),
    p95: percentile(record.times, 0.95),
    rowsRead: most === undefined ? 0 : rowsReadOf(most, large),
    rowsReturned: most?.rowsReturned ?? 0,
    sequential: sequentialScans(record, large),
    isWasteful: wasteful !== undefined,
  };
};

export const measureRow = async (
  recorder: StatementRecorder,
  one: QueryCase,
  large: ReadonlySet<string>,
  timed: number,
): Promise<QueryRow> => ({
  name: one.name,
  limitMs: LIMIT_MS[one.kind],
  statements: (await measureCase(recorder, one, { explained: EXPLAINED, timed })).map((record) => statementRow(record, large, one.reads)),
});

/** What is wrong with a case, in words that name it. */
export const problemsOf = ({ name, limitMs, statements }: QueryRow): string[] =>
  statements.flatMap(({ statement, p95, sequential, isWasteful, rowsRead, rowsReturned }) => [
    ...(p95 < limitMs ? [] : [`${name}: p95 ${p95.toFixed(1)} ms, not under ${limitMs}: ${statement}`]),
    ...sequential.map((read) => `${name}: reads all of ${read}: ${statement}`),
    ...(isWasteful ? [`${name}: reads ${rowsRead} rows to give ${rowsReturned}: ${statement}`] : []),
  ]);

/** The slowest statement of each case. */
export const queryTable = (rows: readonly QueryRow[]): string =>
  table(
    ['query', 'limit ms', 'p50', 'p95', 'rows read', 'rows given', 'statements', 'plan of the slowest'],
    rows.map(({ name, limitMs, statements }) => {
      const slowest = statements.toSorted((a, b) => b.p95 - a.p95)[0];
      const plan = slowest?.scans.join(', ').replaceAll(' Scan ', ' ');
      return [name, limitMs, slowest?.p50, slowest?.p95, slowest?.rowsRead, slowest?.rowsReturned, statements.length, plan];
    }),
  );
