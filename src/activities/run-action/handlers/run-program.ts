import { outcomeOfExit } from '../outcome-of.ts';
import { expectedExitCodes, renderProgram } from '../render-program.ts';
import { able } from './action-handler.ts';
import type { ActionHandler } from './action-handler.ts';

/** A command or script on the target. */
export const runProgram: ActionHandler = async (run) => {
  const { action, signal, output, connect } = run;
  const program = renderProgram(run);
  const session = await connect();
  const exit = await able(session, 'run', action)(program, output, signal);
  const outcome = outcomeOfExit(exit, expectedExitCodes(action));
  return { outcome, errorText: exit.signal === null ? '' : `The program was ended by signal ${exit.signal}.` };
};
