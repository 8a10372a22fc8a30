import { METHODS } from '../contracts/capabilities.ts';
import type { ActionType, CommunicationMethodType } from '../contracts/enums.ts';
import { snmpCommandProblem } from './snmp-command.ts';

/** What of an action says what it needs. */
export interface WantedAction {
  type: ActionType;
  parameters: Readonly<Record<string, unknown>>;
  config: Readonly<Record<string, unknown>>;
}

/** A way to reach a target. */
export interface Reach {
  method: CommunicationMethodType;
  /** Of a telnet method; what is not known counts as posix. */
  shell?: string | null | undefined;
  /** Of the target; undefined: not known. */
  osType?: string | undefined;
}

/** What an action cannot do over a method that serves its type. `field`: the place in it. */
export interface Unfit {
  field: string;
  message: string;
}

const PROGRAM_OPTIONS = ['working_directory', 'environment', 'expected_exit_codes', 'run_as'] as const;
const WITHOUT_PROCEDURES: readonly CommunicationMethodType[] = ['redis', 'mongodb', 'sqlite'];
const POSIX_SCRIPTS: readonly unknown[] = ['sh', 'bash'];

const isWindows = ({ method, osType = '' }: Reach): boolean => method === 'winrm' || (method === 'ssh' && osType.startsWith('windows'));

const optionsOf = ({ config }: WantedAction, message: string): Unfit[] =>
  PROGRAM_OPTIONS.filter((option) => config[option] !== undefined).map((option) => ({ field: `action_config.${option}`, message }));

const scriptProblem = ({ parameters: { scriptType } }: WantedAction, reach: Reach): string | undefined => {
  if (isWindows(reach) && POSIX_SCRIPTS.includes(scriptType))
    return `scripts for ${String(scriptType)} run on POSIX targets only; write powershell or batch`;
  return scriptType === 'batch' && !isWindows(reach) && reach.osType !== undefined
    ? 'batch files run on Windows targets only; write sh or bash'
    : undefined;
};

const NO_MODES = 'has no meaning on Windows, which has no permission bits; use icacls in a command';

const modeProblem = ({ parameters: { operation, mode } }: WantedAction, { method }: Reach): Unfit | undefined => {
  if (method !== 'winrm') return undefined;
  if (operation === 'chmod') return { field: 'action_parameters.operation', message: `chmod ${NO_MODES}` };
  return mode === undefined ? undefined : { field: 'action_parameters.mode', message: `a mode ${NO_MODES}` };
};

const runAsProblem = ({ config }: WantedAction, reach: Reach): Unfit | undefined => {
  if (config['run_as'] === undefined || (reach.method === 'ssh' && !isWindows(reach))) return undefined;
  const where = reach.method === 'ssh' ? 'Windows' : METHODS[reach.method].label;
  return { field: 'action_config.run_as', message: `run_as needs sudo, which ${where} has not; use a credential of that user` };
};

const found = (field: string, message: string | undefined): Unfit[] => (message === undefined ? [] : [{ field, message }]);

/** What an action asks that cannot be had over this method on such a target: refused before it is tried. */
export const unfitness = (action: WantedAction, reach: Reach): Unfit[] => {
  const { type, parameters } = action;
  const { method, shell } = reach;
  if (method === 'snmp' && type === 'command')
    return [
      ...found('action_parameters.command', snmpCommandProblem(String(parameters['command']))),
      ...optionsOf(action, 'has no meaning over SNMP, where no program runs'),
    ];
  if (method === 'telnet' && shell === 'none')
    return optionsOf(
      action,
      'has no meaning for a device without a shell (telnet with shell none), which has neither folders, variables, users nor exit codes',
    );
  const others = [modeProblem(action, reach), runAsProblem(action, reach)].flatMap((one) => one ?? []);
  if (type === 'script') return [...found('action_parameters.scriptType', scriptProblem(action, reach)), ...others];
  if (type === 'database' && parameters['queryType'] === 'STORED_PROCEDURE' && WITHOUT_PROCEDURES.includes(method))
    return found('action_parameters.queryType', `${METHODS[method].label} has no stored procedures`);
  return type === 'file' || type === 'file_transfer' || type === 'command' ? others : [];
};
