import type { MigrationForm } from './read-files.ts';
import type { SqlStatement } from './split-statements.ts';

const TRANSACTION_CONTROL = /^(begin|commit|rollback|abort|end|start transaction|savepoint|release|prepare transaction)\b(?! prepared)/i;
/** The part of https://www.postgresql.org/docs/current/sql-commands.html that "cannot be executed inside a transaction block". */
const OUTSIDE_ONLY = [
  /^(create (unique )?|drop )index concurrently\b/i,
  /^reindex\b.*\bconcurrently\b/i,
  /^alter table\b.*\bdetach partition\b.*\bconcurrently\b/i,
  /^vacuum\b/i,
  /^(create|drop) (database|tablespace)\b/i,
  /^alter system\b/i,
];
const CONCURRENT_INDEX = /^create (?:unique )?index concurrently\b/i;
const REPEATABLE_INDEX = /^create (?:unique )?index concurrently if not exists\b/i;

const statementProblem = (form: MigrationForm, { outline, line }: SqlStatement): string | undefined => {
  if (TRANSACTION_CONTROL.test(outline))
    return `line ${line} has a ${outline.split(' ')[0]?.toUpperCase()}; transactions are the runner's. Remove it.`;
  if (form === 'transaction' && OUTSIDE_ONLY.some((pattern) => pattern.test(outline)))
    return `the statement in line ${line} cannot run in a transaction. Put it into a file of its own that begins with "-- outside a transaction: each statement is safe to repeat".`;
  if (form === 'outside' && CONCURRENT_INDEX.test(outline) && !REPEATABLE_INDEX.test(outline))
    return `the index in line ${line} lacks IF NOT EXISTS, without which the file cannot be begun anew after a kill. Add it.`;
  return undefined;
};

/** Why a file cannot be applied as it is written, in a sentence that tells what to do; undefined when it can. */
export const fileProblem = (form: MigrationForm, statements: readonly SqlStatement[]): string | undefined =>
  statements.map((statement) => statementProblem(form, statement)).find((problem) => problem !== undefined);
