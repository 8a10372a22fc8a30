import workerThreads from 'node:worker_threads';

const PRELOADED = new URL('./in-workflow-thread.ts', import.meta.url).href;

/**
 * Has the SDK, while it creates a worker, make its thread for workflows without two costs that it has no option for: a stack trace of every promise, kept
 * for the query `__stack_trace`, and a watchdog thread of its own for every call into workflow code (the traces alone were 11 % of a worker's CPU in a large run).
 */
export const withLeanWorkflowThread = async <T>(create: () => Promise<T>): Promise<T> => {
  const { Worker } = workerThreads;
  workerThreads.Worker = class extends Worker {
    constructor(...[file, options]: ConstructorParameters<typeof Worker>) {
      super(file, { ...options, execArgv: ['--import', PRELOADED] });
    }
  };
  try {
    return await create();
  } finally {
    workerThreads.Worker = Worker;
  }
};
