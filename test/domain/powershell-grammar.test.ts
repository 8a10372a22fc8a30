import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Interpreter } from '../../src/contracts/transport.ts';
import { POWERSHELL_RUN } from '../../src/domain/posix-program.ts';
import { buildRemoteProgram } from '../../src/domain/remote-program.ts';
import { parseTemplate } from '../../src/domain/template/parse-template.ts';
import { renderTemplate } from '../../src/domain/template/render-template.ts';
import { fileCommandLine } from '../../src/transports/windows/file-scripts.ts';
import { runPython, withoutPython } from '../support/python-clients.ts';
import { buildProgram } from '../support/run-built-program.ts';

/** PowerShell itself runs on none of our machines: the grammar that editors use says at least whether it could read what we write. */
const PARSER = `
import json, sys, tree_sitter_powershell
from tree_sitter import Language, Parser
parser = Parser(Language(tree_sitter_powershell.language()))
LEAVES = ('verbatim_string_characters', 'expandable_string_literal', 'command_parameter', 'generic_token')
def walk(node, found):
    if node.type == 'ERROR' or node.is_missing: found['errors'].append(node.text.decode()[:100])
    if node.type == 'command_name': found['commands'].append(node.text.decode())
    if node.type in LEAVES:
        found['words'].append([node.type.split('_')[0], node.text.decode()])
        if node.named_children: found['errors'].append('expands ' + node.named_children[0].text.decode())
        return
    for child in node.children: walk(child, found)
def read(text):
    found = {'errors': [], 'commands': [], 'words': []}
    walk(parser.parse(text.encode()).root_node, found)
    return found
print(json.dumps([read(text) for text in json.load(sys.stdin)]))
`;

interface Read {
  errors: string[];
  commands: string[];
  words: [kind: string, text: string][];
}

const readAll = async (texts: readonly string[]): Promise<Read[]> => JSON.parse(await runPython(PARSER, texts));

const scriptOf = (commandLine: string): string => Buffer.from(commandLine.split(' ').at(-1) ?? '', 'base64').toString('utf16le');

test.skipIf(withoutPython('tree_sitter_powershell'))(
  'every script for Windows is PowerShell, and its line is one that cmd.exe takes',
  async () => {
    const interpreters: Interpreter[] = ['batch', 'powershell', 'python', 'javascript'];
    const lines = [
      ...interpreters.map((interpreter) => buildRemoteProgram(buildProgram({ interpreter }), 'windows').commandLine),
      ...(['stat', 'read', 'write', 'sha256', 'copy', 'move', 'delete', 'mkdir', 'chown'] as const).map(fileCommandLine),
    ];
    const read = await readAll([...lines.map(scriptOf), POWERSHELL_RUN]);
    expect(read.flatMap(({ errors }) => errors)).toEqual([]);
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThan(8_191);
  },
);

/** Without #, which this grammar takes for a comment after two backticks. */
const SPECIAL = [
  "'",
  '"',
  '`',
  '$',
  '(',
  ')',
  '{',
  '\u2018',
  '\u2019',
  '\u201c',
  '\u201d',
  '\n',
  ' ',
  ';',
  '&',
  '|',
  '@',
  '\\',
  '-',
  'a',
  '$(pwn)',
];
const value = fc.array(fc.constantFrom(...SPECIAL), { maxLength: 12 }).map((parts) => parts.join(''));

test.skipIf(withoutPython('tree_sitter_powershell'))(
  'a command with any value in it is one command with as many words as it was written with',
  async () => {
    const values = fc.sample(value, 500);
    const template = parseTemplate('Write-Output ${A} \'it\'\'s <${A}>\' "<${A}${A}>" -Path "C:\\x\\${A}"');
    const read = await readAll(values.map((text) => renderTemplate(template, 'powershell', () => text)));
    const plain = (text: string): string => text.slice(1, -1).replaceAll(/(['\u2018\u2019])\1/g, '$1');
    for (const [at, { errors, commands, words }] of read.entries()) {
      expect({ value: values[at], errors, commands, kinds: words.map(([kind]) => kind) }).toEqual({
        value: values[at],
        errors: [],
        commands: ['Write-Output'],
        kinds: ['verbatim', 'verbatim', 'expandable', 'command', 'expandable'],
      });
      expect(plain(words[0]?.[1] ?? '')).toBe(values[at]);
    }
  },
);
