import type { FiringRun } from '../../../contracts/firing.ts';
import type { StartExecution } from '../../../contracts/job.ts';
import type { SkipReason } from '../../../contracts/enums.ts';
import type { StoredVariable } from '../../../db/load-definition.ts';
import { selectRow, selectRows } from '../../../db/query.ts';
import { OpsError } from '../../../domain/ops-error.ts';
import type { ErrorCode } from '../../../domain/ops-error.ts';
import { firingKey } from '../../../domain/schedules/firing-ids.ts';
import { jobWorkflowId } from '../../../domain/serials.ts';
import { acceptChecked } from '../../executions/start-execution.ts';
import { assertNoMaintenance } from '../../settings/maintenance.ts';
import { openScheduleVariables, secretsOf } from '../definition.ts';
import { failFiring, skipFiring } from '../../../db/schedules/close-firing.ts';
import { withdrawRun } from './end-firing.ts';
import type { ScheduleDeps } from '../schedule-deps.ts';
import { readScheduleRow } from '../schedule-row.ts';
import type { ScheduleRow } from '../schedule-row.ts';

/** A run that is refused for these is no failure of the schedule. */
const SKIPPED_FOR: Readonly<Partial<Record<ErrorCode, SkipReason>>> = {
  MAINTENANCE: 'maintenance',
  NO_TARGETS: 'no_targets',
  TARGET_NOT_ACTIVE: 'no_targets',
};
/** A repeat may succeed. */
const TRANSIENT: readonly ErrorCode[] = ['UNAVAILABLE', 'INTERNAL'];

interface Firing {
  job_schedule_id: number;
  workflow_id: string;
  run: string | null;
}

/** Targets that are gone or switched off are left out: the others are what the schedule is for. */
const targetsOf = async ({ db }: ScheduleDeps, uuids: readonly string[]): Promise<string[]> => {
  const rows = await selectRows<{ target_serial: string }>(
    db,
    `SELECT target_serial FROM universal_targets WHERE is_active AND status = 'active' AND target_uuid = ANY($1::uuid[]) ORDER BY id`,
    [uuids],
  );
  if (rows.length === 0) throw new OpsError('NO_TARGETS', 'None of the targets of the schedule exists and is switched on.');
  return rows.map(({ target_serial: serial }) => serial);
};

const inputOf = async (deps: ScheduleDeps, row: ScheduleRow): Promise<StartExecution> => {
  const { target_uuids: uuids, target_selector: selector } = row.schedule_config;
  const job = await selectRow<{ variables: StoredVariable[] }>(deps.db, 'SELECT variables FROM jobs WHERE id = $1', [row.job_id]);
  const variables = openScheduleVariables(deps.keyRing, row.schedule_uuid, row.schedule_config, job?.variables ?? []);
  return {
    variables: variables as NonNullable<StartExecution['variables']>,
    ...(uuids !== undefined && { targets: await targetsOf(deps, uuids) }),
    ...(selector !== undefined && { selector }),
  };
};

/** As it stands in the ledger, without the values of secrets. */
const contextOf = async ({ db }: ScheduleDeps, row: ScheduleRow, execution: string): Promise<object> => {
  const run = await selectRow<{ target_selection: object; variables: Record<string, unknown>; declared: StoredVariable[] }>(
    db,
    `SELECT e.target_selection, e.variables, j.variables AS declared FROM job_executions e JOIN jobs j ON j.id = e.job_id WHERE e.execution_serial = $1`,
    [execution],
  );
  const secrets = secretsOf(run?.declared ?? []);
  const variables = Object.fromEntries(
    Object.entries(run?.variables ?? {}).map(([key, value]) => [key, secrets.has(key) ? '********' : value]),
  );
  return { target_selection: run?.target_selection ?? {}, variables };
};

const accept = async (deps: ScheduleDeps, id: number, row: ScheduleRow, workflowId: string): Promise<FiringRun> => {
  const settings = await deps.readSettings();
  assertNoMaintenance(settings);
  const input = await inputOf(deps, row);
  const starter = { userId: row.created_by, actor: { type: 'system' }, triggerType: 'schedule' } as const;
  const wanted = { input, key: firingKey(row.schedule_uuid, workflowId), defaultWindow: settings.max_concurrent_targets };
  const execution = await acceptChecked(deps, starter, row.job_serial, wanted);
  const linked = await selectRow<{ is_open: boolean; run: number }>(
    deps.db,
    `UPDATE schedule_executions SET execution_context = $3, job_execution_id = (SELECT id FROM job_executions WHERE execution_serial = $2)
     WHERE id = $1 RETURNING status = 'running' AS is_open, job_execution_id AS run`,
    [id, execution, JSON.stringify(await contextOf(deps, row, execution))],
  );
  if (linked?.is_open === false) {
    await withdrawRun(deps.db, linked.run);
    return null;
  }
  deps.notifyRun(execution);
  return { execution, workflowId: jobWorkflowId(execution) };
};

const refuse = async ({ db }: ScheduleDeps, id: number, error: OpsError): Promise<void> => {
  const reason = SKIPPED_FOR[error.code];
  const details = error.fields.map(({ path, message }) => `${path} ${message}`).join('; ');
  const text = details === '' ? error.message : `${error.message} ${details}`;
  if (reason === undefined) await failFiring(db, id, text);
  else await skipFiring(db, id, reason, text);
};

/**
 * Accepts the run of a firing: its row and its number are written, its workflow is started by whoever asks. A repeat meets the same run.
 * @returns null when none may start; the row of the firing says why.
 */
export const acceptFiring = async (deps: ScheduleDeps, id: number): Promise<FiringRun> => {
  const firing = await selectRow<Firing>(
    deps.db,
    `SELECT f.job_schedule_id, f.workflow_id, e.execution_serial AS run FROM schedule_executions f LEFT JOIN job_executions e ON e.id = f.job_execution_id
     WHERE f.id = $1 AND f.status = 'running'`,
    [id],
  );
  if (firing === undefined) return null;
  if (firing.run !== null) return { execution: firing.run, workflowId: jobWorkflowId(firing.run) };
  const row = await readScheduleRow(deps.db, firing.job_schedule_id);
  if (row === undefined) return null;
  if (row.job_is_gone || row.is_deleted) {
    await skipFiring(deps.db, id, 'job_deleted', null);
    return null;
  }
  try {
    return await accept(deps, id, row, firing.workflow_id);
  } catch (error) {
    if (!(error instanceof OpsError) || TRANSIENT.includes(error.code)) throw error;
    await refuse(deps, id, error);
    return null;
  }
};
