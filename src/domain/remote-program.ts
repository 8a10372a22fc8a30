import type { Endpoint, RemoteProgram } from '../contracts/transport.ts';
import { OpsError } from './ops-error.ts';
import type { FieldProblem } from './ops-error.ts';
import { posixProgram } from './posix-program.ts';
import { windowsProgram } from './windows-program.ts';

/** What the channel is given: a line that is always the same for its platform, and everything of the user as input. */
export interface BuiltProgram {
  commandLine: string;
  stdin: string;
}

const VARIABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const MARKER = /^[A-Za-z0-9._:/-]+$/;

const hasNul = (text: string): boolean => text.includes('\0');

const problemsOf = (program: RemoteProgram): FieldProblem[] => {
  const names = Object.keys(program.environment).filter((name) => !VARIABLE_NAME.test(name));
  const texts: [string, string][] = [
    ['text', program.text],
    ['working_directory', program.workingDirectory ?? ''],
    ...program.arguments.map((argument, at): [string, string] => [`arguments.${at}`, argument]),
    ...Object.entries(program.environment).map(([name, value]): [string, string] => [`environment.${name}`, value]),
  ];
  return [
    ...names.map((name) => ({
      path: `environment.${name}`,
      message: 'A variable name has letters, digits and _ only, and no digit first.',
    })),
    ...texts.filter(([, text]) => hasNul(text)).map(([path]) => ({ path, message: 'No program can take a NUL character.' })),
    ...(MARKER.test(program.marker) ? [] : [{ path: 'marker', message: 'A marker has letters, digits and . _ : / - only.' }]),
  ];
};

/**
 * Turns a program into what an exec channel needs. Nothing of the user is in `commandLine`, so no argument list on the target ever shows a secret.
 * Exit codes of its own: 126 when the working directory cannot be entered, 127 when the interpreter is missing; both say so on stderr.
 * @throws OpsError VALIDATION for a bad variable name, a bad marker or a NUL; METHOD_UNSUPPORTED for an interpreter that the platform has not.
 */
export const buildRemoteProgram = (program: RemoteProgram, platform: Endpoint['platform']): BuiltProgram => {
  const fields = problemsOf(program);
  const [first] = fields;
  if (first !== undefined) throw new OpsError('VALIDATION', `The program cannot be sent: ${first.path}: ${first.message}`, { fields });
  return platform === 'windows' ? windowsProgram(program) : posixProgram(program);
};
