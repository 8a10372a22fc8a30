import type { Sequelize, Transaction } from 'sequelize';
import type { StartExecution } from '../../contracts/job.ts';
import { ofJobCondition } from '../../db/chosen-targets.ts';
import { selectRow, selectRows } from '../../db/query.ts';
import { OpsError } from '../../domain/ops-error.ts';
import type { FieldProblem } from '../../domain/ops-error.ts';
import { parseSelector } from '../../domain/selector.ts';

interface JobHead {
  id: number;
  job_serial: string;
  target_selector: string | null;
}

interface WantedTarget {
  target_serial: string;
  target_uuid: string;
  status: string;
  in_job: boolean;
}

/** What the row of a run keeps of its targets; empty: list and selector of its job. */
export type TargetSelection = { target_uuids?: string[]; selector?: string };

/** A job without a selector runs on its list. @throws OpsError NO_TARGETS, TARGET_NOT_ACTIVE */
const assertList = async (db: Sequelize, { id, job_serial: serial }: JobHead, transaction?: Transaction): Promise<void> => {
  const listed = await selectRow<{ total: number; active: number }>(
    db,
    `SELECT count(*)::int AS total, count(*) FILTER (WHERE t.status = 'active')::int AS active
     FROM job_targets jt JOIN universal_targets t ON t.id = jt.target_id WHERE jt.job_id = $1 AND t.is_active`,
    [id],
    transaction,
  );
  if (listed === undefined || listed.total === 0)
    throw new OpsError('NO_TARGETS', `Job ${serial} has no targets. Add some or a selector, or name targets for this run.`);
  if (listed.active === 0)
    throw new OpsError('TARGET_NOT_ACTIVE', `None of the ${listed.total} target(s) of job ${serial} is switched on (status active).`);
};

/**
 * The targets that a run asks for, as its row keeps them. Selectors are only read here: they choose when the run starts.
 * @throws OpsError NO_TARGETS, VALIDATION, TARGET_NOT_ACTIVE
 */
export const selectTargets = async (
  db: Sequelize,
  job: JobHead,
  { targets, selector }: Pick<StartExecution, 'targets' | 'selector'>,
  transaction?: Transaction,
): Promise<TargetSelection> => {
  if (selector !== undefined) {
    if (targets !== undefined)
      throw new OpsError('VALIDATION', 'A run names its targets or has a selector, not both. Leave one of them out.', {
        fields: [{ path: 'selector', message: 'does not go together with targets' }],
      });
    parseSelector(selector);
    return { selector };
  }
  if (targets === undefined) {
    if (job.target_selector === null) await assertList(db, job, transaction);
    return {};
  }
  const ofJob = ofJobCondition({ jobId: job.id, jobSelector: job.target_selector }, 't', 2);
  const rows = await selectRows<WantedTarget>(
    db,
    `SELECT t.target_serial, t.target_uuid, t.status, ${ofJob.sql} AS in_job FROM universal_targets t WHERE t.is_active AND t.target_serial = ANY($1::text[])`,
    [targets, ...ofJob.bind],
    transaction,
  );
  const hasList = await selectRow(
    db,
    'SELECT target_id FROM job_targets WHERE job_id = $1 ORDER BY target_id LIMIT 1',
    [job.id],
    transaction,
  );
  checkTargets(targets, rows, job, job.target_selector !== null || hasList !== undefined);
  return { target_uuids: rows.map((row) => row.target_uuid) };
};

const checkTargets = (serials: readonly string[], rows: readonly WantedTarget[], job: JobHead, restricted: boolean): void => {
  const known = new Map(rows.map((row) => [row.target_serial, row]));
  const unknown: FieldProblem[] = [];
  const switchedOff: FieldProblem[] = [];
  serials.forEach((serial, index) => {
    const row = known.get(serial);
    const path = `targets.${index}`;
    if (row === undefined) unknown.push({ path, message: `there is no target ${serial}` });
    else if (restricted && !row.in_job) unknown.push({ path, message: `${serial} is not a target of job ${job.job_serial}` });
    else if (row.status !== 'active') switchedOff.push({ path, message: `${serial} is switched off (status ${row.status})` });
  });
  if (unknown.length > 0)
    throw new OpsError('VALIDATION', `The run names ${unknown.length} target(s) that it cannot use.`, { fields: unknown.slice(0, 20) });
  if (switchedOff.length > 0) {
    throw new OpsError(
      'TARGET_NOT_ACTIVE',
      `${switchedOff.length} target(s) of the run are switched off. Switch them on, or leave them out.`,
      { fields: switchedOff.slice(0, 20) },
    );
  }
};
