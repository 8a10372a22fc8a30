import type { Artifact } from '../../contracts/artifact.ts';
import { createArtifact } from '../../db/artifacts.ts';
import type { ArtifactWriter } from '../../db/artifacts.ts';
import { recordAudit } from '../../db/record-audit.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { authorize } from '../context.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { describeArtifact } from './read-artifacts.ts';

const tooLarge = (limit: number): OpsError =>
  new OpsError('PAYLOAD_TOO_LARGE', `An artifact may have at most ${limit} bytes (setting max_artifact_bytes). Nothing was kept.`);

const fill = async (artifact: ArtifactWriter, { content, declaredBytes }: UploadedFile, limit: number): Promise<void> => {
  for await (const chunk of content) {
    if (artifact.bytes + chunk.length > limit) throw tooLarge(limit);
    await artifact.push(Buffer.from(chunk));
  }
  if (declaredBytes === undefined || declaredBytes === artifact.bytes) return;
  throw new OpsError('VALIDATION', `Content-Length says ${declaredBytes} bytes, and ${artifact.bytes} came. Nothing was kept.`);
};

export interface UploadedFile {
  name: string;
  content: AsyncIterable<Uint8Array>;
  /** What the sender says that it has; undefined: nothing was said. */
  declaredBytes?: number | undefined;
}

/** Stores a file for file_transfer actions, as it comes. @throws OpsError PAYLOAD_TOO_LARGE, VALIDATION when it is not as long as was said */
export const uploadArtifact = async ({ db, keyRing, readSettings }: ServiceDeps, caller: Caller, file: UploadedFile): Promise<Artifact> => {
  authorize(caller, 'jobs.write');
  const settings = await readSettings();
  const { name, declaredBytes = 0 } = file;
  if (declaredBytes > settings.max_artifact_bytes) throw tooLarge(settings.max_artifact_bytes);
  const retentionDays = settings.artifact_retention_days;
  const artifact = await createArtifact(db, { type: 'upload', actionResultId: null, name, createdBy: caller.userId, retentionDays });
  try {
    await fill(artifact, file, settings.max_artifact_bytes);
    const { uuid, bytes, sha256 } = await artifact.end();
    await recordAudit(db, keyRing.auditKey, {
      eventType: 'data_import',
      action: 'upload_artifact',
      actor: caller.actor,
      resourceType: 'artifacts',
      resourceId: uuid,
      details: { name, size_bytes: bytes, sha256 },
    });
    return await describeArtifact(db, uuid);
  } catch (error) {
    await artifact.discard();
    throw error;
  }
};
