import { CommandAction } from '../../../contracts/actions/program.ts';
import { parseSnmpCommand } from '../../../domain/snmp-command.ts';
import type { Session } from '../../../transports/transport.ts';
import { render } from '../render.ts';
import { able, completed } from './action-handler.ts';
import type { ActionEnd, ActionRun } from './action-handler.ts';

/** A command over SNMP: its text is `get`, `walk` or `set`; a variable's value stays inside its word. */
export const runOidCommand = async (run: ActionRun, session: Session): Promise<ActionEnd> => {
  const { action, output, signal } = run;
  const { command } = CommandAction.shape.action_parameters.parse(action.parameters);
  const operation = parseSnmpCommand(command, (word) => render(run, word, 'plain'));
  await able(session, 'oids', action)(operation, output, signal);
  return completed();
};
