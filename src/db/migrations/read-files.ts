import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { OpsError } from '../../domain/ops-error.ts';
import { fileProblem } from './file-problem.ts';
import { splitStatements } from './split-statements.ts';
import type { SqlStatement } from './split-statements.ts';

/** The migrations of this build. */
export const MIGRATIONS_FOLDER = fileURLToPath(new URL('../../../migrations', import.meta.url));
const MIGRATION_NAME = /^\d{4}-[a-z0-9-]+\.sql$/;
/** The first line of a file whose statements cannot run in a transaction. */
const OUTSIDE_DECLARATION = '-- outside a transaction: each statement is safe to repeat';

/** `transaction`: all or nothing, together with its neighbours. `outside`: statement by statement; begun anew when it was cut off. */
export type MigrationForm = 'transaction' | 'outside';

export interface MigrationFile {
  name: string;
  form: MigrationForm;
  sql: string;
  statements: SqlStatement[];
  /** SHA-256 of the file, hexadecimal. */
  checksum: string;
}

/** @throws OpsError VALIDATION, naming the file and the line, when it cannot be applied as it is written. */
export const parseMigration = (name: string, sql: string): MigrationFile => {
  const form = sql.split(/\r?\n/, 1)[0] === OUTSIDE_DECLARATION ? 'outside' : 'transaction';
  const checksum = createHash('sha256').update(sql).digest('hex');
  try {
    const statements = splitStatements(sql);
    const problem = fileProblem(form, statements);
    if (problem !== undefined) throw new OpsError('VALIDATION', problem);
    return { name, form, sql, statements, checksum };
  } catch (error) {
    if (!(error instanceof OpsError)) throw error;
    throw new OpsError(error.code, `Migration ${name}: ${error.message} Nothing was applied.`, { cause: error });
  }
};

/**
 * The migrations of this build, in the order in which they are applied.
 * @throws OpsError VALIDATION when one cannot be applied as it is written.
 */
export const readMigrations = async (folder: string = MIGRATIONS_FOLDER): Promise<MigrationFile[]> => {
  const names = (await readdir(folder)).filter((name) => MIGRATION_NAME.test(name)).toSorted();
  return Promise.all(names.map(async (name) => parseMigration(name, await readFile(`${folder}/${name}`, 'utf8'))));
};
