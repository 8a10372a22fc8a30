import { z } from 'zod';

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

interface Field {
  name: string;
  least: number;
  most: number;
  /** In the order of their numbers, the first of them that of `least`. */
  words?: readonly string[];
}

const DAY_OF_MONTH: Field = { name: 'day of month', least: 1, most: 31 };
const MONTH: Field = { name: 'month', least: 1, most: 12, words: MONTHS };
const FIELDS: readonly Field[] = [
  { name: 'minute', least: 0, most: 59 },
  { name: 'hour', least: 0, most: 23 },
  DAY_OF_MONTH,
  MONTH,
  { name: 'day of week', least: 0, most: 7, words: DAYS },
];
/** 29 February comes every few years. */
const MONTH_LENGTHS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

const FIVE = 'five fields: minute, hour, day of month, month, day of week, as in 30 2 * * 1-5';

const valueOf = (text: string, { least, most, words = [] }: Field): number | undefined => {
  const word = words.indexOf(text.toLowerCase());
  const value = word >= 0 ? word + least : /^\d{1,2}$/.test(text) ? Number(text) : undefined;
  return value !== undefined && value >= least && value <= most ? value : undefined;
};

/** The end of a range that names Sunday is the seventh day of the week. */
const endOf = (text: string, field: Field): number | undefined =>
  text.toLowerCase() === 'sun' ? valueOf('7', field) : valueOf(text, field);

const rangeOf = ({ least, most, words }: Field): string =>
  `must be from ${least} to ${most}${words === undefined ? '' : `, or a name from ${words[0]} to ${words.at(-1)}`}`;

/** A term is `*`, a value or a range, any of them with a step. */
const termProblem = (term: string, field: Field): string | undefined => {
  const [span = '', step, ...more] = term.split('/');
  const its = `its ${field.name} ${term}`;
  if (term === '') return `its ${field.name} has a comma with nothing before or after it`;
  if (more.length > 0) return `${its} has more than one step`;
  if (step !== undefined && (!/^\d{1,2}$/.test(step) || Number(step) < 1 || Number(step) > field.most))
    return `${its}: a step must be from 1 to ${field.most}`;
  if (span === '*') return undefined;
  const [first = '', last = first, ...rest] = span.split('-');
  const wrong = [first, last].find((text) => valueOf(text, field) === undefined);
  if (rest.length > 0 || first === '') return `${its} is no value, range, step or *`;
  if (wrong !== undefined) return `its ${field.name} ${wrong} ${rangeOf(field)}`;
  return last !== first && (valueOf(first, field) ?? 0) > (endOf(last, field) ?? 0)
    ? `${its} runs backwards; write it as two ranges with a comma between`
    : undefined;
};

const hasValue = (text: string, value: number, field: Field): boolean =>
  text.split(',').some((term) => {
    const [span = '', step = '1'] = term.split('/');
    const [first = '', last] = span.split('-');
    const from = span === '*' ? field.least : (valueOf(first, field) ?? 0);
    const isOpen = span === '*' || (last === undefined && term.includes('/'));
    const to = isOpen ? field.most : ((last === undefined ? valueOf(first, field) : endOf(last, field)) ?? 0);
    return value >= from && value <= to && (value - from) % Number(step) === 0;
  });

const neverFires = (days: string, months: string): boolean =>
  !MONTH_LENGTHS.some(
    (length, index) =>
      hasValue(months, index + 1, MONTH) && Array.from({ length }, (_, day) => day + 1).some((day) => hasValue(days, day, DAY_OF_MONTH)),
  );

// What other crons know (temporal guide, 12.10: Temporal takes `2#2` as `2` and a comment, and refuses L and W).
const FOREIGN: readonly (readonly [RegExp, string])[] = [
  [/^@/, `is no word such as @daily but ${FIVE}`],
  [/TZ=/i, 'names no zone; that is in timezone'],
  [/#/, 'knows no #; the second Tuesday is monthly with week: 2 and on: [tuesday]'],
  [
    /(?:^|[ ,\d])L(?:W)?(?:$|[ ,-])/i,
    'knows no L; the last day is monthly with day: last, the last Friday monthly with week: last and on: [friday]',
  ],
  [/(?:^|[ ,\d])W(?:$|[ ,])/i, 'knows no W; the last weekday is monthly with week: last and on: monday to friday'],
  [/\?/, 'knows no ?; write * for a field that does not matter'],
];

const cronProblem = (expression: string): string | undefined => {
  const foreign = FOREIGN.find(([pattern]) => pattern.test(expression));
  if (foreign !== undefined) return foreign[1];
  const given = expression.split(/ +/);
  if (given.includes('') || given.length !== FIELDS.length) {
    const count = given.filter((text) => text !== '').length;
    return count === FIELDS.length
      ? 'must not begin or end with a space'
      : `has ${count} field${count === 1 ? '' : 's'}; it must have ${FIVE}`;
  }
  const problem = FIELDS.flatMap((field, index) => (given[index] ?? '').split(',').map((term) => termProblem(term, field))).find(
    (found) => found !== undefined,
  );
  if (problem !== undefined) return problem;
  const [, , days = '*', months = '*'] = given;
  return neverFires(days, months) ? `never fires: month ${months} has no day ${days}` : undefined;
};

/**
 * Five fields of cron: minute, hour, day of month, month, day of week (0 and 7 are Sunday). Day of month and day of week must BOTH fit, other than in
 * other crons: `0 3 8-14 * 2` is the second Tuesday (temporal guide, 12.10).
 */
export const CronExpression = z
  .string({ error: `must be ${FIVE}` })
  .max(100, { error: 'has at most 100 characters', abort: true })
  .superRefine((expression, context) => {
    const message = cronProblem(expression);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  })
  .meta({ pattern: '^[^ ]+( +[^ ]+){4}$' });
