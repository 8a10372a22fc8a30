import type { Readable } from 'node:stream';
import type { SftpChannel } from './sftp-channel.ts';

const PIECE_BYTES = 32_768;
/** Requests under way at once: each waits for its answer, so one at a time would be as slow as the way is long. */
const WINDOW = 16;

/** Up to `length` bytes; fewer at the end of the file. */
const readPiece = async (sftp: SftpChannel, handle: Buffer, position: number, length: number): Promise<Buffer> => {
  const into = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const bytes = await sftp.read(handle, into.subarray(filled), position + filled);
    if (bytes === 0) break;
    filled += bytes;
  }
  return into.subarray(0, filled);
};

/** Content from `start` to the end of the file, in order. */
export async function* readContent(sftp: SftpChannel, handle: Buffer, start: number): AsyncGenerator<Buffer> {
  const underWay: Promise<Buffer>[] = [];
  let next = start;
  for (;;) {
    while (underWay.length < WINDOW) {
      const bytes = readPiece(sftp, handle, next, PIECE_BYTES);
      // One that fails behind another is told when its turn comes, or never.
      bytes.catch(() => undefined);
      underWay.push(bytes);
      next += PIECE_BYTES;
    }
    const bytes = await underWay.shift();
    if (bytes === undefined || bytes.length === 0) return;
    yield bytes;
    if (bytes.length < PIECE_BYTES) return;
  }
}

/** Writes content from `start` on. @returns bytes written, all of them acknowledged. */
export const writeContent = async (sftp: SftpChannel, handle: Buffer, content: Readable, start: number): Promise<number> => {
  let position = start;
  const underWay: Promise<void>[] = [];
  for await (const chunk of content) {
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
      const piece = bytes.subarray(at, at + PIECE_BYTES);
      const written = sftp.write(handle, piece, position);
      written.catch(() => undefined);
      underWay.push(written);
      position += piece.length;
      if (underWay.length >= WINDOW) await underWay.shift();
    }
  }
  await Promise.all(underWay);
  return position - start;
};
