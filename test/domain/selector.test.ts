import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Selector } from '../../src/contracts/selector.ts';
import { matchesSelector, parseSelector } from '../../src/domain/selector.ts';
import { asText, selectorTerms, target } from './support/selectors.ts';

describe('what is written is what is read', () => {
  test('each form of a term', () => {
    expect(parseSelector('env=production, os in (linux, "mac os"),team!=web,rack,!retired,tier notin (1,2)')).toEqual([
      { key: 'env', is: 'one_of', values: ['production'] },
      { key: 'os', is: 'one_of', values: ['linux', 'mac os'] },
      { key: 'team', is: 'none_of', values: ['web'] },
      { key: 'rack', is: 'set', values: [] },
      { key: 'retired', is: 'unset', values: [] },
      { key: 'tier', is: 'none_of', values: ['1', '2'] },
    ]);
  });

  test('values in quotes keep spaces, signs, quotes and backslashes', () => {
    expect(parseSelector(String.raw`note="a, b = \"c\" (\\)",empty=""`)).toEqual([
      { key: 'note', is: 'one_of', values: [String.raw`a, b = "c" (\)`] },
      { key: 'empty', is: 'one_of', values: [''] },
    ]);
  });

  test('keys that look like words of the language are keys', () => {
    expect(parseSelector('in in (a),notin=b,in')).toEqual([
      { key: 'in', is: 'one_of', values: ['a'] },
      { key: 'notin', is: 'one_of', values: ['b'] },
      { key: 'in', is: 'set', values: [] },
    ]);
  });

  test('any terms, in any spelling', () => {
    fc.assert(
      fc.property(selectorTerms, fc.constantFrom('', ' ', '  '), (terms, space) => {
        expect(parseSelector(asText(terms, space))).toEqual(terms);
      }),
    );
  });
});

test.each([
  ['', 'at its end there must be a key: lower case letters, digits and . _ / -'],
  ['env=production,', 'at its end there must be a key: lower case letters, digits and . _ / -'],
  ['Team=web', 'at character 1, before "Team=web" there must be a key: lower case letters, digits and . _ / -'],
  ['team.=web', 'at character 1, before "team.=web" there must be a key: lower case letters, digits and . _ / -'],
  ['team=', 'at its end there must be a value; one with spaces or any of , ( ) = ! stands in "double quotes"'],
  ['team==web', 'at character 6, before "=web" there must be a value; one with spaces or any of , ( ) = ! stands in "double quotes"'],
  ["team='web'", `at character 6, before "'web'" there must be a value; one with spaces or any of , ( ) = ! stands in "double quotes"`],
  ['team=web mail', 'at character 10, before "mail" there must be a comma before the next term, or the end'],
  ['team="web', 'at character 6, before ""web" there must be a value; one with spaces or any of , ( ) = ! stands in "double quotes"'],
  ['team in web', 'at character 9, before "web" there must be a list of values, such as (web, mail)'],
  ['team in (web', 'at its end there must be a comma or ) after a value'],
  ['team in ()', 'at character 10, before ")" there must be a value; one with spaces or any of , ( ) = ! stands in "double quotes"'],
  ['!team=web', 'at character 6, before "=web" there must be a comma before the next term, or the end'],
  ['env=prod', 'env is one of production, staging, development, testing, not "prod"'],
  ['health in (healthy,ok)', 'health is one of healthy, warning, critical, unknown, not "ok"'],
  ['type!=server', 'type is one of system, api, database, email, web, communication, not "server"'],
])('%j cannot be read, and the problem says where', (text, message) => {
  expect(() => parseSelector(text, 'target_selector')).toThrow(
    expect.objectContaining({ code: 'VALIDATION', fields: [{ path: 'target_selector', message }] }),
  );
});

test('the contract of a stored selector takes what can be read, and nothing else', () => {
  const canBeRead = (text: string): boolean => {
    try {
      return parseSelector(text).length > 0;
    } catch {
      return false;
    }
  };
  const pieces = fc.constantFrom(
    'a',
    'team',
    'x.y/z',
    'in',
    'notin',
    ' ',
    ' ',
    ',',
    '=',
    '!=',
    '!',
    '(',
    ')',
    '"',
    '\\',
    '"a b"',
    '-',
    'Ä',
    '1',
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
      const text = parts.join('');
      expect(Selector.safeParse(text).success).toBe(canBeRead(text));
    }),
    { numRuns: 2_000 },
  );
  fc.assert(
    fc.property(selectorTerms, (terms) => {
      expect(Selector.safeParse(asText(terms, ' ')).success).toBe(true);
    }),
  );
});

test('a long text that is no selector is refused at once', () => {
  const long = `a${' '.repeat(900)}(`;
  expect(Selector.safeParse(long).success).toBe(false);
  expect(Selector.safeParse(`a="${'\\"'.repeat(450)}`).success).toBe(false);
});

test('all terms must hold; a target without the key differs from every value', () => {
  const web = target({ env: 'production', labels: { team: 'web', empty: '' } });
  const holds = (text: string): boolean => matchesSelector(parseSelector(text), web);
  expect(
    ['env=production', 'team=web,env=production', 'team!=mail', 'rack!=1', '!rack', 'team', 'empty=""', 'empty', 'name in (a,"one")'].map(
      holds,
    ),
  ).toEqual(Array.from({ length: 9 }, () => true));
  expect(
    ['env=staging', 'team=web,env=testing', 'team!=web', 'rack', '!team', 'rack=""', 'region', 'constructor', 'labels'].map(holds),
  ).toEqual(Array.from({ length: 9 }, () => false));
});
