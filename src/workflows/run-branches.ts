import { CancellationScope, CancelledFailure, isCancellation, startChild } from '@temporalio/workflow';
import { defineSearchAttributeKey } from '@temporalio/common';
import type { BranchEnd, BranchInput, Tally } from '../contracts/run.ts';
import { branchWorkflowId } from '../domain/serials.ts';
import { record } from './activities.ts';
import { branchWorkflow } from './branch-workflow.ts';
import { classify } from './classify.ts';

const OPS_JOB_ID = defineSearchAttributeKey('OpsJobId', 'KEYWORD');
const OPS_EXECUTION_ID = defineSearchAttributeKey('OpsExecutionId', 'KEYWORD');
const OPS_TARGET_ID = defineSearchAttributeKey('OpsTargetId', 'KEYWORD');
const OPS_ENV = defineSearchAttributeKey('OpsEnv', 'KEYWORD');

export const emptyTally = (total: number): Tally => ({ total, running: 0, completed: 0, failed: 0, cancelled: 0 });

/**
 * Keeps `window` branches running until all have ended; a branch that fails is counted, not thrown.
 * @throws CancelledFailure when the scope was cancelled, after every started branch has closed its row.
 */
export const runBranches = async (branches: readonly BranchInput[], window: number, tally: Tally, gather: Gathering): Promise<void> => {
  const pace = branches.length > SMALL_RUN ? createPace(gather) : async () => {};
  let next = 0;
  const cancelled = (): boolean => CancellationScope.current().consideredCancelled;
  const lane = async (): Promise<void> => {
    while (next < branches.length && !cancelled()) {
      const branch = branches[next];
      next += 1;
      if (branch === undefined) return;
      tally.running += 1;
      const end = await runBranch(branch, pace);
      tally.running -= 1;
      tally[end] += 1;
    }
  };
  await Promise.all(Array.from({ length: Math.min(window, branches.length) }, lane));
  if (cancelled()) throw new CancelledFailure('cancelled');
};

/** Waited for after each start and end of a child. */
type Pace = () => Promise<void>;

const SMALL_RUN = 100;
/** Milliseconds that a workflow task is kept open. */
export interface Gathering {
  least: number;
  most: number;
}

const FEW_ARRIVALS = 12;
const MANY_ARRIVALS = 24;

/**
 * Keeps the workflow task open for a moment, so that starts and ends of children gather at the server and come in one task: each task costs the
 * history three events, which is up to six a child (measured: 5.0 to 7.8 events a child without, under 4 with it). The fewer come, the longer it
 * gathers. Small runs do not wait.
 */
const createPace = ({ least, most }: Gathering): Pace => {
  let gathering: Promise<void> | undefined;
  let milliseconds = Math.min(300, most);
  let arrivals = 0;
  return async () => {
    arrivals += 1;
    if (gathering === undefined) {
      if (arrivals < FEW_ARRIVALS) milliseconds = Math.min(most, milliseconds * 2);
      if (arrivals > MANY_ARRIVALS) milliseconds = Math.max(least, milliseconds / 2);
      arrivals = 0;
      gathering = record.gather({ milliseconds }).finally(() => {
        gathering = undefined;
      });
    }
    await gathering.catch(() => undefined);
  };
};

const runBranch = async (branch: BranchInput, pace: Pace): Promise<BranchEnd> => {
  try {
    const child = await startChild(branchWorkflow, {
      workflowId: branchWorkflowId(branch.execution, branch.target),
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      // The root terminated from outside: its branches get a cancel and close their own rows.
      parentClosePolicy: 'REQUEST_CANCEL',
      args: [branch],
      staticSummary: branch.name,
      typedSearchAttributes: [
        { key: OPS_JOB_ID, value: branch.jobSerial },
        { key: OPS_EXECUTION_ID, value: branch.execution },
        { key: OPS_TARGET_ID, value: branch.target },
        { key: OPS_ENV, value: branch.environment },
      ],
    });
    await pace();
    const end = await child.result();
    await pace();
    return end;
  } catch (error) {
    if (isCancellation(error)) return 'cancelled';
    const { outcome, message } = classify(error);
    const { failureCategory, errorCode } = outcome;
    // A child that ended without its own code (terminated, timed out) left its rows open.
    return CancellationScope.nonCancellable(() =>
      record.closeBranch({ branch: branch.branch, status: 'failed', failureCategory, errorCode, message, skipReason: 'branch_stopped' }),
    );
  }
};
