import type { Config } from '../../config.ts';
import { createLog } from '../log.ts';
import { metricsOfProcess, runServer, runWorker } from '../run-platform.ts';
import type { RunningPart } from '../run-platform.ts';
import { storesFromEnvironment } from '../stores.ts';
import { startWorkerProbe } from '../worker-probe.ts';
import { waitForSignal } from '../wait-for-signal.ts';

const untilSignal = async (part: RunningPart, signal: Promise<NodeJS.Signals>): Promise<void> => {
  try {
    await Promise.race([signal, part.finished]);
  } finally {
    await part.stop();
  }
};

/** `opsconductor server`: the API alone. */
export const server = async (config: Config): Promise<void> => {
  const signal = waitForSignal();
  const log = createLog(config.logLevel);
  const part = await runServer(config, await storesFromEnvironment(config), log);
  log.info({ url: part.url }, 'API is up');
  await untilSignal(part, signal);
};

/** `opsconductor worker`: workflows and actions alone. */
export const worker = async (config: Config): Promise<void> => {
  const signal = waitForSignal();
  const log = createLog(config.logLevel);
  const part = await runWorker(config, await storesFromEnvironment(config), log);
  const { probe: address } = config;
  const probe =
    address === undefined
      ? undefined
      : await startWorkerProbe(metricsOfProcess(), address).catch(async (error: unknown) => {
          await part.stop();
          throw error;
        });
  log.info('worker is up');
  try {
    await untilSignal(part, signal);
  } finally {
    await probe?.close();
  }
};
