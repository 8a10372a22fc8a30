import type { Socket } from 'node:net';
import { createDecoder, encodeData } from './telnet-protocol.ts';

/** A connection as text; commands of the protocol are answered and left out. */
export interface TelnetLine {
  /** False once the server or we have closed it. */
  readonly isOpen: boolean;
  /** Why it broke, where that is known. */
  readonly lastError: Error | undefined;
  send(bytes: Buffer): void;
  /**
   * What comes next, at least one byte; `quiet` when nothing came for `quietMs`; undefined when the connection is gone.
   * The socket is read no further than one chunk ahead of it.
   */
  receive(quietMs?: number): Promise<Buffer | 'quiet' | undefined>;
  close(): void;
}

const errorOf = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));

const quietAfter = (ms: number): { late: Promise<'quiet'>; stop: () => void } => {
  const { promise: late, resolve } = Promise.withResolvers<'quiet'>();
  const timer = setTimeout(() => resolve('quiet'), ms);
  return { late, stop: () => clearTimeout(timer) };
};

export const createTelnetLine = (socket: Socket): TelnetLine => {
  const decode = createDecoder();
  const chunks: AsyncIterator<Buffer> = socket[Symbol.asyncIterator]();
  let lastError: Error | undefined;
  let isOpen = true;
  socket.on('error', (error) => {
    lastError ??= error;
  });

  /** Reads ahead, so that a close is seen while nobody waits. */
  const read = async (): Promise<Buffer | undefined> => {
    try {
      const { done, value } = await chunks.next();
      if (done !== true) return value;
    } catch (error) {
      lastError ??= errorOf(error);
    }
    isOpen = false;
    return undefined;
  };
  let next = read();

  const receive = async (quietMs?: number): Promise<Buffer | 'quiet' | undefined> => {
    for (;;) {
      const quiet = quietMs === undefined ? undefined : quietAfter(quietMs);
      const chunk = await Promise.race(quiet === undefined ? [next] : [next, quiet.late]);
      quiet?.stop();
      if (chunk === 'quiet' || chunk === undefined) return chunk;
      next = read();
      const { data, answer } = decode(chunk);
      if (answer.length > 0) socket.write(answer);
      if (data.length > 0) return data;
    }
  };

  return {
    get isOpen() {
      return isOpen && !socket.destroyed;
    },
    get lastError() {
      return lastError;
    },
    send: (bytes) => void socket.write(encodeData(bytes)),
    receive,
    close: () => socket.destroy(),
  };
};
