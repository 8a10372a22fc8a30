import { CancellationScope, CancelledFailure, condition, isCancellation, startChild } from '@temporalio/workflow';
import type { BranchEnd, BranchInput, Tally } from '../contracts/run.ts';
import { branchWorkflowId } from '../domain/serials.ts';
import { record } from './activities.ts';
import { branchWorkflow } from './branch-workflow.ts';
import { cancelWorkflow, wasCancelledAtStart } from './cancel-child.ts';
import { classify } from './classify.ts';
import { ofBranch } from './search-attributes.ts';
import type { Steered } from './steered.ts';

export const emptyTally = (total: number): Tally => ({ total, running: 0, completed: 0, failed: 0, cancelled: 0 });

/** Branches that run side by side. */
interface BranchRun {
  branches: readonly BranchInput[];
  steered: Steered;
  tally: Tally;
  gather: Gathering;
  /** Called when a failure among these branches has stopped the run. */
  onStopped?: () => Promise<void>;
}

/**
 * Keeps as many branches running as the run's control says, until all have ended, those among them that a person wants to have run again; a branch
 * that fails is counted, not thrown. Ends early when the run is stopped, after the branches that run have ended.
 * @throws CancelledFailure when the scope was cancelled, after every started branch has closed its row.
 */
export const runBranches = async ({ branches, steered, tally, gather, onStopped }: BranchRun): Promise<void> => {
  const pace = branches.length > SMALL_RUN ? createPace(gather) : async () => {};
  let next = 0;
  let running = 0;
  let broken: { error: unknown } | undefined;
  const scope = CancellationScope.current();
  const isCancelled = (): boolean => scope.consideredCancelled;
  const hasNext = (): boolean => next < branches.length || steered.hasRetry();
  const isOver = (): boolean =>
    broken !== undefined || isCancelled() || steered.control.isStopped === true || (running === 0 && !hasNext());
  const mayStart = (): boolean => hasNext() && steered.control.hold === undefined && running < steered.control.window;

  const takeNext = (): BranchInput | undefined => {
    const retry = steered.takeRetry();
    if (retry !== undefined) {
      // Its end before does not count any more.
      const before = tally.failed > 0 ? 'failed' : 'cancelled';
      tally[before] = Math.max(0, tally[before] - 1);
      return retry;
    }
    next += 1;
    return branches[next - 1];
  };
  const run = async (branch: BranchInput): Promise<void> => {
    tally.running += 1;
    const end = await runBranch(branch, pace);
    tally.running -= 1;
    tally[end] += 1;
    // Before the next one begins: this failure may have been one too many.
    if (end !== 'failed' || steered.control.stopsOnFailures !== true || steered.control.isStopped === true) return;
    await steered.refresh();
    if (steered.control.isStopped) await onStopped?.();
  };
  const start = (branch: BranchInput): void => {
    running += 1;
    run(branch)
      .catch((error: unknown) => {
        broken = { error };
      })
      .finally(() => {
        running -= 1;
      });
  };

  while (!isOver()) {
    const branch = mayStart() ? takeNext() : undefined;
    if (branch !== undefined) start(branch);
    else await condition(() => isOver() || mayStart()).catch(passCancel);
  }
  await CancellationScope.nonCancellable(() => condition(() => running === 0));
  if (broken !== undefined) throw broken.error;
  if (isCancelled()) throw new CancelledFailure('cancelled');
};

/** A cancel ends the wait for the next turn, not the wait for those that run. */
const passCancel = (error: unknown): void => {
  if (!isCancellation(error)) throw error;
};

/** Waited for after each start of a child. */
type Pace = () => Promise<void>;

const SMALL_RUN = 100;
/** Milliseconds that a workflow task is kept open. */
export interface Gathering {
  least: number;
  most: number;
}

const FEW_STARTS = 10;
const MANY_STARTS = 20;

/**
 * Keeps the workflow task in which children have started open for a moment: what happens meanwhile gathers at the server and comes in one task. A task
 * costs the history three events, up to six a child (measured: 5.0 to 7.8 events a child without, under 4 with it). The fewer start at once,
 * the longer it gathers. The task in which children end is never kept open: the next ones would begin only when it is over. Small runs do not wait.
 */
const createPace = ({ least, most }: Gathering): Pace => {
  let gathering: Promise<void> | undefined;
  let milliseconds = Math.min(300, most);
  let starts = 0;
  return async () => {
    starts += 1;
    if (gathering === undefined) {
      if (starts < FEW_STARTS) milliseconds = Math.min(most, milliseconds * 2);
      if (starts > MANY_STARTS) milliseconds = Math.max(least, milliseconds / 2);
      starts = 0;
      gathering = record.gather({ milliseconds }).finally(() => {
        gathering = undefined;
      });
    }
    await gathering.catch(() => undefined);
  };
};

const runBranch = async (branch: BranchInput, pace: Pace): Promise<BranchEnd> => {
  const workflowId = branchWorkflowId(branch.execution, branch.target, branch.retry);
  try {
    const child = await startChild(branchWorkflow, {
      workflowId,
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      // The root terminated from outside: its branches get a cancel and close their own rows.
      parentClosePolicy: 'REQUEST_CANCEL',
      args: [branch],
      staticSummary: branch.name,
      typedSearchAttributes: ofBranch(branch),
    });
    if (wasCancelledAtStart()) await cancelWorkflow(workflowId);
    await pace();
    return await child.result();
  } catch (error) {
    if (isCancellation(error)) return 'cancelled';
    const { outcome, message } = classify(error);
    const { failureCategory, errorCode } = outcome;
    // A child that ended without its own code (terminated, timed out) left its rows open.
    return CancellationScope.nonCancellable(() =>
      record.closeBranch({
        branch: branch.branch,
        workflowId,
        status: 'failed',
        failureCategory,
        errorCode,
        message,
        skipReason: 'branch_stopped',
      }),
    );
  }
};
