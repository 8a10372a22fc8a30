import { Option } from 'commander';
import type { Command } from 'commander';
import type { AnswerApproval, ChangeExecution, Execution, SteeredExecution } from '../../client/index.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { openSession } from '../cli-session.ts';
import type { CliContext, CliSession } from '../cli-session.ts';
import { collect, parseCount } from '../command-options.ts';
import { allPages } from '../http/all-pages.ts';
import { addRolloutOptions, mergeRollout } from '../rollout-options.ts';
import type { RolloutOptions } from '../rollout-options.ts';
import { runOfAction } from './run-answers.ts';

interface NoteOption {
  note?: string;
}

type Steer<Options> = (
  session: CliSession,
  serial: string,
  options: Options,
) => Promise<{ run: Execution & Partial<SteeredExecution>; text: string }>;

const noteOf = ({ note }: NoteOption): { note?: string } => (note === undefined ? {} : { note });

/** Serial of the branch of a target that is named by its serial or name. */
const branchOf = async ({ client }: CliSession, serial: string, target: string): Promise<string> => {
  const { data } = await client.listBranches(serial, { target, limit: 2 });
  const [branch, other] = data;
  if (branch === undefined) throw new OpsError('NOT_FOUND', `Run ${serial} has no target "${target}".`);
  if (other !== undefined) throw new OpsError('VALIDATION', `Several targets of run ${serial} are named "${target}"; give a serial.`);
  return branch.branch_serial;
};

const pause: Steer<NoteOption> = async ({ client }, serial, options) => ({
  run: await client.pauseExecution(serial, noteOf(options)),
  text: `Run ${serial} is paused: no further target begins, those at work go on. Go on: opsconductor runs resume ${serial}`,
});

const resume: Steer<NoteOption> = async ({ client }, serial, options) => ({
  run: await client.resumeExecution(serial, noteOf(options)),
  text: `Run ${serial} goes on.`,
});

/** Answers the approval of an action, every one that waits in a run, or the one before its next batch. */
const answer =
  (given: 'approved' | 'rejected'): Steer<NoteOption & { all?: boolean }> =>
  async ({ client }, serial, options) => {
    const input = { answer: given, ...noteOf(options) };
    const isAction = serial.split('.').length === 4;
    if (!isAction && options.all !== true)
      return {
        run: await client.answerBatch(serial, input),
        text: given === 'approved' ? `The next batch of ${serial} begins.` : `Run ${serial} ends without its next batch.`,
      };
    const run = isAction ? runOfAction(serial) : serial;
    if (isAction) await client.answerAction(run, serial, input);
    const text = isAction ? `Action ${serial} is ${given}.` : await answerAll(client, run, input);
    return { run: await client.getExecution(run), text };
  };

/** Answers every approval that waits in a run: one that refuses the answer does not keep it from the others. @throws OpsError naming those */
const answerAll = async (client: CliSession['client'], run: string, input: AnswerApproval): Promise<string> => {
  const waiting = await Array.fromAsync(allPages((place) => client.listApprovals({ execution: run, ...place })));
  if (waiting.length === 0) throw new OpsError('CONFLICT', `No action of run ${run} waits for an answer.`);
  const refused: OpsError[] = [];
  for (const { action_serial: action, iteration } of waiting) {
    await client.answerAction(run, action, { ...input, iteration }).catch((error: unknown) => {
      if (!(error instanceof OpsError)) throw error;
      refused.push(error);
    });
  }
  const done = waiting.length - refused.length;
  const text = `${done} of ${waiting.length} actions that waited ${done === 1 ? 'is' : 'are'} ${input.answer}.`;
  const [first] = refused;
  if (first !== undefined) throw new OpsError(first.code, [text, ...refused.map(({ message }) => message)].join(' '), { cause: first });
  return text;
};

const change: Steer<NoteOption & RolloutOptions & { window?: number }> = async ({ client }, serial, options) => {
  const rollout = mergeRollout((await client.getExecution(serial)).rollout, options);
  const input: ChangeExecution = {
    ...(options.window !== undefined && { max_concurrent_targets: options.window }),
    ...(rollout !== undefined && { rollout }),
    ...noteOf(options),
  };
  const run = await client.changeExecution(serial, input);
  return { run, text: `Run ${serial} is changed: ${run.max_concurrent_targets} targets at once.` };
};

const retry: Steer<NoteOption & { target?: string[]; resume?: boolean; repeatUnknown?: boolean; new?: boolean }> = async (
  session,
  serial,
  options,
) => {
  const branches: string[] = [];
  for (const target of options.target ?? []) branches.push(await branchOf(session, serial, target));
  const run = await session.client.retryExecution(serial, {
    ...(branches.length > 0 && { branches }),
    from: options.resume === true ? 'failed_action' : 'first_action',
    repeat_unknown: options.repeatUnknown === true,
    new_run: options.new === true,
    ...noteOf(options),
  });
  const next = run.execution_serial;
  return {
    run,
    text: `${next === serial ? 'The failed targets run again in' : 'They run again in the new run'} ${next}. Watch it: opsconductor runs watch ${next}`,
  };
};

/** Stops a run, or the work on some of its targets. */
const cancel: Steer<NoteOption & { target?: string[] }> = async (session, serial, options) => {
  if (options.target === undefined) {
    const text = `Asked ${serial} to stop; its programs are being ended. Watch it: opsconductor runs watch ${serial}`;
    return { run: await session.client.cancelExecution(serial, noteOf(options)), text };
  }
  const asked: SteeredExecution[] = [];
  for (const target of options.target)
    asked.push(await session.client.cancelBranch(serial, await branchOf(session, serial, target), noteOf(options)));
  const run = { ...(await session.client.getExecution(serial)), acknowledged: asked.every(({ acknowledged }) => acknowledged) };
  return { run, text: `Asked to stop the work on ${options.target.join(', ')}.` };
};

const skip: Steer<NoteOption & { target: string; action: number }> = async (session, serial, options) => {
  const branch = await branchOf(session, serial, options.target);
  const run = await session.client.skipAction(serial, branch, { action_order: options.action, ...noteOf(options) });
  return { run, text: `Action ${options.action} is being ended on ${options.target}; the branch goes on behind it.` };
};

/** `runs pause|resume|approve|reject|change|retry|skip|cancel`. */
export const registerSteering = (runs: Command, context: CliContext): void => {
  const add = <Options>(name: string, description: string, steer: Steer<Options>): Command =>
    runs
      .command(`${name} <serial>`)
      .description(description)
      .option('--note <text>', 'why; stands in the log of the run and in the audit trail')
      .action(async (serial: string, options: Options, command: Command) => {
        const session = await openSession(context, command);
        const { run, text } = await steer(session, serial, options);
        session.say(text);
        if (run.acknowledged === false) session.say('No worker has answered yet: it is written down, and passed on within a minute.');
        if (session.isData) await session.print(run, '');
      });
  add('pause', 'begin no further target; those at work go on to their end', pause);
  add('resume', 'let a run that is paused, or waits between two batches, go on', resume);
  const all = ['--all', 'every action of the run that waits for an answer'] as const;
  add('approve', 'approve an action that waits, or the next batch of a run', answer('approved')).option(...all);
  add('reject', 'reject an action that waits, or end a run without its next batch', answer('rejected')).option(...all);
  addRolloutOptions(
    add('change', 'change the window or the rollout of a run that goes on', change).addOption(
      new Option('--window <n>', 'targets at work at once').argParser(parseCount),
    ),
  );
  add('retry', 'run the targets again that failed, in the same run while it goes on', retry)
    .option('--target <target>', 'this target only, by serial or name; also one that was cancelled; may be given several times', collect)
    .option('--resume', 'go on at the action that failed')
    .option('--repeat-unknown', 'with --resume: also at an action of which nobody knows whether it ran')
    .option('--new', 'in a new run, linked to this one');
  add('skip', 'end an action that hangs on a target, and go on behind it', skip)
    .requiredOption('--target <target>', 'on this target, by serial or name')
    .addOption(
      new Option('--action <n>', 'number of the action, as `runs logs` and the API show it').argParser(parseCount).makeOptionMandatory(),
    );
  add('cancel', 'stop a run: its programs are ended on the targets', cancel).option(
    '--target <target>',
    'stop the work on this target only, by serial or name; may be given several times',
    collect,
  );
};
