// oxlint-disable-next-line no-restricted-imports -- nothing else ends a regular expression that backtracks for ever; no workflow imports this file
import { createContext, Script } from 'node:vm';
import { OpsError } from './ops-error.ts';

/** All other actions of the process wait so long at most: far less than a heartbeat. */
const LIMIT_MS = 250;

const sandbox: { work?: () => unknown } = {};
const context = createContext(sandbox);
const script = new Script('work()');

// The error is of the context, so it is no instance of our Error.
const isTimeout = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT';

/** Does synchronous work whose time depends on what a job says and a target printed. @throws OpsError CONDITION_FAILED after 250 ms */
export const withinTime = <Result>(work: () => Result): Result => {
  sandbox.work = work;
  try {
    return script.runInContext(context, { timeout: LIMIT_MS }) as Result;
  } catch (error) {
    if (!isTimeout(error)) throw error;
    throw new OpsError(
      'CONDITION_FAILED',
      `A condition or expression took longer than ${LIMIT_MS} ms and was given up. A regular expression such as (a+)+ does; write it so that one text fits in one way only.`,
      { cause: error },
    );
  } finally {
    delete sandbox.work;
  }
};
