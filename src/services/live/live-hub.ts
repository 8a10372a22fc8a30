import type { Logger } from 'pino';
import { selectRow } from '../../db/query.ts';
import type { RunFeed } from '../../db/run-feed.ts';
import { OpsError } from '../../domain/ops-error.ts';
import type { Permission } from '../../domain/permissions.ts';
import { authorize } from '../context.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { createLiveStream } from './live-stream.ts';
import type { HubStream, LiveStream, Topic } from './live-stream.ts';
import { holderOf, readRights } from './recheck-access.ts';
import { openRunTopic } from './run-topic.ts';
import type { RunningTopic } from './run-topic.ts';
import { createRunsReader } from './runs-topic.ts';
import type { RunsReader } from './runs-topic.ts';
import { createSlots } from './slots.ts';

const TICK_MS = 5_000;
/** Whoever takes nothing for so long is let go; it may come back and go on. */
const LONGEST_STALL_MS = 30_000;
/** Whoever is slower to catch up makes room for those who wait; he too may come back and go on. */
const LONGEST_CATCH_UP_MS = 120_000;
/** A topic without followers is kept for those who come back. */
const LINGER_MS = 10_000;
const RINGS_BYTES = 134_217_728;
/** Branches that followers who catch up hold in memory, together; one user a quarter of it. */
const CATCH_UP_ROOM = 200_000;
const PERMISSION: Permission = 'executions.read';

/** How many follow, and what they hold in this process. */
export interface LiveCounts {
  followers: number;
  topics: number;
  ringBytes: number;
}

/** Live events: one reader a run and process, however many follow it; a follower is a place in what was read. */
export interface LiveHub {
  /** @param lastEventId id of the last event that was seen, empty for none. @throws OpsError FORBIDDEN, NOT_FOUND */
  followRun(caller: Caller, serial: string, lastEventId: string): Promise<LiveStream>;
  /** States of all runs, or of those of one job. @throws OpsError FORBIDDEN, NOT_FOUND */
  followRuns(caller: Caller, job: string | undefined, lastEventId: string): Promise<LiveStream>;
  counts(): LiveCounts;
  /** Ends every stream with a word about it; new ones end at once. */
  close(): void;
}

interface Open {
  stream: HubStream;
  holder: string;
}

interface Followed {
  topic: Promise<RunningTopic>;
  streams: Set<HubStream>;
  emptySince: number | undefined;
}

export const createLiveHub = (deps: Pick<ServiceDeps, 'db' | 'readSettings'> & { feed: RunFeed; log: Pick<Logger, 'warn'> }): LiveHub => {
  const { db, feed, log } = deps;
  const budget = { used: 0, max: RINGS_BYTES };
  const slots = createSlots(CATCH_UP_ROOM, CATCH_UP_ROOM / 4);
  const open = new Set<Open>();
  const followed = new Map<string, Followed>();
  const runsStreams = new Set<HubStream>();
  /** How many follow the runs of a job. */
  const followersOf = new Map<string, number>();
  let runsReader: RunsReader | undefined;
  let runsEmptySince = 0;
  let isClosed = false;

  const wakeAll = (streams: ReadonlySet<HubStream>) => (): void => {
    for (const stream of streams) stream.wake();
  };

  const leaveJob = (reader: RunsReader, job: string): void => {
    const left = (followersOf.get(job) ?? 1) - 1;
    if (left > 0) return void followersOf.set(job, left);
    followersOf.delete(job);
    reader.drop(job);
  };

  const topicOf = (serial: string): Followed => {
    const known = followed.get(serial);
    if (known !== undefined) return known;
    const streams = new Set<HubStream>();
    const entry: Followed = {
      streams,
      emptySince: undefined,
      topic: openRunTopic({ db, feed, budget, log, wake: wakeAll(streams) }, serial),
    };
    followed.set(serial, entry);
    entry.topic.catch(() => followed.delete(serial));
    return entry;
  };

  const start = (caller: Caller, topic: Topic, lastEventId: string, streams: Set<HubStream>, onGone: () => void): LiveStream => {
    const entry: Open = {
      holder: holderOf(caller),
      stream: createLiveStream(
        topic,
        lastEventId,
        (weight) => slots.take(weight, String(caller.userId)),
        () => {
          open.delete(entry);
          streams.delete(entry.stream);
          onGone();
        },
      ),
    };
    open.add(entry);
    streams.add(entry.stream);
    if (isClosed) entry.stream.end('server_stops');
    return entry.stream;
  };

  const recheck = async (): Promise<void> => {
    if (open.size === 0) return;
    const asked = [...open];
    const rights = await readRights(deps, [...new Set(asked.map(({ holder }) => holder))]);
    for (const { holder, stream } of asked) if (rights.get(holder)?.has(PERMISSION) !== true) stream.end('access_ended');
  };
  const recheckSoon = (): void => {
    recheck().catch((error: unknown) =>
      log.warn({ err: error }, 'who may follow runs could not be read; it is read again in some seconds'),
    );
  };

  const closeEmpty = (now: number): void => {
    for (const [serial, { topic, streams, emptySince }] of followed) {
      if (streams.size > 0 || emptySince === undefined || now - emptySince < LINGER_MS) continue;
      followed.delete(serial);
      void topic.then((running) => running.close());
    }
    if (runsReader === undefined || runsStreams.size > 0 || now - runsEmptySince < LINGER_MS) return;
    runsReader.close();
    runsReader = undefined;
  };

  const tick = (): void => {
    const now = performance.now();
    for (const { stream } of open) {
      const isInTheWay = stream.catchingUpMs(now) > LONGEST_CATCH_UP_MS && slots.isWaitedFor();
      if (isInTheWay || stream.stalledMs(now) > LONGEST_STALL_MS) stream.close();
      else stream.tick();
    }
    for (const { topic, streams } of followed.values())
      if (streams.size > 0)
        void topic.then(
          (running) => running.look(),
          () => undefined,
        );
    if (runsStreams.size > 0) runsReader?.look();
    closeEmpty(now);
    recheckSoon();
  };
  const timer = setInterval(tick, TICK_MS);
  timer.unref();
  const unsubscribe = feed.onAccessChange(recheckSoon);

  return {
    async followRun(caller, serial, lastEventId) {
      authorize(caller, PERMISSION);
      const entry = topicOf(serial);
      entry.emptySince = undefined;
      const topic = await entry.topic;
      return start(caller, topic, lastEventId, entry.streams, () => {
        if (entry.streams.size === 0) entry.emptySince = performance.now();
      });
    },
    async followRuns(caller, job, lastEventId) {
      authorize(caller, PERMISSION);
      const row = job === undefined ? undefined : await selectRow<{ id: number }>(db, 'SELECT id FROM jobs WHERE job_serial = $1', [job]);
      if (job !== undefined && row === undefined) throw new OpsError('NOT_FOUND', `There is no job ${job}.`);
      runsReader ??= createRunsReader({ db, feed, budget, log, wake: wakeAll(runsStreams) });
      const topic = runsReader.topic(job === undefined || row === undefined ? undefined : { id: row.id, serial: job });
      const reader = runsReader;
      if (job !== undefined) followersOf.set(job, (followersOf.get(job) ?? 0) + 1);
      return start(caller, topic, lastEventId, runsStreams, () => {
        if (runsStreams.size === 0) runsEmptySince = performance.now();
        if (job !== undefined) leaveJob(reader, job);
      });
    },
    counts: () => ({ followers: open.size, topics: followed.size + (runsReader === undefined ? 0 : 1), ringBytes: budget.used }),
    close() {
      isClosed = true;
      clearInterval(timer);
      unsubscribe();
      for (const { stream } of open) stream.end('server_stops');
      for (const { topic } of followed.values())
        void topic.then(
          (running) => running.close(),
          () => undefined,
        );
      runsReader?.close();
    },
  };
};
