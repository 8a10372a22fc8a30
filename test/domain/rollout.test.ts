import fc from 'fast-check';
import { expect, test } from 'vitest';
import { batchSizes, countOf } from '../../src/domain/rollout.ts';

const whole = (size: number) => ({ size, begun: 0, begunBatches: 0 });
const sum = (sizes: readonly number[]): number => sizes.reduce((total, size) => total + size, 0);
const part = fc.oneof(fc.record({ count: fc.integer({ min: 1, max: 100 }) }), fc.record({ percent: fc.integer({ min: 1, max: 100 }) }));

test('a percentage is rounded up, and is never nothing', () => {
  expect([countOf({ percent: 10 }, 101), countOf({ percent: 1 }, 3), countOf({ count: 7 }, 3)]).toEqual([11, 1, 7]);
});

test('each group has batches of its own, the last size is repeated', () => {
  expect(batchSizes([whole(10), whole(3)], [{ count: 1 }, { percent: 50 }])).toEqual([1, 5, 4, 1, 2]);
  expect(batchSizes([whole(4), whole(2)])).toEqual([4, 2]);
});

test('the batches take every target once, wherever the rollout is changed to itself', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 300 }), fc.array(part, { minLength: 1, maxLength: 4 }), fc.nat(), (size, batches, cut) => {
      const sizes = batchSizes([whole(size)], batches);
      expect(sum(sizes)).toBe(size);
      const done = sizes.slice(0, cut % (sizes.length + 1));
      expect([...done, ...batchSizes([{ size, begun: sum(done), begunBatches: done.length }], batches)]).toEqual(sizes);
    }),
  );
});

test('more than a thousand batches are refused', () => {
  expect(batchSizes([whole(1_000)], [{ count: 1 }])).toHaveLength(1_000);
  expect(() => batchSizes([whole(1_001)], [{ count: 1 }])).toThrow('more than 1000 batches');
});
