import { describe, expect, test } from 'vitest';
import { parseMailAddress } from '../../src/domain/mail-address.ts';

describe('parseMailAddress', () => {
  test.each([
    ['ann@example.org', '', 'ann@example.org'],
    [' ann+x@example.org ', '', 'ann+x@example.org'],
    ['Ann Doe <ann@example.org>', 'Ann Doe', 'ann@example.org'],
    ['"Doe, Ann" <ann@example.org>', 'Doe, Ann', 'ann@example.org'],
    ['<ann@example.org>', '', 'ann@example.org'],
    ['Jürgen <jürgen@exämple.org>', 'Jürgen', 'jürgen@exämple.org'],
    ['ops@localhost', '', 'ops@localhost'],
  ])('%j is one address', (text, name, address) => {
    expect(parseMailAddress(text, 'to')).toEqual({ name, address });
  });

  test.each([
    '',
    '@',
    'a@',
    '@b',
    'a@b@c',
    'a@b,c@d',
    'a@b;c@d',
    'g:a@b;',
    'a b@c',
    'a@b\nBcc: c@d',
    'x\r\nBcc: c@d <a@b>',
    '"x\r\nBcc: c@d" <a@b>',
    'a@b <c@d> e@f',
    '<a@b> <c@d>',
    'a(comment)@b',
    'a@b\u0000',
  ])('%j is refused', (text) => {
    expect(() => parseMailAddress(text, 'to')).toThrow(/^The field to of the mail holds .*, which is not one mail address\.$/);
  });
});
