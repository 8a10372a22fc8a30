import type { Interpreter, RemoteProgram } from '../../contracts/transport.ts';
import type { DefinedAction } from '../../db/load-definition.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { substitute } from '../../domain/variables.ts';

interface StoredParameters {
  command?: string;
  scriptType?: Interpreter;
  scriptContent?: string;
  arguments?: string[];
}

interface StoredConfig {
  working_directory?: string;
  environment?: Record<string, string>;
  expected_exit_codes?: number[];
}

/** The program of a command or script action. The job's variables are its environment; no value becomes part of the text. */
export const renderProgram = (action: DefinedAction, variables: Record<string, string>, marker: string): RemoteProgram => {
  const parameters: StoredParameters = action.parameters;
  const config: StoredConfig = action.config;
  const environment = Object.fromEntries(
    Object.entries(config.environment ?? {}).map(([name, value]) => [name, substitute(value, variables)]),
  );
  return {
    ...textOf(action, parameters),
    arguments: (parameters.arguments ?? []).map((text) => substitute(text, variables)),
    workingDirectory: config.working_directory === undefined ? undefined : substitute(config.working_directory, variables),
    environment: { ...variables, ...environment },
    marker,
  };
};

const textOf = (
  action: DefinedAction,
  { command, scriptType, scriptContent }: StoredParameters,
): { interpreter: Interpreter; text: string } => {
  if (action.type === 'command' && command !== undefined) return { interpreter: 'sh', text: command };
  if (action.type === 'script' && scriptType !== undefined && scriptContent !== undefined)
    return { interpreter: scriptType, text: scriptContent };
  throw new OpsError('METHOD_UNSUPPORTED', `Action ${action.order} (${action.name}) is of type ${action.type}, which ssh cannot run.`);
};

/** Exit codes that count as success. */
export const expectedExitCodes = (action: DefinedAction): readonly number[] => {
  const config: StoredConfig = action.config;
  return config.expected_exit_codes ?? [0];
};
