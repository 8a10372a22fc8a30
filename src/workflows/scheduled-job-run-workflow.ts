import {
  ApplicationFailure,
  CancellationScope,
  isCancellation,
  patched,
  setCurrentDetails,
  sleep,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import { defineSearchAttributeKey, WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import type { FiringEnd, FiringRun } from '../contracts/firing.ts';
import { awaitRun, record } from './activities.ts';
import { cancelWorkflow, wasCancelledAtStart } from './cancel-child.ts';
import { jobWorkflow } from './job-workflow.ts';
import { ofRun } from './search-attributes.ts';

const SCHEDULED_START = defineSearchAttributeKey('TemporalScheduledStartTime', 'DATETIME');

/**
 * One firing of a schedule: takes its row in the ledger, obeys the calendars, starts the run and waits for its end, so that the overlap policy of the
 * schedule sees the real run. It fails when the run failed: that is what `pause on failure` looks at.
 */
export async function scheduledJobRunWorkflow({ schedule }: { schedule: string }): Promise<FiringEnd> {
  const firing = await open(schedule);
  if (firing === undefined) return 'none';
  let failure: unknown;
  let run: FiringRun = null;
  try {
    run = await record.acceptFiring({ firing });
    if (run !== null) await follow(run);
  } catch (error) {
    failure = error;
  }
  const end = await CancellationScope.nonCancellable(() => close(firing, run, isCancellation(failure)));
  if (isCancellation(failure)) throw failure;
  if (end === 'failed') throw ApplicationFailure.nonRetryable('The run of this firing failed; its record says why.', 'RUN_FAILED');
  return end;
}

const close = async (firing: number, run: FiringRun, cancelled: boolean): Promise<FiringEnd> => {
  const end = await record.endFiring({ firing, cancelled });
  if (end !== 'running') return end;
  // Somebody else has started it: a cancel that came before this one was to has no child to reach.
  if (cancelled && run !== null && patched('cancel-foreign-run')) await cancelWorkflow(run.workflowId);
  return awaitRun.awaitFiring({ firing });
};

/** @returns the row of the firing; undefined when nothing is to be started. */
const open = async (schedule: string): Promise<number | undefined> => {
  const { workflowId, runId, startTime, typedSearchAttributes } = workflowInfo();
  const nominal = typedSearchAttributes.get(SCHEDULED_START) ?? startTime;
  const input = { schedule, workflowId, runId, nominal: nominal.toISOString(), startedAt: startTime.toISOString() };
  for (;;) {
    const step = await record.openFiring(input);
    if (step.go === 'end') return undefined;
    if (step.go === 'run') return step.firing;
    setCurrentDetails('Waits for the end of a blackout.');
    await sleep(step.waitMs);
  }
};

const follow = async ({ execution, workflowId }: NonNullable<FiringRun>): Promise<void> => {
  setCurrentDetails(`Run ${execution}.`);
  try {
    const run = await startChild(jobWorkflow, {
      workflowId,
      args: [{ execution }],
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      parentClosePolicy: 'REQUEST_CANCEL',
      staticSummary: execution,
      typedSearchAttributes: ofRun(execution, 'schedule'),
    });
    if (wasCancelledAtStart()) await cancelWorkflow(workflowId);
    await run.result();
  } catch (error) {
    // The reconciler was first: what follows waits for the end of the run on its row.
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    CancellationScope.current().cancelRequested.catch(() => (patched('cancel-foreign-run') ? cancelWorkflow(workflowId) : undefined));
  }
};
