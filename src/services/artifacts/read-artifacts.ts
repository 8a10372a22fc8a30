import type { Sequelize } from 'sequelize';
import type { Artifact, ArtifactFilter } from '../../contracts/artifact.ts';
import type { Page } from '../../contracts/page.ts';
import { createConditions, likeText } from '../../db/conditions.ts';
import { findArtifact, readArtifact } from '../../db/artifacts.ts';
import type { StoredArtifact } from '../../db/artifacts.ts';
import { keyset } from '../../db/keyset.ts';
import type { Order } from '../../db/keyset.ts';
import { selectRow, selectRows } from '../../db/query.ts';
import { recordAudit } from '../../db/record-audit.ts';
import { readByteRange } from '../../domain/byte-range.ts';
import type { ByteRange } from '../../domain/byte-range.ts';
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

/** SQL of the attempts of a run, a branch or an action. */
const resultsOf = (part: string): string =>
  `a.action_result_id = ANY(ARRAY(SELECT r.id FROM job_executions e JOIN job_execution_branches b ON b.job_execution_id = e.id
     JOIN job_action_results r ON r.branch_id = b.id WHERE ${part}))`;

/** Artifacts that have not expired. */
export const listArtifacts = async ({ db }: ServiceDeps, caller: Caller, filter: ArtifactFilter): Promise<Page<Artifact>> => {
  authorize(caller, 'executions.read');
  const conditions = createConditions();
  conditions.add(filter.type, (value) => `a.artifact_type = ${value}`);
  conditions.add(filter.execution, (value) => resultsOf(`e.execution_serial = ${value}`));
  conditions.add(filter.branch, (value) => resultsOf(`b.branch_serial = ${value}`));
  conditions.add(filter.action, (value) => resultsOf(`r.action_serial = ${value}`));
  conditions.add(filter.search && likeText(filter.search), (value) => `a.name ILIKE '%' || ${value} || '%'`);
  conditions.add(filter.created_by, (value) => `a.created_by = (SELECT id FROM users WHERE lower(username) = lower(${value}))`);
  const page = keyset(ORDER, filter, conditions.bind);
  const rows = await selectRows<Artifact & { row_id: number }>(
    db,
    `SELECT ${page.columns}, ${COLUMNS} ${FROM} WHERE ${conditions.sql} AND (a.expires_at IS NULL OR a.expires_at > now())
       AND ${page.where} ${page.order}`,
    page.bind,
  );
  return page.of(rows);
};

/** As getArtifact, for whoever may know of it. @throws OpsError NOT_FOUND */
export const describeArtifact = async (db: Sequelize, uuid: string): Promise<Artifact> => {
  const row = await selectRow<Artifact>(
    db,
    `SELECT ${COLUMNS} ${FROM} WHERE a.artifact_uuid = $1 AND (a.expires_at IS NULL OR a.expires_at > now())`,
    [uuid],
  );
  if (row === undefined) throw new OpsError('NOT_FOUND', `There is no artifact ${uuid}, or it has expired.`);
  return row;
};

/** @throws OpsError NOT_FOUND, FORBIDDEN */
export const getArtifact = async ({ db }: Pick<ServiceDeps, 'db'>, caller: Caller, uuid: string): Promise<Artifact> => {
  authorize(caller, 'executions.read');
  return describeArtifact(db, uuid);
};

/** What of the content is wanted, and how it is told that it is still the same. */
export interface WantedContent {
  /** `Range` header. */
  range?: string | undefined;
  /** `If-Range` header: the ETag of the content of which a part is there already. */
  ifRange?: string | undefined;
}

export interface ArtifactContent extends StoredArtifact {
  /** undefined: it is all of it. `unsatisfiable`: the range begins behind the end, and there is no content. */
  part: ByteRange | 'unsatisfiable' | undefined;
  /** Names the content. */
  etag: string;
  content: AsyncIterable<Buffer>;
}

/**
 * The content or a part of it, as a stream. It is not masked as the lines of a log are, so it takes the right to run jobs, and every download is audited.
 * @throws OpsError NOT_FOUND for one that is not whole
 */
export const downloadArtifact = async (
  { db, keyRing }: ServiceDeps,
  caller: Caller,
  uuid: string,
  { range, ifRange }: WantedContent = {},
): Promise<ArtifactContent> => {
  authorize(caller, 'jobs.execute');
  const artifact = await findArtifact(db, uuid);
  const etag = `"${artifact.sha256}"`;
  const part = ifRange === undefined || ifRange === etag ? readByteRange(range, artifact.bytes) : undefined;
  if (part === 'unsatisfiable') return { ...artifact, part, etag, content: (async function* () {})() };
  await recordAudit(db, keyRing.auditKey, {
    eventType: 'data_export',
    action: 'download_artifact',
    actor: caller.actor,
    resourceType: 'artifacts',
    resourceId: uuid,
    details: { name: artifact.name, size_bytes: artifact.bytes, ...(part && { from_byte: part.start, to_byte: part.end }) },
  });
  return { ...artifact, part, etag, content: readArtifact(db, artifact, part?.start, part?.end) };
};
