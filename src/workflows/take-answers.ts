import { ApplicationFailure, CancellationScope, defineSignal, defineUpdate, setHandler } from '@temporalio/workflow';
import type { ApprovalAnswer } from '../contracts/run.ts';
import { record } from './activities.ts';
import type { BranchState, PendingApproval } from './branch-state.ts';

/** A person answers an approval of this branch. Refused when it does not wait for one. */
export const answerApprovalUpdate = defineUpdate<void, [ApprovalAnswer]>('answerApproval');

/** Rows of approvals may have been answered: Temporal or the worker was lost behind the write, before the update was in the history. */
export const answeredSignal = defineSignal('answered');

const conflict = (message: string): ApplicationFailure => ApplicationFailure.create({ type: 'CONFLICT', nonRetryable: true, message });

/** Approvals of the branch end with the first answer. */
export const takeAnswers = (approvals: BranchState['approvals']): void => {
  const refuse = (order: number): never => {
    throw conflict(`Action ${order} waits for no answer (any more).`);
  };
  /** In a loop an answer may come when the next turn waits already. */
  const seenBy = ({ order, iteration }: ApprovalAnswer): PendingApproval | undefined => {
    const pending = approvals.get(order);
    return iteration === undefined || pending?.ref.iteration === iteration ? pending : undefined;
  };
  setHandler(
    answerApprovalUpdate,
    async (answer) => {
      const pending = seenBy(answer) ?? refuse(answer.order);
      const { ref, onTimeout } = pending;
      const end = await record.answerApproval({ ...ref, resolution: answer.answer, onTimeout, answer });
      pending.end = end;
      if (!end.isOurs) refuse(answer.order);
    },
    {
      validator(answer) {
        const pending = seenBy(answer);
        if (pending === undefined || pending.end !== undefined) refuse(answer.order);
      },
    },
  );
  setHandler(answeredSignal, () => CancellationScope.nonCancellable(() => readAnswers([...approvals.values()])));
};

const readAnswers = async (waiting: readonly PendingApproval[]): Promise<void> => {
  for (const pending of waiting) {
    const end = await record.readApproval(pending.ref);
    if (end !== null) pending.end ??= end;
  }
};
