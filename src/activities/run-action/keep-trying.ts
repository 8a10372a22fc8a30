import { isDatabaseAway } from '../../db/database-away.ts';

const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 5_000;

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
