import type { Execution } from '../contracts/execution.ts';
import type { RunFeed } from '../db/run-feed.ts';
import { awaitExecution } from '../services/executions/await-execution.ts';
import type { ServiceDeps } from '../services/context.ts';
import type { WaitFor } from './middleware/prefer-wait.ts';

/** Holds an answer that tells of a run back until that run has ended; what it tells besides stays. */
export const waitForRun =
  ({ db }: ServiceDeps, feed: RunFeed): WaitFor =>
  async (answer, seconds, signal) => {
    const told = answer as Execution;
    return { ...told, ...(await awaitExecution({ db, feed }, told.execution_serial, { seconds, signal })) };
  };
