import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { parseTemplate } from '../../../src/domain/template/parse-template.ts';
import { renderTemplate } from '../../../src/domain/template/render-template.ts';

const SHELLS = ['/bin/sh', '/bin/bash'];
const folder = mkdtempSync(join(tmpdir(), 'opsconductor-template-'));
afterAll(() => rmSync(folder, { recursive: true }));

const render = (text: string, values: Record<string, string>): string =>
  renderTemplate(parseTemplate(text), 'posix_shell', (reference) => (reference.kind === 'variable' ? values[reference.name] : undefined));

/** Words that `printf` of the shell got, and what stood on its standard error. */
const run = (shell: string, script: string): string => {
  const { stdout, stderr, status } = spawnSync(shell, ['-c', script], {
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: folder,
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C.UTF-8' },
  });
  expect(stderr.toString()).toBe('');
  expect(status).toBe(0);
  return stdout.toString();
};

const SPECIAL = [
  "'",
  '"',
  '\\',
  '$',
  '`',
  '\n',
  ' ',
  ';',
  '&',
  '|',
  '(',
  ')',
  '{',
  '}',
  '*',
  '?',
  '[',
  ']',
  '~',
  '#',
  '!',
  '<',
  '>',
  '\r',
  '\t',
  'a',
  'EOF',
  '$(id)',
  '-',
  '=',
  'é',
  '𝄞',
];
const anyValue = fc.oneof(
  fc.array(fc.constantFrom(...SPECIAL), { maxLength: 12 }).map((parts) => parts.join('')),
  fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0')),
);

const PLACES: [text: string, expected: (value: string) => string][] = [
  ["printf '%s|' ${A}", (value) => `${value}|`],
  ["printf '%s|' x${A}y${A}", (value) => `x${value}y${value}|`],
  ["printf '%s|' '${A}' 'it'\\''s ${A}'", (value) => `${value}|it's ${value}|`],
  ['printf "%s|" "${A}" "a \\" ${A}"', (value) => `${value}|a " ${value}|`],
  ['printf "%s|" "$(printf %s. "${A}")"', (value) => `${value}.|`],
  ['printf "%s|" "$(printf %s. \'${A}\'; printf %s. ${A})"', (value) => `${value}.${value}.|`],
  ['x=${A}; printf "%s|" "$x"', (value) => `${value}|`],
  ['case ${A} in ${A}) printf "%s|" ${A};; esac', (value) => `${value}|`],
  ['for x in 1 ${A}; do printf "%s|" "$x"; done # ${A}', (value) => `1|${value}|`],
  ["cat <<EOF\n<${A}>\nEOF\nprintf '%s|' ${A}", (value) => `<${value}>\n${value}|`],
  ["cat <<'EOF'; printf '%s|' 1\n<${A}>\nEOF\nprintf '%s|' ${A}", (value) => `<${value}>\n1|${value}|`],
  ['if [ ${A} = "${A}" ]; then printf "%s|" $((2 * (3 + 4))) ${A}; fi', (value) => `14|${value}|`],
];

describe.each(SHELLS)('%s', (shell) => {
  test.each(PLACES)('gets any value as it is: %s', (text, expected) => {
    fc.assert(
      fc.property(anyValue, (value) => {
        // `[ ( = ( ]` and the like are read by test itself as operators, and are not at stake here.
        fc.pre(!text.includes('if [') || !/^[(!]|^-./.test(value));
        // A line that would end the here-document, or that dash damages, is refused: see below.
        fc.pre(!text.includes('<<') || !/\n(EOF\n|E(O(F)?)?[^\0-\x7f])/.test(value));
        expect(run(shell, render(text, { A: value }))).toBe(expected(value));
      }),
      { numRuns: 60 },
    );
  });
});

const PIECES = [
  '${A}',
  '${A}',
  '${A}',
  ' ',
  ' ',
  "'",
  '"',
  '\\',
  '$',
  '`',
  '\n',
  ';',
  '(',
  ')',
  '((',
  '))',
  '$(',
  '$((',
  '${x}',
  '${x:-',
  '}',
  '#',
  '[[',
  ']]',
  '[',
  ']',
  'a[',
  '=',
  'case',
  'in',
  'esac',
  'x',
  'echo',
  "$'",
  '$"',
  '<<EOF\n',
  "<<'EOF'\n",
  '<<-EOF',
  'EOF',
  '\nEOF\n',
  '<<<',
  '&',
  '|',
  'if',
  'then',
  'fi',
  '$x',
  '1',
  '{',
  '<(',
];
const ATTACKS = [
  "'",
  '"',
  '`',
  '\\',
  '\n',
  ' ',
  ';',
  ')',
  '))',
  '}',
  ']',
  ';;',
  '$(pwn)',
  '`pwn`',
  ';pwn;',
  '\npwn\n',
  '\nEOF\npwn\n',
  '&pwn&',
  '|pwn',
  '<(pwn)',
  'x[$(pwn)]',
  '#',
  '(',
  '$((',
  '${x:-`pwn`}',
  'EOF',
  '\t',
];
const attack = fc.array(fc.constantFrom(...ATTACKS), { minLength: 1, maxLength: 4 }).map((parts) => parts.join(''));

/** Whether a shell, whatever else becomes of the text, came to run the function. */
const isBroken = (shell: string, script: string): boolean => {
  const canary = join(folder, 'canary');
  spawnSync(shell, ['-c', `pwn() { : >"$CANARY"; }\n${script}`], {
    stdio: 'ignore',
    cwd: folder,
    env: { PATH: '/nowhere', CANARY: canary },
    timeout: 5_000,
  });
  const broken = existsSync(canary);
  rmSync(canary, { force: true });
  return broken;
};

describe.each(SHELLS)('%s', (shell) => {
  test('runs nothing that a value holds, wherever in whatever text it stands', () => {
    let rendered = 0;
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...PIECES), { minLength: 1, maxLength: 14 }), attack, (pieces, value) => {
        const text = pieces.join('');
        let script: string;
        try {
          script = render(text, { A: value });
        } catch (error) {
          expect(error).toMatchObject({ code: 'VALIDATION' });
          return;
        }
        if (!text.includes('${A}')) return;
        rendered += 1;
        expect(isBroken(shell, script), script).toBe(false);
      }),
      { numRuns: Number(process.env['FUZZ_RUNS'] ?? 1_200) },
    );
    expect(rendered).toBeGreaterThan(60);
  });
});

test('the check sees a value that does break out', () => {
  const script = renderTemplate(parseTemplate('echo ${raw:A}'), 'posix_shell', () => '$(pwn)');
  expect(SHELLS.map((shell) => isBroken(shell, script))).toEqual([true, true]);
});

test.each([
  ['echo \\${A}', 'x', '\\ stands before'],
  ['echo `echo ${A}`', 'x', 'write $(…)'],
  ['echo ${x:-${A}}', 'x', 'inside a ${…}'],
  ["echo $'${A}'", 'x', 'shells read differently'],
  ['echo $((${A} + 1))', 'x[$(id)]', 'no whole number'],
  ['a[${A}]=1', 'x[$(id)]', 'no whole number'],
  ['[[ ${A} -eq 1 ]]', '1', 'write [ … ]'],
  ['cat <<EOF\n${A}\nEOF\n', 'a\nEOF\nb', 'would end the here-document'],
  ["cat <<'EOF'\n${A}\nEOF\n", 'EOF𝄞', 'some shells damage'],
  ['cat <<-EOF\n\t${A}\nEOF\n', 'Eé', 'some shells damage'],
  ['cat <<EOF ${A}\nx\nEOF\n', 'a\nb', 'more than one line'],
  ['cat <<EOF\n$x${A}\nEOF\n', 'a', 'not clear'],
  ['echo $(case x in x) echo ${A};; esac)', 'a', 'case inside'],
  ['echo ${A}', 'a\0b', 'NUL'],
])('%j with %j is refused', (text, value, reason) => {
  expect(() => render(text, { A: value })).toThrow(
    expect.objectContaining({ code: 'VALIDATION', message: expect.stringContaining(reason) }),
  );
});

test('a refusal never tells the value', () => {
  expect(() => render('echo $((${A}))', { A: 'hunter2' })).toThrow(
    expect.objectContaining({ message: expect.not.stringContaining('hunter2') }),
  );
});

test('a whole number may be calculated with', () => {
  expect(run('/bin/sh', render('echo $((${A} * 2))', { A: '-21' }))).toBe('-42\n');
});
