import fc from 'fast-check';
import { expect, test } from 'vitest';
import { JobSchedulesAdditionalRules } from '../../../src/contracts/json/schedules.ts';
import { ScheduleRule } from '../../../src/contracts/schedule-rule.ts';
import { Weekday } from '../../../src/contracts/wall-time.ts';
import { columnsOfRules, rulesOfColumns } from '../../../src/domain/schedules/rule-columns.ts';

const two = (number: number): string => String(number).padStart(2, '0');
const at = fc
  .tuple(fc.nat(23), fc.nat(59), fc.nat(59))
  .map(([hour, minute, second]) => [hour, minute, ...(second === 0 ? [] : [second])].map(two).join(':'));
const on = fc.uniqueArray(fc.constantFrom(...Weekday.options), { minLength: 1 });
const ordinal = (most: number) => fc.oneof(fc.integer({ min: 1, max: most }), fc.constant('last' as const));

const rule = fc.oneof(
  fc.date({ min: new Date('2026-01-01'), max: new Date('2099-12-31'), noInvalidDate: true }).map((date) => ({ once: date.toISOString() })),
  fc.integer({ min: 1, max: 1_440 }).map((minutes) => ({ every: `${minutes}m` })),
  fc.integer({ min: 1, max: 168 }).map((hours) => ({ every: `${hours}h` })),
  fc.record({ daily: fc.record({ at }) }),
  fc.record({ weekly: fc.record({ on, at }) }),
  fc.record({ monthly: fc.record({ day: ordinal(31), at }) }),
  fc.record({ monthly: fc.record({ week: ordinal(5), on, at }) }),
  fc.constantFrom({ cron: '0 9 * * 1-5' }, { cron: '*/5 0-6/2 1,15 jan-mar MON' }),
);

/** What Postgres gives back: a time of day with its seconds, an instant as a Date. */
const asRead = (columns: ReturnType<typeof columnsOfRules>): ReturnType<typeof columnsOfRules> => {
  const { execute_at: instant, time_of_day: time } = columns;
  return {
    ...columns,
    execute_at: instant === null ? null : new Date(instant),
    time_of_day: time?.length === 5 ? `${time}:00` : time,
    additional_rules: JSON.parse(JSON.stringify(columns.additional_rules)),
  };
};

test('rules come back from the columns as they were put there', () => {
  fc.assert(
    fc.property(fc.array(rule, { minLength: 1, maxLength: 4 }), (rules) => {
      for (const given of rules) expect(ScheduleRule.safeParse(given).error).toBeUndefined();
      const columns = columnsOfRules(rules);
      expect(JobSchedulesAdditionalRules.safeParse(columns.additional_rules).error).toBeUndefined();
      expect(rulesOfColumns(asRead(columns))).toEqual(rules);
    }),
  );
});

test('the first rule is in the columns, the others in additional_rules', () =>
  expect(
    columnsOfRules([
      { monthly: { week: 'last', on: ['friday', 'sunday'], at: '02:30' } },
      { once: '2026-12-24T18:00:00+01:00' },
      { every: '6h' },
    ]),
  ).toEqual({
    schedule_type: 'recurring',
    execute_at: null,
    recurring_type: 'monthly',
    interval_count: 1,
    time_of_day: '02:30',
    days_of_week: [5, 7],
    day_of_month: null,
    week_of_month: -1,
    cron_expression: null,
    additional_rules: [
      { schedule_type: 'once', execute_at: '2026-12-24T17:00:00.000Z' },
      { schedule_type: 'recurring', recurring_type: 'hours', interval_count: 6 },
    ],
  }));
