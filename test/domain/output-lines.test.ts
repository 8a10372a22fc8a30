import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createLineSplitter } from '../../src/domain/output-lines.ts';
import type { OutputLine } from '../../src/domain/output-lines.ts';
import { createSecretMask } from '../../src/domain/secret-mask.ts';

const PIECE = 16_384;
const SECRET = 'hunter2-a.very+long/secret';

const linesOf = (chunks: readonly string[], secrets: readonly string[] = []): OutputLine[] => {
  const splitter = createLineSplitter(createSecretMask(secrets));
  return [...chunks.flatMap((chunk) => splitter.push(chunk)), ...splitter.end()];
};

/** Cuts a text at these places. */
const cutAt = (text: string, places: readonly number[]): string[] => {
  const ends = [...new Set(places.map((place) => place % (text.length + 1)))].toSorted((a, b) => a - b);
  return [...ends, text.length].map((end, index) => text.slice(ends[index - 1] ?? 0, end));
};

/** Lines put together again from their pieces. */
const wholeLines = (lines: readonly OutputLine[]): string[] => {
  const whole: string[] = [];
  let begun = '';
  for (const { text, continues } of lines) {
    begun += text;
    if (continues) continue;
    whole.push(begun);
    begun = '';
  }
  return begun === '' ? whole : [...whole, begun];
};

const places = fc.array(fc.nat(), { maxLength: 12 });
const part = fc.oneof(
  { weight: 4, arbitrary: fc.string({ unit: 'grapheme', maxLength: 20 }) },
  fc.constantFrom('\n', '\r\n', '\r', '\0', SECRET, SECRET.slice(0, 9), SECRET.slice(9)),
);
/** Repeats that make lines of a piece's length, give or take some characters. */
const longPart = fc
  .tuple(fc.constantFrom('x', '😀', 'é'), fc.integer({ min: -40, max: 40 }))
  .map(([letter, more]) => letter.repeat(Math.ceil((PIECE + more) / letter.length)));
const output = fc.array(fc.oneof({ weight: 6, arbitrary: part }, longPart), { maxLength: 12 }).map((parts) => parts.join(''));

describe('lines of output', () => {
  test('are the same whatever way the text was cut into chunks', () => {
    fc.assert(
      fc.property(output, places, (text, cuts) => {
        expect(linesOf(cutAt(text, cuts), [SECRET])).toEqual(linesOf([text], [SECRET]));
      }),
    );
  });

  test('are what LF or CRLF ends, masked, without NUL', () => {
    fc.assert(
      fc.property(output, places, (text, cuts) => {
        const mask = createSecretMask([SECRET]);
        const parts = text.replaceAll('\0', '\u2400').split('\n');
        const expected = parts.map((line) => mask(line.endsWith('\r') ? line.slice(0, -1) : line));
        if (parts.at(-1) === '') expected.pop();
        expect(wholeLines(linesOf(cutAt(text, cuts), [SECRET]))).toEqual(expected);
      }),
    );
  });

  test('never hold a secret, whatever its place in a long line and between chunks', () => {
    fc.assert(
      fc.property(fc.integer({ min: PIECE - 60, max: 2 * PIECE + 60 }), fc.nat(2 * PIECE), places, (before, after, cuts) => {
        const text = `${'x'.repeat(before)}${SECRET}${'y'.repeat(after)}`;
        const lines = linesOf(cutAt(text, [...cuts, before + 5, before + 12]), [SECRET, SECRET.slice(0, 7)]);
        const seen = lines.map((line) => line.text).join('');
        expect(seen).toBe(`${'x'.repeat(before)}********${'y'.repeat(after)}`);
      }),
    );
  });

  test('that are long come in pieces of which none is longer than it may be or ends inside a character', () => {
    fc.assert(
      fc.property(output, places, (text, cuts) => {
        for (const line of linesOf(cutAt(text, cuts))) {
          expect(line.text.length).toBeLessThanOrEqual(PIECE);
          expect(line.text.isWellFormed()).toBe(true);
        }
      }),
    );
  });

  test('that are exactly as long as a piece are one piece, with LF, CRLF or neither', () => {
    const line = 'x'.repeat(PIECE);
    for (const end of ['\n', '\r\n', '']) expect(linesOf([...`${line}${end}`])).toEqual([{ text: line, continues: false }]);
    expect(linesOf([`${line}x\n`])).toEqual([
      { text: line, continues: true },
      { text: 'x', continues: false },
    ]);
  });

  test('of a megabyte come while they come, and are the line together', () => {
    const line = Array.from({ length: 100_000 }, (_, index) => `${index}😀é`).join('');
    const splitter = createLineSplitter(createSecretMask([SECRET]));
    const chunks = cutAt(
      line,
      Array.from({ length: 40 }, (_, index) => index * 30_011),
    );
    const early = chunks.flatMap((chunk) => splitter.push(chunk));
    const all = [...early, ...splitter.push('\n')];
    expect(early.map(({ text }) => text).join('').length).toBeGreaterThan(line.length - 2 * PIECE);
    expect(all.map(({ text }) => text).join('')).toBe(line);
    expect(all.map(({ continues }) => continues)).toEqual([...all.slice(1).map(() => true), false]);
  });

  test('keep a CR that does not end them', () => {
    expect(linesOf(['10%\r', '20%\r', '\n', '\r\n'])).toEqual([
      { text: '10%\r20%', continues: false },
      { text: '', continues: false },
    ]);
  });

  test('of bytes that are no UTF-8 show U+FFFD, however they were cut', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), places, (bytes, cuts) => {
        const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
        const ends = cuts.map((place) => place % (bytes.length + 1)).toSorted((a, b) => a - b);
        const chunks = [...ends, bytes.length].map((end, index) =>
          decoder.decode(bytes.subarray(ends[index - 1] ?? 0, end), { stream: true }),
        );
        const whole = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
        expect(linesOf([...chunks, decoder.decode()])).toEqual(linesOf([whole]));
      }),
    );
    expect(linesOf([new TextDecoder().decode(Uint8Array.of(0x61, 0xff, 0xc3, 0x0a, 0x62))])).toEqual([
      { text: 'a\ufffd\ufffd', continues: false },
      { text: 'b', continues: false },
    ]);
  });
});
