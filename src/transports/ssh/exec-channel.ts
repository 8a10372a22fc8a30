import type { ClientChannel } from 'ssh2';
import { OpsError } from '../../domain/ops-error.ts';
import type { ProgramExit } from '../../contracts/transport.ts';
import type { SshLink } from './connect-ssh.ts';

/** A channel whose command was accepted, watched from its first event on. */
export interface ExecChannel {
  readonly channel: ClientChannel;
  /** How the command ended; undefined while it runs, or when the channel went without telling. */
  readonly exit: ProgramExit | undefined;
  /** Done once the exit was told or the channel is gone. */
  readonly exited: Promise<void>;
  /** Done once the channel is gone and its standard output was read to the end. */
  readonly closed: Promise<void>;
}

const watch = (channel: ClientChannel): ExecChannel => {
  const exited = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<void>();
  let exit: ProgramExit | undefined;
  channel.on('exit', (exitCode: number | null, signal?: string) => {
    // The protocol has no sign; Windows, and the record, have one.
    exit ??= { exitCode: exitCode === null ? null : exitCode | 0, signal: signal ?? null };
    exited.resolve();
  });
  channel.on('close', () => {
    exited.resolve();
    closed.resolve();
  });
  // Without a listener a late error of the channel would end the process; the connection tells the same error.
  channel.on('error', () => undefined);
  channel.stderr.on('error', () => undefined);
  return {
    channel,
    get exit() {
      return exit;
    },
    exited: exited.promise,
    closed: closed.promise,
  };
};

const wentAway = (
  code: 'CONNECTION_LOST' | 'CONNECTION_CLOSED',
  { endpoint: { host, port }, lastError }: SshLink,
  when: string,
): OpsError =>
  new OpsError(
    code,
    `SSH to ${host} port ${port}: the connection broke ${when}${lastError === undefined ? '' : ` (${lastError.message})`}. Check the target and the network between.`,
    { cause: lastError },
  );

/** The connection went before anything was done. */
export const connectionClosed = (link: SshLink, when: string): OpsError => wentAway('CONNECTION_CLOSED', link, when);

/** The connection went when something may have been done. */
export const connectionLost = (link: SshLink, when: string): OpsError => wentAway('CONNECTION_LOST', link, when);

const refused = ({ endpoint: { host, port, secret } }: SshLink, cause: unknown): OpsError =>
  new OpsError(
    'PROTOCOL_ERROR',
    `SSH to ${host} port ${port}: logged in, but the server refused to start a program for user ${secret.username} ` +
      `(${cause instanceof Error ? cause.message : String(cause)}). Check MaxSessions, a forced command and the login shell on the target.`,
    { cause },
  );

/**
 * Opens a channel and runs a line on it.
 * @throws OpsError CONNECTION_CLOSED when the connection is gone (nothing was started), PROTOCOL_ERROR when the server refuses.
 */
export const openExecChannel = (link: SshLink, commandLine: string): Promise<ExecChannel> =>
  new Promise((resolve, reject) => {
    const fail = (cause: unknown): void =>
      reject(link.isOpen ? refused(link, cause) : connectionClosed(link, 'before the program was started; nothing ran'));
    try {
      link.client.exec(commandLine, (error, channel) => {
        if (error !== undefined) fail(error);
        else resolve(watch(channel));
      });
    } catch (error) {
      fail(error);
    }
  });
