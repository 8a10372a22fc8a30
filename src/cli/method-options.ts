import { readFile } from 'node:fs/promises';
import { OpsError } from '../domain/ops-error.ts';
import { splitAssignment } from './parse-variables.ts';

const readText = (path: string): Promise<string> =>
  readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new OpsError('VALIDATION', `The file ${path} cannot be read (${cause.code ?? 'unknown reason'}).`, { cause });
  });

/** `true`, `30`, a text, `"30"` for a text of digits, `@file` for its content. What was a text stays one. */
const optionValue = async (text: string, before: unknown): Promise<unknown> => {
  if (text.startsWith('@')) return readText(text.slice(1));
  if (typeof before === 'string') return text;
  if (/^(?:true|false|\d+|"[^"]*")$/.test(text)) return JSON.parse(text) as unknown;
  return text;
};

/**
 * The options of a method that `--set` and `--unset` change; null for one that goes back to its default.
 * @param config the method as it is. @throws OpsError VALIDATION
 */
export const changedOptions = async (
  config: Readonly<Record<string, unknown>>,
  { set = [], unset = [] }: { set?: readonly string[] | undefined; unset?: readonly string[] | undefined },
): Promise<Record<string, unknown>> => {
  const given = set.map(async (assignment) => {
    const [option, text] = splitAssignment(assignment, '--set');
    return [option, await optionValue(text, config[option])] as const;
  });
  return { ...Object.fromEntries(unset.map((option) => [option, null])), ...Object.fromEntries(await Promise.all(given)) };
};
