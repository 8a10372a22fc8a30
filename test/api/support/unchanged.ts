import { selectRow } from '../../../src/db/query.ts';
import type { TestPlatform } from '../../support/platform.ts';

const TABLES = [
  'users',
  'universal_targets',
  'target_communication_methods',
  'target_credentials',
  'jobs',
  'job_versions',
  'job_actions',
  'job_targets',
  'job_executions',
  'idempotency_keys',
  'api_tokens',
];

const COUNTS = TABLES.map((table) => `(SELECT count(*)::int FROM ${table}) AS ${table}`).join(', ');

/** Rows and serial numbers that a refused request must leave as they are. */
export const countRows = async ({ db }: TestPlatform): Promise<object | undefined> =>
  selectRow(db, `SELECT ${COUNTS}, (SELECT coalesce(sum(last_value), 0) FROM serial_counters) AS serials`);
