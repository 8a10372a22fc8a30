import type { SFTPWrapper, Stats } from 'ssh2';
import type { SshLink } from './connect-ssh.ts';
import { connectionClosed } from './exec-channel.ts';
import { CHANNEL_GONE, sftpUnavailable } from './sftp-errors.ts';

type Done<T> = (error: Error | null | undefined, value: T) => void;

/** The requests of SFTP that we use, as promises; they reject with the error of ssh2. */
export interface SftpChannel {
  readonly isOpen: boolean;
  lstat(path: string): Promise<Stats>;
  open(path: string, flags: 'r' | 'w' | 'r+'): Promise<Buffer>;
  close(handle: Buffer): Promise<void>;
  /** @returns bytes read; 0 at the end. */
  read(handle: Buffer, into: Buffer, position: number): Promise<number>;
  write(handle: Buffer, content: Buffer, position: number): Promise<void>;
  /** Cuts the file, or lets it grow. */
  setSize(handle: Buffer, bytes: number): Promise<void>;
  /** Whether the file system has room left; undefined when the server does not tell. */
  hasRoom(path: string): Promise<boolean | undefined>;
}

interface FileSystemFacts {
  f_bavail: number;
}

const channelOf = (link: SshLink, sftp: SFTPWrapper): SftpChannel => {
  let isOpen = true;
  const waiting = new Set<(error: Error) => void>();
  const onClose = (): void => {
    isOpen = false;
    for (const reject of waiting) reject(new Error(CHANNEL_GONE));
  };
  sftp.once('close', onClose);
  link.client.once('close', onClose);
  // A request on a channel that has gone is never answered.
  const ask = <T>(start: (done: Done<T>) => void): Promise<T> =>
    new Promise((resolve, reject) => {
      if (!isOpen) throw new Error(CHANNEL_GONE);
      waiting.add(reject);
      start((error, value) => {
        waiting.delete(reject);
        if (error === null || error === undefined) resolve(value);
        else reject(error);
      });
    });
  // The requests that were open tell the same error.
  sftp.on('error', () => undefined);
  return {
    get isOpen() {
      return isOpen;
    },
    lstat: (path) => ask((done) => sftp.lstat(path, done)),
    open: (path, flags) => ask((done) => sftp.open(path, flags, done)),
    close: (handle) => ask<void>((done) => sftp.close(handle, (error) => done(error))),
    read: (handle, into, position) =>
      ask((done) => sftp.read(handle, into, 0, into.length, position, (error, bytes) => done(error, bytes))),
    write: (handle, content, position) =>
      ask<void>((done) => sftp.write(handle, content, 0, content.length, position, (error) => done(error))),
    setSize: (handle, bytes) => ask<void>((done) => sftp.fsetstat(handle, { size: bytes }, (error) => done(error))),
    async hasRoom(path) {
      const facts = await ask<FileSystemFacts>((done) => sftp.ext_openssh_statvfs(path, done)).catch(() => undefined);
      return facts === undefined ? undefined : facts.f_bavail > 0;
    },
  };
};

/** @throws OpsError METHOD_UNSUPPORTED when the server has no SFTP, CONNECTION_CLOSED */
const openSftp = (link: SshLink): Promise<SftpChannel> =>
  new Promise((resolve, reject) => {
    const fail = (cause: unknown): void =>
      reject(link.isOpen ? sftpUnavailable(link, cause) : connectionClosed(link, 'before a file was touched'));
    try {
      link.client.sftp((error, sftp) => {
        if (error === undefined) resolve(channelOf(link, sftp));
        else fail(error);
      });
    } catch (error) {
      fail(error);
    }
  });

/** Gives the one SFTP channel of a link, opened when first asked for, and anew when it has gone. */
export const createSftp = (link: SshLink) => {
  let opening: Promise<SftpChannel> | undefined;
  return async (): Promise<SftpChannel> => {
    const asked = (opening ??= openSftp(link));
    const channel = await asked.catch(() => undefined);
    if (channel?.isOpen === true) return channel;
    // What did not open, or has gone, is no answer to the next who asks.
    if (opening === asked) opening = undefined;
    return channel === undefined ? asked : (opening ??= openSftp(link));
  };
};
