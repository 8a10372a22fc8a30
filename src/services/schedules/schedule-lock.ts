import type { Sequelize, Transaction } from 'sequelize';
import { execute } from '../../db/query.ts';
import { sqlStateOf } from '../../db/sql-state.ts';
import { OpsError } from '../../domain/ops-error.ts';

/** Those who wait have a connection of the pool each: while Temporal is slow they must not come to have all of them. */
const LONGEST_WAIT_SECONDS = 20;
const LOCK_TIMED_OUT = '55P03';
const LOCK = `WITH patience AS MATERIALIZED (SELECT set_config('lock_timeout', $2, true))
SELECT pg_advisory_xact_lock(hashtextextended('opsconductor.schedule ' || id, 0)) FROM patience, (SELECT id FROM unnest($1::bigint[]) id ORDER BY id) ids`;

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
    const message = `The schedule is being changed or told to Temporal by somebody else, which did not end within ${waitSeconds} seconds. Nothing was changed; try again in a moment.`;
    throw new OpsError('UNAVAILABLE', message, { cause: error, retryAfterSeconds: 5 });
  }
};

/**
 * Whoever changes a schedule, tells Temporal of it or decides its instants does so alone: under the lock of the schedule, in one transaction, so that a
 * caller needs one connection, however many wait.
 */
export const withScheduleLock = <T>(db: Sequelize, id: number, work: (transaction: Transaction) => Promise<T>): Promise<T> =>
  db.transaction(async (transaction) => {
    await lockSchedules(db, [id], transaction);
    return work(transaction);
  });
