import { pipeline } from 'node:stream/promises';
import { Argument } from 'commander';
import type { Command } from 'commander';
import type { Readiness, SystemInfo } from '../../client/index.ts';
import { DEFINITION_NAMES } from '../../contracts/definition-names.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { openSession } from '../cli-session.ts';
import type { CliContext, CliSession } from '../cli-session.ts';
import { EXIT_CODES, EXIT_CODE_HELP } from '../exit-code.ts';
import { cleanText } from '../terminal/clean-text.ts';
import { durationText } from '../terminal/duration-text.ts';
import { renderTable } from '../terminal/render-table.ts';
import { timeText } from '../terminal/time-text.ts';

const VERDICTS: Readonly<Record<Readiness['status'], string>> = {
  ready: 'is ready',
  degraded: 'works, but something that it can wait for is away',
  not_ready: 'cannot work',
  stopping: 'is being stopped: it answers what is under way, and ends',
};

const stateOf = ({ ok, required }: Readiness['checks'][string]): string => {
  if (ok) return 'ok';
  return required ? 'away' : 'away, waited for';
};

const readinessText = ({ status, checks }: Readiness, { address, paint, width }: CliSession): string => {
  const dye = { ready: paint.green, degraded: paint.yellow, not_ready: paint.red, stopping: paint.red }[status];
  const rows = Object.entries(checks).map(([name, check]) => [name, stateOf(check), timeText(check.last_ok_at), check.message]);
  return `${dye(status)}: ${address.url} ${VERDICTS[status]}.\n${renderTable([['CHECK', 'STATE', 'LAST OK', 'WHAT'], ...rows], { width })}`;
};

/** Words of a newer server are shown as they are. */
const isReadiness = (found: unknown): found is Readiness =>
  typeof found === 'object' &&
  found !== null &&
  'status' in found &&
  typeof found.status === 'string' &&
  'checks' in found &&
  typeof found.checks === 'object' &&
  found.checks !== null &&
  Object.hasOwn(VERDICTS, found.status);

const status = async (context: CliContext, command: Command): Promise<void> => {
  const session = await openSession(context, command, { isLoginNeeded: false });
  const found = await session.client.getReadiness();
  // What stands before the server may answer 503 as well.
  if (!isReadiness(found))
    throw new OpsError('UNAVAILABLE', `${session.address.url} answers, but not as OpsConductor does. Is the address right?`);
  await session.print(found, readinessText(found, session));
  if (found.status === 'not_ready' || found.status === 'stopping') process.exitCode = EXIT_CODES.unreachable;
};

const infoText = ({ database, temporal, counts, ...info }: SystemInfo): string => {
  const { migration, migrated_by: by, migrated_at: at } = database;
  const migrated = migration === null ? 'never migrated' : `${migration} applied by version ${by ?? '?'} at ${timeText(at)}`;
  const lines = [
    `OpsConductor ${info.version} on ${info.host}, Node ${info.node_version}`,
    `  up         ${durationText(info.uptime_seconds * 1_000)}, since ${timeText(info.started_at)}`,
    `  database   PostgreSQL ${database.version}, "${database.name}"; ${migrated} `,
    `  temporal   ${temporal.address}, namespace ${temporal.namespace}, task queues ${temporal.task_queue}…`,
    `  holds      ${counts.targets} targets, ${counts.jobs} jobs, ${counts.templates} templates, ${counts.schedules} schedules, ${counts.users} users`,
    `  runs       ${counts.runs_running} running, ${counts.runs_held} held, ${counts.runs_scheduled} waiting`,
  ];
  return lines.map((line) => `${cleanText(line)}\n`).join('');
};

const info = async (context: CliContext, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const found = await session.client.getSystemInfo();
  await session.print(found, infoText(found));
};

const metrics = async (context: CliContext, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  await pipeline(await session.client.getMetrics(), context.stdout, { end: false });
};

const schema = async (context: CliContext, name: string, command: Command): Promise<void> => {
  const session = await openSession(context, command, { isLoginNeeded: false });
  const found = await session.client.getDefinitionSchema(name);
  await session.print(found, `${JSON.stringify(found, null, 2)}\n`);
};

/** `status`, `info`, `metrics`, `schema`: about OpsConductor itself. */
export const registerPlatform = (program: Command, context: CliContext): void => {
  program
    .command('status')
    .description('say whether OpsConductor can work, and what of its surroundings is away; needs no login, exits with 4 when it cannot')
    .addHelpText('after', EXIT_CODE_HELP)
    .action((_options: object, command: Command) => status(context, command));
  program
    .command('info')
    .description('say which version runs where, on which stores, and how much there is; takes the permission database.read')
    .action((_options: object, command: Command) => info(context, command));
  program
    .command('metrics')
    .description('print the measurements of the platform and of the process that answers, as Prometheus reads them')
    .action((_options: object, command: Command) => metrics(context, command));
  program
    .command('schema')
    .addArgument(new Argument('<definition>').choices(DEFINITION_NAMES))
    .description('print the JSON Schema of what people write in files, for editors; needs no login')
    .action((name: string, _options: object, command: Command) => schema(context, name, command));
};
