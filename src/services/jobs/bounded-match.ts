import { OpsError } from '../../domain/ops-error.ts';
import type { Matches } from '../../domain/variable-problems.ts';
import { withinTime } from '../../domain/within-time.ts';

/** Of all patterns of one request together: meanwhile the process answers nobody else. */
const BUDGET_MS = 250;

/** Of all requests of one user within a window; patterns that are written well take microseconds. */
const USER_BUDGET_MS = 500;
const WINDOW_MS = 60_000;

const spentBy = new Map<number, { sinceMs: number; spentMs: number }>();

/** What the user has spent within the window. */
const accountOf = (userId: number): { spentMs: number } => {
  const known = spentBy.get(userId);
  if (known !== undefined && performance.now() - known.sinceMs < WINDOW_MS) return known;
  const fresh = { sinceMs: performance.now(), spentMs: 0 };
  spentBy.set(userId, fresh);
  return fresh;
};

/**
 * Holds whole texts against patterns that come from people; what cannot be found out in time counts as not known.
 * @param userId whose patterns they are, when he may ask again and again with others: his time of a minute is bounded, too
 */
export const createBoundedMatch = (userId?: number): Matches => {
  let spentMs = 0;
  return (pattern, text) => {
    const account = userId === undefined ? undefined : accountOf(userId);
    if (spentMs >= BUDGET_MS || (account !== undefined && account.spentMs >= USER_BUDGET_MS)) return undefined;
    const startedAt = performance.now();
    try {
      return withinTime(() => new RegExp(`^(?:${pattern})$`).test(text));
    } catch (error) {
      if (!(error instanceof OpsError)) throw error;
      return undefined;
    } finally {
      const tookMs = performance.now() - startedAt;
      spentMs += tookMs;
      if (account !== undefined) account.spentMs += tookMs;
    }
  };
};
