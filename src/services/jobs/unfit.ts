import { METHODS } from '../../contracts/capabilities.ts';
import type { ActionType, CommunicationMethodType } from '../../contracts/enums.ts';
import { commandShellOf, platformOf, scriptProblem } from '../../domain/command-shell.ts';
import type { ShellMethod } from '../../domain/command-shell.ts';
import { snmpCommandProblem } from '../../domain/snmp-command.ts';

/** What of an action says what it needs. */
export interface WantedAction {
  type: ActionType;
  parameters: Readonly<Record<string, unknown>>;
  config: Readonly<Record<string, unknown>>;
}

/** A way to reach a target; of one that an action only names, the options are not known. */
export interface Reach extends ShellMethod {
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

/** Undefined where the target's own kind would say it. */
const platformAt = (reach: Reach): 'posix' | 'windows' | undefined =>
  reach.methodType === 'ssh' && reach.config['shell'] === undefined && reach.osType === undefined
    ? undefined
    : platformOf(reach, reach.osType ?? '');

const optionsOf = ({ config }: WantedAction, message: string): Unfit[] =>
  PROGRAM_OPTIONS.filter((option) => config[option] !== undefined).map((option) => ({ field: `action_config.${option}`, message }));

const typeProblem = ({ parameters: { scriptType } }: WantedAction, reach: Reach): string | undefined => {
  const platform = platformAt(reach);
  return platform === undefined ? undefined : scriptProblem(scriptType, commandShellOf({ ...reach, platform }));
};

const NO_MODES = 'has no meaning on Windows, which has no permission bits; use icacls in a command';

const modeProblem = ({ parameters: { operation, mode } }: WantedAction, reach: Reach): Unfit | undefined => {
  if (platformAt(reach) !== 'windows') return undefined;
  if (operation === 'chmod') return { field: 'action_parameters.operation', message: `chmod ${NO_MODES}` };
  return mode === undefined ? undefined : { field: 'action_parameters.mode', message: `a mode ${NO_MODES}` };
};

const runAsProblem = ({ config }: WantedAction, reach: Reach): Unfit | undefined => {
  const isSsh = reach.methodType === 'ssh';
  if (config['run_as'] === undefined || (isSsh && platformAt(reach) !== 'windows')) return undefined;
  const where = isSsh ? 'Windows' : METHODS[reach.methodType].label;
  return { field: 'action_config.run_as', message: `run_as needs sudo, which ${where} has not; use a credential of that user` };
};

const isPosixCode = (code: unknown): boolean => typeof code === 'number' && code >= 0 && code <= 255;

/** Exit codes that no program can have at this end. On one target of many they do no harm: another may have them. */
export const exitCodeProblem = ({ type, config }: WantedAction, reach: Reach): Unfit | undefined => {
  const codes = config['expected_exit_codes'];
  const foreign = Array.isArray(codes) ? codes.find((code) => !isPosixCode(code)) : undefined;
  // Of these the options as such are refused.
  if (reach.methodType === 'snmp' || reach.config['shell'] === 'none') return undefined;
  if (foreign === undefined || (type !== 'command' && type !== 'script') || platformAt(reach) !== 'posix') return undefined;
  const message = `expects the exit code ${foreign}, which only programs on Windows can have; on POSIX systems they are 0 to 255`;
  return { field: 'action_config.expected_exit_codes', message };
};

const found = (field: string, message: string | undefined): Unfit[] => (message === undefined ? [] : [{ field, message }]);

/** What an action asks that cannot be had over this method on such a target: refused before it is tried. */
export const unfitness = (action: WantedAction, reach: Reach): Unfit[] => {
  const { type, parameters } = action;
  const { methodType: method, config } = reach;
  if (method === 'snmp' && type === 'command')
    return [
      ...found('action_parameters.command', snmpCommandProblem(String(parameters['command']))),
      ...optionsOf(action, 'has no meaning over SNMP, where no program runs'),
    ];
  if (method === 'telnet' && config['shell'] === 'none')
    return optionsOf(
      action,
      'has no meaning for a device without a shell (telnet with shell none), which has neither folders, variables, users nor exit codes',
    );
  const others = [modeProblem(action, reach), runAsProblem(action, reach)].flatMap((one) => one ?? []);
  if (type === 'script') return [...found('action_parameters.scriptType', typeProblem(action, reach)), ...others];
  if (type === 'database' && parameters['queryType'] === 'STORED_PROCEDURE' && WITHOUT_PROCEDURES.includes(method))
    return found('action_parameters.queryType', `${METHODS[method].label} has no stored procedures`);
  return type === 'file' || type === 'file_transfer' || type === 'command' ? others : [];
};
