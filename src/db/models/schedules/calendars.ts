import { bigint, boolean, identity, jsonArray, oneOf, text, timestamptz, uuid, varchar } from '../columns.ts';
import { defineTable } from '../model.ts';
import { references } from '../table.ts';
import { CalendarsWindows } from '../../../contracts/json/schedules.ts';
import { BlackoutEffect } from '../../../contracts/enums.ts';

export const CalendarModel = defineTable(
  'calendars',
  'Named sets of blackout and allowed windows.',
  {
    id: identity('Primary key.'),
    calendar_uuid: uuid('Public id.', { default: 'gen_random_uuid()' }),
    name: varchar(100, 'Name by which schedules and jobs refer to it, unique without regard to case.'),
    description: text('Free text.', { null: true }),
    timezone: varchar(50, 'IANA zone of its wall times.', { default: "'UTC'::character varying" }),
    windows: jsonArray(
      CalendarsWindows,
      '{kind blackout/allowed, summary, and weekly {days, from, to}, or dates {from, to}, or ical {dtstart, duration, rrule, exdates}}. With allowed windows, all other time is blackout.',
      { default: "'[]'::jsonb" },
    ),
    target_selector: varchar(1000, 'Applies to these targets, whatever runs on them.', { null: true }),
    firing_effect: oneOf(BlackoutEffect, 'A firing inside a blackout is skipped, or postponed to its end.', { default: 'skip' }),
    holds_runs: boolean('A run in flight is held between its actions until the end.', { default: 'false' }),
    created_by: bigint('Owner.', { null: true }),
    created_at: timestamptz('Row created.', { default: 'now()' }),
    updated_at: timestamptz('Last change, by trigger.', { default: 'now()' }),
  },
  {
    primaryKey: ['id'],
    unique: [{ columns: ['calendar_uuid'] }],
    foreignKeys: [references('created_by', 'users', 'SET NULL')],
    indexes: [
      { keys: 'lower((name)::text)', name: 'uq_calendars_name', isUnique: true, why: 'at most one such row' },
      { keys: 'created_by', where: '(created_by IS NOT NULL)', why: 'FK' },
    ],
  },
);
