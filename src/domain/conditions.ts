import { EvaluationError, ParseError, TypeError as CelTypeError, evaluate } from '@marcbachmann/cel-js';
import type { ActionCondition } from '../contracts/actions/common.ts';
import { MaskedText } from './masked-text.ts';
import { OpsError } from './ops-error.ts';
import { patternProblem } from './pattern-problem.ts';
import { createLookup } from './template/create-lookup.ts';
import { parseTemplate } from './template/parse-template.ts';
import { valueOf, variableText } from './template/value.ts';
import { withinTime } from './within-time.ts';

/** Values by name; `actions` holds the results by key. */
export type Values = Record<string, unknown>;

interface Expression {
  order: number;
  name: string;
  parameters: Record<string, unknown>;
}

const numberOf = (value: unknown): number | undefined => {
  const number = typeof value === 'number' ? value : typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN;
  return Number.isNaN(number) ? undefined : number;
};

const compare = (left: unknown, right: unknown): number => {
  const [one, other] = [numberOf(left), numberOf(right)];
  if (one !== undefined && other !== undefined) return one - other;
  const [text, wanted] = [variableText(left), variableText(right)];
  return text === wanted ? 0 : text < wanted ? -1 : 1;
};

/** What stands for itself in a regular expression. */
const escaped = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`);

/**
 * What a condition compares with: a value of its type where it is one reference alone, else the text with its values. Inside a regular expression a value
 * stands for itself; `${raw:…}` is read as part of the expression.
 * @throws OpsError VARIABLE_MISSING; CONDITION_FAILED for an expression that values have made wrong
 */
const wantedOf = ({ operator, value }: ActionCondition, values: Values): unknown => {
  if (typeof value !== 'string' || !value.includes('${')) return value;
  const { parts } = parseTemplate(value);
  const lookup = createLookup(values);
  const [first] = parts;
  const isPattern = operator === 'matches';
  if (parts.length === 1 && first?.kind === 'reference' && !isPattern) return valueOf(lookup, first);
  const texts = parts.map((part) => {
    if (part.kind === 'text') return part.text;
    const text = variableText(valueOf(lookup, part));
    return isPattern && !part.isRaw ? escaped(text) : text;
  });
  const problem = isPattern ? patternProblem(texts.join('')) : undefined;
  if (problem !== undefined)
    throw new OpsError('CONDITION_FAILED', `The pattern of a condition, ${value}, cannot be asked: with its values it ${problem}.`);
  return texts.join('');
};

/** Does it hold? Numbers are compared as numbers, all else as text. @throws OpsError VARIABLE_MISSING */
const holds = (condition: ActionCondition, values: Values): boolean => {
  const { variable, operator } = condition;
  const found = values[variable];
  if (found instanceof MaskedText) throw found.refusal(`\${${variable}}`);
  if (found === undefined || found === null)
    throw new OpsError(
      'VARIABLE_MISSING',
      `The condition asks for ${variable}, which has no value. Declare it in the job, or give it one.`,
    );
  const value = wantedOf(condition, values);
  switch (operator) {
    case '==':
      return compare(found, value) === 0;
    case '!=':
      return compare(found, value) !== 0;
    case '>':
      return compare(found, value) > 0;
    case '<':
      return compare(found, value) < 0;
    case 'contains':
      return variableText(found).includes(variableText(value));
    case 'matches':
      return withinTime(() => new RegExp(variableText(value)).test(variableText(found)));
    default:
      throw new OpsError('CONDITION_FAILED', 'The condition has an operator that this version does not know.');
  }
};

/** Do all conditions of an action hold? @throws OpsError VARIABLE_MISSING */
export const allHold = (conditions: readonly ActionCondition[], values: Values): boolean =>
  conditions.every((condition) => holds(condition, values));

const mapValues = (value: object, change: (inner: unknown) => unknown): object =>
  Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, change(inner)]));

/** Whole numbers are ints to an expression, as those that it writes itself: CEL calculates with numbers of one kind only. */
const toCel = (value: unknown): unknown => {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map(toCel);
  if (value instanceof MaskedText) return null;
  return typeof value === 'object' && value !== null ? mapValues(value, toCel) : value;
};

/** What an expression gave, as JSON can keep it. */
const fromCel = (value: unknown): unknown => {
  if (typeof value === 'bigint') return Number(value);
  if (Array.isArray(value)) return value.map(fromCel);
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Date) return value.toISOString();
  // oxlint-disable-next-line typescript/no-base-to-string -- the other kinds of CEL, such as durations, have a text form
  return Object.getPrototypeOf(value) === Object.prototype ? mapValues(value, fromCel) : String(value);
};

/** Whatever names an action otherwise than by a field beside the masked one may come to that. */
const refuseMasked = (expression: string, values: Values): void => {
  const { PREVIOUS_ACTION_OUTPUT: previous, actions = {} } = values;
  if (previous instanceof MaskedText && /\bPREVIOUS_ACTION_OUTPUT\b/.test(expression)) throw previous.refusal('PREVIOUS_ACTION_OUTPUT');
  for (const [key, result] of Object.entries(actions as Record<string, object>))
    for (const [field, value] of Object.entries(result)) {
      if (!(value instanceof MaskedText)) continue;
      const rest = expression.replaceAll(new RegExp(`\\bactions\\.${key}\\.(?!${field}\\b)[a-z_]+`, 'g'), '');
      if (new RegExp(`\\bactions\\.${key}\\b`).test(rest)) throw value.refusal(`actions.${key}.${field}`);
    }
};

/** What the expression of an action gives. @throws OpsError CONDITION_FAILED, OUTPUT_MASKED */
export const evaluateExpression = (action: Expression, values: Values): unknown => {
  refuseMasked(String(action.parameters['expression']), values);
  try {
    return fromCel(withinTime(() => evaluate(String(action.parameters['expression']), mapValues(values, toCel))));
  } catch (error) {
    if (!(error instanceof EvaluationError || error instanceof ParseError || error instanceof CelTypeError)) throw error;
    const [reason] = error.message.split('\n');
    throw new OpsError('CONDITION_FAILED', `The expression of action ${action.order} (${action.name}) cannot be decided: ${reason}.`, {
      cause: error,
    });
  }
};
