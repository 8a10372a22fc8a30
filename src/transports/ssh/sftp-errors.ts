import { OpsError } from '../../domain/ops-error.ts';
import type { ErrorCode } from '../../domain/ops-error.ts';
import type { SshLink } from './connect-ssh.ts';
import { connectionLost } from './exec-channel.ts';

interface Meaning {
  code: ErrorCode;
  says: string;
}

/** Numbers of the protocol, version 3. */
const NO_SUCH_FILE = 2;
const PERMISSION_DENIED = 3;
const FAILURE = 4;

const MISSING: Meaning = {
  code: 'FILE_MISSING',
  says: 'there is no such file or folder. Check the path, and that the folder above it exists.',
};
const DENIED: Meaning = {
  code: 'FILE_REFUSED',
  says: 'the user may not do this. Check owner and permissions of the file and its folders.',
};
const FULL: Meaning = { code: 'FILE_FAILED', says: 'the disk of the target is full. Make room there.' };
const READ_ONLY: Meaning = { code: 'FILE_REFUSED', says: 'the file system is read-only.' };

/** What the tools of the target print in English, and what it means. */
const BY_TEXT: readonly (readonly [RegExp, Meaning])[] = [
  [/no space left|disc? quota exceeded/i, FULL],
  [/read-only file system/i, READ_ONLY],
  [/permission denied|operation not permitted/i, DENIED],
  [/no such file/i, MISSING],
];

const meaningOfText = (text: string): Meaning =>
  BY_TEXT.find(([pattern]) => pattern.test(text))?.[1] ?? { code: 'FILE_FAILED', says: 'the target could not do it.' };

const userAt = ({ endpoint: { host, port, secret } }: SshLink): string => `SSH to ${host} port ${port} as ${secret.username}`;

/** @param what such as `write of /etc/motd` */
export const fileError = (link: SshLink, what: string, meaning: Meaning, detail: string, cause?: unknown): OpsError =>
  new OpsError(meaning.code, `${userAt(link)}: ${what} failed: ${meaning.says}${detail === '' ? '' : ` (${detail})`}`, { cause });

/** What a tool of the target has printed, as an error. */
export const toolError = (link: SshLink, what: string, printed: string): OpsError => {
  const text = printed.trim();
  return fileError(link, what, meaningOfText(text), text);
};

export const sftpUnavailable = (link: SshLink, cause: unknown): OpsError =>
  new OpsError(
    'METHOD_UNSUPPORTED',
    `${userAt(link)}: the server offers no SFTP, by which files are read and written. Turn it on there (OpenSSH: Subsystem sftp internal-sftp in sshd_config).`,
    { cause },
  );

/** What ssh2 says to every request that was open when the channel went. */
export const CHANNEL_GONE = 'No response from server';
const isGone = (cause: unknown): boolean => cause instanceof Error && cause.message === CHANNEL_GONE;

const isNumbered = (cause: unknown, code: number): boolean => cause instanceof Error && Reflect.get(cause, 'code') === code;

export const isMissing = (cause: unknown): boolean => isNumbered(cause, NO_SUCH_FILE);
/** The server says no more than that it failed: a full disk looks like this. */
export const isBareFailure = (cause: unknown): boolean => isNumbered(cause, FAILURE);

/** @param isFull the file system was seen to have no room left */
export const sftpError = (link: SshLink, what: string, cause: unknown, isFull = false): OpsError => {
  if (cause instanceof OpsError) return cause;
  if (!link.isOpen || isGone(cause)) return connectionLost(link, `during the ${what}`);
  if (isMissing(cause)) return fileError(link, what, MISSING, '', cause);
  if (isNumbered(cause, PERMISSION_DENIED)) return fileError(link, what, DENIED, '', cause);
  const text = cause instanceof Error ? cause.message : String(cause);
  return fileError(link, what, isFull ? FULL : meaningOfText(text), text, cause);
};
