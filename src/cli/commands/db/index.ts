import type { Command } from 'commander';
import type { Config } from '../../../config.ts';
import type { BackupFlags } from './backup.ts';
import type { HealthFlags } from './health.ts';
import type { RestoreFlags } from './restore.ts';
import { registerMigrationCommands } from './migrations.ts';

/** Adds `opsconductor db …`, for the people who operate the database. Each command loads its own code. */
export const registerDatabaseCommands = (program: Command, config: Config): void => {
  const db = program.command('db').description('look after the database (DATABASE_URL): schema, health, backup');
  db.command('health')
    .description('say what slows the database down or will, and what to do; exit code 1 when something is critical')
    .option('--api', 'ask the API (--url, --context) in place of the database: for those whom only the API reaches')
    .action(async (options: HealthFlags, command: Command) => (await import('./health.ts')).databaseHealth(config, options, command));
  db.command('check')
    .description('compare the schema of the database with that of this version; exit code 1 when they differ')
    .action(async (_options: object, command: Command) => (await import('./check.ts')).check(config, command));
  db.command('diff')
    .argument('<name>', 'of the migration, in small letters with hyphens')
    .description('for developers: write the next migration from what the models have and the migrations lack')
    .option('--allow-destructive', 'also write statements that remove values')
    .action(async (name: string, options: { allowDestructive?: boolean }) => (await import('./diff.ts')).diff(name, options));
  db.command('snapshot', { hidden: true })
    .description('print what the migrations make, for migrations/schema.json')
    .action(async () => (await import('./snapshot.ts')).snapshot());
  db.command('backup <file>')
    .description('write all of the database into one file; nobody need be stopped; --json prints what is in it')
    .option('--force', 'replace the file if it is there')
    .action(async (file: string, options: BackupFlags, command: Command) =>
      (await import('./backup.ts')).backup(config, file, options, command),
    );
  db.command('restore <file>')
    .description('put a backup into the database; servers and workers must be stopped; --json prints what is in it')
    .option('--replace', 'drop what is in the database')
    .action(async (file: string, options: RestoreFlags, command: Command) =>
      (await import('./restore.ts')).restore(config, file, options, command),
    );
  db.command('reset-password <user>')
    .description(
      'give an account a random password, printed once, that must be changed at the next login: where nobody can log in any more',
    )
    .action(async (name: string, _options: unknown, command: Command) =>
      (await import('./reset-password.ts')).resetPassword(config, name, command),
    );
  registerMigrationCommands(db, config);
};
