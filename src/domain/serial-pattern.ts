import { formatYearSerial } from './serials.ts';

/** What a serial names. */
export type SerialLevel = 'target' | 'job' | 'execution' | 'branch' | 'action';

/** Both ends included. */
export interface NumberRange {
  from: number;
  to: number;
}

/** A serial of which parts may be left open: `J2025*.0001.*`. */
export interface SerialPattern {
  level: SerialLevel;
  /** In the spelling of today: serials with fewer or more zeros are the same. */
  text: string;
  /** Its first part without the `*`. */
  head: string;
  /** Names `head` one job or target, rather than all that begin so? */
  isHeadWhole: boolean;
  /** Numbers that fit, of each further part. */
  numbers: NumberRange[][];
}

/** What is wrong with a pattern, and patterns that may have been meant. */
export interface PatternProblem {
  problem: string;
  suggestions: string[];
}

const LEVELS: readonly SerialLevel[] = ['job', 'execution', 'branch', 'action'];
const MAX_NUMBER = 2_147_483_647;
const LEAST_DIGITS = 4;
const MOST_DIGITS = 10;
const WHOLE_HEAD = /^([JT])(\d{4})(\d{1,15})$/;
const OPEN_HEAD = /^([JT])?(\d{0,19})\*$/;

const pad = (digits: string): string => digits.padStart(LEAST_DIGITS, '0');

/** The numbers whose serial part, of at least four digits, begins with these digits. */
export const rangesOfPrefix = (prefix: string): NumberRange[] => {
  const ranges: NumberRange[] = [];
  for (let width = Math.max(LEAST_DIGITS, prefix.length); width <= MOST_DIGITS; width += 1) {
    // Only parts of four digits are filled up with zeros.
    if (width > LEAST_DIGITS && prefix.startsWith('0')) break;
    const step = 10 ** (width - prefix.length);
    const from = Math.max(1, Number(prefix) * step);
    const to = Math.min(MAX_NUMBER, (Number(prefix) + 1) * step - 1);
    if (from <= to) ranges.push({ from, to });
  }
  return ranges;
};

const ANY: NumberRange[] = [{ from: 1, to: MAX_NUMBER }];

const numbersOf = (part: string): { text: string; ranges: NumberRange[] } | undefined => {
  if (part === '*') return { text: '*', ranges: ANY };
  const [, digits = '', star] = /^(\d{1,10})(\*)?$/.exec(part) ?? [];
  if (digits === '') return undefined;
  if (star === '*') return { text: part, ranges: rangesOfPrefix(digits) };
  const number = Number(digits);
  return number < 1 || number > MAX_NUMBER ? undefined : { text: pad(String(number)), ranges: [{ from: number, to: number }] };
};

const headOf = (part: string): Pick<SerialPattern, 'head' | 'isHeadWhole'> | undefined => {
  const [, letter, year, counter] = WHOLE_HEAD.exec(part) ?? [];
  if ((letter === 'J' || letter === 'T') && Number(counter) > 0)
    return { head: formatYearSerial(letter, Number(year), Number(counter)), isHeadWhole: true };
  const open = OPEN_HEAD.exec(part);
  if (open === null || (open[1] === undefined && open[2] !== '')) return undefined;
  return { head: `${open[1] ?? 'J'}${open[2]}`, isHeadWhole: false };
};

const read = (text: string): SerialPattern | undefined => {
  const [first = '', ...rest] = text.split('.');
  const head = headOf(first);
  const parts = rest.map(numbersOf);
  const isTarget = head?.head.startsWith('T') === true;
  const level = isTarget ? 'target' : LEVELS[rest.length];
  if (head === undefined || level === undefined || (isTarget && rest.length > 0)) return undefined;
  const numbers = parts.flatMap((part) => (part === undefined ? [] : [part]));
  if (numbers.length < rest.length) return undefined;
  const shown = [`${head.head}${head.isHeadWhole ? '' : '*'}`, ...numbers.map((part) => part.text)].join('.');
  return { level, text: shown, ...head, numbers: numbers.map((part) => part.ranges) };
};

/** What may have been meant: whatever of these is a pattern. */
const candidatesOf = (text: string): string[] => {
  const mended = text
    .replaceAll(/\s+/g, '')
    .replaceAll(/[%?_]+/g, '*')
    .replaceAll(/\*{2,}/g, '*');
  const parts = mended.split('.').slice(0, LEVELS.length);
  const opened = parts.map((part) => (part === '' || (part.indexOf('*') < part.length - 1 && part.includes('*')) ? '*' : part)).join('.');
  const withoutEnd = mended.replace(/\.+$/, '');
  const lettered = /^\d/.test(mended) ? [`J${mended}`, `T${mended}`] : [];
  const first = parts[0] ?? '';
  return [mended, withoutEnd, ...lettered, [`${first}*`, ...parts.slice(1)].join('.'), opened, parts.join('.'), first];
};

const whyNot = (text: string): string => {
  const parts = text.split('.');
  if (text === '') return 'is empty';
  if (parts.length > LEVELS.length) return 'has more than four parts: job, execution, branch, action';
  if (text.startsWith('T') && parts.length > 1) return 'goes on behind a target, which has no parts';
  if (headOf(parts[0] ?? '') === undefined)
    return 'must begin with the serial of a job or a target, such as J20250001, or with its beginning and a *, such as J2025*';
  return 'must have in each further part a number, its beginning and a *, or a * alone';
};

/**
 * Reads a serial or a pattern of serials. Serials of other widths than today's (`J202500001`, `.001`) are understood as well.
 * How many parts there are says what is looked for.
 */
export const parseSerialPattern = (given: string): SerialPattern | PatternProblem => {
  const text = given.trim().toUpperCase();
  const pattern = read(text);
  if (pattern !== undefined) return pattern;
  const suggestions = candidatesOf(text).flatMap((candidate) => read(candidate)?.text ?? []);
  return { problem: whyNot(text), suggestions: [...new Set(suggestions)].slice(0, 3) };
};

/** Is every part of it given? */
export const isWholeSerial = ({ isHeadWhole, numbers }: SerialPattern): boolean =>
  isHeadWhole && numbers.every(([range, ...others]) => range !== undefined && others.length === 0 && range.from === range.to);
