import { CancellationScope, CancelledFailure, isCancellation, sleep } from '@temporalio/workflow';
import type {
  ActionOutcome,
  BranchEnd,
  BranchInput,
  BranchProgram,
  CloseBranchInput,
  PlannedAction,
  RunActionInput,
} from '../contracts/run.ts';
import { isRetryable, retryDelayMs } from '../domain/failure.ts';
import { record, tryAction } from './activities.ts';
import { classify } from './classify.ts';
import { openBranch } from './open-branch.ts';

type Ending = Omit<CloseBranchInput, 'branch'>;

const COMPLETED: Ending = { status: 'completed', failureCategory: null, errorCode: null, message: null, skipReason: 'branch_stopped' };
const CANCELLED: Ending = { ...COMPLETED, status: 'cancelled' };

/** One target of one run: its actions in order, each try an activity of its own. The row is closed whatever happens. */
export async function branchWorkflow(input: BranchInput): Promise<BranchEnd> {
  let ending: Ending = CANCELLED;
  let failure: unknown;
  try {
    const program = await openBranch(input.branch);
    if (program.closed) return 'cancelled';
    ending = await runActions(input, program);
  } catch (error) {
    failure = error;
    const { outcome, message } = classify(error);
    ending = isCancellation(error) ? CANCELLED : { ...COMPLETED, ...outcome, message };
  }
  const status = await CancellationScope.nonCancellable(() => record.closeBranch({ branch: input.branch, ...ending }));
  if (isCancellation(failure)) throw failure;
  return status;
}

const runActions = async (input: BranchInput, program: BranchProgram): Promise<Ending> => {
  const enabled = program.actions.filter((action) => action.isEnabled);
  for (const [index, action] of enabled.entries()) {
    const outcome = await runWithRetries(input, program, action, index < enabled.length - 1);
    if (outcome.status === 'completed' || action.onFailure === 'continue') continue;
    const { failureCategory, errorCode } = outcome;
    const skipReason = action.onFailure === 'skip_remaining' ? 'skip_remaining' : 'branch_stopped';
    return { status: 'failed', failureCategory, errorCode, message: `Action ${action.order} (${action.name}) failed.`, skipReason };
  }
  return COMPLETED;
};

const runWithRetries = async (
  input: BranchInput,
  program: BranchProgram,
  action: PlannedAction,
  keepSession: boolean,
): Promise<ActionOutcome> => {
  for (let attempt = 1; ; attempt += 1) {
    const isLastAttempt = attempt > action.retryCount;
    const outcome = await runOnce(input, program, action, {
      attempt,
      isLastAttempt,
      keepSession: keepSession || !isLastAttempt,
      keepSessionOnFailure: !isLastAttempt || action.onFailure === 'continue',
    });
    if (outcome.status === 'cancelled' || CancellationScope.current().consideredCancelled) throw new CancelledFailure('branch cancelled');
    if (outcome.status === 'completed' || isLastAttempt || !isRetryable(outcome)) return outcome;
    await sleep(retryDelayMs(action.retryDelayMs, action.backoffCoefficient, attempt), {
      summary: `retry ${attempt} of ${action.name}`.slice(0, 200),
    });
  }
};

const runOnce = async (
  input: BranchInput,
  program: BranchProgram,
  action: PlannedAction,
  options: Pick<RunActionInput, 'attempt' | 'isLastAttempt' | 'keepSession' | 'keepSessionOnFailure'>,
): Promise<ActionOutcome> => {
  const ref = { branch: input.branch, order: action.order, iteration: 1, ...options };
  try {
    return await tryAction(action, input.name, program.heartbeatTimeoutMs, ref);
  } catch (error) {
    const { outcome, message } = classify(error);
    const isFinal = options.isLastAttempt || outcome.status === 'cancelled' || !isRetryable(outcome);
    const stands = await CancellationScope.nonCancellable(() => record.closeAttempt({ ...ref, outcome, message, isFinal }));
    return stands ?? outcome;
  }
};
