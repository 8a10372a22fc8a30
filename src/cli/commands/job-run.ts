import { randomUUID } from 'node:crypto';
import { Option } from 'commander';
import type { Command } from 'commander';
import type { StartExecution } from '../../contracts/job.ts';
import { Rollout } from '../../contracts/rollout.ts';
import { OpsError } from '../../domain/ops-error.ts';
import type { ApiClient } from '../api-client.ts';
import { ask, readStdin } from '../ask.ts';
import { openSession } from '../cli-session.ts';
import type { CliContext, CliSession } from '../cli-session.ts';
import { collect, parseCount } from '../command-options.ts';
import { EXIT_CODE_HELP } from '../exit-code.ts';
import { parseVariables } from '../parse-variables.ts';
import { addRolloutOptions, mergeRollout } from '../rollout-options.ts';
import type { RolloutOptions } from '../rollout-options.ts';
import { cleanText } from '../terminal/clean-text.ts';
import { watchUntilEnd } from './watch-until-end.ts';

interface RunOptions extends RolloutOptions {
  target?: string[];
  var?: string[];
  varStdin?: string;
  window?: number;
  watch?: boolean;
  idempotencyKey?: string;
}

/** Serial of a target that is named by its serial or its exact name. */
const targetSerial = async (client: ApiClient, text: string): Promise<string> => {
  if (/^T\d{8,19}$/.test(text)) return text;
  const { data } = await client.listTargets({ search: text, limit: 500 });
  const named = data.filter((target) => target.name === text);
  const [only] = named;
  if (only === undefined) throw new OpsError('NOT_FOUND', `There is no target named "${text}".`);
  if (named.length > 1)
    throw new OpsError(
      'VALIDATION',
      `${named.length} targets are named "${text}"; give a serial: ${named.map((target) => target.target_serial).join(', ')}.`,
    );
  return only.target_serial;
};

const readVariables = async (session: CliSession, job: string, options: RunOptions): Promise<StartExecution['variables']> => {
  const { var: assignments = [], varStdin: key } = options;
  if (assignments.length === 0 && key === undefined) return undefined;
  const { variables } = await session.client.getJob(job);
  const text = key === undefined || !session.stdin.isTTY ? undefined : await ask(session, key, { isSecret: true });
  const fromStdin = key === undefined ? undefined : { key, text: text ?? (await readStdin(session.stdin)) };
  return parseVariables(variables, assignments, fromStdin, session.say);
};

/** The job's own rollout, with what the options change. */
const readRollout = async ({ client }: CliSession, job: string, options: RolloutOptions): Promise<StartExecution['rollout']> => {
  if (mergeRollout({}, options) === undefined) return undefined;
  const { settings } = await client.getJob(job);
  return mergeRollout(Rollout.catch({}).parse(settings['rollout']), options);
};

const readInput = async (session: CliSession, job: string, options: RunOptions): Promise<StartExecution> => {
  const targets: string[] = [];
  for (const target of options.target ?? []) targets.push(await targetSerial(session.client, target));
  const variables = await readVariables(session, job, options);
  const rollout = await readRollout(session, job, options);
  return {
    ...(rollout !== undefined && { rollout }),
    ...(targets.length > 0 && { targets }),
    ...(variables !== undefined && { variables }),
    ...(options.window !== undefined && { max_concurrent_targets: options.window }),
  };
};

const run = async (context: CliContext, job: string, options: RunOptions, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const input = await readInput(session, job, options);
  const execution = await session.client.startExecution(job, input, options.idempotencyKey ?? randomUUID());
  const serial = execution.execution_serial;
  if (options.watch === true) {
    if (!session.isJson) await session.print(execution, `${serial}\n`);
    return watchUntilEnd(session, serial);
  }
  session.say(`Run ${serial} of "${cleanText(execution.job_name)}" is accepted. Watch it: opsconductor runs watch ${serial}`);
  return session.print(execution, `${serial}\n`);
};

/** `jobs run`. */
export const registerRunJob = (jobs: Command, context: CliContext): void => {
  const command = jobs
    .command('run <serial>')
    .description('run a job; prints the serial of the run')
    .option('--target <target>', 'run on this target only, by serial or name; may be given several times', collect)
    .option(
      '--var <name=value>',
      'value of a variable; may be given several times. NAME=@FILE reads a file, NAME=@@x stands for @x',
      collect,
    )
    .option('--var-stdin <name>', 'read the value of this variable from stdin: the way for secrets')
    .addOption(new Option('--window <n>', 'targets at work at once').argParser(parseCount))
    .option('--watch', 'watch the run until it ends, and exit as it does')
    .option('--idempotency-key <key>', 'the same key starts the same run, however often the command is repeated')
    .addHelpText('after', EXIT_CODE_HELP)
    .action((serial: string, options: RunOptions, called: Command) => run(context, serial, options, called));
  addRolloutOptions(command);
};
