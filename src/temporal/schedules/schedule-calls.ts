import { isGrpcCancelledError, isGrpcDeadlineError } from '@temporalio/client';
import type { Client, ScheduleHandle } from '@temporalio/client';
import { OpsError } from '../../domain/ops-error.ts';
import { withToldErrors } from './told-errors.ts';

/** Whoever waits for a server that is away holds a connection of the pool meanwhile. */
const AWAY_DEADLINE_MS = 2_000;
const WHOLE: Parts = [1];
/**
 * Temporal answers these calls by a query to the schedule's workflow, and its own worker loses one in some hundreds, which is then answered after five seconds
 * or never; one that is asked meanwhile is answered at once.
 */
const LOOKS: Parts = [0.15, 0.25, 0.6];

/** Of a deadline, together 1. */
type Parts = readonly [number, ...number[]];

const isUnavailable = (error: unknown): error is OpsError => error instanceof OpsError && error.code === 'UNAVAILABLE';
/** Client and server each see for themselves that the time is up. */
const isLate = (error: unknown): boolean => isUnavailable(error) && (isGrpcDeadlineError(error.cause) || isGrpcCancelledError(error.cause));

export interface ScheduleCalls {
  /** A call made once. @throws what withToldErrors throws */
  within: <T>(work: () => Promise<T>) => Promise<T>;
  /** A call that only asks: made again when it is not answered in good time. @throws what withToldErrors throws */
  withLooks: <T>(work: () => Promise<T>) => Promise<T>;
  /** A schedule whose `describe` is made withLooks, also the one with which an `update` begins, which itself is sent once. */
  handleOf: (id: string) => ScheduleHandle;
}

/**
 * Calls that have this time, milliseconds, all looks together; once one got no answer, those that follow wait less, until one does.
 */
export const createScheduleCalls = (client: Client, deadlineMs: number): ScheduleCalls => {
  let isAway = false;
  const call = async <T>(work: () => Promise<T>, ms: number, [part, next, ...later]: Parts): Promise<T> => {
    try {
      const answer = await withToldErrors(() => client.withDeadline(Date.now() + ms * part, work));
      isAway = false;
      return answer;
    } catch (error) {
      if (next !== undefined && isLate(error)) return call(work, ms, [next, ...later]);
      isAway = isUnavailable(error);
      throw error;
    }
  };
  const timeOfOne = (): number => (isAway ? Math.min(deadlineMs, AWAY_DEADLINE_MS) : deadlineMs);
  const withLooks: ScheduleCalls['withLooks'] = (work) => call(work, timeOfOne(), LOOKS);
  return {
    within: (work) => call(work, timeOfOne(), WHOLE),
    withLooks,
    handleOf(id) {
      const handle = client.schedule.getHandle(id);
      const describe = handle.describe.bind(handle);
      return Object.assign(handle, { describe: () => withLooks(describe) });
    },
  };
};
