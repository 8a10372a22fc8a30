import workerThreads from 'node:worker_threads';

const LOCAL_RESULTS_APART = new URL('./local-results-apart.ts', import.meta.url).href;
const WITHOUT_PROMISE_TRACES = new URL('./without-promise-traces.ts', import.meta.url).href;

/**
 * Has the SDK, while it creates a worker, make its thread for workflows with what it has no option for: results of local activities in moments of their
 * own (local-results-apart.ts) and, unless stack traces are wanted, without two costs: a stack trace of every promise, kept for the query
 * `__stack_trace`, and a watchdog thread of its own for every call into workflow code (the traces alone were 11 % of a worker's CPU in a large run).
 */
export const withWorkflowThread = async <T>({ stackTraces }: { stackTraces: boolean }, create: () => Promise<T>): Promise<T> => {
  const files = [LOCAL_RESULTS_APART, ...(stackTraces ? [] : [WITHOUT_PROMISE_TRACES])];
  const execArgv = files.flatMap((file) => ['--import', file]);
  const { Worker } = workerThreads;
  workerThreads.Worker = class extends Worker {
    constructor(...[file, options]: ConstructorParameters<typeof Worker>) {
      super(file, { ...options, execArgv });
    }
  };
  try {
    return await create();
  } finally {
    workerThreads.Worker = Worker;
  }
};
