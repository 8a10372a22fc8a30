import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createOutputTail } from '../../src/domain/output-lines.ts';

const lastBytes = (text: string, maxBytes: number): string => {
  const bytes = new TextEncoder().encode(text);
  let from = Math.max(0, bytes.length - maxBytes);
  while (from > 0 && from < bytes.length && ((bytes[from] ?? 0) & 0xc0) === 0x80) from += 1;
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(from));
};

test('the tail is exactly the last bytes, never with half a character', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: 'binary', maxLength: 20 }), { maxLength: 40 }),
      fc.integer({ min: 1, max: 64 }),
      (parts, maxBytes) => {
        const tail = createOutputTail(maxBytes);
        for (const part of parts) tail.push(part);
        const whole = parts.join('');
        expect(tail.text()).toBe(lastBytes(whole, maxBytes));
        expect(tail.isCut).toBe(Buffer.byteLength(whole) > maxBytes);
      },
    ),
  );
});

test('reading the tail does not change what comes after', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 9 })), (parts) => {
      const tail = createOutputTail(16);
      for (const part of parts) {
        tail.push(part);
        tail.text();
      }
      expect(tail.text()).toBe(lastBytes(parts.join(''), 16));
    }),
  );
});

test('many small pushes are kept as exactly', () => {
  const tail = createOutputTail(5_000);
  const parts = Array.from({ length: 50_000 }, (_, index) => `${index}é\n`);
  for (const part of parts) tail.push(part);
  expect(tail.text()).toBe(lastBytes(parts.join(''), 5_000));
});

test('a byte order mark is a character like any other', () => {
  const tail = createOutputTail(100);
  tail.push('\ufeffid;name\n');
  expect(tail.text()).toBe('\ufeffid;name\n');
  expect(tail.isCut).toBe(false);
});
