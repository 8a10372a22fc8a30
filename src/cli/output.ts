import { Option } from 'commander';
import type { Command } from 'commander';
import { stringify } from 'yaml';

const FORMS = ['table', 'json', 'yaml'] as const;

/** How a command prints what it found: for people, or as data. */
export type OutputForm = (typeof FORMS)[number];

/** A form that programs read. */
export type DataForm = Exclude<OutputForm, 'table'>;

/** `--output` and its short form `--json`, which all commands take. */
export const addOutputOptions = (program: Command): Command =>
  program
    .addOption(
      new Option(
        '--output <form>',
        'table for people, json or yaml as one document on stdout; watch and logs print one for each event or line',
      )
        .choices(FORMS)
        .conflicts('json'),
    )
    .option('--json', 'the same as --output json');

/** The form that a command was asked for. */
export const outputOf = (command: Command): OutputForm => {
  const { output, json = false } = command.optsWithGlobals<{ output?: OutputForm; json?: boolean }>();
  return json ? 'json' : (output ?? 'table');
};

const yamlText = (data: unknown): string => stringify(data, { lineWidth: 0, aliasDuplicateObjects: false });

/** Data as one document. */
export const documentText = (form: DataForm, data: unknown): string =>
  form === 'json' ? `${JSON.stringify(data, null, 2)}\n` : yamlText(data);

/** One of many documents that come one after the other: a line of JSON, or a YAML document with its `---`. */
export const itemText = (form: DataForm, data: unknown): string =>
  form === 'json' ? `${JSON.stringify(data)}\n` : `---\n${yamlText(data)}`;

/** What a command without a session prints: data as the one document that was asked for, else the text. */
export const printOutput = (command: Command, data: unknown, text: () => string): void => {
  const form = outputOf(command);
  process.stdout.write(form === 'table' ? text() : documentText(form, data));
};
