import fc from 'fast-check';
import { expect, test } from 'vitest';
import { substitute, variableText } from '../../src/domain/variables.ts';

test('every reference gets its value', () => {
  expect(substitute('${A}-${B_2}-${A}', { A: '1', B_2: 'zwei' })).toBe('1-zwei-1');
});

test('a variable without a value is an error that names it', () => {
  expect(() => substitute('x ${MISSING} y', {})).toThrow(
    expect.objectContaining({ code: 'VARIABLE_MISSING', message: expect.stringContaining('${MISSING}') }),
  );
});

test.each(['constructor', 'toString', 'hasOwnProperty', '__proto__'])('%s is no variable unless it was given', (name) => {
  expect(() => substitute(`\${${name}}`, {})).toThrow(expect.objectContaining({ code: 'VARIABLE_MISSING' }));
});

test('an empty value is a value', () => {
  expect(substitute('[${A}]', { A: '' })).toBe('[]');
});

test('what a value holds is not substituted again', () => {
  expect(substitute('${A}', { A: '${B} $& $1 ${A}', B: 'x' })).toBe('${B} $& $1 ${A}');
});

test.each(['$A', '$$', '$(A)', '`$A`', '${}', '${1A}', '${A-x}', '${A:-x}', '$ {A}', '${ A }', '%A%', '{{A}}', '$'])(
  '%s is no reference and stays',
  (text) => {
    expect(substitute(text, { A: 'value' })).toBe(text);
  },
);

test('text without references stays as it is', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('${')),
      (text) => {
        expect(substitute(text, {})).toBe(text);
      },
    ),
  );
});

test('any value comes through unchanged', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (value) => {
      expect(substitute('<${A}>', { A: value })).toBe(`<${value}>`);
    }),
  );
});

test('strings reach a target as they are, all else as JSON', () => {
  expect(['a b', 1.5, true, [1, 'x'], { a: null }].map(variableText)).toEqual(['a b', '1.5', 'true', '[1,"x"]', '{"a":null}']);
});
