import { OpsError } from '../../domain/ops-error.ts';
import { recordApplied } from './ledger.ts';
import type { RunQuery } from './ledger.ts';
import type { MigrationFile } from './read-files.ts';
import { migrationFailure } from './migration-failure.ts';
import type { SqlStatement } from './split-statements.ts';

/** A name as Postgres stores it: folded to lower case unless it is quoted. */
const NAME = String.raw`(?:"(?:[^"]|"")+"|[\w$]+)`;
const CONCURRENT_INDEX = new RegExp(
  String.raw`^create (?:unique )?index concurrently if not exists (${NAME}) on (?:only )?(${NAME}(?: ?\. ?${NAME})?)`,
  'i',
);

const storedName = (name: string): string => (name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name.toLowerCase());

/** A kill in the middle of CREATE INDEX CONCURRENTLY leaves an index that is never used and that IF NOT EXISTS takes for the finished one. */
const dropInvalidIndex = async (query: RunQuery, { outline }: SqlStatement): Promise<void> => {
  const [, index = '', table = ''] = CONCURRENT_INDEX.exec(outline) ?? [];
  if (index === '') return;
  const [left] = await query<{ name: string }>(
    `SELECT format('%I.%I', n.nspname, c.relname) AS name FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relname = $1 AND i.indrelid = to_regclass($2) AND NOT i.indisvalid`,
    [storedName(index), table],
  );
  if (left !== undefined) await query(`DROP INDEX CONCURRENTLY ${left.name}`);
};

/**
 * Applies a file of the form `outside`, a statement at a time. It is recorded after its last one; until then the next migrator begins it anew.
 * @throws OpsError that names the file and the line; the statements before stay.
 */
export const runOutsideFile = async (query: RunQuery, file: MigrationFile, appVersion: string): Promise<void> => {
  const startedAt = performance.now();
  for (const statement of file.statements) {
    try {
      await dropInvalidIndex(query, statement);
      await query(statement.text);
    } catch (error) {
      const kept = 'The statements before it stay; the next migrate begins the file anew.';
      throw migrationFailure(error, { file: file.name, line: statement.line, kept });
    }
  }
  await recordApplied(query, file, startedAt, appVersion);
};

/**
 * Applies files in one transaction.
 * @throws OpsError that names the file and the line; nothing of any of them is left.
 */
export const runTransactionFiles = async (query: RunQuery, files: readonly MigrationFile[], appVersion: string): Promise<void> => {
  await query('BEGIN');
  try {
    for (const file of files) {
      const startedAt = performance.now();
      await query(file.sql).catch((error: unknown) => {
        const kept =
          files.length > 1 ? `Nothing of the ${files.length} files of its transaction was applied.` : 'Nothing of it was applied.';
        throw migrationFailure(error, { file: file.name, line: failedLine(file.sql, error), kept });
      });
      await recordApplied(query, file, startedAt, appVersion);
    }
    await query('COMMIT');
  } catch (error) {
    await query('ROLLBACK').catch(() => undefined);
    throw error;
  }
};

const failedLine = (sql: string, error: unknown): number | undefined => {
  const position = error instanceof Error && 'position' in error ? Number(error.position) : 0;
  return position > 0 ? sql.slice(0, position - 1).split('\n').length : undefined;
};

/** Neighbours of the form `transaction` in one group, each file of the form `outside` in one of its own. */
export const groupFiles = (files: readonly MigrationFile[]): MigrationFile[][] => {
  const groups: MigrationFile[][] = [];
  for (const file of files) {
    const last = groups.at(-1);
    if (last !== undefined && file.form === 'transaction' && last[0]?.form === 'transaction') last.push(file);
    else groups.push([file]);
  }
  return groups;
};

/** @throws OpsError CONFLICT naming the files that remove data, and both ways to allow it. */
export const refuseDestructive = (files: readonly MigrationFile[], destructive: (file: MigrationFile) => boolean): void => {
  const names = files.filter(destructive).map(({ name }) => name);
  if (names.length === 0) return;
  throw new OpsError(
    'CONFLICT',
    `${names.join(', ')} would remove data; nothing was applied. Look at: opsconductor db plan. Make a backup, then add --allow-destructive (to db migrate, or to up).`,
  );
};
