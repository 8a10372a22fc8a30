import { OpsError } from '../../domain/ops-error.ts';
import type { Matches } from '../../domain/variable-problems.ts';
import { withinTime } from '../../domain/within-time.ts';

/** Of all patterns of one request together: meanwhile the process answers nobody else. */
const BUDGET_MS = 250;

/** Holds whole texts against patterns that come from people; what cannot be found out in time counts as not known. */
export const createBoundedMatch = (): Matches => {
  let spentMs = 0;
  return (pattern, text) => {
    if (spentMs >= BUDGET_MS) return undefined;
    const startedAt = performance.now();
    try {
      return withinTime(() => new RegExp(`^(?:${pattern})$`).test(text));
    } catch (error) {
      if (!(error instanceof OpsError)) throw error;
      return undefined;
    } finally {
      spentMs += performance.now() - startedAt;
    }
  };
};
