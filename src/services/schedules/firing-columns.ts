import { iso } from '../iso.ts';

/** How late: from the planned instant to the start of its workflow, which then may wait for the end of a blackout. */
const DELAY = `CASE WHEN f.started_at IS NOT NULL THEN greatest(0, round(extract(epoch FROM f.started_at - f.scheduled_at) * 1000))::float8 END`;

/** Columns of a row of the ledger, of `schedule_executions f`, as the API shows them. */
export const FIRING_COLUMNS = `f.execution_serial, ${iso('f.scheduled_at')} AS scheduled_at, f.firing_type, f.status, f.skip_reason,
  ${iso('f.postponed_until')} AS postponed_until, ${iso('f.started_at')} AS started_at, ${DELAY} AS start_delay_ms, ${iso('f.completed_at')} AS completed_at,
  (SELECT execution_serial FROM job_executions WHERE id = f.job_execution_id) AS run, f.result_summary, f.error_message, f.workflow_id`;
