import { spawn } from 'node:child_process';
import type { RemoteProgram } from '../../src/contracts/transport.ts';
import { createPidLineFilter } from '../../src/domain/pid-line-filter.ts';
import { buildRemoteProgram } from '../../src/domain/remote-program.ts';
import type { BuiltProgram } from '../../src/domain/remote-program.ts';

/** A program with every field set to something harmless. */
export const buildProgram = (fields: Partial<RemoteProgram> = {}): RemoteProgram => ({
  interpreter: 'sh',
  text: 'true',
  arguments: [],
  workingDirectory: undefined,
  environment: {},
  marker: 'J20250001.0001.0001.0001/1/1',
  ...fields,
});

export interface LocalExit {
  exitCode: number | null;
  stdout: string;
  stderr: string;
  pid: number | undefined;
}

/** Runs a built program here as a server would: the line by a shell in a session of its own, the input by its standard input. */
export const runBuilt = ({ commandLine, stdin }: BuiltProgram, shell = '/bin/sh'): Promise<LocalExit> => {
  const child = spawn(shell, ['-c', commandLine], { detached: true });
  const filter = createPidLineFilter();
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(filter.push(chunk)));
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  child.stdin.on('error', () => undefined);
  child.stdin.end(stdin);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (exitCode) =>
      resolve({
        exitCode,
        stdout: Buffer.concat([...stdout, filter.end()]).toString(),
        stderr: Buffer.concat(stderr).toString(),
        pid: filter.pid,
      }),
    );
  });
};

export const runLocally = (fields: Partial<RemoteProgram>, shell?: string): Promise<LocalExit> =>
  runBuilt(buildRemoteProgram(buildProgram(fields), 'posix'), shell);
