import { CommandAction } from '../../../contracts/actions/program.ts';
import { parseSnmpCommand } from '../../../domain/snmp-command.ts';
import { substitute } from '../../../domain/variables.ts';
import type { Session } from '../../../transports/transport.ts';
import { able, completed } from './action-handler.ts';
import type { ActionEnd, ActionRun } from './action-handler.ts';

/** A command over SNMP: its text is `get`, `walk` or `set`; a variable's value stays inside its word. */
export const runOidCommand = async ({ action, context, output, signal }: ActionRun, session: Session): Promise<ActionEnd> => {
  const { command } = CommandAction.shape.action_parameters.parse(action.parameters);
  const operation = parseSnmpCommand(command, (word) => substitute(word, context.variables));
  await able(session, 'oids', action)(operation, output, signal);
  return completed();
};
