import type { Execution } from '../../client/index.ts';
import type { CliSession } from '../cli-session.ts';
import { EXIT_CODES } from '../exit-code.ts';
import { cleanText } from '../terminal/clean-text.ts';
import { paintStatus } from '../terminal/paint.ts';
import { timeText } from '../terminal/time-text.ts';
import { untilInterrupted } from '../until-interrupted.ts';

const lineOf = (run: Execution, { paint }: CliSession): string => {
  const ended = run.completed_branches + run.failed_branches + run.cancelled_branches;
  const failed = run.failed_branches === 0 ? '' : `, ${paint.red(`${run.failed_branches} failed`)}`;
  const state = `${paintStatus(paint, run.status)}  ${ended}/${run.total_branches}${failed}`;
  return `${paint.dim(timeText(run.completed_at ?? run.started_at ?? run.created_at))}  ${run.execution_serial}  ${state}  ${cleanText(run.job_name)}\n`;
};

/** Prints a line for each change of a run, of one job or of all, first those that are open; until Ctrl-C, which is exit code 130. */
export const watchRuns = async (session: CliSession, job: string | undefined): Promise<void> => {
  const { client } = session;
  await untilInterrupted(async (signal) => {
    const events = job === undefined ? client.followExecutions({ signal }) : client.followJob(job, { signal });
    for await (const { data: run } of events) await session.printItem(run, lineOf(run, session));
  });
  process.exitCode = EXIT_CODES.interrupted;
};
