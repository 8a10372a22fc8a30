/** Branches one workflow may have as children: its history then stays under 2,000 events (temporal guide, 2.3). */
export const SHARD_SIZE = 500;

export interface ShardRange {
  from: number;
  to: number;
}

/** As few ranges of branch numbers, both included, as hold at most SHARD_SIZE each; none is longer than another by more than one. */
export const shardRanges = (from: number, to: number): ShardRange[] => {
  const total = to - from + 1;
  const count = Math.ceil(total / SHARD_SIZE);
  const startOf = (index: number): number => from + Math.floor((index * total) / count);
  return Array.from({ length: count }, (_, index) => ({ from: startOf(index), to: startOf(index + 1) - 1 }));
};

/** How many branches each of `lanes` keeps running: together the window. */
export const windowShares = (window: number, lanes: number): number[] =>
  Array.from({ length: lanes }, (_, index) => Math.floor((window + lanes - 1 - index) / lanes));
