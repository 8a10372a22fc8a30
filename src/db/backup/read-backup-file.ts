import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { ReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { OpsError } from '../../domain/ops-error.ts';
import { parseTrailer, TRAILER_BYTES } from './backup-trailer.ts';
import { FORMAT_VERSION, Manifest } from './manifest.ts';

/** A backup that was read to its end once and is whole. */
export interface BackupFile {
  manifest: Manifest;
  bytes: number;
  /** What pg_dump wrote. */
  openDump: () => ReadStream;
}

const MAX_HEADER_BYTES = 4 * 1_048_576;
const PG_DUMP_MAGIC = 'PGDMP';

const notABackup = (file: string, start: Buffer): OpsError => {
  const what = start.toString('latin1', 0, PG_DUMP_MAGIC.length) === PG_DUMP_MAGIC ? ', but a dump of pg_dump alone (use pg_restore)' : '';
  return new OpsError('VALIDATION', `${file} is no backup that \`opsconductor db backup\` made${what}. Nothing was changed.`);
};

const cutOff = (file: string): OpsError =>
  new OpsError('VALIDATION', `${file} is cut off: its end is missing. Copy it again, or take another backup. Nothing was changed.`);

const readAt = async (handle: FileHandle, position: number, length: number): Promise<Buffer> => {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const parseHeader = (file: string, line: string): Manifest => {
  const json = parseJson(line);
  const head = Manifest.pick({ format: true, format_version: true }).safeParse(json);
  if (!head.success) throw notABackup(file, Buffer.from(line));
  if (head.data.format_version > FORMAT_VERSION)
    throw new OpsError('CONFLICT', `${file} was made by a newer version of OpsConductor. Upgrade this one first. Nothing was changed.`);
  const parsed = Manifest.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new OpsError(
    'VALIDATION',
    `The first line of ${file} was altered: it is no usable manifest. Take another copy. Nothing was changed.`,
  );
};

const hashOf = async (file: string, bytes: number): Promise<string> => {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file, { end: bytes - 1 })) hash.update(chunk as Buffer);
  return hash.digest('hex');
};

/**
 * Reads a backup from end to end before anything is done with it.
 * @throws OpsError VALIDATION when it is no backup, cut off or altered; CONFLICT when it is of a newer format; NOT_FOUND when it cannot be read.
 */
export const readBackupFile = async (file: string): Promise<BackupFile> => {
  await using handle = await open(file, 'r').catch((cause: NodeJS.ErrnoException) => {
    throw new OpsError('NOT_FOUND', `${file} cannot be read (${cause.code ?? cause.message}). Nothing was changed.`, { cause });
  });
  const { size } = await handle.stat();
  const start = await readAt(handle, 0, Math.min(size, MAX_HEADER_BYTES));
  const lineEnd = start.indexOf(0x0a);
  if (start[0] !== 0x7b) throw notABackup(file, start);
  if (lineEnd === -1) throw start.includes('"opsconductor-backup"') ? cutOff(file) : notABackup(file, start);
  const manifest = parseHeader(file, start.toString('utf8', 0, lineEnd));
  const contentBytes = size - TRAILER_BYTES;
  if (contentBytes <= lineEnd + 1) throw cutOff(file);
  const sha256 = parseTrailer(await readAt(handle, contentBytes, TRAILER_BYTES));
  if (sha256 === undefined) throw cutOff(file);
  if ((await hashOf(file, contentBytes)) !== sha256)
    throw new OpsError('VALIDATION', `${file} was altered: its SHA-256 is another one. Take another copy. Nothing was changed.`);
  return { manifest, bytes: size, openDump: () => createReadStream(file, { start: lineEnd + 1, end: contentBytes - 1 }) };
};
