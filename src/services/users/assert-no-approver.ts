import type { Sequelize, Transaction } from 'sequelize';
import { selectRow } from '../../db/query.ts';
import { OpsError } from '../../domain/ops-error.ts';

const OPEN = `e.status IN ('scheduled', 'running')`;

/** The first live job, template or open run whose approvals or rollout name the user $1. */
const NAMES = `
WITH named AS (
  SELECT j.job_serial AS serial, a.action_parameters->'approvers' AS approvers FROM jobs j
    JOIN job_actions a ON a.job_id = j.id AND a.definition_version = j.definition_version WHERE j.deleted_at IS NULL AND a.action_type = 'approval'
  UNION ALL
  SELECT j.job_serial, j.settings#>'{rollout,between_batches,approvers}' FROM jobs j WHERE j.deleted_at IS NULL
  UNION ALL
  SELECT e.execution_serial, a.action_parameters->'approvers' FROM job_executions e
    JOIN job_actions a ON a.job_id = e.job_id AND a.definition_version = e.definition_version WHERE ${OPEN} AND a.action_type = 'approval'
  UNION ALL
  SELECT e.execution_serial, e.rollout#>'{between_batches,approvers}' FROM job_executions e WHERE ${OPEN})
SELECT serial FROM named, jsonb_array_elements(approvers) AS approver
WHERE approver->>'type' = 'user' AND lower(approver->>'value') = lower($1) LIMIT 1`;

/** A job, template or open run that names the user as an approver. */
export const namesApprover = (db: Sequelize, username: string, transaction: Transaction): Promise<{ serial: string } | undefined> =>
  selectRow<{ serial: string }>(db, NAMES, [username], transaction);

/**
 * Approvers are known by their user name: one that is named as such goes from nobody to somebody else, who could then answer in his place.
 * @throws OpsError CONFLICT naming what names him
 */
export const assertNoApprover = async (db: Sequelize, username: string, transaction: Transaction): Promise<void> => {
  const row = await namesApprover(db, username, transaction);
  if (row === undefined) return;
  throw new OpsError(
    'CONFLICT',
    `${row.serial} names ${username} as an approver: whoever has this user name may answer. Name somebody else there first (or wait for the end of the run), then change the user name.`,
    { fields: [{ path: 'username', message: `is that of an approver of ${row.serial}` }] },
  );
};
