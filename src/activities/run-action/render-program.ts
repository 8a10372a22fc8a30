import type { Interpreter, RemoteProgram } from '../../contracts/transport.ts';
import type { DefinedAction } from '../../db/load-definition.ts';
import { OpsError } from '../../domain/ops-error.ts';
import type { Place } from '../../domain/template/value.ts';
import { variableText } from '../../domain/template/value.ts';
import type { ActionRun } from './handlers/action-handler.ts';
import { methodOf } from './load-branch-context.ts';
import type { BranchMethod } from './load-branch-context.ts';
import { render } from './render.ts';

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
  run_as?: string;
}

type Run = Pick<ActionRun, 'action' | 'context' | 'lookup' | 'previous' | 'marker'>;

/** What reads the text of a command. */
const placeOf = ({ type, endpoint }: BranchMethod): Place => {
  if (type === 'telnet' && endpoint.config['shell'] !== 'posix') return 'header';
  return endpoint.platform === 'windows' ? 'cmd' : 'posix_shell';
};

const textOf = (run: Run): { interpreter: Interpreter; text: string } => {
  const { action, context } = run;
  const { command, scriptType, scriptContent }: StoredParameters = action.parameters;
  if (action.type === 'command' && command !== undefined)
    return { interpreter: 'sh', text: render(run, command, placeOf(methodOf(context, action))) };
  if (action.type === 'script' && scriptType !== undefined && scriptContent !== undefined)
    return { interpreter: scriptType, text: scriptContent };
  throw new OpsError('METHOD_UNSUPPORTED', `Action ${action.order} (${action.name}) is of type ${action.type}, which ssh cannot run.`);
};

const texts = (values: Readonly<Record<string, unknown>>): Record<string, string> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, variableText(value)]));

/**
 * The program of a command or script action. Variables are its environment; in a command, arguments, folder and environment references have their
 * values, each quoted for its place. The text of a script is never changed.
 * @throws OpsError VARIABLE_MISSING, VALIDATION, METHOD_MISSING
 */
export const renderProgram = (run: Run): RemoteProgram => {
  const { action, context, previous, marker } = run;
  const { arguments: words }: StoredParameters = action.parameters;
  const { environment, working_directory: folder, run_as: runAs }: StoredConfig = action.config;
  const own = Object.entries(environment ?? {}).map(([name, value]) => [name, render(run, value, 'plain')] as const);
  return {
    ...textOf(run),
    arguments: (words ?? []).map((text) => render(run, text, 'plain')),
    workingDirectory: folder === undefined ? undefined : render(run, folder, 'plain'),
    environment: { ...context.variables, ...texts(previous), ...Object.fromEntries(own) },
    marker,
    runAs,
  };
};

/** Exit codes that count as success. */
export const expectedExitCodes = (action: DefinedAction): readonly number[] => {
  const config: StoredConfig = action.config;
  return config.expected_exit_codes ?? [0];
};
