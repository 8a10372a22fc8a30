import fc from 'fast-check';
import { expect, test } from 'vitest';
import { branchWorkflowId, childSerial, formatYearSerial, jobWorkflowId, parentSerial, shardWorkflowId } from '../../src/domain/serials.ts';

test('a serial is letter, year and a counter of at least four digits', () => {
  expect(formatYearSerial('J', 2025, 1)).toBe('J20250001');
  expect(formatYearSerial('T', 2025, 9_999)).toBe('T20259999');
  expect(formatYearSerial('T', 2025, 10_000)).toBe('T202510000');
});

test('the serial of a part is that of its parent, a dot and at least four digits', () => {
  expect(childSerial('J20250001', 1)).toBe('J20250001.0001');
  expect(childSerial('J20250001.0001', 12_345)).toBe('J20250001.0001.12345');
});

test('every part tells its parent, whatever its number', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 2_000_000_000 }),
      fc.array(fc.integer({ min: 1, max: 200_000 }), { maxLength: 3 }),
      (counter, parts) => {
        const root = formatYearSerial('J', 2025, counter);
        const serials = parts.reduce<string[]>((all, part) => [...all, childSerial(all.at(-1) ?? root, part)], [root]);
        expect(serials.map(parentSerial)).toEqual([undefined, ...serials.slice(0, -1)]);
      },
    ),
  );
});

test('different numbers have different serials', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 200_000 })), (numbers) => {
      expect(new Set(numbers.map((number) => childSerial('J20250001', number))).size).toBe(numbers.length);
    }),
  );
});

test('workflow ids derive from serials', () => {
  expect(jobWorkflowId('J20250001.0001')).toBe('job/J20250001.0001');
  expect(shardWorkflowId('J20250001.0001', 3)).toBe('J20250001.0001/s3');
  expect(branchWorkflowId('J20250001.0001', 'T20250007')).toBe('J20250001.0001/b/T20250007');
});
