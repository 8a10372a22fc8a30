import { createArtifact } from '../../../db/artifacts.ts';
import type { ArtifactFacts, ArtifactWriter } from '../../../db/artifacts.ts';
import { OpsError } from '../../../domain/ops-error.ts';
import type { RemoteFiles } from '../../../transports/transport.ts';
import { keepTrying } from '../keep-trying.ts';
import type { ActionRun } from './action-handler.ts';
import { overLostConnections } from './over-lost-connections.ts';

export interface Download {
  path: string;
  sha256: string | undefined;
  maxBytes: number | undefined;
}

const tooLarge = (path: string, limit: number): OpsError =>
  new OpsError(
    'FILE_FAILED',
    `${path} has more than ${limit} bytes, the limit of this download (maxBytes of the action, setting max_artifact_bytes).`,
  );

const checkFile = async (files: RemoteFiles, path: string, limit: number, signal: AbortSignal): Promise<void> => {
  const there = await files.stat(path, signal);
  if (there === undefined) throw new OpsError('FILE_MISSING', `There is no file ${path} on the target. Check the path.`);
  if (there.kind === 'directory') throw new OpsError('FILE_FAILED', `${path} is a folder. Only files can be downloaded; pack it first.`);
  if (there.kind === 'file' && there.bytes > limit) throw tooLarge(path, limit);
};

const readInto = async (files: RemoteFiles, artifact: ArtifactWriter, path: string, limit: number, signal: AbortSignal): Promise<void> => {
  const content = await files.read(path, artifact.bytes, signal);
  for await (const chunk of content) {
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
    if (artifact.bytes + bytes.length > limit) throw tooLarge(path, limit);
    await artifact.push(bytes);
  }
};

const verify = async (files: RemoteFiles, { path, sha256 }: Download, facts: ArtifactFacts, signal: AbortSignal): Promise<void> => {
  const there = await files.sha256(path, facts.bytes, signal);
  if (there !== facts.sha256)
    throw new OpsError(
      'CHECKSUM_MISMATCH',
      `${path} was changed while it was read, or it arrived damaged: here ${facts.sha256}, there ${there}. Nothing was kept.`,
    );
  if (sha256 !== undefined && sha256 !== facts.sha256)
    throw new OpsError('CHECKSUM_MISMATCH', `${path} has the SHA-256 ${facts.sha256}, and the action expects ${sha256}. Nothing was kept.`);
};

const nameOf = (path: string): string => path.split(/[/\\]/).findLast((part) => part !== '') ?? path;

/** Reads a file into an artifact of the attempt, on behind what has come when the connection breaks. */
export const downloadFile = async (run: ActionRun, download: Download): Promise<ArtifactFacts> => {
  const { deps, signal, attemptId } = run;
  const settings = await deps.readSettings();
  const limit = Math.min(download.maxBytes ?? Infinity, settings.max_artifact_bytes);
  await overLostConnections(run, (files) => checkFile(files, download.path, limit, signal));
  const artifact = await createArtifact(
    deps.db,
    {
      type: 'download',
      actionResultId: attemptId,
      name: nameOf(download.path),
      createdBy: null,
      retentionDays: settings.artifact_retention_days,
    },
    (write) => keepTrying(write, signal),
  );
  try {
    await overLostConnections(run, (files) => readInto(files, artifact, download.path, limit, signal));
    const facts = await artifact.end();
    await overLostConnections(run, (files) => verify(files, download, facts, signal));
    return facts;
  } catch (error) {
    await artifact.discard();
    throw error;
  }
};
