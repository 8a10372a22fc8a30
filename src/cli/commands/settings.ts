import type { Command } from 'commander';
import type { ChangeSettings, Setting } from '../../client/index.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { openSession } from '../cli-session.ts';
import type { CliContext, CliSession } from '../cli-session.ts';
import { renderTable } from '../terminal/render-table.ts';
import { timeText } from '../terminal/time-text.ts';

const HEADINGS = ['SETTING', 'VALUE', 'DEFAULT', 'CHANGED', 'BY'] as const;
const LONGEST_VALUE = 30;

interface NoteOption {
  note?: string;
}

const short = (value: unknown): string => {
  const text = Array.isArray(value) ? `${value.length} entries` : JSON.stringify(value);
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE - 1)}…` : text;
};

const rowOf = (setting: Setting): string[] => [
  setting.key,
  `${short(setting.value)}${setting.problem === null ? '' : ' (!)'}`,
  short(setting.default),
  setting.updated_by === null ? '' : timeText(setting.updated_at),
  setting.updated_by ?? '',
];

const printAll = async (session: CliSession, data: Setting[]): Promise<void> => {
  await session.print(data, renderTable([HEADINGS, ...data.map(rowOf)], { width: session.width }));
  for (const { key, problem, stored } of data)
    if (problem !== null) session.say(`(!) ${key}: what is stored (${short(stored)}) is not allowed, the default is in force: ${problem}.`);
};

const list = async (context: CliContext, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  await printAll(session, (await session.client.listSettings()).data);
};

const rangeOf = ({ schema }: Setting): string => {
  const { type = 'any', minimum, maximum } = schema as { type?: string; minimum?: number; maximum?: number };
  return minimum === undefined || maximum === undefined ? type : `${type}, ${minimum} to ${maximum}`;
};

const print = (session: CliSession, setting: Setting): Promise<void> => {
  const lines = [
    `${setting.key} = ${JSON.stringify(setting.value)}`,
    `  ${setting.description}`,
    `  type      ${rangeOf(setting)}`,
    `  default   ${JSON.stringify(setting.default)}`,
    ...(setting.updated_by === null ? [] : [`  changed   ${timeText(setting.updated_at)} by ${setting.updated_by}`]),
    ...(setting.problem === null
      ? []
      : [`  problem   ${JSON.stringify(setting.stored)} is stored, which is not allowed: ${setting.problem}`]),
  ];
  return session.print(setting, lines.map((line) => `${line}\n`).join(''));
};

/** JSON where it is JSON, else a text: `5`, `true`, `["a"]`, `UTC`. */
const parseValue = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
};

/** `key=value key=value …`. @throws OpsError VALIDATION */
const parseValues = (words: readonly string[]): ChangeSettings['values'] => {
  const values: ChangeSettings['values'] = {};
  for (const word of words) {
    const equals = word.indexOf('=');
    const key = word.slice(0, Math.max(equals, 0));
    if (key === '') throw new OpsError('VALIDATION', `${word}: write NAME VALUE for one setting, or NAME=VALUE for each of several.`);
    if (Object.hasOwn(values, key)) throw new OpsError('VALIDATION', `The setting ${key} is named twice. Nothing is changed.`);
    values[key] = parseValue(word.slice(equals + 1)) as Setting['value'];
  }
  return values;
};

const set = async (context: CliContext, words: readonly string[], { note }: NoteOption, command: Command): Promise<void> => {
  const [key = '', text, ...more] = words;
  const noted = note === undefined ? {} : { note };
  if (!key.includes('=') && text !== undefined && more.length === 0) {
    const session = await openSession(context, command);
    return print(session, await session.client.changeSetting(key, { value: parseValue(text) as Setting['value'], ...noted }));
  }
  const values = parseValues(words);
  const session = await openSession(context, command);
  await printAll(session, (await session.client.changeSettings({ values, ...noted })).data);
};

/** `settings list|get|set|reset`. */
export const registerSettings = (program: Command, context: CliContext): void => {
  const settings = program.command('settings').alias('setting').description('runtime settings of OpsConductor');
  settings
    .command('list')
    .description('all settings')
    .action((_options: object, command: Command) => list(context, command));
  settings
    .command('get <setting>')
    .description('what a setting is, and what it may be')
    .action(async (key: string, _options: object, command: Command) => {
      const session = await openSession(context, command);
      await print(session, await session.client.getSetting(key));
    });
  settings
    .command('set <setting...>')
    .usage('[options] <setting> <value> | <setting>=<value>...')
    .description('change a setting, or several: all of them or, when one is refused, none; a value is JSON, or a text')
    .option('--note <text>', 'why; stands in the audit trail')
    .action((words: string[], options: NoteOption, command: Command) => set(context, words, options, command));
  settings
    .command('reset <setting>')
    .description('give a setting the value of this version of OpsConductor')
    .action(async (key: string, _options: object, command: Command) => {
      const session = await openSession(context, command);
      await session.client.removeSettingValue(key);
      await print(session, await session.client.getSetting(key));
    });
};
