import type { Command } from 'commander';
import type { Config } from '../config.ts';
import { parseCount } from './command-options.ts';
import { registerCompletion } from './commands/completion.ts';
import { registerDatabaseCommands } from './commands/db/index.ts';

/** Adds the commands that run parts of the platform here. Each loads its own code: `runs list` need not load a Temporal worker. */
export const registerLocalCommands = (program: Command, config: Config): void => {
  program
    .command('up')
    .description('run everything on this machine: Postgres, Temporal, worker and API')
    .option('--allow-destructive', 'also apply migrations that remove data')
    .action(async (options: { allowDestructive?: boolean }) => (await import('./commands/up.ts')).up(config, options));
  program
    .command('server')
    .description('run the API alone (DATABASE_URL, TEMPORAL_ADDRESS)')
    .action(async () => (await import('./commands/parts.ts')).server(config));
  program
    .command('worker')
    .description('run a worker alone (DATABASE_URL, TEMPORAL_ADDRESS)')
    .action(async () => (await import('./commands/parts.ts')).worker(config));
  program
    .command('migrate')
    .description('bring the database to this version: the same as `db migrate`')
    .option('--allow-destructive', 'also apply migrations that remove data')
    .action(async (_options, command: Command) => (await import('./commands/db/migrate.ts')).migrate(config, command));
  program
    .command('doctor')
    .description('say what was found on this machine, what is missing and what to do')
    .action(async () => (await import('./commands/doctor.ts')).doctor(config));
  program
    .command('demo')
    .description('bring everything up in a temporary folder and run a job on SSH targets of this machine')
    .option('--targets <n>', 'how many targets (1–500)', (text) => parseCount(text), 20)
    .option('--keep', 'leave it up afterwards, until Ctrl-C')
    .action(async (options: { targets: number; keep?: boolean }) => (await import('./commands/demo.ts')).demo(config, options));
  program
    .command('openapi')
    .description('print the OpenAPI document of this version')
    .action(async () => (await import('./commands/openapi.ts')).openapi());
  program
    .command('schema-page', { hidden: true })
    .description('print the page that describes the schema of this version')
    .action(async () => (await import('./commands/schema-page.ts')).printSchemaPage());
  program
    .command('errors-page', { hidden: true })
    .description('print the page that lists the codes of problems')
    .action(async () => (await import('./commands/errors-page.ts')).printErrorsPage());
  registerDatabaseCommands(program, config);
  registerCompletion(program);
};
