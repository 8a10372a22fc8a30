import { CancellationScope, getExternalWorkflowHandle, patched } from '@temporalio/workflow';

/** Cancels a workflow that may have ended meanwhile; also from a scope that is cancelled itself. */
export const cancelWorkflow = (workflowId: string): Promise<void> =>
  CancellationScope.nonCancellable(() => getExternalWorkflowHandle(workflowId).cancel()).catch(() => undefined);

/**
 * Asked as soon as a child has started: has its scope been cancelled meanwhile? The server looks for a child that it has not started yet, finds none, and
 * drops the cancel for good, so the child has to be cancelled again. Histories without such a cancel stay as they are.
 */
export const wasCancelledAtStart = (): boolean => CancellationScope.current().consideredCancelled && patched('cancel-at-start');
