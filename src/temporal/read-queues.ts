import type { Client } from '@temporalio/client';
import { runQueue, workflowQueue } from './task-queues.ts';

const DEADLINE_MS = 2_000;
const [WORKFLOW, ACTIVITY] = [1, 2] as const;

/** What waits in a task queue, and who asks it for work. */
export interface QueueState {
  queue: string;
  type: 'workflow' | 'activity';
  /** Workers that asked in the last five minutes. */
  pollers: number;
  /** Tasks that wait, about. */
  backlog: number;
  /** How long the oldest of them has waited. */
  backlogAgeSeconds: number;
}

/** The queues of this installation. @throws when Temporal does not answer in two seconds */
export const createReadQueues = (client: Client, prefix: string) => async (): Promise<QueueState[]> => {
  const queues = [
    { queue: workflowQueue(prefix), type: 'workflow' },
    { queue: workflowQueue(prefix), type: 'activity' },
    { queue: runQueue(prefix), type: 'activity' },
  ] as const;
  return client.withDeadline(Date.now() + DEADLINE_MS, () =>
    Promise.all(
      queues.map(async ({ queue, type }) => {
        const { pollers, stats } = await client.workflowService.describeTaskQueue({
          namespace: client.options.namespace,
          taskQueue: { name: queue },
          taskQueueType: type === 'workflow' ? WORKFLOW : ACTIVITY,
          reportStats: true,
        });
        return {
          queue,
          type,
          pollers: pollers?.length ?? 0,
          backlog: Number(stats?.approximateBacklogCount ?? 0),
          backlogAgeSeconds: Number(stats?.approximateBacklogAge?.seconds ?? 0),
        };
      }),
    ),
  );
};
