import type { Command } from 'commander';
import type { Config } from '../../../config.ts';

/** Adds `db migrate`, `db status` and `db plan`. */
export const registerMigrationCommands = (db: Command, config: Config): void => {
  db.command('migrate')
    .description('bring the database to this version, and make the first administrator where there is none')
    .option('--allow-destructive', 'also apply migrations that remove data (db plan shows them)')
    .action(async (_options, command: Command) => (await import('./migrate.ts')).migrate(config, command));
  db.command('status')
    .description('show which migrations the database has; exit code 1 when it is not at this version')
    .action(async (_options, command: Command) => (await import('./status.ts')).status(config, command));
  db.command('plan')
    .description('show what db migrate would do: statements, locks on existing tables, and what removes data')
    .action(async (_options, command: Command) => (await import('./plan.ts')).plan(config, command));
};
