import { condition, defineSignal, setHandler, workflowInfo } from '@temporalio/workflow';
import type { BranchProgram } from '../contracts/run.ts';
import { record } from './activities.ts';
import type { AskedCalendars } from './ask-calendars.ts';

/** Sent when the branch that held the target has ended. */
export const lockGrantedSignal = defineSignal('lockGranted');

const FIRST_WAIT_MS = 5_000;
const LONGEST_WAIT_MS = 300_000;

/** Opens the row of the branch; waits first until no other run works on its target. A signal that was lost is made good by asking again. */
export const openBranch = async (branch: string, calendars: AskedCalendars): Promise<BranchProgram> => {
  let isGranted = false;
  setHandler(lockGrantedSignal, () => {
    isGranted = true;
  });
  // The first run: a reset goes on with the same row.
  const { firstExecutionRunId: runId, workflowId } = workflowInfo();
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(LONGEST_WAIT_MS, waitMs * 2)) {
    isGranted = false;
    const program = await record.openBranch({ branch, workflowId, runId });
    if (program.asksCalendars === true) calendars.isDue = true;
    if (program.waits !== true) return program;
    await condition(() => isGranted, waitMs);
  }
};
