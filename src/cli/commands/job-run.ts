import { Option } from 'commander';
import type { Command } from 'commander';
import type { StartExecution } from '../../client/index.ts';
import { Rollout } from '../../contracts/rollout.ts';
import { openSession } from '../cli-session.ts';
import type { CliContext, CliSession } from '../cli-session.ts';
import { parseCount } from '../command-options.ts';
import { EXIT_CODE_HELP } from '../exit-code.ts';
import { addInputOptions, readTargetsAndVariables } from '../run-input.ts';
import type { InputOptions } from '../run-input.ts';
import { addRolloutOptions, mergeRollout } from '../rollout-options.ts';
import type { RolloutOptions } from '../rollout-options.ts';
import { cleanText } from '../terminal/clean-text.ts';
import { watchUntilEnd } from './watch-until-end.ts';

interface RunOptions extends RolloutOptions, InputOptions {
  window?: number;
  watch?: boolean;
  idempotencyKey?: string;
}

/** The job's own rollout, with what the options change. */
const readRollout = async ({ client }: CliSession, job: string, options: RolloutOptions): Promise<StartExecution['rollout']> => {
  if (mergeRollout({}, options) === undefined) return undefined;
  const { settings } = await client.getJob(job);
  return mergeRollout(Rollout.catch({}).parse(settings['rollout']), options);
};

const readInput = async (session: CliSession, job: string, options: RunOptions): Promise<StartExecution> => {
  const rollout = await readRollout(session, job, options);
  return {
    ...(rollout !== undefined && { rollout }),
    ...(await readTargetsAndVariables(session, job, options)),
    ...(options.window !== undefined && { max_concurrent_targets: options.window }),
  };
};

const run = async (context: CliContext, job: string, options: RunOptions, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const input = await readInput(session, job, options);
  const execution = await session.client.startExecution(job, input, { idempotencyKey: options.idempotencyKey });
  const serial = execution.execution_serial;
  if (options.watch === true) {
    if (!session.isData) await session.print(execution, `${serial}\n`);
    return watchUntilEnd(session, serial);
  }
  session.say(`Run ${serial} of "${cleanText(execution.job_name)}" is accepted. Watch it: opsconductor runs watch ${serial}`);
  return session.print(execution, `${serial}\n`);
};

/** `jobs run`. */
export const registerRunJob = (jobs: Command, context: CliContext): void => {
  const command = addInputOptions(jobs.command('run <serial>').description('run a job; prints the serial of the run'))
    .addOption(new Option('--window <n>', 'targets at work at once').argParser(parseCount))
    .option('--watch', 'watch the run until it ends, and exit as it does')
    .option('--idempotency-key <key>', 'the same key starts the same run, however often the command is repeated')
    .addHelpText('after', EXIT_CODE_HELP)
    .action((serial: string, options: RunOptions, called: Command) => run(context, serial, options, called));
  addRolloutOptions(command);
};
