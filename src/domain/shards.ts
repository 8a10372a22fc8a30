/** Branches one workflow may have as children: its history then stays under 2,000 events (temporal guide, 2.3). */
export const SHARD_SIZE = 500;
// Few wide shards gather more children a workflow task than many narrow ones, and so cost fewer events a child.
const WINDOW_PER_SHARD = 200;

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

/** How many shards run at once and how wide each is, so that together they keep `window` branches running. */
export const shardWindows = (window: number): { activeShards: number; windowPerShard: number } => {
  const activeShards = Math.ceil(window / WINDOW_PER_SHARD);
  return { activeShards, windowPerShard: Math.ceil(window / activeShards) };
};
