import { DefaultLogger, Runtime } from '@temporalio/worker';
import type { Logger } from 'pino';

const PINO_LEVEL = { TRACE: 'trace', DEBUG: 'debug', INFO: 'debug', WARN: 'warn', ERROR: 'error' } as const;
// Said of the half of our worker that has no workflows, by design.
const EXPECTED = /^No (workflows|Nexus services) registered/;

let installed = false;

/** Sends the SDK's own messages to our log, its chatter at debug level. The runtime belongs to the process: later calls change nothing. */
export const installRuntime = (log: Logger): void => {
  if (installed) return;
  installed = true;
  const logger = new DefaultLogger('DEBUG', ({ level, message, meta }) => {
    if (!EXPECTED.test(message)) log[PINO_LEVEL[level]]({ ...meta }, message);
  });
  Runtime.install({
    logger,
    telemetryOptions: { logging: { filter: { core: 'WARN', other: 'ERROR' }, forward: {} } },
    shutdownSignals: [],
  });
};
