import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import type { ServerChannel } from 'ssh2';

/** A program that a client runs on an in-process server. */
export interface ServedProgram {
  /** Signals its process group; `TERM` and `SIGTERM` are the same. */
  signal(name: string): void;
  /** Done once it ended and its output is closed; never rejects. */
  readonly finished: Promise<void>;
}

const signalGroup = (child: ChildProcessWithoutNullStreams, name: string): void => {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, name.startsWith('SIG') ? name : `SIG${name}`);
  } catch {
    // Gone already, or a signal that this machine does not know.
  }
};

const write = (channel: ServerChannel, target: Writable, chunk: Buffer): Promise<void> =>
  new Promise((resolve) => {
    // A closed channel never calls back.
    channel.once('close', resolve);
    target.write(chunk, () => {
      channel.off('close', resolve);
      // ssh2 1.17 keeps a chunk that had to wait for the window, and sends it again when the other stream waits for it.
      for (const leftOver of ['_chunk', '_chunkcb', '_chunkErr', '_chunkcbErr']) Reflect.set(channel, leftOver, undefined);
      resolve();
    });
  });

/** Copies both outputs, one chunk at a time and no faster than the client reads. */
const copyOutput = async (child: ChildProcessWithoutNullStreams, channel: ServerChannel): Promise<void> => {
  let last = Promise.resolve();
  const copy = async (source: Readable, target: Writable): Promise<void> => {
    for await (const chunk of source) {
      last = last.then(() => write(channel, target, chunk as Buffer));
      await last;
    }
  };
  await Promise.all([copy(child.stdout, channel), copy(child.stderr, channel.stderr)]);
};

const signalNameOf = (signal: NodeJS.Signals): string => signal.replace(/^SIG/, '');

/** Runs a line by /bin/sh in a session of its own, with the channel as its input and outputs, and tells the client how it ended. */
export const serveExec = (line: string, channel: ServerChannel, environment: NodeJS.ProcessEnv): ServedProgram => {
  const child = spawn('/bin/sh', ['-c', line], { detached: true, env: environment });
  const exit = Promise.withResolvers<number | string>();
  child.on('error', () => exit.resolve(127));
  child.on('exit', (code, signal) => exit.resolve(signal === null ? (code ?? 0) : signalNameOf(signal)));
  child.stdin.on('error', () => undefined);
  channel.on('error', () => undefined);
  channel.stderr.on('error', () => undefined);
  channel.pipe(child.stdin);
  const finish = async (): Promise<void> => {
    await copyOutput(child, channel).catch(() => undefined);
    const ended = await exit.promise;
    if (typeof ended === 'number') channel.exit(ended);
    else channel.exit(ended);
    channel.end();
  };
  return { signal: (name) => signalGroup(child, name), finished: finish() };
};
