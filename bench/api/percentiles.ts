/** Of sorted values: so large are at most this share of them. */
export const percentile = (sorted: readonly number[], share: number): number =>
  sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;

/**
 * A connection that waits for an answer does not send what was due meanwhile: those requests count as if they had waited too.
 * @param everyMs when a connection should send the next one
 */
export const correctedTimes = (times: readonly number[], everyMs: number): number[] =>
  times.flatMap((ms) => Array.from({ length: Math.max(1, Math.ceil(ms / everyMs)) }, (_, missed) => ms - missed * everyMs));
