import { canonicalJson } from './canonical-json.ts';
import { patternProblem } from './pattern-problem.ts';

/** What a variable says of its value. */
export interface VariableRules {
  type: string;
  is_secret: boolean;
  choices?: readonly unknown[] | undefined;
  min?: number | undefined;
  max?: number | undefined;
  pattern?: string | undefined;
}

/** Does the whole text match? undefined: that could not be found out in time. */
export type Matches = (pattern: string, text: string) => boolean | undefined;

const TYPES = new Set(['string', 'number', 'boolean']);

const typeProblem = (type: string, value: unknown): string | undefined =>
  TYPES.has(type) && typeof value !== type ? `must be a ${type}, as the variable is declared` : undefined;

const rangeProblem = ({ type, min, max }: VariableRules, value: unknown): string | undefined => {
  // What has no range may be an object, which is no number, and whose own fields may say how it becomes a text.
  if (min === undefined && max === undefined) return undefined;
  const [size, unit] = type === 'string' ? [Array.from(String(value)).length, ' characters'] : [Number(value), ''];
  if (min !== undefined && size < min) return `must be at least ${min}${unit}`;
  return max !== undefined && size > max ? `must be at most ${max}${unit}` : undefined;
};

const matchProblem = (pattern: string, value: unknown, matches: Matches): string | undefined => {
  const doesMatch = matches(pattern, String(value));
  if (doesMatch === undefined) return `takes too long to hold against its pattern ${pattern}`;
  return doesMatch ? undefined : `must match ${pattern}`;
};

/** Why a value does not fit its variable; undefined: it does, or there is none. Never tells the value. */
export const valueProblem = (rules: VariableRules, value: unknown, matches: Matches): string | undefined => {
  if (value === null || value === undefined) return undefined;
  const { type, choices, pattern } = rules;
  const wrongType = typeProblem(type, value);
  if (wrongType !== undefined) return wrongType;
  const wanted = canonicalJson(value);
  if (choices !== undefined && !choices.some((choice) => canonicalJson(choice) === wanted))
    return `must be one of ${choices.map((choice) => canonicalJson(choice)).join(', ')}`;
  return rangeProblem(rules, value) ?? (pattern === undefined ? undefined : matchProblem(pattern, value, matches));
};

const rangeRuleProblems = ({ type, min, max }: VariableRules): [field: string, message: string][] => {
  const given = [...(min === undefined ? [] : [['min', min] as const]), ...(max === undefined ? [] : [['max', max] as const])];
  if (type !== 'number' && type !== 'string')
    return given.map(([field]) => [field, `has no meaning for a ${type}; it is for numbers and texts`]);
  const wrong = given.filter(([, bound]) => type === 'string' && (!Number.isSafeInteger(bound) || bound < 0));
  if (wrong.length > 0) return wrong.map(([field]) => [field, 'must be a number of characters, as the variable is a text']);
  return min !== undefined && max !== undefined && min > max ? [['max', 'is less than min']] : [];
};

const patternRuleProblems = ({ type, pattern }: VariableRules): [field: string, message: string][] => {
  if (pattern === undefined) return [];
  if (type !== 'string') return [['pattern', `has no meaning for a ${type}; it is for texts`]];
  const problem = patternProblem(pattern);
  return problem === undefined ? [] : [['pattern', problem]];
};

/** What is wrong with the rules themselves, by field. */
export const ruleProblems = (rules: VariableRules, matches: Matches): [field: string, message: string][] => {
  const { choices = [], ...others } = rules;
  const own = [...rangeRuleProblems(rules), ...patternRuleProblems(rules)];
  if (own.length > 0) return own;
  if (rules.is_secret && choices.length > 0) return [['choices', 'would tell a secret: everybody who may see the job sees them']];
  return choices.flatMap((choice, index): [string, string][] => {
    const problem = choice === null ? 'is no value' : valueProblem(others, choice, matches);
    return problem === undefined ? [] : [[`choices.${index}`, problem]];
  });
};
