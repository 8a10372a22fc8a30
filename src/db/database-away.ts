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
