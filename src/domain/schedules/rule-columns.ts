import type { JobSchedulesAdditionalRules } from '../../contracts/json/schedules.ts';
import type { ScheduleRule } from '../../contracts/schedule-rule.ts';

type Weekday = NonNullable<ScheduleRule['weekly']>['on'][number];
type AdditionalRule = JobSchedulesAdditionalRules[number];
type Recurring = Extract<AdditionalRule, { schedule_type: 'recurring' }>;

/** The columns of job_schedules that say when it fires. */
export interface RuleColumns {
  schedule_type: AdditionalRule['schedule_type'];
  /** Written as ISO 8601 in UTC; Postgres gives a Date back. */
  execute_at: Date | string | null;
  recurring_type: Recurring['recurring_type'] | null;
  interval_count: number;
  /** Written as 02:30; Postgres gives 02:30:00 back. */
  time_of_day: string | null;
  /** 1 Monday … 7 Sunday. */
  days_of_week: number[];
  /** −1 is the last. */
  day_of_month: number | null;
  /** −1 is the last. */
  week_of_month: number | null;
  cron_expression: string | null;
  /** The rules after the first. */
  additional_rules: AdditionalRule[];
}

const ISO_DAYS: readonly Weekday[] = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];
const LAST = -1;

const isoNumbers = (days: readonly Weekday[]): number[] => days.map((day) => ISO_DAYS.indexOf(day) + 1);
const weekdays = (numbers: readonly number[]): Weekday[] => numbers.flatMap((number) => ISO_DAYS[number - 1] ?? []);
const toOrdinal = (value: number | 'last'): number => (value === 'last' ? LAST : value);
const fromOrdinal = (value: number): number | 'last' => (value === LAST ? 'last' : value);
const utc = (time: Date | string): string => new Date(time).toISOString();
const withoutZeroSeconds = (time: string): string => (time.length > 5 && time.endsWith(':00') ? time.slice(0, 5) : time);

const recurring = (rule: Omit<Recurring, 'schedule_type'>): Recurring => ({ schedule_type: 'recurring', ...rule });

const monthlyRule = ({ day, week, on, at }: NonNullable<ScheduleRule['monthly']>): Recurring =>
  recurring({
    recurring_type: 'monthly',
    time_of_day: withoutZeroSeconds(at),
    ...(on !== undefined && { days_of_week: isoNumbers(on) }),
    ...(day !== undefined && { day_of_month: toOrdinal(day) }),
    ...(week !== undefined && { week_of_month: toOrdinal(week) }),
  });

/** A rule as additional_rules keeps it. */
const storedRule = ({ once, every, daily, weekly, monthly, cron }: ScheduleRule): AdditionalRule => {
  if (once !== undefined) return { schedule_type: 'once', execute_at: utc(once) };
  if (cron !== undefined) return { schedule_type: 'cron', cron_expression: cron };
  if (every !== undefined)
    return recurring({ recurring_type: every.endsWith('h') ? 'hours' : 'minutes', interval_count: Number(every.slice(0, -1)) });
  if (weekly !== undefined)
    return recurring({ recurring_type: 'weekly', time_of_day: withoutZeroSeconds(weekly.at), days_of_week: isoNumbers(weekly.on) });
  if (monthly !== undefined) return monthlyRule(monthly);
  return recurring({ recurring_type: 'daily', time_of_day: withoutZeroSeconds(daily?.at ?? '00:00') });
};

type StoredFields = Omit<RuleColumns, 'additional_rules'>;

/** The columns of a rule, those that it does not use at their defaults. */
const fieldsOf = (rule: AdditionalRule): StoredFields => {
  const stored: Partial<Recurring> = rule.schedule_type === 'recurring' ? rule : {};
  return {
    schedule_type: rule.schedule_type,
    execute_at: rule.schedule_type === 'once' ? rule.execute_at : null,
    recurring_type: stored.recurring_type ?? null,
    interval_count: stored.interval_count ?? 1,
    time_of_day: stored.time_of_day ?? null,
    days_of_week: stored.days_of_week ?? [],
    day_of_month: stored.day_of_month ?? null,
    week_of_month: stored.week_of_month ?? null,
    cron_expression: rule.schedule_type === 'cron' ? rule.cron_expression : null,
  };
};

/** At least one rule; the first goes to the columns, the others to additional_rules. Instants are kept in UTC, times of day without seconds that are zero. */
export const columnsOfRules = (rules: readonly ScheduleRule[]): RuleColumns => {
  const [first, ...others] = rules.map((rule) => storedRule(rule));
  if (first === undefined) throw new RangeError('a schedule has at least one rule');
  return { ...fieldsOf(first), additional_rules: others };
};

const recurringRule = (stored: StoredFields): ScheduleRule => {
  const at = withoutZeroSeconds(stored.time_of_day ?? '');
  const on = weekdays(stored.days_of_week);
  if (stored.recurring_type === 'minutes') return { every: `${stored.interval_count}m` };
  if (stored.recurring_type === 'hours') return { every: `${stored.interval_count}h` };
  if (stored.recurring_type === 'weekly') return { weekly: { on, at } };
  if (stored.recurring_type === 'daily') return { daily: { at } };
  return stored.week_of_month === null
    ? { monthly: { day: fromOrdinal(stored.day_of_month ?? LAST), at } }
    : { monthly: { week: fromOrdinal(stored.week_of_month), on, at } };
};

const ruleOf = (stored: StoredFields): ScheduleRule => {
  if (stored.schedule_type === 'once') return { once: utc(stored.execute_at ?? '') };
  return stored.schedule_type === 'cron' ? { cron: stored.cron_expression ?? '' } : recurringRule(stored);
};

/** The rules that were given to columnsOfRules. */
export const rulesOfColumns = ({ additional_rules: others, ...first }: RuleColumns): ScheduleRule[] =>
  [first, ...others.map((rule) => fieldsOf(rule))].map((stored) => ruleOf(stored));
