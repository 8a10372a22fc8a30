import { expect, test } from 'vitest';
import { mergeRollout, parseBatches, parsePart } from '../../src/cli/rollout-options.ts';

test('sizes are numbers or percentages', () => {
  expect(parseBatches('1, 10%,50.5%')).toEqual([{ count: 1 }, { percent: 10 }, { percent: 50.5 }]);
});

test.each(['', '0', '-1', '1.5', '%', '0%', '101%', 'x%', 'ten'])('%j is no size', (text) => {
  expect(() => parsePart(text)).toThrow();
});

test('options change what they name of a rollout and leave the rest', () => {
  const before = { batches: [{ count: 1 }], order_by: 'name', between_batches: { approvers: [{ type: 'user' as const, value: 'alice' }] } };
  expect(mergeRollout(before, { stopAfter: { percent: 5 } })).toEqual({ ...before, stop_after_failures: { percent: 5 } });
  expect(mergeRollout(before, { pauseBetween: 60 })).toEqual({ ...before, between_batches: { seconds: 60 } });
  expect(mergeRollout(before, {})).toBeUndefined();
});
