import type { z } from 'zod';
import type { Artifact } from '../../contracts/artifact.ts';
import { ArtifactType } from '../../contracts/enums.ts';
import { ExecutionSerial } from '../../contracts/execution.ts';
import type { Page } from '../../contracts/page.ts';
import { PageQuery } from '../../contracts/page.ts';
import { findArtifact, readArtifact } from '../../db/artifacts.ts';
import type { StoredArtifact } from '../../db/artifacts.ts';
import { selectRow, selectRows } from '../../db/query.ts';
import { recordAudit } from '../../db/record-audit.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { authorize } from '../context.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { iso } from '../iso.ts';
import { cursorId, pageOfRows } from '../page.ts';

export const ArtifactFilter = PageQuery.extend({
  type: ArtifactType.optional(),
  execution: ExecutionSerial.optional().meta({ description: 'Only those of this run.' }),
});
export type ArtifactFilter = z.infer<typeof ArtifactFilter>;

const ARTIFACTS = `
SELECT a.id AS row_id, a.artifact_uuid, a.artifact_type, a.name, a.size_bytes, encode(a.sha256, 'hex') AS sha256, e.execution_serial, r.action_serial,
  r.attempt, u.username AS created_by, ${iso('a.created_at')} AS created_at, ${iso('a.completed_at')} AS completed_at, ${iso('a.expires_at')} AS expires_at
FROM artifacts a LEFT JOIN users u ON u.id = a.created_by LEFT JOIN job_action_results r ON r.id = a.action_result_id
  LEFT JOIN job_execution_branches b ON b.id = r.branch_id LEFT JOIN job_executions e ON e.id = b.job_execution_id`;

const RESULTS_OF_RUN = `
SELECT r.id FROM job_executions e JOIN job_execution_branches b ON b.job_execution_id = e.id JOIN job_action_results r ON r.branch_id = b.id
WHERE e.execution_serial = $3`;

type ArtifactRow = Artifact & { row_id: number };

/** Artifacts that have not expired, newest first. */
export const listArtifacts = async ({ db }: ServiceDeps, caller: Caller, filter: ArtifactFilter): Promise<Page<Artifact>> => {
  authorize(caller, 'executions.read');
  const rows = await selectRows<ArtifactRow>(
    db,
    `${ARTIFACTS} WHERE ($1::bigint IS NULL OR a.id < $1) AND ($2::text IS NULL OR a.artifact_type = $2)
       AND ($3::text IS NULL OR a.action_result_id = ANY(ARRAY(${RESULTS_OF_RUN}))) AND (a.expires_at IS NULL OR a.expires_at > now())
     ORDER BY a.id DESC LIMIT $4`,
    [cursorId(filter) ?? null, filter.type ?? null, filter.execution ?? null, filter.limit + 1],
  );
  return pageOfRows(rows, filter.limit);
};

/** @throws OpsError NOT_FOUND */
export const getArtifact = async ({ db }: Pick<ServiceDeps, 'db'>, caller: Caller, uuid: string): Promise<Artifact> => {
  authorize(caller, 'executions.read');
  const row = await selectRow<ArtifactRow>(
    db,
    `${ARTIFACTS} WHERE a.artifact_uuid = $1 AND (a.expires_at IS NULL OR a.expires_at > now())`,
    [uuid],
  );
  if (row === undefined) throw new OpsError('NOT_FOUND', `There is no artifact ${uuid}, or it has expired.`);
  const { row_id: _, ...artifact } = row;
  return artifact;
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
