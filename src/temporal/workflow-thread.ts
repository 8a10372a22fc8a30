import workerThreads from 'node:worker_threads';

const fileBeside = (name: string): string => new URL(name, import.meta.url).href;

/**
 * Has the SDK, while it creates a worker, make its thread for workflows with what it has no option for: results of local activities in moments of their
 * own (local-results-apart.ts) and, unless stack traces are wanted, without two costs: a stack trace of every promise, kept for the query
 * `__stack_trace`, and a watchdog thread of its own for every call into workflow code (the traces alone were 11 % of a worker's CPU in a large run).
 */
export const withWorkflowThread = async <T>({ stackTraces }: { stackTraces: boolean }, create: () => Promise<T>): Promise<T> => {
  const files = ['./local-results-apart.ts', ...(stackTraces ? [] : ['./without-promise-traces.ts'])];
  const execArgv = files.flatMap((name) => ['--import', fileBeside(name)]);
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
