import { Aborted, throwIfNotSent } from '../../domain/aborted.ts';
import { createPidLineFilter } from '../../domain/pid-line-filter.ts';
import { endTreeLine, isTreeEnded } from '../../domain/end-windows-program.ts';
import { OpsError } from '../../domain/ops-error.ts';
import type { OutputSink } from '../transport.ts';
import { openShell } from './remote-shell.ts';
import type { RemoteCommand, RemoteShell } from './remote-shell.ts';
import type { WsmanFault } from './winrm-errors.ts';
import type { WsmanClient } from './wsman-client.ts';

interface CommandInput {
  commandLine: string;
  /** Parts of the input, each at most LARGEST_INPUT_BYTES. */
  input: AsyncIterable<Buffer> | Iterable<Buffer>;
  output: OutputSink;
}

type PidLineFilter = ReturnType<typeof createPidLineFilter>;

const NOT_STARTED = 'The program was not started.';
const ENDED = 'The program on the target was ended.';
const PID_LIMIT_MS = 2_000;
const END_LIMIT_MS = 10_000;
const CLOSE_LIMIT_MS = 15_000;

/** How far a command has come. */
interface Progress {
  /** All of its input was sent, but maybe its end. */
  isGiven: boolean;
  filter: PidLineFilter;
}

/** Ends a process and all that came of it. @returns whether the target says that nothing of it is left */
const killTree = async (client: WsmanClient, pid: number): Promise<boolean> => {
  const limit = AbortSignal.timeout(END_LIMIT_MS);
  const shell = await openShell(client, limit);
  try {
    const command = await shell.start(endTreeLine(pid), limit);
    await command.send(Buffer.alloc(0), true, limit);
    return isTreeEnded(await command.receive(async () => {}, limit));
  } finally {
    await shell.close(limit).catch(() => false);
  }
};

/** A program that was just given its input says its process id at once; without it only the shell can be closed. */
const untilPid = async (command: RemoteCommand, filter: PidLineFilter): Promise<void> => {
  const seen = new AbortController();
  const sink: OutputSink = async (stream, chunk) => {
    if (stream === 'stdout') filter.push(chunk);
    if (filter.pid !== undefined) seen.abort();
    seen.signal.throwIfAborted();
  };
  await command.receive(sink, AbortSignal.any([seen.signal, AbortSignal.timeout(PID_LIMIT_MS)])).catch(() => undefined);
};

/** @returns whether the program and all that it started are known to have ended; never throws. */
const endCommand = async (client: WsmanClient, shell: RemoteShell, command: RemoteCommand, progress: Progress): Promise<boolean> => {
  const { filter, isGiven } = progress;
  if (isGiven && filter.pid === undefined) await untilPid(command, filter);
  const isKilled = filter.pid !== undefined && (await killTree(client, filter.pid).catch(() => false));
  await command.terminate(AbortSignal.timeout(END_LIMIT_MS)).catch(() => undefined);
  const isClosed = await shell.close(AbortSignal.timeout(END_LIMIT_MS)).catch(() => false);
  // Without its whole input nothing of the user was begun. What was begun may have started what a closed shell does not end.
  return isKilled || (isClosed && !isGiven);
};

const isReason = (error: unknown, signal: AbortSignal): boolean => signal.aborted && error === signal.reason;

const unseen = ({ endpoint: { host, port } }: WsmanClient, cause: unknown): OpsError =>
  new OpsError(
    'OUTCOME_UNKNOWN',
    `The program on ${host}:${port} was to be ended, but it could not be seen to end: it may run still. Look at the target.`,
    { cause },
  );

/** @returns why the input was not taken to its end */
const feed = async (
  command: RemoteCommand,
  input: CommandInput['input'],
  progress: Progress,
  signal: AbortSignal,
): Promise<WsmanFault | undefined> => {
  for await (const chunk of input) {
    const refused = await command.send(chunk, false, signal);
    if (refused !== undefined) return refused;
  }
  progress.isGiven = true;
  return command.send(Buffer.alloc(0), true, signal);
};

const follow = async (command: RemoteCommand, { input, output }: CommandInput, progress: Progress, signal: AbortSignal) => {
  const { filter } = progress;
  const refused = await feed(command, input, progress, signal);
  const sink: OutputSink = async (stream, chunk) => {
    const rest = stream === 'stdout' ? filter.push(chunk) : chunk;
    if (rest.length > 0) await output(stream, rest);
    signal.throwIfAborted();
  };
  const exitCode = await command.receive(sink, signal, refused);
  const held = filter.end();
  if (held.length > 0) await output('stdout', held);
  return exitCode;
};

/**
 * Runs a line in a shell of its own to its end, and ends it with all its descendants when the signal aborts or its output cannot be delivered.
 * @returns its exit code
 * @throws OpsError OUTCOME_UNKNOWN when it was to be ended and was not seen to end; CONNECTION_LOST, PROTOCOL_ERROR, LOGIN_REJECTED; the error of the sink. Aborted when it was not started, or has ended
 */
export const runCommand = async (client: WsmanClient, work: CommandInput, signal: AbortSignal): Promise<number> => {
  throwIfNotSent(signal, NOT_STARTED);
  const shell = await openShell(client, signal).catch((error: unknown) => {
    throw isReason(error, signal) ? new Aborted('not_sent', NOT_STARTED, error) : error;
  });
  let command: RemoteCommand;
  try {
    command = await shell.start(work.commandLine, signal);
  } catch (error) {
    // Windows ends what runs in a shell that is closed.
    const isEnded = await shell.close(AbortSignal.timeout(END_LIMIT_MS)).catch(() => false);
    if (!isReason(error, signal)) throw error;
    throw isEnded ? new Aborted('ended', ENDED, error) : unseen(client, error);
  }
  const progress: Progress = { isGiven: false, filter: createPidLineFilter() };
  let exitCode: number;
  try {
    exitCode = await follow(command, work, progress, signal);
  } catch (error) {
    const isEnded = await endCommand(client, shell, command, progress);
    if (isEnded) throw isReason(error, signal) ? new Aborted('ended', ENDED, error) : error;
    throw error instanceof OpsError && !isReason(error, signal) ? error : unseen(client, error);
  }
  // The program has ended: a shell that cannot be closed is closed by the target when it has been idle.
  await shell.close(AbortSignal.timeout(CLOSE_LIMIT_MS)).catch(() => false);
  return exitCode;
};
