import { integer, timestamptz, varchar } from '../columns.ts';
import { defineTable } from '../model.ts';

export const RateLimitModel = defineTable(
  'rate_limits',
  'Requests per caller in the current window, shared by all API processes. UNLOGGED: empty after a crash of the server, which only forgives.',
  {
    bucket: varchar(200, '`token/<uuid>`, `session/<uuid>`, `address/<ip>` or `login/<ip>`.'),
    window_started_at: timestamptz('Start of the current minute.'),
    hits: integer('Requests in it.', { default: '0' }),
  },
  { primaryKey: ['bucket'], checks: { hits: '(hits >= 0)' } },
);
