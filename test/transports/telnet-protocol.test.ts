import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createMarkedOutput } from '../../src/transports/telnet/marked-output.ts';
import { lastLineOf } from '../../src/transports/telnet/prompts.ts';
import { createDecoder, encodeData } from '../../src/transports/telnet/telnet-protocol.ts';

const bytes = (...values: (number | string)[]): Buffer =>
  Buffer.concat(values.map((value) => (typeof value === 'string' ? Buffer.from(value, 'latin1') : Buffer.of(value))));
const [IAC, DONT, DO, WONT, WILL, SB, GA, AYT, DM, NOP, SE] = [255, 254, 253, 252, 251, 250, 249, 246, 242, 241, 240];
const [BINARY, ECHO, SGA, TTYPE, NAWS] = [0, 1, 3, 24, 31];

const decode = (...chunks: Buffer[]) => {
  const decoder = createDecoder();
  const parts = chunks.map((chunk) => decoder(chunk));
  return {
    data: Buffer.concat(parts.map(({ data }) => data)).toString('latin1'),
    answer: Buffer.concat(parts.map(({ answer }) => answer)).toJSON().data,
  };
};

describe('telnet protocol', () => {
  test('every option is refused, and a refusal is not answered', () => {
    const asked = bytes(IAC, DO, NAWS, IAC, DO, TTYPE, IAC, WILL, ECHO, IAC, WILL, SGA, IAC, DO, BINARY, IAC, WONT, ECHO, IAC, DONT, NAWS);
    expect(decode(asked)).toEqual({
      data: '',
      answer: [IAC, WONT, NAWS, IAC, WONT, TTYPE, IAC, DONT, ECHO, IAC, DONT, SGA, IAC, WONT, BINARY],
    });
  });

  test('commands and blocks are left out, a doubled 255 is one', () => {
    const sent = bytes('a', IAC, GA, 'b', IAC, SB, TTYPE, 1, IAC, IAC, 'x', IAC, SE, 'c', IAC, NOP, IAC, AYT, IAC, DM, IAC, IAC, 'd');
    expect(decode(sent)).toEqual({ data: 'abc\xffd', answer: [] });
  });

  test('a mark that went as urgent data leaves the next byte as it is', () => {
    expect(decode(bytes('a', IAC, 'b', IAC, '\r', 0, 'c')).data).toBe('ab\rc');
  });

  test('a return alone has a NUL behind it, a line break has none', () => {
    expect(decode(bytes('a\r', 0, 'b\r\nc\nd\r\r\n')).data).toBe('a\rb\r\nc\nd\r\r\n');
  });

  test('it does not matter where the network cuts', () => {
    const sent = bytes('x\r', 0, IAC, DO, NAWS, 'y', IAC, IAC, IAC, SB, NAWS, 1, IAC, SE, '\r\n', IAC, WILL, ECHO, 'z');
    for (let at = 0; at <= sent.length; at += 1) expect(decode(sent.subarray(0, at), sent.subarray(at))).toEqual(decode(sent));
    expect(decode(...[...sent].map((byte) => Buffer.of(byte)))).toEqual(decode(sent));
  });

  test('what is sent comes out as it was, but for line breaks of their own', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 50 }), (values) => {
        const sent = Buffer.from(values);
        expect(decode(encodeData(sent)).data).toBe(sent.toString('latin1'));
      }),
    );
  });
});

describe('output between two boundaries', () => {
  const BOUNDARY = 'b0b1b2';
  const read = (...chunks: string[]) => {
    const marked = createMarkedOutput(BOUNDARY);
    const parts = chunks.map((chunk) => marked(Buffer.from(chunk)));
    return { text: parts.map(({ text }) => text.toString()).join(''), end: parts.find(({ end }) => end !== undefined)?.end };
  };

  test.each([
    ['noise', `left over\n${BOUNDARY}out\n${BOUNDARY} 3\n`, 'out\n', ' 3'],
    ['no end of line', `${BOUNDARY}out${BOUNDARY} 0\n`, 'out', ' 0'],
    ['nothing', `${BOUNDARY}${BOUNDARY} 0\n`, '', ' 0'],
    ['what looks like one', `${BOUNDARY}b0b1b0b1b2b1b2${BOUNDARY.slice(0, 5)}${BOUNDARY} 0\n`, undefined, undefined],
  ])('%s', (_, sent, text, end) => {
    const whole = read(sent);
    if (text !== undefined) expect(whole).toEqual({ text, end });
    expect(read(...sent)).toEqual(whole);
    for (let at = 0; at <= sent.length; at += 1) expect(read(sent.slice(0, at), sent.slice(at))).toEqual(whole);
  });

  test('only what may be the beginning of a boundary is held back', () => {
    const marked = createMarkedOutput(BOUNDARY);
    marked(Buffer.from(BOUNDARY));
    const shown = ['out', ' b0b', 'x', 'b0b1b', '0'].map((chunk) => marked(Buffer.from(chunk)).text.toString());
    expect(shown).toEqual(['out', ' ', 'b0bx', '', 'b0b1']);
  });
});

test.each([
  ['Welcome\r\nlogin: ', 'login: '],
  ['\x1b[?2004h\x1b]0;title\x07\x1b[1;32mops@host\x1b[0m:~$ ', 'ops@host:~$ '],
  ['done\r\n', ''],
  [`${'x'.repeat(5_000)}# `, `${'x'.repeat(198)}# `],
])('the prompt of %j is %j', (text, prompt) => {
  expect(lastLineOf(text)).toBe(prompt);
});
