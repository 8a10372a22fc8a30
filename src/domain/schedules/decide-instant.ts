import type { OverlapPolicy, SkipReason } from '../../contracts/enums.ts';

/** What is known of a schedule when an instant without a run is decided; times in milliseconds since 1970. */
export interface ScheduleFacts {
  now: number;
  /** Of the Temporal Schedule. */
  createdAt: number;
  /** Firings that are left; undefined: no limit. */
  remaining: number | undefined;
  /** Starts that wait for the run before them. */
  bufferSize: number;
  /** The first instant that Temporal has not processed; undefined: there is none. */
  firstUnprocessed: number | undefined;
  paused: boolean;
  catchupWindowMs: number;
  overlap: OverlapPolicy;
  /** The newest instant that has a run. */
  lastStarted: number;
}

/** What is known of the instant. */
export interface InstantFacts {
  at: number;
  /** A run of an earlier instant was not over at it. */
  runWasOpen: boolean;
  /** One ended within the last minute before it: its workflow, by which Temporal goes, ends a little later than the run. */
  runHadJustEnded: boolean;
  /** When the next run of a later instant began; undefined: none has. */
  nextStart: number | undefined;
  /** An instant between it and the next one that has a run was skipped by a pause. */
  pausedBefore: boolean;
}

export type Verdict = 'wait' | 'failed' | SkipReason;

const REPLACES: readonly string[] = ['cancel_other', 'terminate_other'];
const ONE_AT_A_TIME: readonly string[] = ['skip', 'buffer_one'];

/**
 * Why an instant has no run, some minutes after it. Temporal tells of starts only, so the first cause that fits is told (temporal guide, "the ledger").
 * `wait`: it may start yet.
 */
export const decideInstant = (schedule: ScheduleFacts, instant: InstantFacts): Verdict => {
  const { now, bufferSize, firstUnprocessed, paused, catchupWindowMs, overlap, lastStarted } = schedule;
  const { at, nextStart = now } = instant;
  const isNewest = at > lastStarted;
  if (at <= schedule.createdAt) return paused ? 'paused' : 'missed_catchup';
  if (schedule.remaining === 0 && bufferSize === 0 && isNewest) return 'max_executions';
  if (firstUnprocessed !== undefined && at >= firstUnprocessed && !paused) return now - at > catchupWindowMs ? 'missed_catchup' : 'wait';
  if (bufferSize > 0 && isNewest) return 'wait';
  if (instant.runWasOpen && ONE_AT_A_TIME.includes(overlap)) return 'overlap';
  if (paused || instant.pausedBefore) return 'paused';
  if (nextStart - at > catchupWindowMs) return 'missed_catchup';
  if (REPLACES.includes(overlap) || (instant.runHadJustEnded && ONE_AT_A_TIME.includes(overlap))) return 'overlap';
  return 'failed';
};

/** The same of one that a backfill asked for, which went by the overlap policy of the backfill. */
export const decideBackfilled = ({ bufferSize }: Pick<ScheduleFacts, 'bufferSize'>, overlap: OverlapPolicy | undefined): Verdict => {
  if (bufferSize > 0) return 'wait';
  return overlap !== undefined && [...ONE_AT_A_TIME, ...REPLACES].includes(overlap) ? 'overlap' : 'failed';
};
