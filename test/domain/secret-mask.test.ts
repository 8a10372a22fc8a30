import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createSecretMask } from '../../src/domain/secret-mask.ts';

// Without asterisks: those are what a mask shows.
const text = (minLength: number) => fc.string({ unit: 'grapheme', minLength, maxLength: 60 }).map((value) => value.replaceAll('*', '+'));
const secret = text(4).filter((value) => value.length >= 4);
const secrets = fc.array(secret, { minLength: 1, maxLength: 5 });
const json = (value: string): string => JSON.stringify(value).slice(1, -1);

describe('a mask', () => {
  test('lets no secret through, in its plain, JSON or URL form, wherever it stands', () => {
    const form = fc.constantFrom((value: string) => value, json, encodeURIComponent);
    fc.assert(
      fc.property(secrets, fc.array(fc.tuple(text(0), fc.nat(), form)), (known, parts) => {
        const mask = createSecretMask(known);
        const seen = mask(parts.map(([before, index, shown]) => before + shown(known[index % known.length] ?? '')).join(''));
        for (const value of known)
          for (const shape of [value, json(value), encodeURIComponent(value)])
            expect(seen.includes(shape), `${shape} in ${seen}`).toBe(false);
      }),
    );
  });

  test('leaves text without secrets as it is', () => {
    fc.assert(
      fc.property(secrets, text(0), (known, plain) => {
        const shapes = known
          .flatMap((value) => [value, value.trim(), json(value), encodeURIComponent(value)])
          .filter(({ length }) => length >= 4);
        fc.pre(!shapes.some((shape) => plain.includes(shape)));
        expect(createSecretMask(known)(plain)).toBe(plain);
      }),
    );
  });

  test('hides each line of a key of several lines', () => {
    const line = fc.string({ unit: fc.constantFrom(...'ABCDEFabcdef0123456789+/='), minLength: 16, maxLength: 70 });
    fc.assert(
      fc.property(fc.array(line, { minLength: 2, maxLength: 10 }), fc.constantFrom('\n', '\r\n'), text(0), (lines, newline, around) => {
        const key = `-----BEGIN PRIVATE KEY-----\n${lines.join('\n')}\n-----END PRIVATE KEY-----\n`;
        const mask = createSecretMask([key]);
        const seen = mask(`${around}${lines.join(newline)}${around}`);
        for (const part of lines) expect(seen.includes(part)).toBe(false);
        expect(mask(JSON.stringify({ key }))).toBe('{"key":"********"}');
      }),
    );
  });

  test('hides a secret that was stored with space or a newline around it', () => {
    expect(createSecretMask(['hunter2secret\n'])('it is hunter2secret.')).toBe('it is ********.');
    expect(createSecretMask(['  pass word '])('[pass word]')).toBe('[********]');
  });

  test('takes the longest of secrets that begin alike', () => {
    expect(createSecretMask(['abcd', 'abcdefgh'])('abcdefgh abcd')).toBe('******** ********');
  });

  test('does not hide secrets of fewer than four characters', () => {
    expect(createSecretMask(['abc', '', ' '])('abc a b c')).toBe('abc a b c');
  });

  test('takes every secret as text, not as a pattern', () => {
    expect(createSecretMask(['a.*b', '(x|y)+', '[z]{2}', 'w^$\\'])('a.*b aXXb (x|y)+ [z]{2} w^$\\')).toBe(
      '******** aXXb ******** ******** ********',
    );
  });

  test('takes a secret with half of a surrogate pair', () => {
    expect(createSecretMask(['ab\ud800cd'])('<ab\ud800cd>')).toBe('<********>');
  });
});

describe('the head of a text that goes on', () => {
  test('and what is masked of the rest later are together the masked text', () => {
    // Few letters, so that secrets overlap and begin alike.
    const word = fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(fc.array(word, { maxLength: 4 }), fc.array(word, { maxLength: 12 }), (known, chunks) => {
        const mask = createSecretMask(known);
        let masked = '';
        let rest = '';
        for (const chunk of chunks) {
          const head = mask.head(rest + chunk);
          masked += head.masked;
          rest = head.rest;
        }
        expect(masked + mask(rest)).toBe(mask(chunks.join('')));
      }),
    );
  });

  test('holds back no more than the longest secret less one character', () => {
    const mask = createSecretMask(['abcdefgh']);
    expect(mask.head('x'.repeat(100))).toEqual({ masked: 'x'.repeat(93), rest: 'x'.repeat(7) });
  });
});
