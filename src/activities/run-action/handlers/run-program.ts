import { outcomeOfExit } from '../outcome-of.ts';
import { expectedExitCodes, renderProgram } from '../render-program.ts';
import { able } from './action-handler.ts';
import type { ActionHandler } from './action-handler.ts';
import { runOidCommand } from './oid-command.ts';

/** A command or script on the target; over SNMP a command is one of its own. */
export const runProgram: ActionHandler = async (run) => {
  const { action, signal, output, connect } = run;
  const session = await connect();
  if (session.run === undefined && session.oids !== undefined) return runOidCommand(run, session);
  const runOver = able(session, 'run', action);
  const program = renderProgram(run, able(session, 'shell', action));
  const exit = await runOver(program, output, signal);
  const outcome = outcomeOfExit(exit, expectedExitCodes(action));
  return { outcome, errorText: exit.signal === null ? '' : `The program was ended by signal ${exit.signal}.` };
};
