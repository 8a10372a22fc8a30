import type { ProgramExit } from '../../../contracts/transport.ts';
import { outcomeOfExit } from '../outcome-of.ts';
import { expectedExitCodes, renderProgram } from '../render-program.ts';
import { able } from './action-handler.ts';
import type { ActionHandler } from './action-handler.ts';
import { keepLastLine } from './last-line.ts';
import { runOidCommand } from './oid-command.ts';

/** What shells mean by them (POSIX, 2.8.2). */
const OF_SHELLS: Readonly<Record<number, string>> = {
  126: ' A shell says so of a file that it cannot execute: look at its mode and its first line.',
  127: ' A shell says so of a command that it does not find: look at its spelling, the PATH and what is installed there.',
};

const whyFailed = ({ exitCode, signal }: ProgramExit, expected: readonly number[], lastLine: string): string => {
  if (signal !== null)
    return `The program was ended by signal ${signal}, and not by OpsConductor. Look for out-of-memory kills on the target.`;
  const said = lastLine === '' ? ' It wrote nothing to standard error.' : ` Last on standard error: ${lastLine}`;
  return `The program ended with exit code ${exitCode}; expected is ${expected.join(' or ')}.${OF_SHELLS[exitCode ?? 0] ?? ''}${said}`;
};

/** A command or script on the target; over SNMP a command is one of its own. */
export const runProgram: ActionHandler = async (run) => {
  const { action, context, signal, output, connect } = run;
  const session = await connect();
  if (session.run === undefined && session.oids !== undefined) return runOidCommand(run, session);
  const runOver = able(session, 'run', action);
  const program = renderProgram(run, able(session, 'shell', action));
  const kept = keepLastLine(output, context.mask);
  const exit = await runOver(program, kept.sink, signal);
  const expected = expectedExitCodes(action);
  const outcome = outcomeOfExit(exit, expected);
  return { outcome, errorText: outcome.status === 'completed' ? '' : whyFailed(exit, expected, kept.text()) };
};
