import { readFile } from 'node:fs/promises';
import type { Job, StartExecution } from '../client/index.ts';
import { OpsError } from '../domain/ops-error.ts';

type DeclaredVariable = Pick<Job['variables'][number], 'key' | 'type' | 'is_secret'>;
type Value = NonNullable<StartExecution['variables']>[string];

/** `K=V`; V may hold more `=`. @throws OpsError VALIDATION */
export const splitAssignment = (text: string, option: string): [key: string, value: string] => {
  const equals = text.indexOf('=');
  if (equals < 1) throw new OpsError('VALIDATION', `${option} ${text}: write it as NAME=VALUE.`);
  return [text.slice(0, equals), text.slice(equals + 1)];
};

const misfit = (key: string, why: string): OpsError => new OpsError('VALIDATION', `The variable ${key} ${why}.`);

const parseJson = (key: string, text: string): Value => {
  try {
    return JSON.parse(text) as Value;
  } catch (cause) {
    throw new OpsError('VALIDATION', `The variable ${key} is of type json, but its value is not JSON.`, { cause });
  }
};

/** The value that a text stands for in a variable of this type. Errors do not repeat it: it may be a secret. @throws OpsError VALIDATION */
export const typedValue = (key: string, type: string, text: string): Value => {
  if (type === 'json') return parseJson(key, text);
  if (type === 'number') {
    const number = text.trim() === '' ? Number.NaN : Number(text);
    if (!Number.isFinite(number)) throw misfit(key, 'must be a number');
    return number;
  }
  if (type === 'boolean') {
    if (text !== 'true' && text !== 'false') throw misfit(key, 'must be true or false');
    return text === 'true';
  }
  return text;
};

/** `@file` stands for what the file holds, without its last line end; `@@…` for a value that begins with `@`. */
const resolveText = async (key: string, text: string): Promise<string> => {
  if (text.startsWith('@@')) return text.slice(1);
  if (!text.startsWith('@')) return text;
  const path = text.slice(1);
  const content = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new OpsError('VALIDATION', `The file ${path} of the variable ${key} cannot be read (${cause.code ?? 'unknown reason'}).`, {
      cause,
    });
  });
  return content.replace(/\r?\n$/, '');
};

const declarationOf = (declared: readonly DeclaredVariable[], key: string): DeclaredVariable => {
  const variable = declared.find((candidate) => candidate.key === key);
  if (variable !== undefined) return variable;
  const known = declared.length === 0 ? 'it declares none' : `it declares ${declared.map((other) => other.key).join(', ')}`;
  throw new OpsError('VALIDATION', `The job declares no variable ${key}; ${known}.`);
};

/**
 * The variables of a run from `--var` and `--var-stdin`, typed as the job declares them.
 * @param warn told about secrets that other users of this machine could see in the list of processes.
 * @throws OpsError VALIDATION
 */
export const parseVariables = async (
  declared: readonly DeclaredVariable[],
  assignments: readonly string[],
  fromStdin: { key: string; text: string } | undefined,
  warn: (text: string) => void,
): Promise<Record<string, Value>> => {
  const values: Record<string, Value> = {};
  for (const assignment of assignments) {
    const [key, given] = splitAssignment(assignment, '--var');
    const { type, is_secret } = declarationOf(declared, key);
    if (is_secret && !given.startsWith('@'))
      warn(`The variable ${key} is secret, and others on this machine can see arguments: use --var-stdin ${key}.`);
    values[key] = typedValue(key, type, await resolveText(key, given));
  }
  if (fromStdin !== undefined)
    values[fromStdin.key] = typedValue(fromStdin.key, declarationOf(declared, fromStdin.key).type, fromStdin.text);
  return values;
};
