import { WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client';
import type { Client, WorkflowExecutionStatusName } from '@temporalio/client';
import type { WorkflowState } from '../activities/deps.ts';
import type { ExecutionTrigger } from '../contracts/enums.ts';
import type { ApprovalAnswer, SkippedAction } from '../contracts/run.ts';
import { OpsError } from '../domain/ops-error.ts';
import type { jobWorkflow } from '../workflows/index.ts';
import { ofRun } from '../workflows/search-attributes.ts';
import { workflowQueue } from './task-queues.ts';

const DEADLINE_MS = 10_000;
/** The caller of the API waits for this; a run that was not started in time is started by the reconciler. */
const START_DEADLINE_MS = 3_000;
const UPDATE_DEADLINE_MS = 3_000;

const STATE_OF: Readonly<Record<WorkflowExecutionStatusName, WorkflowState>> = {
  RUNNING: 'running',
  PAUSED: 'running',
  CONTINUED_AS_NEW: 'running',
  UNSPECIFIED: 'running',
  UNKNOWN: 'running',
  COMPLETED: 'completed',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
  TERMINATED: 'terminated',
  TIMED_OUT: 'timed_out',
};

const signal = async (client: Client, workflowId: string, name: string): Promise<void> => {
  try {
    await client.withDeadline(Date.now() + DEADLINE_MS, () => client.workflow.getHandle(workflowId).signal(name));
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
};

/** Starting, steering and asking about runs, by the ids that derive from their rows. No call waits longer than ten seconds. */
export const createRunControl = (client: Client, taskQueuePrefix: string) => ({
  /** A repeated start meets the run that it started, or finds that it has ended. */
  async startRun(workflowId: string, execution: string, trigger: ExecutionTrigger): Promise<void> {
    const started = client.withDeadline(Date.now() + START_DEADLINE_MS, () =>
      client.workflow.start<typeof jobWorkflow>('jobWorkflow', {
        workflowId,
        workflowIdConflictPolicy: 'USE_EXISTING',
        workflowIdReusePolicy: 'REJECT_DUPLICATE',
        taskQueue: workflowQueue(taskQueuePrefix),
        args: [{ execution }],
        staticSummary: execution,
        typedSearchAttributes: ofRun(execution, trigger),
      }),
    );
    await started.catch((cause: unknown) => {
      if (!(cause instanceof WorkflowExecutionAlreadyStartedError)) throw cause;
    });
  },

  /**
   * Asks the workflow of a run or branch to cancel; one that is not known to Temporal, or has ended, is no error.
   * @returns false when Temporal does not know that it runs.
   */
  async cancelRun(workflowId: string): Promise<boolean> {
    try {
      await client.withDeadline(Date.now() + DEADLINE_MS, () => client.workflow.getHandle(workflowId).cancel());
      return true;
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return false;
      throw error;
    }
  },

  /**
   * Has a worker taken all that a workflow was told so far? Asked by a query, which leaves no event and is answered behind what came before it; of a
   * workflow that has ended, too.
   * @returns false when none has answered in some seconds.
   */
  async hasTaken(workflowId: string): Promise<boolean> {
    try {
      await client.withDeadline(Date.now() + UPDATE_DEADLINE_MS, () =>
        client.workflow.getHandle(workflowId).query('__temporal_workflow_metadata'),
      );
      return true;
    } catch {
      return false;
    }
  },

  signalSlotGranted: (workflowId: string): Promise<void> => signal(client, workflowId, 'slotGranted'),
  signalLockGranted: (workflowId: string): Promise<void> => signal(client, workflowId, 'lockGranted'),
  signalSteered: (workflowId: string): Promise<void> => signal(client, workflowId, 'steered'),
  signalAnswered: (workflowId: string): Promise<void> => signal(client, workflowId, 'answered'),
  signalCalendars: (workflowId: string): Promise<void> => signal(client, workflowId, 'calendars'),

  /**
   * Has the workflow of a run read its row again, and waits for it some seconds.
   * @returns false when it has not done so (no worker, Temporal is away, the run has just ended): the reconciler says it again.
   */
  async steer(workflowId: string): Promise<boolean> {
    try {
      await client.withDeadline(Date.now() + UPDATE_DEADLINE_MS, () => client.workflow.getHandle(workflowId).executeUpdate('steer'));
      return true;
    } catch {
      return false;
    }
  },

  /**
   * Gives the workflow of a branch the answer to one of its approvals, and waits for it some seconds.
   * @returns `refused`: it does not wait for that answer (any more); `unknown`: no worker answered in time
   */
  async answerApproval(workflowId: string, answer: ApprovalAnswer): Promise<'taken' | 'refused' | 'unknown'> {
    try {
      const handle = client.workflow.getHandle(workflowId);
      await client.withDeadline(Date.now() + DEADLINE_MS, () =>
        handle.executeUpdate<undefined, [ApprovalAnswer]>('answerApproval', { args: [answer] }),
      );
      return 'taken';
    } catch (error) {
      return error instanceof WorkflowUpdateFailedError || error instanceof WorkflowNotFoundError ? 'refused' : 'unknown';
    }
  },

  /**
   * Has the workflow of a branch end an action that runs, and go on behind it.
   * @returns false when no worker has answered in time. @throws OpsError CONFLICT when the action does not run
   */
  async skipAction(workflowId: string, action: SkippedAction): Promise<boolean> {
    try {
      await client.withDeadline(Date.now() + UPDATE_DEADLINE_MS, () =>
        client.workflow.getHandle(workflowId).executeUpdate<void, [SkippedAction]>('skipAction', { args: [action] }),
      );
      return true;
    } catch (error) {
      if (error instanceof WorkflowUpdateFailedError || error instanceof WorkflowNotFoundError)
        throw new OpsError('CONFLICT', `Action ${action.order} does not run (any more).`, { cause: error });
      return false;
    }
  },

  async describeWorkflow(workflowId: string): Promise<WorkflowState> {
    try {
      const { status } = await client.withDeadline(Date.now() + DEADLINE_MS, () => client.workflow.getHandle(workflowId).describe());
      return STATE_OF[status.name];
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return 'missing';
      throw error;
    }
  },
});
