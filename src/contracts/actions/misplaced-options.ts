import type { z } from 'zod';
import { canServe, METHODS } from '../capabilities.ts';
import type { ActionType } from '../enums.ts';
import type { ActionConfig } from './common.ts';

type Config = z.infer<typeof ActionConfig>;
type Option = keyof Config;

const RUNS_AS: readonly ActionType[] = ['command', 'script', 'file'];
const FILE_TYPES: readonly ActionType[] = ['file', 'file_transfer'];
const WITHOUT_PROGRAM: readonly ActionType[] = [...FILE_TYPES, 'api', 'database', 'email'];
const OF_PROGRAMS: readonly Option[] = ['working_directory', 'environment', 'expected_exit_codes'];
/** Without a target and without output. */
const CONTROL_TYPES: readonly ActionType[] = ['condition', 'parallel', 'wait', 'approval'];
const OF_WORKERS: readonly Option[] = [...OF_PROGRAMS, 'capture_output', 'keep_full_output', 'delivery'];

const runAsProblem = (type: ActionType, { run_as: runAs, method }: Config): string | undefined => {
  if (runAs === undefined) return undefined;
  if (type === 'file_transfer')
    return 'cannot be had here: a file is transferred as the login. Transfer it, then give it away by chown or move it by a file action';
  if (!RUNS_AS.includes(type)) return `has no meaning for actions of type ${type}`;
  // Where the method is for commands of its own (SNMP) the service says so.
  return method === undefined || method === 'ssh' || method === 'snmp'
    ? undefined
    : `needs sudo, which ${METHODS[method].label} has not; only SSH has`;
};

/** Options that an action of this type has no use for, each with the reason: what is accepted must have an effect. */
export const misplacedOptions = (type: ActionType, config: Config): [Option, string][] => {
  const { method } = config;
  const found: [Option, string][] = [];
  if (method !== undefined && !canServe(method, type)) found.push(['method', `${METHODS[method].label} cannot do actions of type ${type}`]);
  const runAs = runAsProblem(type, config);
  if (runAs !== undefined) found.push(['run_as', runAs]);
  if (CONTROL_TYPES.includes(type))
    return [...found, ...given(config, OF_WORKERS, 'has no meaning here: OpsConductor itself does this action, no worker and no target')];
  return WITHOUT_PROGRAM.includes(type) ? [...found, ...given(config, OF_PROGRAMS, 'is for commands and scripts only')] : found;
};

const given = (config: Config, options: readonly Option[], message: string): [Option, string][] =>
  options.filter((option) => config[option] !== undefined).map((option) => [option, message]);
