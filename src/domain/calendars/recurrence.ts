// Node reads it as CommonJS, which has a default only; lint looks at its other form.
// oxlint-disable-next-line import/default
import rrule from 'rrule';
import type { Options } from 'rrule';
import { DAY_MS } from './zone-clock.ts';
import { readIcalTime } from './wall-times.ts';

const { RRule } = rrule;

const FREQUENCIES = ['DAILY', 'WEEKLY', 'MONTHLY', 'YEARLY'] as const;
type Frequency = (typeof FREQUENCIES)[number];

const isFrequency = (text: string | undefined): text is Frequency => FREQUENCIES.some((one) => one === text);

/** Every part that may be looked for without end, or that would make more than one time a day, is left out. */
const TAKEN: Readonly<Record<Frequency, readonly string[]>> = {
  DAILY: ['BYDAY', 'BYMONTH'],
  WEEKLY: ['BYDAY', 'BYMONTH', 'WKST'],
  MONTHLY: ['BYDAY', 'BYMONTHDAY', 'BYSETPOS', 'BYMONTH', 'WKST'],
  YEARLY: ['BYDAY', 'BYMONTHDAY', 'BYSETPOS', 'BYMONTH', 'BYYEARDAY', 'BYWEEKNO', 'WKST'],
};
const LONGEST_INTERVAL: Readonly<Record<Frequency, number>> = { DAILY: 366, WEEKLY: 104, MONTHLY: 120, YEARLY: 10 };
export const MOST_COUNT = 1_000;

const numbers = (least: number, most: number): ((value: string) => boolean) => {
  const isOne = (text: string): boolean => /^[+-]?\d{1,3}$/.test(text) && Math.abs(Number(text)) >= least && Math.abs(Number(text)) <= most;
  return (value) => value.split(',').every(isOne);
};
const DAY = '(MO|TU|WE|TH|FR|SA|SU)';
const DAYS = RegExp(`^${DAY}(,${DAY})*$`);
const NTH_DAYS = RegExp(`^([+-]?[1-5])?${DAY}(,([+-]?[1-5])?${DAY})*$`);

const IS_GOOD: Readonly<Record<string, (value: string) => boolean>> = {
  BYDAY: (value) => NTH_DAYS.test(value),
  BYMONTHDAY: numbers(1, 31),
  BYSETPOS: numbers(1, 366),
  BYMONTH: (value) => numbers(1, 12)(value) && !value.includes('-'),
  BYYEARDAY: numbers(1, 366),
  BYWEEKNO: numbers(1, 53),
  WKST: (value) => RegExp(`^${DAY}$`).test(value),
  UNTIL: (value) => readIcalTime(value) !== undefined,
  COUNT: (value) => /^\d{1,18}$/.test(value) && Number(value) > 0,
  INTERVAL: (value) => /^\d{1,18}$/.test(value) && Number(value) > 0,
};

const partsOf = (rule: string): [string, string][] =>
  rule
    .toUpperCase()
    .split(';')
    .map((part): [string, string] => {
      const [name = '', ...value] = part.split('=');
      return [name, value.join('=')];
    });

/** What of a recurrence rule cannot be taken, as a sentence's end: `… must …`. Undefined: it can. */
export const ruleProblem = (rule: string, start: number): string | undefined => {
  const all = partsOf(rule);
  const parts = Object.fromEntries(all);
  if (Object.keys(parts).length < all.length) return 'must name each part once';
  const { FREQ: frequency, INTERVAL: interval = '1', COUNT: count, ...others } = parts;
  if (!isFrequency(frequency)) return `must have a FREQ of ${FREQUENCIES.join(', ')}: a window recurs once a day at most`;
  const bad = Object.entries(parts).find(([name, value]) => name !== 'FREQ' && IS_GOOD[name]?.(value) === false);
  if (bad !== undefined) return `must not have ${bad[0]}=${bad[1]}`;
  if (Number(interval) > LONGEST_INTERVAL[frequency])
    return `must have an INTERVAL of at most ${LONGEST_INTERVAL[frequency]} with ${frequency}`;
  if (count !== undefined && Number(count) > MOST_COUNT) return `must have a COUNT of at most ${MOST_COUNT}; UNTIL may be any time`;
  if (count !== undefined && 'UNTIL' in others) return 'must have COUNT or UNTIL, not both';
  const known = Object.keys(others).find((name) => name !== 'UNTIL' && !TAKEN[frequency].includes(name));
  if (known !== undefined) return `must not have ${known} with ${frequency}; it may have ${TAKEN[frequency].join(', ')}`;
  return combinationProblem(frequency, interval, others) ?? (hasAny(rule, start) ? undefined : 'gives no time at all');
};

const combinationProblem = (frequency: Frequency, interval: string, parts: Readonly<Record<string, string>>): string | undefined => {
  const isSlow = frequency === 'DAILY' || frequency === 'WEEKLY';
  if (isSlow && parts['BYDAY'] !== undefined && !DAYS.test(parts['BYDAY'])) return `must name days without numbers with ${frequency}`;
  const limits = frequency === 'DAILY' ? ['BYDAY', 'BYMONTH'] : ['BYMONTH'];
  const found = isSlow && interval !== '1' ? limits.find((name) => parts[name] !== undefined) : undefined;
  if (found !== undefined) return `must not have ${found} and an INTERVAL with ${frequency}`;
  if (parts['BYSETPOS'] !== undefined && !['BYDAY', 'BYMONTHDAY', 'BYYEARDAY', 'BYWEEKNO'].some((name) => parts[name] !== undefined))
    return 'must have BYDAY or BYMONTHDAY with BYSETPOS';
  return undefined;
};

const hasAny = (rule: string, start: number): boolean => {
  let found = false;
  new RRule(optionsOf(rule, start)).all(() => {
    found = true;
    return false;
  });
  return found;
};

const optionsOf = (rule: string, start: number): Partial<Options> => ({
  // UNTIL is compared by who asks, in the zone that it is of.
  ...RRule.parseString(
    partsOf(rule)
      .filter(([name]) => name !== 'UNTIL')
      .map(([name, value]) => `${name}=${value}`)
      .join(';'),
  ),
  dtstart: new Date(start),
});

interface KnownStarts {
  from: number;
  to: number;
  starts: number[];
}

/** What rules gave: they are asked again and again for the same weeks. */
const known = new Map<string, KnownStarts>();
const KNOWN_RULES = 1_000;
const BEFORE_MS = 30 * DAY_MS;
const AHEAD_MS = 830 * DAY_MS;

/** The wall times at which a rule begins, from `from` to `to`, in order. The rule has been checked. */
export const startsOf = (rule: string, start: number, from: number, to: number): number[] => {
  const key = `${start} ${rule}`;
  let found = known.get(key);
  if (found === undefined || found.from > from || found.to < to) {
    const wide = { from: from - BEFORE_MS, to: Math.max(to + BEFORE_MS, from + AHEAD_MS) };
    found = { ...wide, starts: computeStarts(rule, start, wide.from, wide.to) };
    if (known.size >= KNOWN_RULES) known.clear();
    known.set(key, found);
  }
  return found.starts.filter((time) => time >= from && time <= to);
};

const computeStarts = (rule: string, start: number, from: number, to: number): number[] => {
  const options = optionsOf(rule, start);
  const dtstart = new Date(options.count == null ? nearer(options, start, from) : start);
  const starts: number[] = [];
  if (to < dtstart.getTime()) return starts;
  const after = new Date(Math.max(from, dtstart.getTime()));
  new RRule({ ...options, dtstart, until: new Date(to) }).between(after, new Date(to), true, (date) => {
    starts.push(date.getTime());
    return true;
  });
  return starts;
};

/** A later start that gives the same times from `from` on: a rule would else be walked through from its beginning. */
const nearer = (options: Partial<Options>, start: number, from: number): number => {
  const { freq, interval } = options;
  if (from <= start) return start;
  if (freq === RRule.MONTHLY) return nearerMonth(options, start, from);
  const period = freq === RRule.DAILY ? DAY_MS : freq === RRule.WEEKLY ? 7 * DAY_MS : 0;
  if (period === 0) return start;
  const step = period * (interval ?? 1);
  return start + Math.max(0, Math.floor((from - start) / step) - 1) * step;
};

const LAST_OF_ALL_MONTHS = 28;

const nearerMonth = ({ interval, byweekday, bymonthday }: Partial<Options>, start: number, from: number): number => {
  const [first, last] = [new Date(start), new Date(from)];
  const months = (last.getUTCFullYear() - first.getUTCFullYear()) * 12 + last.getUTCMonth() - first.getUTCMonth();
  const step = interval ?? 1;
  const skipped = (Math.floor(months / step) - 1) * step;
  // Without another part the day is that of the start; months that lack it are left out.
  const namesDays = byweekday != null || bymonthday != null;
  const day = namesDays ? 1 : first.getUTCDate();
  if (skipped <= 0 || day > LAST_OF_ALL_MONTHS) return start;
  return Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + skipped, day) + (start % DAY_MS);
};
