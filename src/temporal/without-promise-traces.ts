// Runs first in the SDK’s thread for workflows; see workflow-thread.ts.
import { promiseHooks } from 'node:v8';
import { Script } from 'node:vm';
import type { Context, RunningScriptInNewContextOptions } from 'node:vm';

/** The SDK takes a hook that cannot be made for a platform without stack traces, which it says on the console; the query then says so, too. */
promiseHooks.createHook = () => {
  const { warn } = console;
  console.warn = () => {
    console.warn = warn;
  };
  throw new Error('stack traces of workflows are off (OPSCONDUCTOR_STACK_TRACES)');
};

/** The watchdog guards against workflow code that never yields. Ours is in this repository, and the server gives such a task to another worker. */
const { runInContext } = Script.prototype;
Script.prototype.runInContext = function runWithoutWatchdog(context: Context, options?: RunningScriptInNewContextOptions): unknown {
  const { timeout: _, ...rest } = options ?? {};
  return runInContext.call(this, context, rest);
};
