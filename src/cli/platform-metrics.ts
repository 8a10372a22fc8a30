import type { Sequelize } from 'sequelize';
import { readPlatformCounts } from '../db/platform-counts.ts';
import { poolState } from '../db/pool-state.ts';
import type { RunFeed } from '../db/run-feed.ts';
import type { ReadSettings } from '../db/settings.ts';
import type { Registry } from '../metrics/registry.ts';
import type { LiveHub } from '../services/live/live-hub.ts';
import type { QueueState } from '../temporal/read-queues.ts';

/** However often somebody scrapes, the database is asked no more often than this. */
const COUNTS_KEPT_MS = 5_000;

export interface MetricSources {
  db: Sequelize;
  readSettings: ReadSettings;
  hub: LiveHub;
  feed: RunFeed;
  readQueues: () => Promise<QueueState[]>;
}

const atMostEvery = (ms: number, work: () => Promise<void>): (() => Promise<void>) => {
  let last: { at: number; done: Promise<void> } | undefined;
  return () => {
    if (last === undefined || performance.now() - last.at > ms) last = { at: performance.now(), done: work() };
    return last.done;
  };
};

const addCounts = (registry: Registry, { db, readSettings }: MetricSources): void => {
  const runs = registry.gauge(
    'opsconductor_runs',
    'Runs that are open, by what they are: scheduled ones wait for a slot, held ones are paused.',
  );
  const ended = registry.gauge('opsconductor_runs_ended_last_hour', 'Runs that ended in the last hour, by how.');
  const branches = registry.gauge('opsconductor_branches', 'Branches of open runs, by status.');
  const slots = registry.gauge('opsconductor_run_slots', 'Slots of runs (setting max_concurrent_jobs), used and free.');
  const collect = async (): Promise<void> => {
    const [counts, { max_concurrent_jobs: most }] = await Promise.all([readPlatformCounts(db), readSettings()]);
    if (counts === undefined) return;
    runs.set({ status: 'scheduled' }, counts.runs_scheduled);
    runs.set({ status: 'running' }, counts.runs_running);
    runs.set({ status: 'held' }, counts.runs_held);
    for (const status of ['completed', 'failed', 'cancelled'] as const) ended.set({ status }, counts[`runs_${status}`]);
    branches.set({ status: 'scheduled' }, counts.branches_scheduled);
    branches.set({ status: 'running' }, counts.branches_running);
    slots.set({ state: 'used' }, counts.runs_running);
    slots.set({ state: 'free' }, Math.max(0, most - counts.runs_running));
  };
  registry.beforeText(atMostEvery(COUNTS_KEPT_MS, collect));
};

const addQueues = (registry: Registry, readQueues: MetricSources['readQueues']): void => {
  const backlog = registry.gauge('opsconductor_task_queue_backlog', 'Tasks that wait in a Temporal task queue, about.');
  const age = registry.gauge('opsconductor_task_queue_backlog_age_seconds', 'How long the oldest task of a queue has waited.');
  const pollers = registry.gauge('opsconductor_task_queue_pollers', 'Workers that asked a task queue for work in the last five minutes.');
  const collect = async (): Promise<void> => {
    for (const gauge of [backlog, age, pollers]) gauge.reset();
    for (const state of await readQueues()) {
      const labels = { queue: state.queue, type: state.type };
      backlog.set(labels, state.backlog);
      age.set(labels, state.backlogAgeSeconds);
      pollers.set(labels, state.pollers);
    }
  };
  registry.beforeText(atMostEvery(COUNTS_KEPT_MS, collect));
};

const addLive = (registry: Registry, { hub, feed }: MetricSources): void => {
  const followers = registry.gauge('opsconductor_live_followers', 'Streams of live events that are open.');
  const topics = registry.gauge('opsconductor_live_topics', 'Runs that are read for followers.');
  const ring = registry.gauge('opsconductor_live_ring_bytes', 'Live events that are kept for followers who are behind.');
  const listening = registry.gauge('opsconductor_live_feed_up', '1 while this process listens to changes of runs.');
  registry.beforeText(() => {
    const counts = hub.counts();
    followers.set({}, counts.followers);
    topics.set({}, counts.topics);
    ring.set({}, counts.ringBytes);
    listening.set({}, feed.isListening() ? 1 : 0);
  });
};

/** How the connections of a part of this process to the database are used: a process may be API and worker at once, each with its own. */
export const addPoolMetrics = (registry: Registry, part: 'api' | 'worker', db: Sequelize): void => {
  const pool = registry.gauge('opsconductor_database_pool_connections', 'Connections of this process to the database, by part and state.');
  const waiting = registry.gauge('opsconductor_database_pool_waiting', 'Statements that wait for a connection, by part.');
  registry.beforeText(() => {
    const state = poolState(db);
    pool.set({ part, state: 'used' }, state.used);
    pool.set({ part, state: 'idle' }, state.idle);
    waiting.set({ part }, state.waiting);
  });
};

/** What the API tells Prometheus of the platform and of itself. */
export const addPlatformMetrics = (registry: Registry, sources: MetricSources): void => {
  addCounts(registry, sources);
  addQueues(registry, sources.readQueues);
  addPoolMetrics(registry, 'api', sources.db);
  addLive(registry, sources);
};
