import { CancellationScope, CancelledFailure, sleep } from '@temporalio/workflow';
import type { ActionOutcome, ActionRef, PlannedAction, RunActionInput } from '../contracts/run.ts';
import { mayFollow } from '../domain/branch-decisions.ts';
import { mayRetry, retryDelayMs, UNSTARTED } from '../domain/failure.ts';
import { record, tryAction } from './activities.ts';
import type { BranchState } from './branch-state.ts';
import { classify } from './classify.ts';

type AttemptOptions = Pick<RunActionInput, 'attempt' | 'keepSession' | 'keepSessionOnFailure'>;

/** Tries an action as often as its author allows. @throws CancelledFailure when it, or the scope, was cancelled */
export const runAttempts = async (state: BranchState, action: PlannedAction, ref: ActionRef): Promise<ActionOutcome> => {
  const { actions } = state.program;
  const keepSession = mayFollow(actions, action);
  const goesOn = action.onFailure === 'continue' || actions.some((other) => other.parent !== undefined || other.dependencies !== undefined);
  for (let attempt = 1; ; attempt += 1) {
    const isLastAttempt = attempt > action.retryCount;
    const outcome = await runOnce(state, action, ref, {
      attempt,
      keepSession: keepSession || !isLastAttempt,
      keepSessionOnFailure: !isLastAttempt || goesOn,
    });
    if (outcome.status === 'cancelled' || CancellationScope.current().consideredCancelled) throw new CancelledFailure('branch cancelled');
    if (outcome.status === 'completed' || !mayRetry(action, attempt, outcome)) return outcome;
    await sleep(retryDelayMs(action.retryDelayMs, action.backoffCoefficient, attempt), {
      summary: `retry ${attempt} of ${action.name}`.slice(0, 200),
    });
  }
};

const runOnce = async (
  { input: branch, program }: BranchState,
  action: PlannedAction,
  ref: ActionRef,
  options: AttemptOptions,
): Promise<ActionOutcome> => {
  const input = { ...ref, ...options };
  try {
    return await tryAction(action, branch.name, program.heartbeatTimeoutMs, input);
  } catch (error) {
    const { outcome, message } = classify(error);
    const isFinal = outcome.status === 'cancelled' || !mayRetry(action, options.attempt, outcome);
    const isFinalUnstarted = !mayRetry(action, options.attempt, UNSTARTED);
    const ending = { ...input, outcome, message, isFinal, isFinalUnstarted };
    const stands = await CancellationScope.nonCancellable(() => record.closeAttempt(ending));
    return stands ?? outcome;
  }
};
