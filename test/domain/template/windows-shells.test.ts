import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseTemplate } from '../../../src/domain/template/parse-template.ts';
import { renderTemplate } from '../../../src/domain/template/render-template.ts';

const render = (text: string, place: 'powershell' | 'cmd', value: string): string =>
  renderTemplate(parseTemplate(text), place, (reference) => (reference.kind === 'variable' && reference.name === 'A' ? value : undefined));

const SPECIAL = [
  "'",
  '"',
  '`',
  '$',
  '(',
  ')',
  '\u2018',
  '\u2019',
  '\u201a',
  '\u201b',
  '\u201c',
  '\u201d',
  '\u201e',
  '\n',
  ' ',
  ';',
  '&',
  '|',
  '%',
  '!',
  '^',
  '#',
  '@',
  '\\',
  'a',
  '$(pwn)',
  '%PATH%',
  '>',
  '<',
];
const anyValue = fc.oneof(
  fc.array(fc.constantFrom(...SPECIAL), { maxLength: 12 }).map((parts) => parts.join('')),
  fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0')),
);

const isSingle = (char: string): boolean => /['\u2018-\u201b]/.test(char);
const isDouble = (char: string): boolean => /["\u201c-\u201e]/.test(char);

/**
 * Words of one PowerShell command of plain words and quoted strings, by the rules of about_Quoting_Rules and about_Special_Characters:
 * a doubled quote is one, ` takes the next character as it is, $ in double quotes expands. Anything else that means something is an error.
 */
const readPowershell = (text: string): string[] => {
  const words: string[] = [];
  let word: string | undefined;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at] ?? '';
    if (isSingle(char) || isDouble(char)) {
      const isQuote = isSingle(char) ? isSingle : isDouble;
      word ??= '';
      for (at += 1; ; at += 1) {
        const next = text[at];
        if (next === undefined) throw new Error('a string is not closed');
        if (isQuote(next)) {
          if (!isQuote(text[at + 1] ?? '')) break;
          at += 1;
          word += text[at - 1];
        } else if (isDouble(char) && next === '`') {
          at += 1;
          word += text[at];
        } else if (isDouble(char) && next === '$') throw new Error('a string expands something');
        else word += next;
      }
    } else if (char === ' ') {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (/[A-Za-z.\\:-]/.test(char)) word = `${word ?? ''}${char}`;
    else throw new Error(`${char} outside of quotes`);
  }
  return word === undefined ? words : [...words, word];
};

test('PowerShell gets any value as it is, as a word and in both quotes', () => {
  fc.assert(
    fc.property(anyValue, (value) => {
      const text = render(`Write-Output \${A} 'it''s <\${A}>' "<\${A}\${A}>" -Path "C:\\x\\\${A}"`, 'powershell', value);
      expect(readPowershell(text)).toEqual(['Write-Output', value, `it's <${value}>`, `<${value}${value}>`, '-Path', `C:\\x\\${value}`]);
    }),
    { numRuns: 2_000 },
  );
});

test.each([
  ['x${A}', 'part of a word'],
  ['${A}.Length', 'part of a word'],
  ['"$x${A}"', 'the name before it'],
  ['"`${A}"', '` stands before'],
  ['@"\n${A}\n"@', 'here-string'],
  ['<# ${A} #>', 'comment'],
  ['prog --% ${A}', '--%'],
  ["'open ${A}", 'never closed'],
  ['a#b ${A}', '#'],
])('in PowerShell %j is refused', (text, reason) => {
  expect(() => render(text, 'powershell', 'v')).toThrow(
    expect.objectContaining({ code: 'VALIDATION', message: expect.stringContaining(reason) }),
  );
});

test('inside $(…) in a double-quoted string of PowerShell a reference is a word again', () => {
  expect(render('"$(Get-Item ${A}) ${A}" + (f ${A})', 'powershell', "a'$b")).toBe("\"$(Get-Item 'a''$b') a'`$b\" + (f 'a''$b')");
});

/** Words that cmd.exe hands to a program, and whether anything of the line means something to cmd.exe itself. */
const readCmd = (line: string): { words: string[]; isPlain: boolean } => {
  const words: string[] = [];
  let word: string | undefined;
  let isQuoted = false;
  let isPlain = !/[%!\p{Cc}]/u.test(line);
  for (const char of line) {
    if (char === '"') {
      isQuoted = !isQuoted;
      word ??= '';
    } else if (char === ' ' && !isQuoted) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      if (!isQuoted && /[&|<>^()]/.test(char)) isPlain = false;
      word = `${word ?? ''}${char}`;
    }
  }
  return { words: word === undefined ? words : [...words, word], isPlain: isPlain && !isQuoted };
};

test('cmd.exe gets a value as it is, or the value is refused', () => {
  let given = 0;
  fc.assert(
    fc.property(anyValue, (value) => {
      let line: string;
      try {
        line = render('echo ${A} "x ${A} y" /f:${A}', 'cmd', value);
      } catch (error) {
        expect(error).toMatchObject({ code: 'VALIDATION' });
        expect(value).toMatch(/[\p{Cc}"%!]|\\$/u);
        return;
      }
      given += 1;
      expect(readCmd(line)).toEqual({ words: ['echo', value, `x ${value} y`, `/f:${value}`], isPlain: true });
    }),
    { numRuns: 2_000 },
  );
  expect(given).toBeGreaterThan(200);
});

test('after %…% on a line of cmd.exe only what means nothing anywhere is put in', () => {
  expect(render('%TOOL% ${A}', 'cmd', 'web-01.example')).toBe('%TOOL% web-01.example');
  expect(() => render('%TOOL% "${A}"', 'cmd', 'a & b')).toThrow(expect.objectContaining({ code: 'VALIDATION' }));
  expect(() => render('echo ^${A}', 'cmd', 'a b')).toThrow(expect.objectContaining({ code: 'VALIDATION' }));
});

test('a ^ at the end of a line of cmd.exe escapes the first character of the next, and the line goes on', () => {
  for (const text of ['echo ^\n${A}', 'echo ^\r\n${A}', '%TOOL% ^\n -x ${A}'])
    expect(() => render(text, 'cmd', 'a & del')).toThrow(expect.objectContaining({ code: 'VALIDATION' }));
  expect(render('echo ^\n  ${A}\necho ${A}', 'cmd', 'a & del')).toBe('echo ^\n  "a & del"\necho "a & del"');
  expect(render('echo "^"\n${A} "open\n${A}', 'cmd', 'a & del')).toBe('echo "^"\n"a & del" "open\n"a & del"');
});
