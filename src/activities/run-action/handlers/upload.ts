import { OpsError } from '../../../domain/ops-error.ts';
import type { RemoteFile } from '../../../contracts/transport.ts';
import type { RemoteFiles } from '../../../transports/transport.ts';
import type { ActionRun } from './action-handler.ts';
import type { TransferSource } from './transfer-source.ts';

export interface Upload {
  source: TransferSource;
  destination: string;
  mode: string | undefined;
  overwrite: boolean;
  /** Makes the folders above the destination that are missing. */
  createParents: boolean;
}

const folderOf = (path: string): string => path.slice(0, Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')));

/** Its folder and those above; a relative path may have none. */
const makeFolder = async (files: RemoteFiles, destination: string, signal: AbortSignal): Promise<void> => {
  const folder = folderOf(destination);
  if (folder !== '') await files.perform({ operation: 'mkdir', source: folder, mode: undefined }, undefined, signal);
};

/** Beside the destination, so that a rename puts it in place; the same for every attempt, so that the next goes on where one broke off. */
const partPath = (destination: string, marker: string): string => {
  const folder = destination.slice(0, Math.max(destination.lastIndexOf('/'), destination.lastIndexOf('\\')) + 1);
  return `${folder}.opsc-${marker.split('/').slice(0, 2).join('-')}.part`;
};

const refusal = (upload: Upload, there: RemoteFile | undefined): OpsError | undefined => {
  const { destination, overwrite } = upload;
  if (there?.kind === 'directory' || /[/\\]$/.test(destination))
    return new OpsError('FILE_FAILED', `${destination} is a folder. destination_path must name the file.`);
  if (there !== undefined && !overwrite)
    return new OpsError('FILE_FAILED', `${destination} is there already with another content, and overwrite is false.`);
  return undefined;
};

const hasContent = async (files: RemoteFiles, path: string, there: RemoteFile | undefined, source: TransferSource, signal: AbortSignal) =>
  there?.kind === 'file' && there.bytes === source.bytes && (await files.sha256(path, source.bytes, signal)) === source.sha256;

const chmod = (files: RemoteFiles, path: string, mode: string, signal: AbortSignal): Promise<void> =>
  files.perform({ operation: 'chmod', source: path, mode, isRecursive: false }, undefined, signal);

/** Bytes of an earlier try that can stay. */
const bytesToKeep = async (files: RemoteFiles, part: string, source: TransferSource, signal: AbortSignal): Promise<number> => {
  const there = await files.stat(part, signal);
  if (there?.kind !== 'file' || there.bytes === 0 || there.bytes > source.bytes) return 0;
  const isSame = (await files.sha256(part, there.bytes, signal)) === (await source.sha256Of(there.bytes));
  return isSame ? there.bytes : 0;
};

const writePart = async (files: RemoteFiles, part: string, mode: string | undefined, { source }: Upload, { signal, note }: ActionRun) => {
  const kept = await bytesToKeep(files, part, source, signal);
  if (kept > 0) note('info', 'action_execution', 'file_transfer', `Goes on behind the ${kept} bytes that are there already.`);
  // The content may be a secret: nobody shall read it before it has its mode.
  if (kept === 0) await files.write(part, source.open(source.bytes), 0, signal);
  if (mode !== undefined) await chmod(files, part, mode, signal);
  if (kept < source.bytes) await files.write(part, source.open(kept), kept, signal);
  const arrived = await files.sha256(part, source.bytes, signal);
  if (arrived === source.sha256) return;
  throw new OpsError(
    'CHECKSUM_MISMATCH',
    `What arrived at ${part} has the SHA-256 ${arrived} instead of ${source.sha256}. The destination was not touched.`,
  );
};

/** A partial file is kept for a broken connection only. */
const isResumable = (error: unknown, signal: AbortSignal): boolean =>
  signal.aborted || (error instanceof OpsError && error.category === 'communication');

/**
 * Writes a temporary file beside the destination, compares its SHA-256, and renames it: nobody sees half a file. A destination that has the content
 * already is left as it is. May be repeated at any time.
 * @returns what was done, in words.
 */
export const uploadFile = async (run: ActionRun, files: RemoteFiles, upload: Upload): Promise<string> => {
  const { source, destination } = upload;
  const { signal } = run;
  const there = await files.stat(destination, signal);
  if (await hasContent(files, destination, there, source, signal)) {
    if (upload.mode !== undefined) await chmod(files, destination, upload.mode, signal);
    return `${destination} has the content already`;
  }
  const refused = refusal(upload, there);
  if (refused !== undefined) throw refused;
  const part = partPath(destination, run.marker);
  if (upload.createParents) await makeFolder(files, destination, signal);
  const mode = upload.mode ?? (there?.kind === 'file' ? there.mode?.toString(8) : undefined);
  try {
    await writePart(files, part, mode, upload, run);
    const rename = { operation: 'move', source: part, destination, overwrite: upload.overwrite, preservePermissions: true } as const;
    await files.perform(rename, undefined, signal);
  } catch (error) {
    if (!isResumable(error, signal))
      await files.perform({ operation: 'delete', source: part, isRecursive: false }, undefined, signal).catch(() => undefined);
    throw error;
  }
  return `uploaded ${source.bytes} bytes to ${destination}`;
};
