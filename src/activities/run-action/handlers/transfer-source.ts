import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { z } from 'zod';
import { findArtifact, readArtifact } from '../../../db/artifacts.ts';
import type { StoredArtifact } from '../../../db/artifacts.ts';
import { OpsError } from '../../../domain/ops-error.ts';
import type { ActionRun } from './action-handler.ts';
import { render } from '../render.ts';

/** What is uploaded; it can be read from any byte, any number of times. */
export interface TransferSource {
  bytes: number;
  /** Hex. */
  sha256: string;
  open(start: number): Readable;
  /** SHA-256 of the first `length` bytes, hex. */
  sha256Of(length: number): Promise<string>;
}

const hashOf = async (content: AsyncIterable<Buffer>, length: number): Promise<string> => {
  const hash = createHash('sha256');
  let left = length;
  for await (const chunk of content) {
    hash.update(chunk.subarray(0, left));
    left -= Math.min(left, chunk.length);
    if (left === 0) break;
  }
  return hash.digest('hex');
};

const ofText = (text: string): TransferSource => {
  const content = Buffer.from(text);
  const sha256Of = async (length: number): Promise<string> => createHash('sha256').update(content.subarray(0, length)).digest('hex');
  return {
    bytes: content.length,
    sha256: createHash('sha256').update(content).digest('hex'),
    open: (start) => Readable.from([content.subarray(start)]),
    sha256Of,
  };
};

/** @throws OpsError VALIDATION when a reference gives no uuid */
export const artifactOf = (run: ActionRun, text: string): Promise<StoredArtifact> => {
  const uuid = render(run, text, 'plain');
  if (z.uuid().safeParse(uuid).success) return findArtifact(run.deps.db, uuid);
  throw new OpsError('VALIDATION', `${text} gives no uuid of an artifact, so there is nothing to send. Nothing was sent.`);
};

const ofArtifact = async (run: ActionRun, text: string): Promise<TransferSource> => {
  const { db } = run.deps;
  const artifact = await artifactOf(run, text);
  return {
    bytes: artifact.bytes,
    sha256: artifact.sha256,
    open: (start) => Readable.from(readArtifact(db, artifact, start)),
    sha256Of: async (length) => (length === artifact.bytes ? artifact.sha256 : hashOf(readArtifact(db, artifact), length)),
  };
};

interface Given {
  content?: string | undefined;
  artifact?: string | undefined;
  sha256?: string | undefined;
}

/** @throws OpsError NOT_FOUND for an artifact that is not there, CHECKSUM_MISMATCH when the content is another than was meant. */
export const openSource = async (run: ActionRun, { content, artifact, sha256 }: Given): Promise<TransferSource> => {
  const source = artifact === undefined ? ofText(render(run, content ?? '', 'plain')) : await ofArtifact(run, artifact);
  if (sha256 === undefined || sha256 === source.sha256) return source;
  throw new OpsError(
    'CHECKSUM_MISMATCH',
    `The content to upload has the SHA-256 ${source.sha256}, and the action expects ${sha256}. Nothing was sent. Correct the action, or give the right content.`,
  );
};
