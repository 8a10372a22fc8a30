import type { Command } from 'commander';
import type { Config } from '../config.ts';
import type { CliContext } from './cli-session.ts';
import { registerAccount } from './commands/account.ts';
import { registerApply } from './commands/apply.ts';
import { registerArtifacts } from './commands/artifacts.ts';
import { registerAudit } from './commands/audit.ts';
import { registerCalendars } from './commands/calendars.ts';
import { registerContexts } from './commands/contexts.ts';
import { registerDangerous } from './commands/dangerous.ts';
import { registerExport } from './commands/export.ts';
import { registerImport } from './commands/import.ts';
import { registerJobs } from './commands/jobs.ts';
import { registerLogs } from './commands/log-search.ts';
import { registerLogin } from './commands/login.ts';
import { registerMaintenance } from './commands/maintenance.ts';
import { registerPlatform } from './commands/platform.ts';
import { registerRuns } from './commands/runs.ts';
import { registerSchedules } from './commands/schedules.ts';
import { registerSerials } from './commands/serials.ts';
import { registerSettings } from './commands/settings.ts';
import { registerSessions } from './commands/sessions.ts';
import { registerTargets } from './commands/targets.ts';
import { registerTemplates } from './commands/templates.ts';
import { registerTokens } from './commands/tokens.ts';
import { registerUsers } from './commands/users.ts';
import { addOutputOptions } from './output.ts';

type Streams = Pick<CliContext, 'stdin' | 'stdout' | 'stderr'>;

/** `opsconductor … | head`: whoever read has enough. */
const endQuietlyOnClosedPipe = (stdout: NodeJS.WriteStream): void => {
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit();
  });
};

/**
 * Adds the commands that talk to the API, and the options --url, --context and --output that all of them take. Wrong arguments are thrown (CommanderError),
 * as is everything else that goes wrong: `printError` tells it and knows the exit code. Commands that end by themselves set `process.exitCode`.
 */
export const registerClientCommands = (program: Command, config: Config, streams: Streams = process): void => {
  const context: CliContext = { config, stdin: streams.stdin, stdout: streams.stdout, stderr: streams.stderr };
  endQuietlyOnClosedPipe(context.stdout);
  addOutputOptions(program)
    .exitOverride()
    .configureHelp({ showGlobalOptions: true })
    .showSuggestionAfterError()
    .option('--url <url>', 'address of the API (default: OPSCONDUCTOR_URL, the context in use, the `up` that runs here)')
    .option('--context <name>', 'the login to use, of those that `contexts list` shows (default: OPSCONDUCTOR_CONTEXT, the one in use)');
  registerLogin(program, context);
  registerAccount(program, context);
  registerSessions(program, context);
  registerTokens(program, context);
  registerUsers(program, context);
  registerContexts(program, context);
  registerTargets(program, context);
  registerJobs(program, context);
  registerTemplates(program, context);
  registerCalendars(program, context);
  registerSchedules(program, context);
  registerRuns(program, context);
  registerLogs(program, context);
  registerSerials(program, context);
  registerArtifacts(program, context);
  registerDangerous(program, context);
  registerApply(program, context);
  registerExport(program, context);
  registerImport(program, context);
  registerSettings(program, context);
  registerMaintenance(program, context);
  registerAudit(program, context);
  registerPlatform(program, context);
};
