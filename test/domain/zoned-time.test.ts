import { expect, test } from 'vitest';
import { createZonedTime } from '../../src/domain/zoned-time.ts';

test.each([
  ['UTC', '2025-03-01T09:00:04.123Z', '2025-03-01 09:00:04.123 +00:00'],
  ['Europe/Berlin', '2025-03-01T09:00:04.123Z', '2025-03-01 10:00:04.123 +01:00'],
  ['Europe/Berlin', '2025-03-30T00:59:59.999Z', '2025-03-30 01:59:59.999 +01:00'],
  ['Europe/Berlin', '2025-03-30T01:00:00.000Z', '2025-03-30 03:00:00.000 +02:00'],
  ['Europe/Berlin', '2025-10-26T00:30:00.000Z', '2025-10-26 02:30:00.000 +02:00'],
  ['Europe/Berlin', '2025-10-26T01:30:00.000Z', '2025-10-26 02:30:00.000 +01:00'],
  ['America/St_Johns', '2025-01-01T02:00:00.000Z', '2024-12-31 22:30:00.000 -03:30'],
  ['Asia/Kathmandu', '2025-01-01T00:00:00.000Z', '2025-01-01 05:45:00.000 +05:45'],
  ['Pacific/Kiritimati', '2024-12-31T10:00:00.000Z', '2025-01-01 00:00:00.000 +14:00'],
])('in %s %s is %s', (zone, iso, shown) => {
  expect(createZonedTime(zone)(iso)).toBe(shown);
});

test('one clock shows times in any order', () => {
  const show = createZonedTime('Europe/Berlin');
  expect(['2025-07-01T00:00:00.000Z', '2025-01-01T00:00:00.000Z', '2025-07-01T00:00:00.000Z'].map(show)).toEqual([
    '2025-07-01 02:00:00.000 +02:00',
    '2025-01-01 01:00:00.000 +01:00',
    '2025-07-01 02:00:00.000 +02:00',
  ]);
});

test('a zone that there is not is an error', () => {
  expect(() => createZonedTime('Mars/Olympus')).toThrow(RangeError);
});
