import type { ActionInput } from '../../contracts/actions/index.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { snmpCommandProblem } from '../../domain/snmp-command.ts';

/** A command that names the method snmp must be one of SNMP. @throws OpsError VALIDATION */
export const checkSnmpCommands = (actions: readonly ActionInput[]): void => {
  const fields = actions.flatMap((action, index) => {
    if (action.action_type !== 'command' || action.action_config.method !== 'snmp') return [];
    const message = snmpCommandProblem(action.action_parameters.command);
    return message === undefined ? [] : [{ path: `actions.${index}.action_parameters.command`, message }];
  });
  if (fields.length > 0) throw new OpsError('VALIDATION', 'A command over SNMP cannot be read.', { fields });
};
