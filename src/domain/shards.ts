/** Branches one workflow may have as children: its history then stays under 2,000 events (temporal guide, 2.3). */
export const SHARD_SIZE = 500;

export interface ShardRange {
  from: number;
  to: number;
}

/** Ranges of branch numbers, both included, of at most SHARD_SIZE each. */
export const shardRanges = (from: number, to: number): ShardRange[] =>
  Array.from({ length: Math.ceil((to - from + 1) / SHARD_SIZE) }, (_, index) => ({
    from: from + index * SHARD_SIZE,
    to: Math.min(to, from + (index + 1) * SHARD_SIZE - 1),
  }));

/**
 * How many branches each of `running` shards keeps running, so that they never exceed `window` together. A share is the same whether or not all
 * `lanes` have a shard, as far as it can be: a shard that begins or ends then changes nothing for the others.
 */
export const windowShares = (window: number, running: number, lanes: number): number[] => {
  const share = Math.floor(window / Math.min(lanes, Math.max(1, window)));
  return Array.from({ length: running }, (_, index) => Math.min(share, Math.max(0, window - index * share)));
};
