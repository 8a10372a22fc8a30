import type { Sequelize } from 'sequelize';
import { readMigrations } from '../migrate.ts';
import type { Manifest } from './manifest.ts';
import { countRows, readAppliedMigrations } from './read-state.ts';

const differentCounts = (expected: Manifest['tables'], found: Manifest['tables']): string[] =>
  [...new Set([...Object.keys(expected), ...Object.keys(found)])].toSorted().flatMap((table) => {
    if (expected[table] === found[table]) return [];
    return [`${table} has ${found[table] ?? 'no table'} instead of ${expected[table] ?? 'no table'}`];
  });

const checksumsOf = (migrations: Manifest['migrations']): Map<string, string> => new Map(migrations.map((one) => [one.name, one.checksum]));

const differentMigrations = async (db: Sequelize, manifest: Manifest): Promise<string[]> => {
  const applied = await readAppliedMigrations(db);
  const [expected, ours, found] = [manifest.migrations, await readMigrations(), applied].map(checksumsOf);
  return [...new Set([...(expected?.keys() ?? []), ...(found?.keys() ?? [])])].flatMap((name) => {
    const checksum = found?.get(name);
    return checksum !== undefined && checksum === expected?.get(name) && checksum === ours?.get(name)
      ? []
      : [`migration ${name} is not the one of the backup and of this version`];
  });
};

/**
 * Compares a restored database with what its backup says: the rows of every table, and the migrations, whose files must be those of this build.
 * @returns what differs, for a person; empty when all is as it was.
 */
export const verifyRestored = async (db: Sequelize, manifest: Manifest): Promise<string[]> => [
  ...differentCounts(manifest.tables, await countRows(db, { schema: manifest.schema })),
  ...(await differentMigrations(db, manifest)),
];
