import { createHash, randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { Sequelize } from 'sequelize';
import type { ArtifactType } from '../contracts/enums.ts';
import { OpsError } from '../domain/ops-error.ts';
import { selectPrepared, selectRow } from './query.ts';

const compress = promisify(gzip);
const decompress = promisify(gunzip);

/** Content of one chunk (data model, 5.9). */
const CHUNK_BYTES = 1_048_576;

export interface NewArtifact {
  type: ArtifactType;
  /** Attempt that makes it; null for uploads. */
  actionResultId: number | null;
  name: string;
  createdBy: number | null;
  /** Setting artifact_retention_days. */
  retentionDays: number;
}

export interface ArtifactFacts {
  uuid: string;
  bytes: number;
  /** Hex. */
  sha256: string;
}

/** Writes one artifact, a chunk of 1 MiB at a time; nobody reads it before its end. */
export interface ArtifactWriter {
  readonly uuid: string;
  /** Content so far. */
  readonly bytes: number;
  push(content: Buffer): Promise<void>;
  end(): Promise<ArtifactFacts>;
  /** Removes what was written. */
  discard(): Promise<void>;
}

/** Runs a write, again when the database was away: every write of an artifact may be repeated. */
export type Persist = <T>(write: () => Promise<T>) => Promise<T>;

const LONGEST_NAME = 255;
const once: Persist = (write) => write();

const addRow = async (db: Sequelize, uuid: string, artifact: NewArtifact): Promise<number> => {
  const row = await selectRow<{ id: number }>(
    db,
    `INSERT INTO artifacts (artifact_uuid, artifact_type, action_result_id, name, created_by, expires_at)
     VALUES ($1, $2, $3, $4, $5, now() + make_interval(days => $6)) ON CONFLICT (artifact_uuid) DO UPDATE SET name = excluded.name RETURNING id`,
    [uuid, artifact.type, artifact.actionResultId, artifact.name.slice(-LONGEST_NAME), artifact.createdBy, artifact.retentionDays],
  );
  if (row === undefined) throw new OpsError('INTERNAL', 'The artifact was not stored.');
  return row.id;
};

const addChunk = async (db: Sequelize, id: number, number: number, content: Buffer): Promise<void> => {
  const data = await compress(content);
  await selectPrepared(
    db,
    'add_artifact_chunk',
    'INSERT INTO artifact_chunks (artifact_id, chunk_number, data) VALUES ($1, $2, $3) ON CONFLICT (artifact_id, chunk_number) DO NOTHING',
    [id, number, data],
  );
};

/** Begins an artifact. One push at a time. */
export const createArtifact = async (db: Sequelize, artifact: NewArtifact, persist: Persist = once): Promise<ArtifactWriter> => {
  const uuid = randomUUID();
  const id = await persist(() => addRow(db, uuid, artifact));
  const hash = createHash('sha256');
  let held: Buffer[] = [];
  let heldBytes = 0;
  let bytes = 0;
  let chunks = 0;

  const store = async (content: Buffer): Promise<void> => {
    chunks += 1;
    const number = chunks;
    await persist(() => addChunk(db, id, number, content));
  };

  return {
    uuid,
    get bytes() {
      return bytes;
    },
    async push(content) {
      hash.update(content);
      held.push(content);
      heldBytes += content.length;
      bytes += content.length;
      if (heldBytes < CHUNK_BYTES) return;
      const all = Buffer.concat(held);
      const whole = all.length - (all.length % CHUNK_BYTES);
      held = [all.subarray(whole)];
      heldBytes = all.length - whole;
      for (let at = 0; at < whole; at += CHUNK_BYTES) await store(all.subarray(at, at + CHUNK_BYTES));
    },
    async end() {
      if (heldBytes > 0) await store(Buffer.concat(held));
      const digest = hash.digest();
      await persist(() =>
        selectPrepared(db, 'end_artifact', 'UPDATE artifacts SET size_bytes = $2, sha256 = $3, completed_at = now() WHERE id = $1', [
          id,
          bytes,
          digest,
        ]),
      );
      return { uuid, bytes, sha256: digest.toString('hex') };
    },
    async discard() {
      await persist(() => selectPrepared(db, 'discard_artifact', 'DELETE FROM artifacts WHERE id = $1', [id]));
    },
  };
};

export interface StoredArtifact extends ArtifactFacts {
  id: number;
  name: string;
}

/** A whole artifact that has not expired. @throws OpsError NOT_FOUND */
export const findArtifact = async (db: Sequelize, uuid: string): Promise<StoredArtifact> => {
  const found = await selectRow<StoredArtifact>(
    db,
    `SELECT id, artifact_uuid AS uuid, name, size_bytes AS bytes, encode(sha256, 'hex') AS sha256 FROM artifacts
     WHERE artifact_uuid = $1 AND completed_at IS NOT NULL AND (expires_at IS NULL OR expires_at > now())`,
    [uuid],
  );
  if (found !== undefined) return found;
  throw new OpsError('NOT_FOUND', `There is no artifact ${uuid}: it was never whole, or it has expired (setting artifact_retention_days).`);
};

/** Content from byte `start` to byte `end`, without that one, as it was stored. @throws OpsError NOT_FOUND when a chunk is gone. */
export async function* readArtifact(db: Sequelize, { id, uuid, bytes }: StoredArtifact, start = 0, end = bytes): AsyncGenerator<Buffer> {
  let at = Math.floor(start / CHUNK_BYTES) * CHUNK_BYTES;
  while (at < end) {
    const chunk = await selectPrepared<{ data: Buffer }>(
      db,
      'read_artifact_chunk',
      'SELECT data FROM artifact_chunks WHERE artifact_id = $1 AND chunk_number = $2',
      [id, at / CHUNK_BYTES + 1],
    );
    if (chunk === undefined) throw new OpsError('NOT_FOUND', `Artifact ${uuid} was removed while it was read.`);
    const content = await decompress(chunk.data);
    yield content.subarray(Math.max(0, start - at), end - at);
    at += CHUNK_BYTES;
  }
}
