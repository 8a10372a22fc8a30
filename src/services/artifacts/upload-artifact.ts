import type { Artifact } from '../../contracts/artifact.ts';
import { createArtifact } from '../../db/artifacts.ts';
import type { ArtifactWriter } from '../../db/artifacts.ts';
import { recordAudit } from '../../db/record-audit.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { authorize } from '../context.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { getArtifact } from './read-artifacts.ts';

const tooLarge = (limit: number): OpsError =>
  new OpsError('PAYLOAD_TOO_LARGE', `An artifact may have at most ${limit} bytes (setting max_artifact_bytes). Nothing was kept.`);

const fill = async (artifact: ArtifactWriter, content: AsyncIterable<Uint8Array>, limit: number): Promise<void> => {
  for await (const chunk of content) {
    if (artifact.bytes + chunk.length > limit) throw tooLarge(limit);
    await artifact.push(Buffer.from(chunk));
  }
};

/**
 * Stores a file for file_transfer actions, as it comes.
 * @param declaredBytes how large the sender says it is; one that would be too large is not begun.
 * @throws OpsError PAYLOAD_TOO_LARGE
 */
export const uploadArtifact = async (
  { db, keyRing, readSettings }: ServiceDeps,
  caller: Caller,
  name: string,
  content: AsyncIterable<Uint8Array>,
  declaredBytes = 0,
): Promise<Artifact> => {
  authorize(caller, 'jobs.write');
  const settings = await readSettings();
  if (declaredBytes > settings.max_artifact_bytes) throw tooLarge(settings.max_artifact_bytes);
  const retentionDays = settings.artifact_retention_days;
  const artifact = await createArtifact(db, { type: 'upload', actionResultId: null, name, createdBy: caller.userId, retentionDays });
  try {
    await fill(artifact, content, settings.max_artifact_bytes);
    const { uuid, bytes, sha256 } = await artifact.end();
    await recordAudit(db, keyRing.auditKey, {
      eventType: 'data_import',
      action: 'upload_artifact',
      actor: caller.actor,
      resourceType: 'artifacts',
      resourceId: uuid,
      details: { name, size_bytes: bytes, sha256 },
    });
    return await getArtifact({ db }, caller, uuid);
  } catch (error) {
    await artifact.discard();
    throw error;
  }
};
