import type { Sequelize, Transaction } from 'sequelize';
import { execute } from '../../db/query.ts';
import { sqlStateOf } from '../../db/sql-state.ts';
import { OpsError } from '../../domain/ops-error.ts';

/** Those who wait have a connection of the pool each: while Temporal is slow they must not come to have all of them. */
const LONGEST_WAIT_SECONDS = 20;
const LOCK_TIMED_OUT = '55P03';
const LOCK = `WITH patience AS MATERIALIZED (SELECT current_setting('lock_timeout') AS former, set_config('lock_timeout', $2, true)),
locked AS MATERIALIZED (SELECT former, pg_advisory_xact_lock(hashtextextended('opsconductor.schedule ' || id, 0))
  FROM patience, (SELECT id FROM unnest($1::bigint[]) id ORDER BY id) ids)
SELECT set_config('lock_timeout', former, true) FROM (SELECT max(former) AS former FROM locked) l WHERE former IS NOT NULL`;

/**
 * The locks of schedules until the end of the transaction, in the order of their ids: whoever holds one waits for no earlier one.
 * @throws OpsError UNAVAILABLE when somebody else does not let go of one for so long
 */
export const lockSchedules = async (
  db: Sequelize,
  ids: readonly number[],
  transaction: Transaction,
  waitSeconds = LONGEST_WAIT_SECONDS,
): Promise<void> => {
  try {
    await execute(db, LOCK, [ids, `${waitSeconds}s`], transaction);
  } catch (error) {
    if (sqlStateOf(error) !== LOCK_TIMED_OUT) throw error;
    const message = `The schedule is being changed or told to Temporal by somebody else, which did not end within ${waitSeconds} seconds. Try again in a moment.`;
    throw new OpsError('UNAVAILABLE', message, { cause: error, retryAfterSeconds: 5 });
  }
};

/** Somebody else works on the schedule, who says himself how that went. */
export const isLockTimeout = (error: unknown): boolean =>
  error instanceof OpsError && error.cause !== undefined && sqlStateOf(error.cause) === LOCK_TIMED_OUT;

/**
 * Whoever changes a schedule, tells Temporal of it or decides its instants does so alone: under the lock of the schedule, in one transaction, so that a
 * caller needs one connection, however many wait.
 */
export const withScheduleLock = <T>(
  db: Sequelize,
  id: number,
  work: (transaction: Transaction) => Promise<T>,
  waitSeconds = LONGEST_WAIT_SECONDS,
): Promise<T> =>
  db.transaction(async (transaction) => {
    await lockSchedules(db, [id], transaction, waitSeconds);
    return work(transaction);
  });
