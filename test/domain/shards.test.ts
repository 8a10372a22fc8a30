import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SHARD_SIZE, shardRanges, windowShares } from '../../src/domain/shards.ts';

test('shards cover a range without gap or overlap, as few as possible, and all alike', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100_000 }), fc.integer({ min: 0, max: 100_000 }), (first, total) => {
      const ranges = shardRanges(first, first + total - 1);
      expect(ranges).toHaveLength(Math.ceil(total / SHARD_SIZE));
      let next = first;
      const sizes = ranges.map(({ from, to }) => to - from + 1);
      expect(Math.max(...sizes) - Math.min(...sizes)).not.toBeGreaterThan(1);
      for (const { from, to } of ranges) {
        expect(from).toBe(next);
        expect(to).toBeGreaterThanOrEqual(from);
        expect(to - from + 1).toBeLessThanOrEqual(SHARD_SIZE);
        next = to + 1;
      }
      expect(next).toBe(first + total);
    }),
  );
});

test('the lanes that have work are together exactly as wide as the window', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5_000 }), fc.integer({ min: 1, max: 5 }), (window, lanes) => {
      const shares = windowShares(window, lanes);
      expect(shares).toHaveLength(lanes);
      expect(shares.reduce((sum, share) => sum + share, 0)).toBe(window);
      expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
    }),
  );
});
