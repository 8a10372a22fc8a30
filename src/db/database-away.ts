import type { Commits } from './note-commits.ts';
import { sqlStateOf } from './sql-state.ts';

// Connection lost or refused, server starting, stopping or failing over, pool exhausted, deadlock: a later try can succeed. Anything else is a defect and is thrown.
const AWAY_SQLSTATE = /^(08|53|57P|57014|25006|40001|40P01|XX000)/;
/** Sequelize's names for a database or host that cannot be reached, and for no connection of the pool being free. */
const NOT_CONNECTED = /^Sequelize(Connection|Host)/;
/** The database refused the connection, or said itself that it took the work back. */
const TAKEN_BACK = /^(53|57P03|57014|25006|40001|40P01|ECONNREFUSED)/;

/** Is the database away, rather than the statement wrong? */
export const isDatabaseAway = (error: unknown): boolean => {
  if (!(error instanceof Error)) return false;
  if (NOT_CONNECTED.test(error.name)) return true;
  const original: unknown = 'original' in error ? error.original : error;
  if (!(original instanceof Error)) return false;
  const code = 'code' in original && typeof original.code === 'string' ? original.code : '';
  return (
    AWAY_SQLSTATE.test(code) ||
    /^E(CONN|PIPE|TIMEDOUT)/.test(code) ||
    /Connection terminated|terminating connection|not queryable|server closed the connection/i.test(original.message)
  );
};

/** Was the connection lost while something was being done? Its COMMIT may have been the last thing that arrived. */
const isConnectionLost = (error: unknown): boolean =>
  isDatabaseAway(error) && error instanceof Error && !NOT_CONNECTED.test(error.name) && !TAKEN_BACK.test(sqlStateOf(error) ?? '');

/** Did the database go away so that nobody knows whether something was done? @param commits of what was being done. */
export const isOutcomeUnknown = (error: unknown, commits: Commits | undefined): boolean =>
  isConnectionLost(error) || (commits?.hasCommitted === true && isDatabaseAway(error));
