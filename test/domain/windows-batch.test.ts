import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { buildRemoteProgram } from '../../src/domain/remote-program.ts';
import { batchArguments, batchProblem } from '../../src/domain/windows-batch.ts';
import { buildProgram } from '../support/run-built-program.ts';

const SPECIAL = [
  '&',
  '|',
  '<',
  '>',
  '^',
  '(',
  ')',
  '%',
  '%PATH%',
  '!',
  '"',
  "'",
  ' ',
  '\t',
  '\n',
  '\r',
  '=',
  ',',
  ';',
  '\\',
  '/',
  'a',
  'é',
  '&del',
  '*',
  '?',
  '@',
];
const anyWord = fc.oneof(
  fc.array(fc.constantFrom(...SPECIAL), { maxLength: 10 }).map((parts) => parts.join('')),
  fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0')),
);

/** Words of a line of a batch file, by the phases of cmd.exe: percent signs first, then quotes, operators and what separates words outside of them. */
const readLine = (line: string): string[] => {
  const expanded = line.replaceAll(/%%|%/g, (found) => {
    if (found === '%') throw new Error('a variable is expanded');
    return '%';
  });
  const words: string[] = [];
  let word: string | undefined;
  let isQuoted = false;
  for (const char of expanded) {
    if (/[\r\n\0]/.test(char)) throw new Error('the line ends');
    if (char === '"') {
      isQuoted = !isQuoted;
      word ??= '';
    } else if (!isQuoted && /[\s,;=]/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (!isQuoted && /[&|<>^()!*?@]/.test(char)) throw new Error(`${char} means something`);
    else word = `${word ?? ''}${char}`;
  }
  if (isQuoted) throw new Error('a quote is open');
  return word === undefined ? words : [...words, word];
};

describe('arguments of a batch file', () => {
  test('are words of one line whatever they hold, or are refused', () => {
    let given = 0;
    fc.assert(
      fc.property(fc.array(anyWord, { minLength: 1, maxLength: 5 }), (words) => {
        const problem = batchProblem({ interpreter: 'batch', text: '', arguments: words });
        if (problem !== undefined) {
          expect(words.some((word) => /["\p{Cc}]/u.test(word))).toBe(true);
          return;
        }
        given += 1;
        expect(readLine(batchArguments(words))).toEqual(words);
      }),
      { numRuns: 2_000 },
    );
    expect(given).toBeGreaterThan(200);
  });

  test('are never given to PowerShell as words, which it would pass to cmd.exe without quotes', () => {
    const { stdin } = buildRemoteProgram(
      buildProgram({ interpreter: 'batch', text: 'echo %1', arguments: ['a&del', '100%', 'x'] }),
      'windows',
    );
    expect(stdin.split('\0').slice(-3)).toEqual(['echo %1', '"a&del" "100%%" x', 'end']);
  });
});

test.each([
  [{ interpreter: 'batch', arguments: ['a', 'b"&del'] }, 'arguments.1', 'no "'],
  [{ interpreter: 'batch', arguments: ['a\nb'] }, 'arguments.0', 'line break'],
  [{ interpreter: 'batch', arguments: ['a'.repeat(9_000)] }, 'arguments', '9000 characters'],
  [{ interpreter: 'sh', text: `echo 1\necho ${'a'.repeat(8_190)}` }, 'text', '8195 characters, and cmd.exe takes 8191'],
  [{ interpreter: 'powershell', environment: { LONG: 'a'.repeat(32_767) } }, 'environment.LONG', '32767 characters'],
] as const)('what cmd.exe or Windows cannot take is refused before anything is sent: case %#', (fields, path, says) => {
  expect(() => buildRemoteProgram(buildProgram(fields), 'windows')).toThrow(
    expect.objectContaining({ code: 'VALIDATION', message: expect.stringContaining(says), fields: [expect.objectContaining({ path })] }),
  );
});

test('long lines are no matter to PowerShell, nor long texts of short lines to cmd.exe', () => {
  const build = (interpreter: 'powershell' | 'batch', text: string) => () =>
    buildRemoteProgram(buildProgram({ interpreter, text }), 'windows');
  expect(build('powershell', 'a'.repeat(100_000))).not.toThrow();
  expect(build('batch', `${'a'.repeat(8_000)}\n`.repeat(10))).not.toThrow();
});
