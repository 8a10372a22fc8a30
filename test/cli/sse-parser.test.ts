import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createSseParser } from '../../src/client/sse-parser.ts';

const parseWhole = (bytes: Uint8Array) => createSseParser().push(bytes);

test('events, ids, comments and several lines of data', () => {
  const text = ': hello\n\nid: 1\nevent: line\ndata: {"a":1}\n\ndata:x\ndata: y\n\nid: 2\n\nevent: none\n\ndata\n\n';
  expect(parseWhole(Buffer.from(text))).toEqual([
    { event: 'line', id: '1', data: '{"a":1}' },
    { event: 'message', id: '1', data: 'x\ny' },
    { event: 'message', id: '2', data: '' },
  ]);
});

test('a message without its empty line is not given', () => {
  expect(parseWhole(Buffer.from('data: cut off\n'))).toEqual([]);
});

test('a stream cut at any bytes gives what it gives in one piece', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'ü', '日', '👩', ':', ' ') });
  const message = fc.record({ event: text, data: fc.array(text, { minLength: 1, maxLength: 3 }) });
  const lineEnd = fc.constantFrom('\n', '\r\n', '\r');
  fc.assert(
    fc.property(
      fc.array(message, { maxLength: 6 }),
      lineEnd,
      fc.array(fc.nat(7), { minLength: 1, maxLength: 200 }),
      (messages, end, sizes) => {
        const lines = messages.flatMap(({ event, data }, index) => [
          `event: ${event}`,
          `id: ${index}`,
          ...data.map((line) => `data: ${line}`),
          '',
        ]);
        // The comment is what a CR that may be half a CRLF waits for.
        const bytes = new TextEncoder().encode([...lines, ': end', ''].map((line) => line + end).join(''));
        const parser = createSseParser();
        const parsed = [];
        for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
          const size = sizes[turn % sizes.length] ?? 0;
          parsed.push(...parser.push(bytes.subarray(at, at + size + 1)));
          at += size + 1;
        }
        expect(parsed).toEqual(parseWhole(bytes));
        expect(parsed.map(({ data }) => data)).toEqual(messages.map(({ data }) => data.join('\n')));
      },
    ),
  );
});
