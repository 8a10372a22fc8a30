import { integer, smallint, varchar } from '../columns.ts';
import { defineTable } from '../model.ts';

export const SerialCounterModel = defineTable(
  'serial_counters',
  'Last number given per kind and year (replaces MAX()+1).',
  {
    scope: varchar(20, '`job` or `target`.'),
    year: smallint('UTC year of creation.'),
    last_value: integer('Last number given; a rolled-back insert gives its number back.', { default: '0' }),
  },
  {
    primaryKey: ['scope', 'year'],
    checks: {
      last_value: '(last_value >= 0)',
      scope: "((scope)::text = ANY ((ARRAY['job'::character varying, 'target'::character varying])::text[]))",
    },
  },
);
