import { DefaultLogger, Runtime } from '@temporalio/worker';
import type { Logger } from 'pino';
import type { Registry } from '../metrics/registry.ts';
import { createSdkMetrics } from './sdk-metrics.ts';

const PINO_LEVEL = { TRACE: 'trace', DEBUG: 'debug', INFO: 'debug', WARN: 'warn', ERROR: 'error' } as const;
// Said of the half of our worker that has no workflows, by design.
const EXPECTED = /^No (workflows|Nexus services) registered/;

let installed = false;

/** Sends the SDK's own messages to our log, its chatter at debug level, and what it measures to the metrics, if given. The runtime belongs to the process: later calls change nothing. */
export const installRuntime = (log: Logger, metrics?: Registry): void => {
  if (installed) return;
  installed = true;
  const logger = new DefaultLogger('DEBUG', ({ level, message, meta }) => {
    if (!EXPECTED.test(message)) log[PINO_LEVEL[level]]({ ...meta }, message);
  });
  const measured = metrics === undefined ? undefined : createSdkMetrics(metrics);
  Runtime.install({
    logger,
    telemetryOptions: {
      logging: { filter: { core: 'WARN', other: 'ERROR' }, forward: {} },
      ...(measured !== undefined && { metrics: { buffer: measured.buffer } }),
    },
    shutdownSignals: [],
  });
  measured?.start();
};
