import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { readFirstLine, stopChild } from '../support/start-platform.ts';
import { BenchFailure } from '../support/say.ts';

export interface NodeCommand {
  /** The program and its arguments. */
  args: readonly string[];
  env: NodeJS.ProcessEnv;
  /** Goes to its standard input. */
  input?: string;
  /** Finds in what it says where it answers. */
  url: RegExp;
  nodeArgs?: readonly string[];
  stack: AsyncDisposableStack;
}

export interface NodeServer {
  url: string;
  pid: number;
  stop(): Promise<void>;
}

const OUTPUT_KEPT = 8_192;

const untilUrl = (child: ChildProcess, url: RegExp): Promise<string> =>
  new Promise((resolve, reject) => {
    let output = '';
    const hear = (text: string): void => {
      output = (output + text).slice(-OUTPUT_KEPT);
      const [, found] = url.exec(output) ?? [];
      if (found !== undefined) resolve(found);
    };
    child.stdout?.setEncoding('utf8').on('data', hear);
    child.stderr?.setEncoding('utf8').on('data', hear);
    child.on('error', reject);
    child.on('exit', (code, signal) => reject(new BenchFailure(`A server ended with ${code ?? signal}: ${output.trim()}`)));
  });

/** Starts a server as a Node process of the same settings as OpsConductor's. @throws BenchFailure with what it said when it does not start. */
export const startNode = async (command: NodeCommand): Promise<NodeServer> => {
  const own = await readFirstLine();
  const child = spawn(process.execPath, [...own.nodeArgs, ...(command.nodeArgs ?? []), ...command.args], {
    env: { ...command.env, ...own.variables },
    // Ctrl-C is for the bench, which then stops this one.
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const stop = (): Promise<void> => stopChild(child);
  command.stack.defer(stop);
  child.stdin.end(command.input ?? '');
  return { url: await untilUrl(child, command.url), pid: child.pid ?? 0, stop };
};
