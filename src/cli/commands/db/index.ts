import type { Command } from 'commander';
import type { Config } from '../../../config.ts';

/** Adds `opsconductor db …`, for the people who operate the database. Each command loads its own code. */
export const registerDatabaseCommands = (program: Command, _config: Config): void => {
  program.command('db').description('look after the database (DATABASE_URL): schema, health, backup');
};
