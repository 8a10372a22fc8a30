import { Text } from './text.ts';

// Temporal takes `2#2` as `2` and a comment, and refuses L and W (temporal guide, 12.10).
const VALUE = '(?:\\d+|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|sun|mon|tue|wed|thu|fri|sat)';
const TERM = `(?:\\*|${VALUE}(?:-${VALUE})?)(?:/\\d+)?`;
const FIELD = `${TERM}(?:,${TERM})*`;

const NAMES: Readonly<Record<string, number>> = Object.fromEntries([
  ...['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'].map((name, index) => [name, index + 1]),
  ...['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'].map((name, index) => [name, index]),
]);

const FIELDS = [
  { name: 'minute', least: 0, most: 59 },
  { name: 'hour', least: 0, most: 23 },
  { name: 'day of month', least: 1, most: 31 },
  { name: 'month', least: 1, most: 12, names: /^(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)$/i },
  { name: 'day of week', least: 0, most: 7, names: /^(sun|mon|tue|wed|thu|fri|sat)$/i },
] as const;

type Field = (typeof FIELDS)[number];

const valueOf = (text: string, { least, most, ...field }: Field): number | undefined => {
  const named = 'names' in field && field.names.test(text) ? NAMES[text.toLowerCase()] : undefined;
  const value = named ?? (/^\d+$/.test(text) ? Number(text) : undefined);
  return value !== undefined && value >= least && value <= most ? value : undefined;
};

const termProblem = (term: string, field: Field): string | undefined => {
  const [range = '', step] = term.split('/');
  const wrong = (what: string) => `${what} is not in its ${field.name} (${field.least} to ${field.most})`;
  if (step !== undefined && (Number(step) < 1 || Number(step) > field.most)) return wrong(`the step ${step}`);
  if (range === '*') return undefined;
  const [first = '', last = first] = range.split('-');
  const [from, to] = [valueOf(first, field), valueOf(last, field)];
  if (from === undefined) return wrong(first);
  if (to === undefined) return wrong(last);
  return from > to ? `${range} of its ${field.name} runs backwards` : undefined;
};

const cronProblem = (expression: string): string | undefined => {
  const given = expression.split(/ +/);
  for (const [index, field] of FIELDS.entries()) {
    for (const term of (given[index] ?? '').split(',')) {
      const problem = termProblem(term, field);
      if (problem !== undefined) return problem;
    }
  }
  return undefined;
};

/**
 * Five fields of cron: minute, hour, day of month, month, day of week (0 and 7 are Sunday). Day of month and day of week must BOTH fit, other than in
 * other crons: `0 3 8-14 * 2` is the second Tuesday (temporal guide, 12.10).
 */
export const CronExpression = Text(100)
  .regex(RegExp(`^${FIELD}(?: +${FIELD}){4}$`, 'i'), { error: 'must be five fields of cron, without #, L and W', abort: true })
  .superRefine((expression, context) => {
    const problem = cronProblem(expression);
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
  });
