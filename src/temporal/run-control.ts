import { WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client';
import type { Client, WorkflowExecutionStatusName } from '@temporalio/client';
import { defineSearchAttributeKey } from '@temporalio/common';
import type { WorkflowState } from '../activities/deps.ts';
import { OpsError } from '../domain/ops-error.ts';
import { parentSerial } from '../domain/serials.ts';
import type { jobWorkflow } from '../workflows/index.ts';
import { workflowQueue } from './task-queues.ts';

const DEADLINE_MS = 10_000;
/** The caller of the API waits for this; a run that was not started in time is started by the reconciler. */
const START_DEADLINE_MS = 3_000;
const UPDATE_DEADLINE_MS = 3_000;
const OPS_JOB_ID = defineSearchAttributeKey('OpsJobId', 'KEYWORD');
const OPS_EXECUTION_ID = defineSearchAttributeKey('OpsExecutionId', 'KEYWORD');

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

const messageOf = ({ cause, message }: WorkflowUpdateFailedError): string => cause?.message ?? message;

/** Starting, steering and asking about runs, by the ids that derive from their rows. No call waits longer than ten seconds. */
export const createRunControl = (client: Client, taskQueuePrefix: string) => ({
  /** A repeated start meets the run that it started, or finds that it has ended. */
  async startRun(workflowId: string, execution: string): Promise<void> {
    const started = client.withDeadline(Date.now() + START_DEADLINE_MS, () =>
      client.workflow.start<typeof jobWorkflow>('jobWorkflow', {
        workflowId,
        workflowIdConflictPolicy: 'USE_EXISTING',
        workflowIdReusePolicy: 'REJECT_DUPLICATE',
        taskQueue: workflowQueue(taskQueuePrefix),
        args: [{ execution }],
        staticSummary: execution,
        typedSearchAttributes: [
          { key: OPS_EXECUTION_ID, value: execution },
          { key: OPS_JOB_ID, value: parentSerial(execution) ?? execution },
        ],
      }),
    );
    await started.catch((cause: unknown) => {
      if (!(cause instanceof WorkflowExecutionAlreadyStartedError)) throw cause;
    });
  },

  /** Asks a run to cancel; one that is not known to Temporal is no error. @returns false when Temporal does not know the run. */
  async cancelRun(workflowId: string): Promise<boolean> {
    try {
      await client.withDeadline(Date.now() + DEADLINE_MS, () => client.workflow.getHandle(workflowId).cancel());
      return true;
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return false;
      throw error;
    }
  },

  signalSlotGranted: (workflowId: string): Promise<void> => signal(client, workflowId, 'slotGranted'),
  signalLockGranted: (workflowId: string): Promise<void> => signal(client, workflowId, 'lockGranted'),
  signalSteered: (workflowId: string): Promise<void> => signal(client, workflowId, 'steered'),

  /**
   * Has a workflow do an update, and waits for it some seconds. A repeat with the same id is the same update.
   * @returns false when nobody has done it in time (no worker, or Temporal is away): it may still be done later.
   */
  async update(workflowId: string, name: 'steer' | 'skip', updateId: string, input?: unknown): Promise<boolean> {
    try {
      await client.withDeadline(Date.now() + UPDATE_DEADLINE_MS, () =>
        client.workflow.getHandle(workflowId).executeUpdate<unknown, [unknown]>(name, { updateId, args: [input] }),
      );
      return true;
    } catch (error) {
      if (error instanceof WorkflowUpdateFailedError) throw new OpsError('CONFLICT', messageOf(error), { cause: error });
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
