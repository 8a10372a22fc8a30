import type { ClientChannel } from 'ssh2';
import { endProgram } from '../../domain/end-program.ts';
import { endTreeLine, isTreeEnded } from '../../domain/end-windows-program.ts';
import type { BuiltProgram } from '../../domain/remote-program.ts';
import type { SshLink } from './connect-ssh.ts';
import { openExecChannel } from './exec-channel.ts';
import type { ExecChannel } from './exec-channel.ts';
import { forUser } from './for-user.ts';
import { within } from './within.ts';

/** What is to be ended, and what is known of it. */
export interface RunningProgram {
  exec: ExecChannel;
  marker: string;
  pid: number | undefined;
  /** Who runs it, when it is not the login: only that user may end it. */
  runAs?: string | undefined;
}

/** TERM, 2 s of grace and up to 2 s of KILL on the target, and the way there and back. */
const SCRIPT_LIMIT_MS = 8000;
const GRACE_MS = 2000;
const LAST_WAIT_MS = 5000;

/** Runs what ends a program over a second channel. @returns its exit code; undefined when it could not run. */
const runEndScript = async (link: SshLink, { commandLine, stdin }: BuiltProgram): Promise<number | null | undefined> => {
  const opened = openExecChannel(link, commandLine);
  const finished = opened.then(async (helper) => {
    helper.channel.resume();
    helper.channel.stderr.resume();
    helper.channel.end(stdin);
    await helper.closed;
    return helper.exit?.exitCode;
  });
  const isInTime = await within(SCRIPT_LIMIT_MS, finished);
  if (isInTime) return finished.catch(() => undefined);
  opened.then((helper) => helper.channel.close()).catch(() => undefined);
  return undefined;
};

interface SignalSender {
  signal(channelId: number, name: string): void;
}

const isSignalSender = (value: unknown): value is SignalSender =>
  typeof value === 'object' && value !== null && typeof Reflect.get(value, 'signal') === 'function';

/** SSH allows signals after the end of the input; `channel.signal` of ssh2 1.17 then sends nothing, so this asks the layer below. */
const sendSignal = (link: SshLink, channel: ClientChannel, name: string): void => {
  const protocol: unknown = Reflect.get(link.client, '_protocol');
  const { id, state } = channel.outgoing as { id?: number; state?: string };
  const isUsable = link.isOpen && id !== undefined && (state === 'open' || state === 'eof');
  if (isUsable && isSignalSender(protocol)) protocol.signal(id, name);
};

/** For programs that no script finds, or without a free session: the server itself is asked to signal the program. */
const signalProgram = async (link: SshLink, exec: ExecChannel): Promise<void> => {
  sendSignal(link, exec.channel, 'TERM');
  if (!(await within(GRACE_MS, exec.exited))) sendSignal(link, exec.channel, 'KILL');
};

/** Output written on the way out may still come after the exit. */
const lastOutput = async (exec: ExecChannel): Promise<boolean> => {
  const hasExited = await within(LAST_WAIT_MS, exec.exited);
  if (hasExited) await within(1000, exec.closed);
  return hasExited;
};

const endOnPosix = async (link: SshLink, { exec, pid, marker, runAs }: RunningProgram): Promise<boolean> => {
  const isEnded = (await runEndScript(link, forUser(link, endProgram(pid, marker), runAs))) === 0;
  if (!isEnded && link.isOpen) await signalProgram(link, exec);
  const hasExited = await lastOutput(exec);
  return isEnded || (hasExited && exec.exit !== undefined);
};

/** A process of Windows leaves behind what it started: that its own end was seen says nothing of those. */
const endOnWindows = async (link: SshLink, { exec, pid }: RunningProgram): Promise<boolean> => {
  if (pid !== undefined) {
    const isEnded = isTreeEnded(await runEndScript(link, { commandLine: endTreeLine(pid), stdin: '' }));
    if (isEnded) await lastOutput(exec);
    return isEnded;
  }
  await signalProgram(link, exec);
  return (await lastOutput(exec)) && exec.exit !== undefined;
};

/** Ends a program and its descendants, TERM first, and waits for its end as long as there is hope. @returns whether it has ended; never throws. */
export const endRemote = async (link: SshLink, running: RunningProgram): Promise<boolean> => {
  if (!link.isOpen) return false;
  return link.endpoint.platform === 'windows' ? endOnWindows(link, running) : endOnPosix(link, running);
};
