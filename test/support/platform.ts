import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import { pino } from 'pino';
import type { Logger } from 'pino';
import { inject } from 'vitest';
import type { Client } from '@temporalio/client';
import { createApp } from '../../src/api/create-app.ts';
import type { EdgeOptions } from '../../src/api/create-app.ts';
import type { TemporalServerConfig } from '../../src/config.ts';
import type { ActivityDeps } from '../../src/activities/deps.ts';
import { addPlatformMetrics } from '../../src/cli/platform-metrics.ts';
import { connectDatabase } from '../../src/db/connect.ts';
import { createNotifyRun } from '../../src/db/notify-run.ts';
import { createRateLimits } from '../../src/db/rate-limits.ts';
import { createRunFeed } from '../../src/db/run-feed.ts';
import { parseKeyRing } from '../../src/db/seal.ts';
import { createReadSettings } from '../../src/db/settings.ts';
import type { OidcLogin, ServiceDeps } from '../../src/services/context.ts';
import { addProcessMetrics } from '../../src/metrics/process-metrics.ts';
import { createRegistry } from '../../src/metrics/registry.ts';
import { createLiveHub } from '../../src/services/live/live-hub.ts';
import { bootstrapAdmin } from '../../src/services/auth/bootstrap-admin.ts';
import { connectTemporalClient, connectTemporalWorker } from '../../src/temporal/connect-temporal.ts';
import { installRuntime } from '../../src/temporal/install-runtime.ts';
import { createReadQueues } from '../../src/temporal/read-queues.ts';
import { createRunControl } from '../../src/temporal/run-control.ts';
import { afterStart, createStartQueue } from '../../src/temporal/start-queue.ts';
import { createScheduleControl } from '../../src/temporal/schedules/schedule-control.ts';
import type { ScheduleDeps } from '../../src/services/schedules/schedule-deps.ts';
import { createScheduleWork } from '../../src/services/schedules/schedule-work.ts';
import { endedBranchesMetric } from '../../src/cli/ended-branches-metric.ts';
import { startDelayMetric } from '../../src/cli/start-delay-metric.ts';
import { startWorker } from '../../src/temporal/start-worker.ts';
import type { OpenSession } from '../../src/transports/transport.ts';
import { createOpenSession } from '../../src/transports/open-session.ts';
import { createTestDatabase } from './database.ts';

export const log = pino({ level: 'silent' });

/** No test meets the end of a window. */
export const LONG_WINDOW_MS = 1_000 * 86_400_000;
const metrics = createRegistry();
addProcessMetrics(metrics, 'test');

/** A log that keeps what must not happen in any test. */
const createWatchedLog = () => {
  const undeclared: string[] = [];
  const write = (line: string): void => {
    if (line.includes('problem that the route does not declare')) undeclared.push(line);
  };
  return { undeclared, log: pino({ level: 'error' }, { write }) };
};

/** Key ring text as `OPSCONDUCTOR_KEYS` takes it. */
export const newKeyRing = (): string =>
  JSON.stringify({ current: 'k1', keys: { k1: randomBytes(32).toString('base64') }, audit: randomBytes(32).toString('base64') });

/** The answer of a request, read. */
export interface Answer {
  status: number;
  headers: Headers;
  // Tests look into answers freely; the schema of each is tested with the API.
  body: any; // oxlint-disable-line typescript/no-explicit-any
}

export interface PlatformOptions {
  worker?: boolean;
  openSession?: OpenSession;
  heartbeatTimeoutMs?: number;
  graceMs?: number;
  temporalAddress?: string;
  /** All of how to reach a server. */
  temporal?: TemporalServerConfig;
  /** Workflows other than those of the suite. */
  bundlePath?: string;
  edge?: EdgeOptions;
  /** Requests are limited as the settings say; otherwise not at all. */
  isLimited?: boolean;
  /** A migrated database that the test brings itself. */
  databaseUrl?: string;
  oidc?: OidcLogin;
  /** Gets what the API and the worker log; without it that goes nowhere. */
  log?: Logger;
}

/** API and worker in this process, on a database and task queues of their own; the API is called without a socket. */
export const startTestPlatform = async (options: PlatformOptions = {}) => {
  installRuntime(log, metrics);
  const database =
    options.databaseUrl === undefined ? await createTestDatabase() : { url: options.databaseUrl, [Symbol.asyncDispose]: async () => {} };
  const keyRingText = newKeyRing();
  const keyRing = parseKeyRing(keyRingText);
  const db = connectDatabase({ url: database.url, poolSize: 10, applicationName: 'test' });
  const temporal = options.temporal ?? {
    address: options.temporalAddress ?? inject('temporalAddress'),
    namespace: 'default',
    apiKey: undefined,
    tls: undefined,
  };
  const client: Client = await connectTemporalClient(temporal);
  const taskQueuePrefix = `test-${randomUUID().slice(0, 8)}`;
  const control = createRunControl(client, taskQueuePrefix);
  const schedules = createScheduleControl(client, taskQueuePrefix);
  const feed = createRunFeed(database.url);
  const readSettings = createReadSettings(db);
  const base = {
    db,
    keyRing,
    readSettings,
    openSession: options.openSession ?? createOpenSession({ deniedNetworks: async () => (await readSettings()).outbound_denied_networks }),
    notifyRun: createNotifyRun(db),
    countEnded: endedBranchesMetric(metrics),
  };
  // A test may put another startRun into the services.
  const starts = createStartQueue((...run) => services.startRun(...run));
  const services: ServiceDeps = {
    ...base,
    temporalAt: { address: temporal.address, namespace: temporal.namespace, taskQueue: taskQueuePrefix },
    oidc: options.oidc,
    startRun: control.startRun,
    signalSlotGranted: control.signalSlotGranted,
    startSoon: starts.startSoon,
    cancelRun: afterStart(starts, control.cancelRun),
    hasTaken: control.hasTaken,
    steer: afterStart(starts, control.steer),
    answerApproval: control.answerApproval,
    schedules,
    describeWorkflow: control.describeWorkflow,
    skipAction: control.skipAction,
  };
  const scheduleDeps: ScheduleDeps = { ...base, ...control, schedules, decideAfterMs: 3_000 };
  const activities: ActivityDeps = {
    ...base,
    ...control,
    scheduleWork: createScheduleWork(
      { ...base, ...control, schedules, decideAfterMs: 3_000 },
      { log, observeStart: startDelayMetric(metrics) },
    ),
    cancelRun: async (workflowId) => void (await control.cancelRun(workflowId)),
    workerIdentity: 'test-worker',
    heartbeatTimeoutMs: options.heartbeatTimeoutMs ?? 10_000,
    log: options.log ?? log,
  };
  const watched = createWatchedLog();
  const hub = createLiveHub({ db, readSettings: base.readSettings, feed, log });
  addPlatformMetrics(metrics, { db, readSettings: base.readSettings, hub, feed, readQueues: createReadQueues(client, taskQueuePrefix) });
  const app = createApp({
    services,
    feed,
    hub,
    readiness: async () => ({}),
    log: options.log ?? watched.log,
    metrics,
    edge: options.edge ?? { trustedProxies: [], corsOrigins: [] },
    version: 'test',
    limits: createRateLimits(db, LONG_WINDOW_MS),
  });

  const startTestWorker = async () => {
    const connection = await connectTemporalWorker(temporal);
    const worker = await startWorker({
      connection,
      namespace: 'default',
      taskQueuePrefix,
      bundlePath: options.bundlePath ?? inject('bundlePath'),
      activities,
      limits: {
        graceMs: options.graceMs ?? 5_000,
        heartbeatTimeoutMs: activities.heartbeatTimeoutMs,
        maxConcurrentActions: 200,
        stackTraces: false,
      },
    });
    return {
      async stop() {
        await worker.stop();
        await connection.close();
      },
    };
  };
  const worker = options.worker === false ? undefined : await startTestWorker();

  if (options.isLimited !== true)
    await db.query(`UPDATE system_settings SET setting_value = '0' WHERE setting_key LIKE 'rate\\_limit\\_%'`);
  // Workflow ids derive from serials: platforms that share the Temporal server start counting at different numbers.
  await db.query(`INSERT INTO serial_counters (scope, year, last_value) VALUES ('job', extract(year FROM now() AT TIME ZONE 'UTC'), $1)`, {
    bind: [randomInt(100_000, 900_000_000)],
  });
  const admin = await bootstrapAdmin(db, keyRing, false);
  if (admin === undefined) throw new Error('the template has an administrator');
  const call = async (
    token: string | undefined,
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> => {
    const response = await app.request(path, {
      method,
      headers: {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    if (watched.undeclared.length > 0) throw new Error(watched.undeclared.join(''));
    // Some streams never end: `follow` reads them.
    const isStream = response.headers.get('content-type') === 'text/event-stream';
    if (isStream) await response.body?.cancel();
    const text = isStream ? '' : await response.text();
    const isJson = response.headers.get('content-type')?.includes('json');
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
  };
  const session = await call(undefined, 'POST', '/api/v1/auth/login', admin);
  const token: string = session.body.token;

  return {
    app,
    db,
    client,
    database,
    feed,
    hub,
    metrics,
    services,
    scheduleDeps,
    activities,
    taskQueuePrefix,
    keyRingText,
    admin,
    token,
    call,
    startTestWorker,
    /** Runs that were accepted are started behind the answer: nothing of them waits any more. */
    startsDone: starts.idle,
    /** A call of the administrator. */
    api: (method: string, path: string, body?: unknown, headers?: Record<string, string>) => call(token, method, path, body, headers),
    /** Waits until the run has ended, by its event stream. */
    async untilEnded(serial: string): Promise<Answer['body']> {
      const response = await app.request(`/api/v1/executions/${serial}/events`, { headers: { authorization: `Bearer ${token}` } });
      await response.text();
      return (await call(token, 'GET', `/api/v1/executions/${serial}`)).body;
    },
    async [Symbol.asyncDispose]() {
      await starts.stop();
      await worker?.stop();
      hub.close();
      await feed.close();
      await client.connection.close();
      await db.close();
      await database[Symbol.asyncDispose]();
    },
  };
};

export type TestPlatform = Awaited<ReturnType<typeof startTestPlatform>>;
