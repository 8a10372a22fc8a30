import { CancellationScope, defineSignal, getExternalWorkflowHandle, setHandler, workflowInfo } from '@temporalio/workflow';
import { cancelWorkflow } from './cancel-child.ts';

/** A branch, named by its workflow id, goes on in a new history. */
const continuedSignal = defineSignal<[string]>('continued');

/** Tells the workflow around this branch, before the first time that it goes on in a new history. */
export const tellContinued = async (): Promise<void> => {
  const { parent, workflowId, continuedFromExecutionRunId: before } = workflowInfo();
  if (parent === undefined || before !== undefined) return;
  // Whoever was terminated needs not know: the server cancels its branches.
  await getExternalWorkflowHandle(parent.workflowId)
    .signal(continuedSignal, workflowId)
    .catch(() => undefined);
};

/** A cancel of a child reaches its first history only: from now on a cancel of the current scope is passed on to those that have gone on. */
export const cancelContinued = (): void => {
  const scope = CancellationScope.current();
  const continued = new Set<string>();
  setHandler(continuedSignal, (workflowId) => {
    continued.add(workflowId);
    return scope.consideredCancelled ? cancelWorkflow(workflowId) : undefined;
  });
  scope.cancelRequested.catch(() => Promise.all([...continued].map(cancelWorkflow)));
};
