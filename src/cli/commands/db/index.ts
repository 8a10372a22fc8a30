import type { Command } from 'commander';
import type { Config } from '../../../config.ts';
import { registerMigrationCommands } from './migrations.ts';

/** Adds `opsconductor db …`, for the people who operate the database. Each command loads its own code. */
export const registerDatabaseCommands = (program: Command, config: Config): void => {
  const db = program.command('db').description('look after the database (DATABASE_URL): schema, health, backup');
  registerMigrationCommands(db, config);
};
