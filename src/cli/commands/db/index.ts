import type { Command } from 'commander';
import type { Config } from '../../../config.ts';

/** Adds `opsconductor db …`, for the people who operate the database. Each command loads its own code. */
export const registerDatabaseCommands = (program: Command, config: Config): void => {
  const db = program.command('db').description('look after the database (DATABASE_URL): schema, health, backup');
  db.command('health')
    .description('say what slows the database down or will, and what to do; exit code 1 when something is critical')
    .action(async (_options: object, command: Command) => (await import('./health.ts')).databaseHealth(config, command));
  db.command('check')
    .description('compare the schema of the database with that of this version; exit code 1 when they differ')
    .action(async (_options: object, command: Command) => (await import('./check.ts')).check(config, command));
  db.command('snapshot', { hidden: true })
    .description('print what the migrations make, for migrations/schema.json')
    .action(async () => (await import('./snapshot.ts')).snapshot());
};
