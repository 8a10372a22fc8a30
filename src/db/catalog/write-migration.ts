import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Sequelize } from 'sequelize';
import { OpsError } from '../../domain/ops-error.ts';
import { migrate } from '../migrations/migrate.ts';
import type { Table } from '../models/table.ts';
import { compareCatalogs } from './compare.ts';
import type { Difference } from './difference.ts';
import { formatCatalog } from './expected.ts';
import { introspect } from './introspect.ts';
import { migrationText } from './migration-text.ts';
import { modelCatalog } from './model-catalog.ts';

export interface WriteMigration {
  /** What the file is about, in small letters with hyphens. */
  name: string;
  /** Of the migrations and of their schema.json. */
  folder: string;
  /** What the models declare. */
  tables: readonly Table[];
  allowDestructive: boolean;
  appVersion: string;
}

export interface WrittenMigration {
  path: string;
  /** What a person has to decide in the file. */
  undecided: string[];
  /** In what models and migrations differ with the new file. */
  remaining: Difference[];
}

const NAME = /^[a-z0-9]+(-[a-z0-9]+)*$/;

const nextNumber = async (folder: string): Promise<string> => {
  const numbers = (await readdir(folder)).map((file) => Number(/^(\d{4})-.*\.sql$/.exec(file)?.[1] ?? 0));
  return String(Math.max(0, ...numbers) + 1).padStart(4, '0');
};

const refuseLoss = (destructive: readonly string[], allowed: boolean): void => {
  if (allowed || destructive.length === 0) return;
  throw new OpsError(
    'CONFLICT',
    'The models no longer have what holds values in the database. To drop it, run this again with --allow-destructive.',
    {
      fields: destructive.map((message) => ({ path: 'would be lost', message })),
    },
  );
};

/**
 * Writes the next migration from what the models declare and the migrations do not make, and the schema that results from it.
 * @param db a scratch database that is empty or has these migrations: the new one is tried on it.
 * @returns undefined when models and migrations agree.
 * @throws OpsError VALIDATION on the name; CONFLICT when values would be lost and that is not allowed; of `migrate` when the file does not work,
 * which is then removed.
 */
export const writeMigration = async (db: Sequelize, options: WriteMigration): Promise<WrittenMigration | undefined> => {
  const { name, folder, tables, allowDestructive, appVersion } = options;
  if (!NAME.test(name))
    throw new OpsError(
      'VALIDATION',
      `"${name}" is no name of a migration: small letters and digits with hyphens, such as add-target-owner.`,
    );
  await migrate(db, appVersion, folder);
  const declared = modelCatalog(tables);
  const differences = compareCatalogs(declared, await introspect(db));
  if (differences.length === 0) return undefined;
  const { text, destructive, undecided } = migrationText(name, differences);
  refuseLoss(destructive, allowDestructive);
  const path = join(folder, `${await nextNumber(folder)}-${name}.sql`);
  await writeFile(path, text, { flag: 'wx' });
  try {
    await migrate(db, appVersion, folder, { allowDestructive });
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
  const made = await introspect(db);
  await writeFile(join(folder, 'schema.json'), formatCatalog(made));
  return { path, undecided, remaining: compareCatalogs(declared, made) };
};
