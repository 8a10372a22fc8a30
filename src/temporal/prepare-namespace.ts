import type { Client, Connection } from '@temporalio/client';
import { ScheduleAlreadyRunning } from '@temporalio/client';
import type { reconcileWorkflow } from '../workflows/index.ts';
import { workflowQueue } from './task-queues.ts';

const KEYWORD = 2;
const SEARCH_ATTRIBUTES = ['OpsJobId', 'OpsExecutionId', 'OpsTargetId', 'OpsEnv', 'OpsTrigger', 'OpsDefHash', 'OpsManagedBy'];
const RECONCILE_ID = 'sys/reconcile';
const RECONCILE_EVERY_MS = 60_000;

/** Registers our search attributes; a repeat is harmless. */
export const registerSearchAttributes = async (client: Client): Promise<void> => {
  const connection = client.connection as Connection;
  await connection.operatorService.addSearchAttributes({
    namespace: client.options.namespace,
    searchAttributes: Object.fromEntries(SEARCH_ATTRIBUTES.map((name) => [name, KEYWORD])),
  });
};

/** Search attributes, and the schedules of the platform itself; repeated at every start. */
export const prepareNamespace = async (client: Client, taskQueuePrefix: string): Promise<void> => {
  await registerSearchAttributes(client);
  await applyReconcileSchedule(client, taskQueuePrefix);
};

const applyReconcileSchedule = async (client: Client, taskQueuePrefix: string): Promise<void> => {
  const scheduleId = taskQueuePrefix === 'ops' ? RECONCILE_ID : `${RECONCILE_ID}/${taskQueuePrefix}`;
  const definition = {
    spec: { intervals: [{ every: RECONCILE_EVERY_MS }] },
    policies: { overlap: 'SKIP', catchupWindow: '1m' } as const,
    action: {
      type: 'startWorkflow',
      workflowType: 'reconcileWorkflow' satisfies typeof reconcileWorkflow.name,
      workflowId: scheduleId,
      taskQueue: workflowQueue(taskQueuePrefix),
      workflowRunTimeout: '10m',
    } as const,
  };
  try {
    await client.schedule.create({ scheduleId, ...definition });
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    await client.schedule.getHandle(scheduleId).update((before) => ({ ...definition, state: before.state }));
  }
};
