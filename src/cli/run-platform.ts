import { hostname } from 'node:os';
import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import type { Sequelize } from 'sequelize';
import { createApp } from '../api/create-app.ts';
import type { Config, TemporalServerConfig } from '../config.ts';
import { connectDatabase } from '../db/connect.ts';
import { connectionProblem } from '../db/connection-problem.ts';
import { assertMigrated } from '../db/migrate.ts';
import { createNotifyRun } from '../db/notify-run.ts';
import { makeMonthPartitions } from '../db/partitions.ts';
import { createRunFeed } from '../db/run-feed.ts';
import { parseKeyRing } from '../db/seal.ts';
import type { KeyRing } from '../db/seal.ts';
import { createReadSettings } from '../db/settings.ts';
import { addProcessMetrics } from '../metrics/process-metrics.ts';
import { createRegistry } from '../metrics/registry.ts';
import type { Registry } from '../metrics/registry.ts';
import type { ServiceDeps } from '../services/context.ts';
import { openOidc } from './open-oidc.ts';
import { createLiveHub } from '../services/live/live-hub.ts';
import { connectTemporalClient, connectTemporalWorker, lazyTemporalClient } from '../temporal/connect-temporal.ts';
import { installRuntime } from '../temporal/install-runtime.ts';
import { prepareNamespace } from '../temporal/prepare-namespace.ts';
import { createReadQueues } from '../temporal/read-queues.ts';
import { createScheduleWork } from '../services/schedules/schedule-work.ts';
import { createScheduleControl } from '../temporal/schedules/schedule-control.ts';
import { endedBranchesMetric } from './ended-branches-metric.ts';
import { startDelayMetric } from './start-delay-metric.ts';
import { createRunControl } from '../temporal/run-control.ts';
import { afterStart, createStartQueue } from '../temporal/start-queue.ts';
import { startWorker } from '../temporal/start-worker.ts';
import { ensureWorkflowBundle } from '../temporal/workflow-bundle.ts';
import { createOpenSession } from '../transports/open-session.ts';
import { startTracing } from '../tracing/start-tracing.ts';
import { currentTracing } from '../tracing/trace.ts';
import type { Tracing } from '../tracing/trace.ts';
import { readVersion } from '../version.ts';
import { listen } from './listen.ts';
import { createReadiness } from './readiness.ts';
import { addPlatformMetrics, addPoolMetrics } from './platform-metrics.ts';
import { refuseDrift } from './refuse-drift.ts';

/** Where the stores are and with which keys. */
export interface Stores {
  databaseUrl: string;
  temporal: TemporalServerConfig;
  keyRingText: string;
}

/** A part of the platform that runs in this process. */
export interface RunningPart {
  /** Ends, or rejects, when the part stops by itself. */
  finished: Promise<void>;
  stop(): Promise<void>;
}

let tracing: Promise<Tracing> | undefined;

/** Before the parts are made, which look once whether there are traces. */
const traceIfAsked = async ({ tracesUrl }: Config): Promise<void> => {
  if (tracesUrl !== undefined) await (tracing ??= startTracing(tracesUrl, readVersion()));
};

let registry: Registry | undefined;

/** One for the process: worker and API of `up` measure into the same. */
export const metricsOfProcess = (): Registry => {
  if (registry !== undefined) return registry;
  registry = createRegistry();
  addProcessMetrics(registry, readVersion());
  return registry;
};

const workerIdentity = (): string => `${hostname()}/${process.pid}`;

/** A part that was off for months would otherwise write into the default partitions until the schedule runs. */
const makePartitions = async (db: Sequelize, log: Logger): Promise<void> => {
  await makeMonthPartitions(db, new Date()).catch((error: unknown) => {
    log.warn({ err: error }, 'The partitions of the next months could not be made; the schedule sys/partition-maintenance tries again.');
  });
};

/** Nobody waits longer for an answer of the API: what goes on would only hold a connection. */
const API_STATEMENT_MS = 60_000;

const openStores = async (config: Config, stores: Stores, name: string, log: Logger, statementTimeoutMs = 0) => {
  const keyRing: KeyRing = parseKeyRing(stores.keyRingText);
  const applicationName = `opsconductor-${name}`;
  const db = connectDatabase({ url: stores.databaseUrl, poolSize: config.databasePoolSize, applicationName, statementTimeoutMs });
  try {
    await assertMigrated(db);
    await refuseDrift(db, log);
  } catch (error) {
    await db.close();
    throw connectionProblem(stores.databaseUrl, error) ?? error;
  }
  await makePartitions(db, log);
  const readSettings = createReadSettings(db, (message) => log.warn(message));
  const openSession = createOpenSession({
    sqlite: { allowed: config.sqliteFolder, own: config.home },
    deniedNetworks: async () => (await readSettings()).outbound_denied_networks,
  });
  return { keyRing, db, readSettings, notifyRun: createNotifyRun(db), countEnded: endedBranchesMetric(metricsOfProcess()), openSession };
};

/** Runs workflows and actions in this process. @throws OpsError when a store is away or the schema is not this build's. */
export const runWorker = async (config: Config, stores: Stores, log: Logger): Promise<RunningPart> => {
  await traceIfAsked(config);
  installRuntime(log, metricsOfProcess());
  const base = await openStores(config, stores, 'worker', log);
  addPoolMetrics(metricsOfProcess(), 'worker', base.db);
  const bundlePath = await ensureWorkflowBundle(config.cacheDir, (message) => log.info(message));
  const client: Client = await connectTemporalClient(stores.temporal);
  const control = createRunControl(client, config.taskQueuePrefix);
  await prepareNamespace(client, config.taskQueuePrefix);
  const connection = await connectTemporalWorker(stores.temporal);
  const worker = await startWorker({
    connection,
    namespace: stores.temporal.namespace,
    taskQueuePrefix: config.taskQueuePrefix,
    bundlePath,
    limits: config.worker,
    activities: {
      ...base,
      ...control,
      cancelRun: async (workflowId) => void (await control.cancelRun(workflowId)),
      scheduleWork: createScheduleWork(
        { ...base, ...control, schedules: createScheduleControl(client, config.taskQueuePrefix) },
        { log, observeStart: startDelayMetric(metricsOfProcess()) },
      ),
      workerIdentity: workerIdentity(),
      heartbeatTimeoutMs: config.worker.heartbeatTimeoutMs,
      log,
    },
  });
  return {
    finished: worker.finished,
    async stop() {
      await worker.stop();
      await currentTracing()?.flush();
      await Promise.allSettled([connection.close(), client.connection.close(), base.db.close()]);
    },
  };
};

/** Serves the API in this process; Temporal may be away. @throws OpsError when the database is away, its schema is not this build's, or it cannot listen. */
export const runServer = async (config: Config, stores: Stores, log: Logger): Promise<RunningPart & { url: string }> => {
  await traceIfAsked(config);
  const base = await openStores(config, stores, 'api', log, API_STATEMENT_MS);
  const client = await lazyTemporalClient(stores.temporal);
  const control = createRunControl(client, config.taskQueuePrefix);
  const feed = createRunFeed(stores.databaseUrl);
  const startRun: ServiceDeps['startRun'] = (workflowId, execution, trigger) =>
    control.startRun(workflowId, execution, trigger).catch((error: unknown) => {
      log.warn({ err: error, execution }, 'Temporal did not take the run; the reconciler starts it');
      throw error;
    });
  const starts = createStartQueue(startRun);
  const services: ServiceDeps = {
    ...base,
    temporalAt: { address: stores.temporal.address, namespace: stores.temporal.namespace, taskQueue: config.taskQueuePrefix },
    oidc: config.oidc === undefined ? undefined : openOidc(config.oidc),
    startRun,
    startSoon: starts.startSoon,
    signalSlotGranted: control.signalSlotGranted,
    cancelRun: afterStart(starts, control.cancelRun),
    hasTaken: control.hasTaken,
    steer: afterStart(starts, control.steer),
    answerApproval: control.answerApproval,
    schedules: createScheduleControl(client, config.taskQueuePrefix),
    describeWorkflow: control.describeWorkflow,
    skipAction: control.skipAction,
  };
  const stopping = new AbortController();
  const readQueues = createReadQueues(client, config.taskQueuePrefix);
  const readiness = createReadiness({ db: base.db, client, feed, readQueues });
  const metrics = metricsOfProcess();
  const hub = createLiveHub({ db: base.db, readSettings: base.readSettings, feed, log });
  const app = createApp({
    services,
    feed,
    hub,
    readiness,
    log,
    metrics,
    edge: config.edge,
    version: readVersion(),
    stopping: stopping.signal,
  });
  addPlatformMetrics(metrics, { db: base.db, readSettings: base.readSettings, hub, feed, readQueues });
  const { drain, url } = await listen(app.fetch, config.api).catch(async (error: unknown) => {
    hub.close();
    await Promise.allSettled([feed.close(), base.db.close()]);
    throw error;
  });
  void readiness().then(({ temporal }) => {
    if (temporal?.ok === false)
      log.warn(`Temporal at ${stores.temporal.address} does not answer. Runs are accepted and start when it is back.`);
  });
  let ended: () => void = () => {};
  const finished = new Promise<void>((resolve) => (ended = resolve));
  return {
    finished,
    url,
    async stop() {
      stopping.abort();
      hub.close();
      await drain();
      await starts.stop();
      await feed.close();
      await currentTracing()?.flush();
      await Promise.allSettled([client.connection.close(), base.db.close()]);
      ended();
    },
  };
};
