import type { Command } from 'commander';
import type { Config } from '../../../config.ts';
import type { BackupFlags } from './backup.ts';
import type { RestoreFlags } from './restore.ts';

/** Adds `opsconductor db …`, for the people who operate the database. Each command loads its own code. */
export const registerDatabaseCommands = (program: Command, config: Config): void => {
  const db = program.command('db').description('look after the database (DATABASE_URL): schema, health, backup');
  db.command('backup <file>')
    .description('write all of the database into one file; nobody need be stopped')
    .option('--force', 'replace the file if it is there')
    .option('--json', 'print the manifest as JSON')
    .action(async (file: string, options: BackupFlags) => (await import('./backup.ts')).backup(config, file, options));
  db.command('restore <file>')
    .description('put a backup into the database; servers and workers must be stopped')
    .option('--replace', 'drop what is in the database')
    .option('--json', 'print the manifest as JSON')
    .action(async (file: string, options: RestoreFlags) => (await import('./restore.ts')).restore(config, file, options));
};
