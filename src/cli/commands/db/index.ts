import type { Command } from 'commander';
import type { Config } from '../../../config.ts';
import type { BackupFlags } from './backup.ts';
import type { RestoreFlags } from './restore.ts';

/** Adds `opsconductor db …`, for the people who operate the database. Each command loads its own code. */
export const registerDatabaseCommands = (program: Command, config: Config): void => {
  const db = program.command('db').description('look after the database (DATABASE_URL): schema, health, backup');
  db.command('backup <file>')
    .description('write all of the database into one file; nobody need be stopped; --json prints what is in it')
    .option('--force', 'replace the file if it is there')
    .action(async (file: string, _options: unknown, command: Command) =>
      (await import('./backup.ts')).backup(config, file, command.optsWithGlobals<BackupFlags>()),
    );
  db.command('restore <file>')
    .description('put a backup into the database; servers and workers must be stopped; --json prints what is in it')
    .option('--replace', 'drop what is in the database')
    .action(async (file: string, _options: unknown, command: Command) =>
      (await import('./restore.ts')).restore(config, file, command.optsWithGlobals<RestoreFlags>()),
    );
};
