import type { ProgramExit, RemoteProgram } from '../../contracts/transport.ts';
import { buildRemoteProgram } from '../../domain/remote-program.ts';
import type { OutputSink } from '../transport.ts';
import { LARGEST_INPUT_BYTES } from './remote-shell.ts';
import { runCommand } from './run-command.ts';
import { unableTo } from './winrm-errors.ts';
import type { WsmanClient } from './wsman-client.ts';

/** Cuts bytes into parts that one message can hold. */
export const pieces = (bytes: Buffer): Buffer[] =>
  Array.from({ length: Math.ceil(bytes.length / LARGEST_INPUT_BYTES) }, (_, at) =>
    bytes.subarray(at * LARGEST_INPUT_BYTES, (at + 1) * LARGEST_INPUT_BYTES),
  );

/**
 * Runs a program, as `Session.run` says. WinRM runs on Windows, whatever the target's os_type says.
 * @throws OpsError METHOD_UNSUPPORTED for another user than the one that is logged in, and for an interpreter that Windows has not; those of runCommand.
 */
export const runProgram = async (
  client: WsmanClient,
  program: RemoteProgram,
  output: OutputSink,
  signal: AbortSignal,
): Promise<ProgramExit> => {
  if (program.runAs !== undefined)
    throw unableTo(client.endpoint, `it cannot run a program as another user (run_as ${program.runAs}); use a credential of that user.`);
  const { commandLine, stdin } = buildRemoteProgram(program, 'windows');
  const exitCode = await runCommand(client, { commandLine, input: pieces(Buffer.from(stdin)), output }, signal);
  return { exitCode, signal: null };
};
