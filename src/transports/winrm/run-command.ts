import { createPidLineFilter } from '../../domain/pid-line-filter.ts';
import { OpsError } from '../../domain/ops-error.ts';
import type { OutputSink } from '../transport.ts';
import { openShell } from './remote-shell.ts';
import type { RemoteCommand, RemoteShell } from './remote-shell.ts';
import type { WsmanClient } from './wsman-client.ts';

interface CommandInput {
  commandLine: string;
  /** Parts of the input, each at most LARGEST_INPUT_BYTES. */
  input: AsyncIterable<Buffer> | Iterable<Buffer>;
  output: OutputSink;
}

const END_LIMIT_MS = 10_000;
const CLOSE_LIMIT_MS = 15_000;

/** Ends a process and all that came of it. Parents first would lose their children, so Windows is asked for the tree. */
const killTree = async (client: WsmanClient, pid: number): Promise<void> => {
  const limit = AbortSignal.timeout(END_LIMIT_MS);
  const shell = await openShell(client, limit);
  try {
    const command = await shell.start(`taskkill /PID ${pid} /T /F`, limit);
    await command.send(Buffer.alloc(0), true, limit);
    await command.receive(async () => {}, limit);
  } finally {
    await shell.close(limit);
  }
};

/** @returns whether the program has ended; never throws. */
const endCommand = async (client: WsmanClient, shell: RemoteShell, command: RemoteCommand, pid: number | undefined): Promise<boolean> => {
  if (pid !== undefined) await killTree(client, pid).catch(() => undefined);
  await command.terminate(AbortSignal.timeout(END_LIMIT_MS)).catch(() => undefined);
  return shell.close(AbortSignal.timeout(END_LIMIT_MS)).catch(() => false);
};

const feed = async (command: RemoteCommand, input: CommandInput['input'], signal: AbortSignal): Promise<void> => {
  for await (const chunk of input) {
    // It tells why it takes no more in its output and exit code.
    if (!(await command.send(chunk, false, signal))) return;
  }
  await command.send(Buffer.alloc(0), true, signal);
};

const follow = async (
  command: RemoteCommand,
  { input, output }: CommandInput,
  filter: ReturnType<typeof createPidLineFilter>,
  signal: AbortSignal,
) => {
  await feed(command, input, signal);
  const sink: OutputSink = async (stream, chunk) => {
    const rest = stream === 'stdout' ? filter.push(chunk) : chunk;
    if (rest.length > 0) await output(stream, rest);
    signal.throwIfAborted();
  };
  const exitCode = await command.receive(sink, signal);
  const held = filter.end();
  if (held.length > 0) await output('stdout', held);
  return exitCode;
};

/**
 * Runs a line in a shell of its own to its end, and ends it with all its descendants when the signal aborts or its output cannot be delivered.
 * @returns its exit code
 * @throws OpsError OUTCOME_UNKNOWN when it was to be ended and was not seen to end; CONNECTION_LOST, PROTOCOL_ERROR, LOGIN_REJECTED; the error of the sink; the signal's reason
 */
export const runCommand = async (client: WsmanClient, work: CommandInput, signal: AbortSignal): Promise<number> => {
  signal.throwIfAborted();
  const shell = await openShell(client, signal);
  let command: RemoteCommand;
  try {
    command = await shell.start(work.commandLine, signal);
  } catch (error) {
    await shell.close(AbortSignal.timeout(END_LIMIT_MS)).catch(() => false);
    throw error;
  }
  const filter = createPidLineFilter();
  let exitCode: number;
  try {
    exitCode = await follow(command, work, filter, signal);
  } catch (error) {
    const isEnded = await endCommand(client, shell, command, filter.pid);
    if (isEnded || error instanceof OpsError) throw error;
    const { host, port } = client.endpoint;
    const message = `The program on ${host}:${port} was to be ended, but it could not be seen to end: it may run still. Look at the target.`;
    throw new OpsError('OUTCOME_UNKNOWN', message, { cause: error });
  }
  // The program has ended: a shell that cannot be closed is closed by the target when it has been idle.
  await shell.close(AbortSignal.timeout(CLOSE_LIMIT_MS)).catch(() => false);
  return exitCode;
};
