import type { Job, StartExecution } from '../client/index.ts';
import { OpsError } from '../domain/ops-error.ts';
import { valueProblem } from '../domain/variable-problems.ts';
import { ask } from './ask.ts';
import type { CliSession } from './cli-session.ts';
import { typedValue } from './parse-variables.ts';
import { cleanText } from './terminal/clean-text.ts';

type Declared = Job['variables'][number];
type Values = NonNullable<StartExecution['variables']>;
type Value = Values[string];

const matches = (pattern: string, text: string): boolean => new RegExp(`^(?:${pattern})$`).test(text);

const shown = (value: unknown): string => cleanText(typeof value === 'string' ? value : JSON.stringify(value));

const hasValue = ({ value }: Declared): boolean => value !== null && value !== undefined;

/** What the value must be, in words. */
const ruleText = ({ type, min, max, pattern, is_secret: isSecret }: Declared): string => {
  const unit = type === 'string' ? ' characters' : '';
  const range = [...(min === undefined ? [] : [`at least ${min}${unit}`]), ...(max === undefined ? [] : [`at most ${max}${unit}`])];
  return [isSecret ? 'secret' : type, ...range, ...(pattern === undefined ? [] : [`like ${cleanText(pattern)}`])].join(', ');
};

const introduce = ({ say }: CliSession, variable: Declared): void => {
  if (variable.description !== undefined) say(cleanText(variable.description));
  for (const [index, choice] of (variable.choices ?? []).entries()) say(`  ${index + 1}) ${shown(choice)}`);
};

/** A number stands for a choice, unless it is one itself. */
const chosen = ({ choices = [] }: Declared, text: string): Value | undefined => {
  const byText = choices.find((choice) => shown(choice) === text);
  return byText ?? (/^\d{1,3}$/.test(text) ? choices[Number(text) - 1] : undefined);
};

/** Undefined: what the job has is taken. @throws OpsError VALIDATION that says why this is no answer */
const valueOf = (variable: Declared, text: string): Value | undefined => {
  const { key, type, is_required: isRequired, is_secret: isSecret } = variable;
  if (text === '') {
    if (isRequired && !isSecret && !hasValue(variable)) throw new OpsError('VALIDATION', `${key} must have a value.`);
    return undefined;
  }
  const value = chosen(variable, text) ?? typedValue(key, type, text);
  const problem = valueProblem(variable, value, matches);
  if (problem !== undefined) throw new OpsError('VALIDATION', `${key} ${problem}.`);
  return value;
};

const askOne = async (session: CliSession, variable: Declared): Promise<Value | undefined> => {
  introduce(session, variable);
  const proposed = hasValue(variable) ? ` [${shown(variable.value)}]` : '';
  for (;;) {
    const text = await ask(session, `${variable.key} (${ruleText(variable)})${proposed}`, { isSecret: variable.is_secret });
    try {
      return valueOf(variable, text);
    } catch (error) {
      if (!(error instanceof OpsError)) throw error;
      session.say(error.message);
    }
  }
};

const isAsked = (variable: Declared): boolean => variable.is_input || (variable.is_required && !variable.is_secret && !hasValue(variable));

/**
 * Asks a person at the terminal for the inputs of a job that were not given, until each is a value that it takes. Without a terminal nothing is asked:
 * the server tells what is missing.
 * @throws CommanderError 130 on Ctrl-C
 */
export const askInputs = async (session: CliSession, declared: readonly Declared[], given: Readonly<Values>): Promise<Values> => {
  if (!session.stdin.isTTY) return { ...given };
  const values: Values = { ...given };
  for (const variable of declared) {
    if (!isAsked(variable) || given[variable.key] !== undefined) continue;
    const value = await askOne(session, variable);
    if (value !== undefined) values[variable.key] = value;
  }
  return values;
};
