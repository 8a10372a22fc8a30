import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import { Readable } from 'node:stream';
import type { Stats } from 'ssh2';
import type { RemoteFile } from '../../contracts/transport.ts';
import { abortable } from '../abortable.ts';
import type { RemoteFiles } from '../transport.ts';
import { createScriptFiles } from '../windows/script-files.ts';
import type { SshLink } from './connect-ssh.ts';
import { performOnTarget, runTool } from './file-operations.ts';
import { runBuilt } from './run-program.ts';
import { createSftp } from './sftp-channel.ts';
import type { SftpChannel } from './sftp-channel.ts';
import { readContent, writeContent } from './sftp-content.ts';
import { isBareFailure, isMissing, sftpError } from './sftp-errors.ts';

const PERMISSION_BITS = 0o7777;

const kindOf = (stats: Stats): RemoteFile['kind'] => {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'directory';
  return stats.isSymbolicLink() ? 'link' : 'other';
};

const statFile = async (sftp: SftpChannel, path: string): Promise<RemoteFile | undefined> => {
  try {
    const stats = await sftp.lstat(path);
    return { kind: kindOf(stats), bytes: stats.size, mode: stats.mode & PERMISSION_BITS };
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
};

/** Opens for writing from `start` on; what is there behind it is cut off. */
const openToWrite = async (sftp: SftpChannel, path: string, start: number): Promise<Buffer> => {
  if (start === 0) return sftp.open(path, 'w');
  const handle = await sftp.open(path, 'r+');
  await sftp.setSize(handle, start);
  return handle;
};

const writeFile = async (sftp: SftpChannel, path: string, content: Readable, start: number): Promise<number> => {
  const handle = await openToWrite(sftp, path, start);
  try {
    const bytes = await writeContent(sftp, handle, content, start);
    await sftp.close(handle);
    return bytes;
  } catch (error) {
    await sftp.close(handle).catch(() => undefined);
    throw error;
  }
};

/** Takes the first of these that the target has: 64 hex digits come out first. */
const SHA256 = `
f=$1; case $f in /*) ;; *) f=./$f;; esac
[ -r "$f" ] || exit 1
for t in sha256sum 'shasum -a 256' 'openssl dgst -sha256 -r'; do
  command -v \${t%% *} >/dev/null 2>&1 || continue
  head -c "$2" <"$f" | $t
  exit
done
exit 1
`;

const hashOnTarget = async (link: SshLink, path: string, length: number, signal: AbortSignal): Promise<string | undefined> => {
  const told = await runTool(link, SHA256, [path, String(length)], { signal }).catch((error: unknown) => {
    // A login that may use SFTP and nothing else still has its files read.
    if (signal.aborted || !link.isOpen) throw error;
  });
  return told?.exitCode === 0 ? /^[0-9a-f]{64}/.exec(told.stdout)?.[0] : undefined;
};

const hashHere = async (sftp: SftpChannel, path: string, length: number): Promise<string> => {
  const handle = await sftp.open(path, 'r');
  const hash = createHash('sha256');
  let left = length;
  for await (const chunk of readContent(sftp, handle, 0)) {
    hash.update(chunk.subarray(0, left));
    left -= Math.min(left, chunk.length);
    if (left === 0) break;
  }
  await sftp.close(handle);
  return hash.digest('hex');
};

/** PowerShell in place of the tools of a POSIX target. */
const windowsFiles = (link: SshLink): ReturnType<typeof createScriptFiles> => {
  const { host, port } = link.endpoint;
  return createScriptFiles({
    where: `SSH to ${host} port ${port}`,
    async run({ commandLine, input, output }, signal) {
      const stdin = Buffer.concat(await Array.fromAsync(input)).toString();
      const { exitCode } = await runBuilt(link, { commandLine, stdin }, { marker: `files-${crypto.randomUUID()}` }, output, signal);
      return exitCode;
    },
  });
};

/** Files by SFTP; what SFTP cannot do (copy, whole folders, owners by name, other users) by the tools of the target, or PowerShell on Windows. */
export const createSshFiles = (link: SshLink): RemoteFiles => {
  const openSftp = createSftp(link);

  const withSftp = async <T>(
    what: string,
    signal: AbortSignal,
    giveUp: () => void,
    work: (sftp: SftpChannel) => Promise<T>,
  ): Promise<T> => {
    signal.throwIfAborted();
    const sftp = await abortable(signal, giveUp, openSftp());
    try {
      return await abortable(signal, giveUp, work(sftp));
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw sftpError(link, what, error);
    }
  };

  const read = async function* (
    sftp: SftpChannel,
    handle: Buffer,
    path: string,
    start: number,
    signal: AbortSignal,
  ): AsyncGenerator<Buffer> {
    try {
      yield* readContent(sftp, handle, start);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw sftpError(link, `read of ${path}`, error);
    } finally {
      await sftp.close(handle).catch(() => undefined);
    }
  };

  return {
    stat: (path, signal) =>
      withSftp(
        `look at ${path}`,
        signal,
        () => {},
        (sftp) => statFile(sftp, path),
      ),
    read: (path, start, signal) =>
      withSftp(
        `read of ${path}`,
        signal,
        () => {},
        async (sftp) => {
          const handle = await sftp.open(path, 'r');
          return Readable.from(read(sftp, handle, path, start, signal), { signal, objectMode: false });
        },
      ),
    write: (path, content, start, signal) =>
      withSftp(
        `write of ${path}`,
        signal,
        () => content.destroy(),
        async (sftp) => {
          try {
            return await writeFile(sftp, path, content, start);
          } catch (error) {
            const isFull = isBareFailure(error) && (await sftp.hasRoom(posix.dirname(path))) === false;
            throw sftpError(link, `write of ${path}`, error, isFull);
          }
        },
      ),
    sha256: (path, length, signal) =>
      withSftp(
        `checksum of ${path}`,
        signal,
        () => {},
        async (sftp) => (await hashOnTarget(link, path, length, signal)) ?? hashHere(sftp, path, length),
      ),
    perform: (operation, runAs, signal) => performOnTarget(link, operation, runAs, signal),
    ...(link.endpoint.platform === 'windows' ? windowsFiles(link) : {}),
  };
};
