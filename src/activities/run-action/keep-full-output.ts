import type { Sequelize } from 'sequelize';
import type { OutputStream } from '../../contracts/enums.ts';
import { createArtifact } from '../../db/artifacts.ts';
import type { ArtifactWriter } from '../../db/artifacts.ts';
import { keepTrying } from './keep-trying.ts';
import type { OutputWriter } from './output-writer.ts';

interface KeepOptions {
  db: Sequelize;
  attemptId: number;
  retentionDays: number;
  /** Of each stream; what comes after is not kept. */
  maxArtifactBytes: number;
  /** Aborted: the worker must end. */
  giveUp: AbortSignal;
}

interface Kept {
  artifact: ArtifactWriter;
  isCut: boolean;
}

/** A writer that also keeps the exact bytes of both streams, each as an artifact of the attempt; a stream without output has none. */
export const keepFullOutput = (
  writer: OutputWriter,
  { db, attemptId, retentionDays, maxArtifactBytes, giveUp }: KeepOptions,
): OutputWriter => {
  const streams = new Map<OutputStream, Kept>();
  let last = Promise.resolve();

  const begin = async (stream: OutputStream): Promise<Kept> => {
    const facts = { type: 'output', actionResultId: attemptId, name: stream, createdBy: null, retentionDays } as const;
    const kept = { artifact: await createArtifact(db, facts, (write) => keepTrying(write, giveUp)), isCut: false };
    streams.set(stream, kept);
    return kept;
  };

  const keep = async (stream: OutputStream, chunk: Buffer): Promise<void> => {
    if (chunk.length === 0) return;
    const kept = streams.get(stream) ?? (await begin(stream));
    const room = maxArtifactBytes - kept.artifact.bytes;
    kept.isCut ||= chunk.length > room;
    if (room > 0) await kept.artifact.push(chunk.subarray(0, room));
  };

  const endStream = async (stream: OutputStream, { artifact, isCut }: Kept): Promise<void> => {
    const { uuid, bytes } = await artifact.end();
    const message = isCut
      ? `The first ${bytes} bytes of ${stream} are artifact ${uuid}; what came after is not kept (setting max_artifact_bytes).`
      : `All ${bytes} bytes of ${stream} are artifact ${uuid}.`;
    writer.event(isCut ? 'warning' : 'info', 'result_collection', 'command_execution', message);
  };

  return {
    ...writer,
    write(stream, chunk) {
      last = last.then(() => keep(stream, chunk)).then(() => writer.write(stream, chunk));
      return last;
    },
    async end() {
      for (const [stream, kept] of streams) await endStream(stream, kept);
      return writer.end();
    },
  };
};
