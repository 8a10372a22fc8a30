import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SHARD_SIZE, shardRanges, shardWindows } from '../../src/domain/shards.ts';

test('shards cover 1 to n without gap or overlap, none larger than a shard may be', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 100_000 }), (total) => {
      const ranges = shardRanges(total);
      let next = 1;
      for (const { from, to } of ranges) {
        expect(from).toBe(next);
        expect(to).toBeGreaterThanOrEqual(from);
        expect(to - from + 1).toBeLessThanOrEqual(SHARD_SIZE);
        next = to + 1;
      }
      expect(next).toBe(total + 1);
    }),
  );
});

test('the shards that run at once are together as wide as the window, less what does not divide, and never wider', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5_000 }), (window) => {
      const { activeShards, windowPerShard } = shardWindows(window);
      expect(windowPerShard).toBeGreaterThan(0);
      expect(activeShards * windowPerShard).toBeLessThanOrEqual(window);
      expect(activeShards * windowPerShard).toBeGreaterThan(window - activeShards);
    }),
  );
});
