import { expect, test } from 'vitest';
import { readByteRange } from '../../src/domain/byte-range.ts';

test.each([
  [undefined, undefined],
  ['', undefined],
  ['bytes=0-0', { start: 0, end: 1 }],
  ['bytes=0-99', { start: 0, end: 100 }],
  ['bytes=0-1000000', { start: 0, end: 100 }],
  ['bytes=99-', { start: 99, end: 100 }],
  ['bytes=-1', { start: 99, end: 100 }],
  ['bytes=-1000', { start: 0, end: 100 }],
  ['Bytes = 10 - 19', { start: 10, end: 20 }],
  ['bytes=100-', 'unsatisfiable'],
  ['bytes=100-200', 'unsatisfiable'],
  ['bytes=-0', 'unsatisfiable'],
  ['bytes=20-10', undefined],
  ['bytes=-', undefined],
  ['bytes=0-1,5-6', undefined],
  ['lines=0-1', undefined],
  ['bytes=a-b', undefined],
  ['bytes=0x1-', undefined],
])('of 100 bytes %j is %j', (header, range) => {
  expect(readByteRange(header, 100)).toEqual(range);
});

test('of nothing there is no part', () => {
  expect([readByteRange('bytes=0-', 0), readByteRange('bytes=-5', 0)]).toEqual(['unsatisfiable', 'unsatisfiable']);
});
