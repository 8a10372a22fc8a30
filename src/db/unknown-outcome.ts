import { UNKNOWN_OUTCOME_CODES } from '../domain/failure.ts';

const CODES = UNKNOWN_OUTCOME_CODES.map((code) => `'${code}'`).join(', ');

/** Of a row of job_action_results: nobody knows how it ended, and nobody has told it yet. @param row its alias */
export const isUnresolved = (row: string): string =>
  `(${row}.resolved_at IS NULL AND (${row}.failure_category = 'lost' OR ${row}.error_code IN (${CODES})))`;
