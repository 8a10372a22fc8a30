import { sqlStateOf } from './sql-state.ts';

// Connection lost or refused, server starting, stopping or failing over, pool exhausted, deadlock: a later try can succeed. Anything else is a defect and is thrown.
const AWAY_SQLSTATE = /^(08|53|57P|57014|25006|40001|40P01|XX000)/;

/** Is the database away, rather than the statement wrong? */
export const isDatabaseAway = (error: unknown): boolean => {
  if (!(error instanceof Error)) return false;
  if (error.name.startsWith('SequelizeConnection')) return true;
  const original: unknown = 'original' in error ? error.original : error;
  if (!(original instanceof Error)) return false;
  const code = 'code' in original && typeof original.code === 'string' ? original.code : '';
  return (
    AWAY_SQLSTATE.test(code) ||
    /^E(CONN|PIPE|TIMEDOUT)/.test(code) ||
    /Connection terminated|terminating connection|not queryable|server closed the connection/i.test(original.message)
  );
};

/** The database refused the connection, or said itself that it took the work back. */
const TAKEN_BACK = /^(53|57P03|57014|25006|40001|40P01|ECONNREFUSED)/;

/** Was the connection lost while something was being done, so that nobody knows whether it was? Its COMMIT may have been the last thing that arrived. */
export const isOutcomeUnknown = (error: unknown): boolean =>
  isDatabaseAway(error) &&
  error instanceof Error &&
  !error.name.startsWith('SequelizeConnection') &&
  !TAKEN_BACK.test(sqlStateOf(error) ?? '');
