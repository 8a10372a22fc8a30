import type { CompletionNode, CompletionWord } from './completion-tree.ts';

/** One row of a table that a script looks things up in: any of the keys gives the answer. */
export interface Row {
  keys: string[];
  answer: string;
}

/** What the three scripts know. Keys are paths, with what was typed behind them where that matters. */
export interface Tables {
  /** The command that a word leads to. */
  step: Row[];
  /** What an option takes: its choices, a line each, or @file or @text. */
  value: Row[];
  /** Words that may follow, a line each; @file where files may. */
  words: Row[];
  options: Row[];
}

/** @param line of a word, as the shell wants it. */
export const tablesOf = (nodes: readonly CompletionNode[], line: (word: CompletionWord) => string): Tables => {
  const lines = (words: readonly CompletionWord[]): string => words.map(line).join('\n');
  const filled = (rows: readonly Row[]): Row[] => rows.filter(({ answer }) => answer !== '');
  return {
    step: nodes.flatMap(({ path, steps }) =>
      steps.map((step) => ({ keys: step.names.map((name) => `${path} ${name}`), answer: step.path })),
    ),
    value: nodes.flatMap(({ path, values }) =>
      values.map(({ names, value }) => ({
        keys: names.map((name) => `${path} ${name}`),
        answer: typeof value === 'string' ? `@${value}` : value.choices.join('\n'),
      })),
    ),
    words: filled(
      nodes.map(({ path, words, takesFiles }) => ({
        keys: [path],
        answer: [...(words.length === 0 ? [] : [lines(words)]), ...(takesFiles ? ['@file'] : [])].join('\n'),
      })),
    ),
    options: filled(nodes.map(({ path, options }) => ({ keys: [path], answer: lines(options) }))),
  };
};

const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;

/** A function for bash and zsh: looks its argument up and leaves the answer in REPLY. */
export const shellTable = (name: string, rows: readonly Row[]): string =>
  [
    `${name}() {`,
    '  case "$1" in',
    ...rows.map(({ keys, answer }) => `    ${keys.map(quoted).join('|')}) REPLY=${quoted(answer)} ;;`),
    '    *) REPLY=; return 1 ;;',
    '  esac',
    '}',
    '',
  ].join('\n');

const fishQuoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", String.raw`\'`)}'`;

/** A function for fish: looks its argument up and prints the answer. */
export const fishTable = (name: string, rows: readonly Row[]): string =>
  [
    `function ${name}`,
    '    switch "$argv[1]"',
    ...rows.flatMap(({ keys, answer }) => [
      `        case ${keys.map(fishQuoted).join(' ')}`,
      `            printf '%s\\n' ${answer.split('\n').map(fishQuoted).join(' ')}`,
    ]),
    "        case '*'",
    '            return 1',
    '    end',
    'end',
    '',
  ].join('\n');
