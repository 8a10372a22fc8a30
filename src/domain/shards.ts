/** Branches one workflow may have as children: its history then stays under 2,000 events (temporal guide, 2.3). */
export const SHARD_SIZE = 500;
// More than one, so that the slowest target of a shard does not hold up the rest; few, because wide shards cost fewer events a child.
const ACTIVE_SHARDS = 2;

export interface ShardRange {
  from: number;
  to: number;
}

/** Ranges of branch numbers, from 1, of at most SHARD_SIZE each. */
export const shardRanges = (total: number): ShardRange[] =>
  Array.from({ length: Math.ceil(total / SHARD_SIZE) }, (_, index) => ({
    from: index * SHARD_SIZE + 1,
    to: Math.min(total, (index + 1) * SHARD_SIZE),
  }));

/** How many shards run at once and how wide each is, so that together they keep `window` branches running and never more. */
export const shardWindows = (window: number): { activeShards: number; windowPerShard: number } => {
  const activeShards = Math.min(ACTIVE_SHARDS, window);
  return { activeShards, windowPerShard: Math.floor(window / activeShards) };
};
