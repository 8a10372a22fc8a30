import type { Command } from 'commander';
import type { Config } from '../../../config.ts';
import { readPlan } from '../../../db/migrations/read-plan.ts';
import type { PlannedFile, PlannedStatement, TouchedTable } from '../../../db/migrations/read-plan.ts';
import { printOutput } from '../../output.ts';
import { renderTable } from '../../terminal/render-table.ts';
import { withDatabase } from './with-database.ts';

const FORMS = {
  transaction: 'in one transaction with its neighbours',
  outside: 'outside a transaction, a statement at a time; begun anew when cut off',
} as const;
const HEADINGS = ['TABLE', 'LOCK', 'ROWS (ESTIMATE)', 'SIZE'] as const;
const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

const sizeText = (bytes: number): string => {
  const power = bytes === 0 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log(bytes) / Math.log(1_024)));
  return `${Math.round(bytes / 1_024 ** power)} ${UNITS[power]}`;
};

const noteOf = ({ destructive, reason, runs_code }: PlannedStatement): string => {
  if (destructive) return reason === null ? '  <- removes data, and no "-- destructive:" comment says why' : `  <- removes data: ${reason}`;
  return runs_code ? '  <- runs code: what it locks is not told here' : '';
};

const rowOf = ({ table, lock, estimated_rows, size_bytes }: TouchedTable): string[] => [
  table,
  lock,
  estimated_rows === null ? 'unknown' : String(estimated_rows),
  sizeText(size_bytes),
];

const fileText = ({ file, form, destructive, statements, tables }: PlannedFile): string => {
  const width = String(statements.at(-1)?.line ?? 0).length;
  return [
    `${file} (${FORMS[form]})`,
    ...(destructive ? ['  WARNING: removes data. Make a backup; db migrate refuses it without --allow-destructive.'] : []),
    ...statements.map((statement) => `  ${String(statement.line).padStart(width)}  ${statement.text}${noteOf(statement)}`),
    tables.length === 0
      ? '  Locks no table that exists already.\n'
      : `\n${renderTable([HEADINGS, ...tables.map(rowOf)], { right: [2, 3] })}`,
  ].join('\n');
};

/** `opsconductor db plan`: says what db migrate would do, and does nothing. */
export const plan = (config: Config, command: Command): Promise<void> =>
  withDatabase(config, async (db) => {
    const files = await readPlan(db);
    const text = (): string =>
      files.length === 0 ? 'Nothing is pending: the database is at this version.\n' : files.map(fileText).join('\n');
    printOutput(command, files, text);
  });
