import { pipeline } from 'node:stream/promises';
import { Argument } from 'commander';
import type { Command } from 'commander';
import type { Readiness } from '../../client/index.ts';
import { DEFINITION_NAMES } from '../../contracts/definition-names.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { openSession } from '../cli-session.ts';
import type { CliContext, CliSession } from '../cli-session.ts';
import { EXIT_CODES, EXIT_CODE_HELP } from '../exit-code.ts';
import { renderTable } from '../terminal/render-table.ts';
import { timeText } from '../terminal/time-text.ts';

const VERDICTS: Readonly<Record<Readiness['status'], string>> = {
  ready: 'is ready',
  degraded: 'works, but something that it can wait for is away',
  not_ready: 'cannot work',
};

const stateOf = ({ ok, required }: Readiness['checks'][string]): string => {
  if (ok) return 'ok';
  return required ? 'away' : 'away, waited for';
};

const readinessText = ({ status, checks }: Readiness, { address, paint, width }: CliSession): string => {
  const dye = { ready: paint.green, degraded: paint.yellow, not_ready: paint.red }[status];
  const rows = Object.entries(checks).map(([name, check]) => [name, stateOf(check), timeText(check.last_ok_at), check.message]);
  return `${dye(status)}: ${address.url} ${VERDICTS[status]}.\n${renderTable([['CHECK', 'STATE', 'LAST OK', 'WHAT'], ...rows], { width })}`;
};

const status = async (context: CliContext, command: Command): Promise<void> => {
  const session = await openSession(context, command, { isLoginNeeded: false });
  const found = await session.client.getReadiness();
  // What stands before the server may answer 503 as well.
  if (!Object.hasOwn(found, 'checks'))
    throw new OpsError('UNAVAILABLE', `${session.address.url} answers, but not as OpsConductor does. Is the address right?`);
  await session.print(found, readinessText(found, session));
  if (found.status === 'not_ready') process.exitCode = EXIT_CODES.unreachable;
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

/** `status`, `metrics`, `schema`: about OpsConductor itself. */
export const registerPlatform = (program: Command, context: CliContext): void => {
  program
    .command('status')
    .description('say whether OpsConductor can work, and what of its surroundings is away; needs no login, exits with 4 when it cannot')
    .addHelpText('after', EXIT_CODE_HELP)
    .action((_options: object, command: Command) => status(context, command));
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
