const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 5_000;

// Connection lost or refused, server starting or stopping, pool exhausted: a later try can succeed. Anything else is a defect and is thrown.
const AWAY_SQLSTATE = /^(08|53|57P|XX000)/;

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

/** Repeats a write until the database takes it. @throws the error when it is no matter of the connection, or when `giveUp` aborts. */
export const keepTrying = async <T>(write: () => Promise<T>, giveUp: AbortSignal): Promise<T> => {
  for (let delayMs = FIRST_DELAY_MS; ; delayMs = Math.min(LONGEST_DELAY_MS, delayMs * 2)) {
    try {
      return await write();
    } catch (error) {
      if (giveUp.aborted || !isDatabaseAway(error)) throw error;
      await new Promise((resolve) => setTimeout(resolve, delayMs));
    }
  }
};
