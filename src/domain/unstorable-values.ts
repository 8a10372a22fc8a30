import type { FieldProblem } from './ops-error.ts';

const MAX_DEPTH = 64;
const SHOWN_LEVELS = 8;
const MAX_PROBLEMS = 20;

const problemOfText = (text: string): string | undefined => {
  if (text.includes('\u0000')) return 'must not contain NUL bytes';
  return text.isWellFormed() ? undefined : 'must not contain half of a surrogate pair';
};

const problemOfNumber = (number: number): string | undefined =>
  !Number.isFinite(number) || (Number.isInteger(number) && !Number.isSafeInteger(number))
    ? 'is too large to be kept exactly; send it as text'
    : undefined;

const problemOfKey = (key: string): string | undefined => (key === '__proto__' ? 'is not a field here' : problemOfText(key));

const problemOf = (value: unknown, depth: number): string | undefined => {
  if (typeof value === 'string') return problemOfText(value);
  if (typeof value === 'number') return problemOfNumber(value);
  return depth > MAX_DEPTH ? `is nested deeper than ${MAX_DEPTH} levels` : undefined;
};

/**
 * What JSON can say but no field keeps as it was said: NUL and half surrogate pairs (Postgres), numbers that were rounded while they were read,
 * `__proto__` (schemas drop it without a word), and nesting that overflows the stack of what reads it next.
 */
export const unstorableValues = (root: unknown): FieldProblem[] => {
  const problems: FieldProblem[] = [];
  const waiting: { value: unknown; path: readonly string[] }[] = [{ value: root, path: [] }];
  for (let next = waiting.pop(); next !== undefined && problems.length < MAX_PROBLEMS; next = waiting.pop()) {
    const { value, path } = next;
    const problem = problemOf(value, path.length);
    if (problem !== undefined) problems.push({ path: path.slice(0, SHOWN_LEVELS).join('.'), message: problem });
    else if (typeof value === 'object' && value !== null) {
      for (const [key, item] of Object.entries(value)) {
        const wrong = problemOfKey(key);
        if (wrong === undefined) waiting.push({ value: item, path: [...path, key] });
        else
          problems.push({ path: [...path.slice(0, SHOWN_LEVELS), key].join('.').replaceAll('\u0000', '').toWellFormed(), message: wrong });
      }
    }
  }
  return problems.slice(0, MAX_PROBLEMS);
};
