import type { z } from 'zod';
import { ScheduleDefinition } from '../../../contracts/schedule.ts';
import { schemaProblems } from '../../../contracts/schema-problems.ts';
import type { FieldProblem } from '../../../domain/ops-error.ts';

type Issue = z.core.$ZodIssue;

const isOfAnotherType = (issue: Issue): boolean =>
  issue.path.length === 0 && (issue.code === 'invalid_type' || issue.code === 'invalid_value' || issue.code === 'invalid_union');

/** Of the choices the one that was meant: that whose type it has. Its problems are told, not that none of the choices fits. */
const unfolded = (issue: Issue): Issue[] => {
  if (issue.code !== 'invalid_union') return [issue];
  const meant = issue.errors.filter((issues) => !issues.some(isOfAnotherType));
  const [only] = meant;
  if (only === undefined || meant.length > 1) return [issue];
  return only.flatMap((inner) => unfolded({ ...inner, path: [...issue.path, ...inner.path] }));
};

const WHEN = 'must be a rule such as {daily: {at: "03:00"}}, or a list of rules';

const article = (word: string): string => (/^[aeiou]/.test(word) ? `an ${word}` : `a ${word}`);

const typeMessage = ({ expected, input }: z.core.$ZodIssueInvalidType): string =>
  input === undefined ? 'is missing' : `must be ${expected === 'int' ? 'a whole number' : article(expected)}`;

const boundMessage = (bound: string, origin: string): string => {
  if (bound === 'at least 1' && (origin === 'string' || origin === 'array')) return 'must not be empty';
  return origin === 'string' ? `must have ${bound} characters` : origin === 'array' ? `must have ${bound} of them` : `must be ${bound}`;
};

/** What the schema says by its general words, for people. What it says by its own words stays. */
const told = (issue: Issue): Issue => {
  const wordy = (message: string): Issue => ({ ...issue, message });
  if (issue.path.join('.') === 'when' && issue.input === undefined) return wordy(`is missing: it ${WHEN}`);
  if (issue.code === 'invalid_type' && issue.message.startsWith('Invalid input')) return wordy(typeMessage(issue));
  if (issue.code === 'invalid_value' && issue.message.startsWith('Invalid'))
    return wordy(`must be one of ${issue.values.map(String).join(', ')}`);
  if (issue.code === 'too_small' && issue.message.startsWith('Too small'))
    return wordy(boundMessage(`at least ${issue.minimum}`, issue.origin));
  if (issue.code === 'too_big' && issue.message.startsWith('Too big')) return wordy(boundMessage(`at most ${issue.maximum}`, issue.origin));
  return issue;
};

/** Of several problems of a field the first says enough. */
const firstOfEach = (fields: readonly FieldProblem[]): FieldProblem[] =>
  [...new Map(fields.toReversed().map((field) => [field.path, field])).values()].toReversed();

/** A definition as it was written, with its defaults, or all that is wrong with it in itself. */
export const parseDefinition = (value: unknown): { definition: ScheduleDefinition } | { fields: FieldProblem[] } => {
  const parsed = ScheduleDefinition.safeParse(value, { reportInput: true });
  if (parsed.success) return { definition: parsed.data };
  return { fields: firstOfEach(schemaProblems({ issues: parsed.error.issues.flatMap(unfolded).map(told) })) };
};
