import type { Artifact, ArtifactFilter } from '../../contracts/artifact.ts';
import type { Page } from '../../contracts/page.ts';
import { findArtifact, readArtifact } from '../../db/artifacts.ts';
import type { StoredArtifact } from '../../db/artifacts.ts';
import { keyset } from '../../db/keyset.ts';
import type { Order } from '../../db/keyset.ts';
import { selectRow, selectRows } from '../../db/query.ts';
import { recordAudit } from '../../db/record-audit.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { authorize } from '../context.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { iso } from '../iso.ts';

const ORDER: Order<'created'> = { id: 'a.id', sorts: { created: 'id' }, sort: '-created' };

const COLUMNS = `a.artifact_uuid, a.artifact_type, a.name, a.size_bytes, encode(a.sha256, 'hex') AS sha256, e.execution_serial, r.action_serial,
  r.attempt, u.username AS created_by, ${iso('a.created_at')} AS created_at, ${iso('a.completed_at')} AS completed_at, ${iso('a.expires_at')} AS expires_at`;

const FROM = `
FROM artifacts a LEFT JOIN users u ON u.id = a.created_by LEFT JOIN job_action_results r ON r.id = a.action_result_id
  LEFT JOIN job_execution_branches b ON b.id = r.branch_id LEFT JOIN job_executions e ON e.id = b.job_execution_id`;

const RESULTS_OF_RUN = `
SELECT r.id FROM job_executions e JOIN job_execution_branches b ON b.job_execution_id = e.id JOIN job_action_results r ON r.branch_id = b.id
WHERE e.execution_serial = $2`;

/** Artifacts that have not expired. */
export const listArtifacts = async ({ db }: ServiceDeps, caller: Caller, filter: ArtifactFilter): Promise<Page<Artifact>> => {
  authorize(caller, 'executions.read');
  const page = keyset(ORDER, filter, [filter.type ?? null, filter.execution ?? null]);
  const rows = await selectRows<Artifact & { row_id: number }>(
    db,
    `SELECT ${page.columns}, ${COLUMNS} ${FROM} WHERE ($1::text IS NULL OR a.artifact_type = $1)
       AND ($2::text IS NULL OR a.action_result_id = ANY(ARRAY(${RESULTS_OF_RUN}))) AND (a.expires_at IS NULL OR a.expires_at > now())
       AND ${page.where} ${page.order}`,
    page.bind,
  );
  return page.of(rows);
};

/** @throws OpsError NOT_FOUND */
export const getArtifact = async ({ db }: Pick<ServiceDeps, 'db'>, caller: Caller, uuid: string): Promise<Artifact> => {
  authorize(caller, 'executions.read');
  const row = await selectRow<Artifact>(
    db,
    `SELECT ${COLUMNS} ${FROM} WHERE a.artifact_uuid = $1 AND (a.expires_at IS NULL OR a.expires_at > now())`,
    [uuid],
  );
  if (row === undefined) throw new OpsError('NOT_FOUND', `There is no artifact ${uuid}, or it has expired.`);
  return row;
};

/**
 * The content, as a stream. It is not masked as the lines of a log are, so it takes the right to run jobs, and every download is audited.
 * @throws OpsError NOT_FOUND for one that is not whole.
 */
export const downloadArtifact = async (
  { db, keyRing }: ServiceDeps,
  caller: Caller,
  uuid: string,
): Promise<StoredArtifact & { content: AsyncIterable<Buffer> }> => {
  authorize(caller, 'jobs.execute');
  const artifact = await findArtifact(db, uuid);
  await recordAudit(db, keyRing.auditKey, {
    eventType: 'data_export',
    action: 'download_artifact',
    actor: caller.actor,
    resourceType: 'artifacts',
    resourceId: uuid,
    details: { name: artifact.name, size_bytes: artifact.bytes },
  });
  return { ...artifact, content: readArtifact(db, artifact) };
};
