import { span } from './wall-pattern.ts';
import type { WallPattern } from './wall-pattern.ts';

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const MINUTES = { least: 0, most: 59 };
const HOURS = { least: 0, most: 23 };
const DAYS_OF_MONTH = { least: 1, most: 31 };
const MONTHS_OF_YEAR = { least: 1, most: 12, names: ['', ...MONTHS] };
const DAYS_OF_WEEK = { least: 0, most: 7, names: DAYS };

interface Field {
  least: number;
  most: number;
  names?: readonly string[];
}

const valueOf = (text: string, { names = [] }: Field): number => (/^\d+$/.test(text) ? Number(text) : names.indexOf(text.toLowerCase()));

const valuesOfTerm = (term: string, field: Field): number[] => {
  const [range = '*', step] = term.split('/');
  if (range === '*') return span(field.least, field === DAYS_OF_WEEK ? 6 : field.most, Number(step ?? 1));
  const [first = '', last] = range.split('-');
  const from = valueOf(first, field);
  if (last !== undefined) return span(from, last.toLowerCase() === 'sun' ? field.most : valueOf(last, field), Number(step ?? 1));
  return step === undefined ? [from] : span(from, field === DAYS_OF_WEEK ? 6 : field.most, Number(step));
};

const valuesOf = (text: string, field: Field): number[] => {
  const values = text.split(',').flatMap((term) => valuesOfTerm(term, field));
  return [...new Set(field === DAYS_OF_WEEK ? values.map((day) => day % 7) : values)].sort((a, b) => a - b);
};

/** @returns undefined for a field that has all values. */
const limited = (text: string, field: Field): number[] | undefined => {
  const values = valuesOf(text, field);
  return values.length === (field === DAYS_OF_WEEK ? 7 : field.most - field.least + 1) ? undefined : values;
};

/** The wall times of an expression that the contract CronExpression took. Day of month and day of week must both fit. */
export const cronPattern = (expression: string): WallPattern => {
  const [minute = '*', hour = '*', dayOfMonth = '*', month = '*', dayOfWeek = '*'] = expression.trim().split(/ +/);
  const days = limited(dayOfMonth, DAYS_OF_MONTH);
  const months = limited(month, MONTHS_OF_YEAR);
  const weekdays = limited(dayOfWeek, DAYS_OF_WEEK);
  return {
    second: [0],
    minute: valuesOf(minute, MINUTES),
    hour: valuesOf(hour, HOURS),
    ...(days !== undefined && { dayOfMonth: days }),
    ...(months !== undefined && { month: months }),
    ...(weekdays !== undefined && { dayOfWeek: weekdays }),
  };
};
