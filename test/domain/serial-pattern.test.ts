import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isWholeSerial, parseSerialPattern, rangesOfPrefix } from '../../src/domain/serial-pattern.ts';
import type { SerialPattern } from '../../src/domain/serial-pattern.ts';
import { childSerial, formatYearSerial } from '../../src/domain/serials.ts';

const parse = (text: string): SerialPattern => {
  const parsed = parseSerialPattern(text);
  if ('problem' in parsed) throw new Error(`${text} ${parsed.problem}`);
  return parsed;
};

/** Does the pattern fit a serial? The text of each part decides, as a person reads it. */
const fits = ({ head, isHeadWhole, numbers }: SerialPattern, serial: string): boolean => {
  const [first = '', ...rest] = serial.split('.');
  const isHead = isHeadWhole ? first === head : first.startsWith(head);
  return (
    isHead &&
    rest.length === numbers.length &&
    numbers.every((ranges, index) => ranges.some(({ from, to }) => Number(rest[index]) >= from && Number(rest[index]) <= to))
  );
};

describe('a pattern of serials', () => {
  test.each([
    ['J20250001', 'job', 'J20250001'],
    ['J20250001.0001', 'execution', 'J20250001.0001'],
    ['J20250001.0001.0012', 'branch', 'J20250001.0001.0012'],
    ['J20250001.0001.0012.0003', 'action', 'J20250001.0001.0012.0003'],
    ['T20250001', 'target', 'T20250001'],
    ['T2025*', 'target', 'T2025*'],
    ['J2025*', 'job', 'J2025*'],
    ['*', 'job', 'J*'],
    ['J2025*.0001.*', 'branch', 'J2025*.0001.*'],
    ['J2025*.0001.*.*', 'action', 'J2025*.0001.*.*'],
    ['*.*.*.0002', 'action', 'J*.*.*.0002'],
    ['J20250001.00*', 'execution', 'J20250001.00*'],
    [' j20250001.1 ', 'execution', 'J20250001.0001'],
  ])('%s looks for: %s', (text, level, shown) => {
    expect(parse(text)).toMatchObject({ level, text: shown });
  });

  test.each(['J2025001', 'J20250001', 'J202500001', 'J20250000001'])(
    '%s is the first job of 2025, in whatever width it was written',
    (text) => {
      expect(parse(text)).toMatchObject({ text: 'J20250001', isHeadWhole: true });
      expect(parse(`${text}.001.1.00001`).text).toBe('J20250001.0001.0001.0001');
    },
  );

  test.each([
    ['', 'is empty', []],
    ['J2025', 'must begin', ['J2025*']],
    ['20250001', 'must begin', ['J20250001', 'T20250001']],
    ['J20250001.', 'each further part', ['J20250001', 'J20250001.*']],
    ['J20250001..2', 'each further part', ['J20250001.*.0002', 'J20250001']],
    ['J20250001.1.2.3.4', 'more than four parts', ['J20250001.0001.0002.0003', 'J20250001']],
    ['J2025%.0001', 'must begin', ['J2025*.0001', 'J2025*']],
    ['T20250001.0001', 'behind a target', ['T20250001']],
    ['J20250001.*1', 'each further part', ['J20250001.*', 'J20250001']],
    ['J20250001.0000', 'each further part', ['J20250001']],
    ['web server', 'must begin', []],
    ['J20250001.99999999999', 'each further part', ['J20250001']],
  ])('%j is none: it %s', (text, problem, suggestions) => {
    const parsed = parseSerialPattern(text);
    expect(parsed).toMatchObject({ problem: expect.stringContaining(problem) });
    if ('problem' in parsed) expect(parsed.suggestions).toEqual(expect.arrayContaining(suggestions));
    if ('problem' in parsed) for (const suggestion of parsed.suggestions) parse(suggestion);
  });

  const number = fc.integer({ min: 1, max: 2_147_483_647 });
  const serial = fc
    .tuple(fc.integer({ min: 1_000, max: 9_999 }), fc.integer({ min: 1, max: 99_999_999 }), fc.array(number, { maxLength: 3 }))
    .map(([year, counter, parts]) => parts.reduce(childSerial, formatYearSerial('J', year, counter)));

  test('every serial is a whole pattern that fits itself alone, and is spelled as it is', () => {
    fc.assert(
      fc.property(serial, serial, (one, other) => {
        const pattern = parse(one);
        expect([pattern.text, isWholeSerial(pattern), fits(pattern, one)]).toEqual([one, true, true]);
        expect(fits(pattern, other)).toBe(one === other);
      }),
    );
  });

  test('a serial cut short by a * anywhere fits the serial, and reads the same when it is read again', () => {
    fc.assert(
      fc.property(serial, fc.array(fc.nat(12), { minLength: 4, maxLength: 4 }), (one, cuts) => {
        const text = one
          .split('.')
          .map((part, index) => `${part.slice(0, cuts[index])}*`)
          .join('.');
        const pattern = parse(text);
        expect([text, fits(pattern, one)]).toEqual([text, true]);
        expect(parse(pattern.text)).toEqual(pattern);
      }),
    );
  });

  test('the ranges of a beginning hold exactly the numbers whose part begins so', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^\d{1,6}$/), number, fc.integer({ min: 1, max: 20_000 }), (prefix, large, small) => {
        for (const n of [large, small]) {
          const isIn = rangesOfPrefix(prefix).some(({ from, to }) => n >= from && n <= to);
          expect([prefix, n, isIn]).toEqual([prefix, n, String(n).padStart(4, '0').startsWith(prefix)]);
        }
      }),
    );
  });

  test('any text is a pattern or has a problem', () => {
    fc.assert(fc.property(fc.string({ unit: fc.constantFrom(...'JT01259.*%? x') }), (text) => void parseSerialPattern(text)));
  });
});
