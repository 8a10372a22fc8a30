import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SHARD_SIZE, shardRanges, windowShares } from '../../src/domain/shards.ts';

test('shards cover a range without gap or overlap, none larger than a shard may be', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100_000 }), fc.integer({ min: 0, max: 100_000 }), (first, total) => {
      const ranges = shardRanges(first, first + total - 1);
      let next = first;
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

test('the shards that run at once are together as wide as the window, less what does not divide, and never wider', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5_000 }), (window) => {
      const [first = 0, second = 0] = windowShares(window, 2, 2);
      expect(first).toBeGreaterThan(0);
      expect(first + second).toBeLessThanOrEqual(window);
      expect(first + second).toBeGreaterThan(window - 2);
      expect(windowShares(window, 1, 2)).toEqual([first]);
    }),
  );
});
