import type { NativeConnection } from '@temporalio/worker';
import { Worker } from '@temporalio/worker';
import { createActivities } from '../activities/index.ts';
import type { ActivityDeps } from '../activities/deps.ts';
import { createSessionPool } from '../activities/run-action/session-pool.ts';
import type { Config } from '../config.ts';
import { withWorkflowThread } from './workflow-thread.ts';
import { runQueue, workflowQueue } from './task-queues.ts';
import { workerTracing } from './tracing.ts';

export interface WorkerOptions {
  connection: NativeConnection;
  namespace: string;
  taskQueuePrefix: string;
  bundlePath: string;
  activities: ActivityDeps;
  limits: Config['worker'];
}

/** A worker that polls until it is stopped. */
export interface RunningWorker {
  /** Ends when the worker has stopped; rejects when it failed. */
  finished: Promise<void>;
  /** Takes no more work, lets running actions go on for the grace, then aborts them; they are recorded as interrupted. */
  stop(): Promise<void>;
}

const FORCE_AFTER_GRACE_MS = 30_000;

/** Two Temporal workers in this process: one for workflows, row writes and actions, one for the work of whole runs. */
export const startWorker = async (options: WorkerOptions): Promise<RunningWorker> => {
  const { connection, namespace, taskQueuePrefix, limits } = options;
  const sessions = createSessionPool(options.activities.openSession);
  const activities = createActivities(options.activities, sessions);
  const common = {
    ...workerTracing(),
    connection,
    namespace,
    identity: options.activities.workerIdentity,
    activities,
    shutdownGraceTime: limits.graceMs,
    shutdownForceTime: limits.graceMs + FORCE_AFTER_GRACE_MS,
  };
  const createWorkflowWorker = () =>
    Worker.create({
      ...common,
      taskQueue: workflowQueue(taskQueuePrefix),
      workflowBundle: { codePath: options.bundlePath },
      maxCachedWorkflows: 1_000,
      // A dead worker's sticky queue holds its tasks for this long (temporal guide, 12.15).
      stickyQueueScheduleToStartTimeout: '2s',
      maxConcurrentLocalActivityExecutions: 100,
      maxConcurrentActivityTaskExecutions: limits.maxConcurrentActions,
      // With it an absence of the server for less than the heartbeat timeout costs no command (temporal guide, 12.14).
      maxHeartbeatThrottleInterval: '5s',
    });
  const workflows = await withWorkflowThread(limits, createWorkflowWorker);
  const runWork = await Worker.create({ ...common, taskQueue: runQueue(taskQueuePrefix) });
  const runs = [workflows.run(), runWork.run()];
  const finished = Promise.all(runs).then(() => undefined);
  finished.catch(() => undefined);
  return {
    finished,
    async stop() {
      for (const worker of [workflows, runWork]) if (worker.getState() === 'RUNNING') worker.shutdown();
      await Promise.allSettled(runs);
      await sessions.close();
    },
  };
};
