import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import type { Readable, Writable } from 'node:stream';
import { makeFakePrograms } from './fake-windows-programs.ts';
import type { FakePrograms } from './fake-windows-programs.ts';

export interface Output {
  stream: 'stdout' | 'stderr';
  data: Buffer;
}

/** A line that runs, by /bin/sh in place of cmd.exe. */
export interface ShellCommand {
  readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly output: Output[];
  /** Once it has ended and its output was read. */
  exitCode: number | undefined;
  /** Done when there is something new. */
  changed: PromiseWithResolvers<void>;
}

export interface Shells extends Disposable {
  readonly programs: FakePrograms;
  readonly open: Map<string, Map<string, ShellCommand>>;
  create(): string;
  run(shellId: string, commandId: string | undefined, commandLine: string): string;
  /** Ends the line itself, not what it started: whoever wants the tree ended has to say so. */
  delete(shellId: string): void;
}

const start = (commandLine: string, folder: string): ShellCommand => {
  const child = spawn('/bin/sh', ['-c', commandLine], {
    detached: true,
    env: { ...process.env, PATH: `${folder}:${process.env['PATH']}` },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const command: ShellCommand = { child, output: [], exitCode: undefined, changed: Promise.withResolvers() };
  const tell = (): void => {
    command.changed.resolve();
    command.changed = Promise.withResolvers();
  };
  child.stdin.on('error', () => undefined);
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].on('data', (data: Buffer) => {
      command.output.push({ stream, data });
      tell();
    });
  }
  child.on('close', (code) => {
    command.exitCode = code ?? 1;
    tell();
  });
  return command;
};

export const createShells = (): Shells => {
  const programs = makeFakePrograms();
  const open = new Map<string, Map<string, ShellCommand>>();
  const end = (shellId: string): void => {
    for (const { child } of open.get(shellId)?.values() ?? []) child.kill('SIGKILL');
    open.delete(shellId);
  };
  return {
    open,
    programs,
    create() {
      const shellId = randomUUID().toUpperCase();
      open.set(shellId, new Map());
      return shellId;
    },
    run(shellId, wanted, commandLine) {
      const commandId = wanted ?? randomUUID().toUpperCase();
      open.get(shellId)?.set(commandId, start(commandLine, programs.folder));
      return commandId;
    },
    delete: end,
    [Symbol.dispose]() {
      for (const shellId of open.keys()) end(shellId);
      programs[Symbol.dispose]();
    },
  };
};
