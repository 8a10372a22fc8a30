import type { Sequelize, Transaction } from 'sequelize';
import { execute, selectRow } from '../../db/query.ts';
import { recordAudit } from '../../db/record-audit.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { authorize } from '../context.ts';
import type { Caller, ServiceDeps } from '../context.ts';

interface DeletedArtifact {
  id: number;
  artifact_uuid: string;
  name: string;
  artifact_type: string;
  size_bytes: number | null;
  execution_serial: string | null;
  has_ended: boolean;
}

/** The run that makes the artifact, or a run that goes on and whose job or values name it, in whatever case. */
const userOf = async (db: Sequelize, artifact: DeletedArtifact, transaction: Transaction): Promise<string | undefined> => {
  if (!artifact.has_ended) return artifact.execution_serial ?? undefined;
  const row = await selectRow<{ execution_serial: string }>(
    db,
    `SELECT e.execution_serial FROM job_executions e WHERE e.status IN ('scheduled', 'running') AND (e.variables::text ILIKE $1 OR EXISTS (
       SELECT FROM job_versions v WHERE v.job_id = e.job_id AND v.definition_version = e.definition_version AND v.definition::text ILIKE $1) OR EXISTS (
       SELECT FROM job_actions a WHERE a.job_id = e.job_id AND a.definition_version = e.definition_version AND a.action_parameters::text ILIKE $1)) LIMIT 1`,
    [`%${artifact.artifact_uuid}%`],
    transaction,
  );
  return row?.execution_serial;
};

/**
 * Removes an artifact and its content, at once.
 * @throws OpsError NOT_FOUND; CONFLICT while a run that goes on makes it, or names it
 */
export const deleteArtifact = async ({ db, keyRing }: ServiceDeps, caller: Caller, uuid: string): Promise<void> => {
  authorize(caller, 'jobs.write');
  await db.transaction(async (transaction) => {
    const artifact = await selectRow<DeletedArtifact>(
      db,
      `SELECT a.id, a.artifact_uuid, a.name, a.artifact_type, a.size_bytes, e.execution_serial, e.id IS NULL OR e.completed_at IS NOT NULL AS has_ended
       FROM artifacts a LEFT JOIN job_action_results r ON r.id = a.action_result_id LEFT JOIN job_execution_branches b ON b.id = r.branch_id
         LEFT JOIN job_executions e ON e.id = b.job_execution_id
       WHERE a.artifact_uuid = $1 AND (a.expires_at IS NULL OR a.expires_at > now()) FOR UPDATE OF a`,
      [uuid],
      transaction,
    );
    if (artifact === undefined) throw new OpsError('NOT_FOUND', `There is no artifact ${uuid}, or it has expired.`);
    const user = await userOf(db, artifact, transaction);
    if (user !== undefined)
      throw new OpsError('CONFLICT', `The artifact is in use by ${user}, which has not ended. Wait for its end, or cancel it.`);
    await execute(db, 'DELETE FROM artifacts WHERE id = $1', [artifact.id], transaction);
    await recordAudit(
      db,
      keyRing.auditKey,
      {
        eventType: artifact.artifact_type === 'upload' ? 'data_import' : 'execution_changed',
        action: 'delete_artifact',
        severity: 'medium',
        actor: caller.actor,
        resourceType: 'artifacts',
        resourceId: artifact.artifact_uuid,
        details: { name: artifact.name, size_bytes: artifact.size_bytes, execution_serial: artifact.execution_serial },
      },
      transaction,
    );
  });
};
