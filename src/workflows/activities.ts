import { proxyActivities, proxyLocalActivities, workflowInfo } from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import type { ActionOutcome, PlannedAction, RunActionInput } from '../contracts/run.ts';
import { oneAtATime } from './one-at-a-time.ts';

/** Row writes that take part of a second and may be repeated; they cost one event each. Without a limit: a database that is away only delays them. */
export const record = oneAtATime(
  proxyLocalActivities<Activities>({
    startToCloseTimeout: '10s',
    retry: { initialInterval: '200ms', maximumInterval: '5s' },
  }),
);

/** Not the queue of actions: they may take all slots of a worker for as long as they like. */
const RUN_QUEUE = workflowInfo().taskQueue.replace(/-wf$/, '-run');

/** Work of a whole run or shard: too long for a local activity, safe to repeat; begun anew half a minute after its worker died. */
export const io = proxyActivities<Activities>({
  taskQueue: RUN_QUEUE,
  startToCloseTimeout: '5m',
  heartbeatTimeout: '30s',
  retry: { initialInterval: '500ms', maximumInterval: '15s' },
});

/** What is asked again and again, ever more slowly, until a run has ended. */
export const awaitRun = proxyActivities<Activities>({
  taskQueue: RUN_QUEUE,
  startToCloseTimeout: '1m',
  retry: { initialInterval: '200ms', maximumInterval: '10s' },
});

/** Upkeep of the database: may take hours, is safe to repeat and to break off, and waits some minutes for a lock before it gives up. */
export const upkeep = (summary: string) =>
  proxyActivities<Activities>({
    taskQueue: RUN_QUEUE,
    startToCloseTimeout: '6h',
    heartbeatTimeout: '5m',
    retry: { initialInterval: '5s', maximumInterval: '1m', maximumAttempts: 10 },
    summary,
  });

// The activity itself ends what ran too long. This only catches a worker that beats but never ends, so it leaves time for output to be
// written while the database is away.
const OVERTIME_MS = 10 * 60_000;

/**
 * One try of one action: dispatched at most once, watched by heartbeats. On the queue of its workflow, so that the server may hand it to the same worker
 * in the answer to the workflow task (eager dispatch).
 */
export const tryAction = (
  action: PlannedAction,
  where: string,
  heartbeatTimeoutMs: number,
  input: RunActionInput,
): Promise<ActionOutcome> =>
  proxyActivities<Activities>({
    startToCloseTimeout: action.timeoutMs + OVERTIME_MS,
    heartbeatTimeout: heartbeatTimeoutMs,
    cancellationType: 'WAIT_CANCELLATION_COMPLETED',
    retry: { maximumAttempts: 1 },
    summary: `${where}: ${action.name}`.slice(0, 200),
  }).runAction(input);
