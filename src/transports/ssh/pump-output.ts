import type { Readable } from 'node:stream';
import type { ClientChannel } from 'ssh2';
import type { OutputStream } from '../../contracts/enums.ts';
import { createPidLineFilter } from '../../domain/pid-line-filter.ts';
import type { OutputSink } from '../transport.ts';

/** Output of one program on its way to its sink. */
export interface OutputPump {
  /** Process id on the target, once it is known. */
  readonly pid: number | undefined;
  /** Done once the process id is known, or never will be. */
  readonly pidSeen: Promise<void>;
  /** Done once all output was delivered; rejects with the error of the sink. */
  readonly delivered: Promise<void>;
  /** From now on output is read and thrown away. */
  stop(): void;
}

const PIECE_BYTES = 32_768;

/** Reads a stream to its end, and no further while a chunk is being delivered. Not `for await`: leaving that one closes the channel. */
const readAll = async (stream: Readable, deliver: (chunk: Buffer) => Promise<void>): Promise<void> => {
  let isEnded = false;
  let wake = Promise.withResolvers<void>();
  stream.on('readable', () => wake.resolve());
  stream.on('end', () => {
    isEnded = true;
    wake.resolve();
  });
  for (;;) {
    // Without a size all that has come, up to the whole window of the channel, would be copied into one buffer.
    const chunk: unknown = stream.readableLength > PIECE_BYTES ? stream.read(PIECE_BYTES) : stream.read();
    if (Buffer.isBuffer(chunk)) {
      await deliver(chunk);
    } else if (isEnded) {
      return;
    } else {
      await wake.promise;
      wake = Promise.withResolvers<void>();
    }
  }
};

/** Delivers the output of a channel, one chunk at a time over both streams, without the line that tells the process id. */
export const pumpOutput = (channel: ClientChannel, sink: OutputSink): OutputPump => {
  const filter = createPidLineFilter();
  const pidSeen = Promise.withResolvers<void>();
  const failed = Promise.withResolvers<never>();
  let isStopped = false;
  let last = Promise.resolve();

  const deliverNow = async (stream: OutputStream, chunk: Buffer): Promise<void> => {
    if (isStopped || chunk.length === 0) return;
    try {
      await sink(stream, chunk);
    } catch (error) {
      isStopped = true;
      failed.reject(error);
    }
  };
  const deliver = (stream: OutputStream, chunk: Buffer): Promise<void> => (last = last.then(() => deliverNow(stream, chunk)));

  const readStdout = async (): Promise<void> => {
    await readAll(channel, (chunk) => {
      const rest = filter.push(chunk);
      if (filter.pid !== undefined) pidSeen.resolve();
      return deliver('stdout', rest);
    });
    pidSeen.resolve();
    await deliver('stdout', filter.end());
  };
  const both = Promise.all([readStdout(), readAll(channel.stderr, (chunk) => deliver('stderr', chunk))]);
  const delivered = Promise.race([failed.promise, both.then(() => undefined)]);
  // The reader of `delivered` may have left for another error by the time the sink fails.
  delivered.catch(() => undefined);

  return {
    get pid() {
      return filter.pid;
    },
    pidSeen: pidSeen.promise,
    delivered,
    stop: () => {
      isStopped = true;
    },
  };
};
