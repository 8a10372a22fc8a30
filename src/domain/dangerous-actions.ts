import type { FlatAction } from './flatten-actions.ts';
import { OpsError } from './ops-error.ts';
import type { FieldProblem } from './ops-error.ts';
import { parseTemplate } from './template/parse-template.ts';
import { withinTime } from './within-time.ts';

const SHOWN = 80;

const EXECUTABLE_NAME = /\.(?:exe|com|msi|scr|dll|bat|cmd|ps1|vbs|sh|py|pl|jar|so)$/i;

/** Can what is uploaded be run: by its mode, its name, or its first line? What an artifact holds is not looked at. */
const isExecutable = ({ mode, destination_path: path, content }: Readonly<Record<string, unknown>>): boolean =>
  (typeof mode === 'string' && /[1357]/.test(mode.slice(-3))) ||
  EXECUTABLE_NAME.test(String(path)) ||
  (typeof content === 'string' && content.startsWith('#!'));

/** What an action does to files, as the command that does the same. */
const fileCommand = (parameters: Readonly<Record<string, unknown>>): string => {
  const { operation, source, destination, destination_path: upload, recursive } = parameters;
  const option = recursive === true ? ' -R' : '';
  switch (operation) {
    case 'delete':
      return `rm${option} ${String(source)}`;
    case 'chmod':
    case 'chown':
      return `${operation}${option} ${String(source)}`;
    case 'copy':
    case 'move':
      return `mv ${String(source)} ${String(destination)}`;
    case 'upload':
      return `tee ${String(upload)}${isExecutable(parameters) ? `\nupload of an executable to ${String(upload)}` : ''}`;
    default:
      return '';
  }
};

const FIELDS: Partial<Record<FlatAction['action']['action_type'], string>> = {
  command: 'command',
  script: 'scriptContent',
  database: 'query',
  file: 'operation',
  file_transfer: 'operation',
};

const wordsOf = (text: string): string => (text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text).trim().replaceAll(/\s+/g, ' ');

/** Text as a target gets it: `$${` is `${`. */
const plainText = (text: string): string =>
  parseTemplate(text)
    .parts.map((part) => (part.kind === 'text' ? part.text : part.source))
    .join('');

/** @throws OpsError VALIDATION for a pattern that takes for ever */
const firstWords = (expressions: readonly RegExp[], text: string): string | undefined => {
  try {
    return withinTime(() => expressions.map((expression) => expression.exec(text)?.[0]).find((words) => words !== undefined));
  } catch (error) {
    if (!(error instanceof OpsError)) throw error;
    throw new OpsError(
      'VALIDATION',
      'A pattern of the setting dangerous_command_patterns takes too long on a text of this job. An administrator can correct it: opsconductor dangerous list.',
      { cause: error },
    );
  }
};

/**
 * Each action that does what one of the patterns says, with the words that say so. A help against mistakes, not a wall: whoever may write jobs can
 * write what no pattern knows.
 */
export const dangerousActions = (actions: readonly FlatAction[], patterns: readonly string[]): FieldProblem[] => {
  const expressions = patterns.map((pattern) => new RegExp(pattern, 'im'));
  return actions.flatMap(({ action, path }) => {
    const { action_type: type, action_parameters: parameters } = action;
    const field = FIELDS[type];
    if (field === undefined) return [];
    const text = field === 'operation' ? fileCommand(parameters) : String(parameters[field]);
    const shown = type === 'script' ? text : plainText(text);
    const found = firstWords(expressions, shown);
    return found === undefined ? [] : [{ path: `${path}.action_parameters.${field}`, message: `"${wordsOf(found)}" is dangerous` }];
  });
};
