import type { CommandShell, Interpreter, RemoteProgram } from '../../contracts/transport.ts';
import type { DefinedAction } from '../../db/load-definition.ts';
import { commandShellOf, scriptProblem } from '../../domain/command-shell.ts';
import { MaskedText } from '../../domain/masked-text.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { variableText } from '../../domain/template/value.ts';
import type { ActionRun } from './handlers/action-handler.ts';
import { methodOf } from './load-branch-context.ts';
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

export type ProgramRun = Pick<ActionRun, 'action' | 'context' | 'lookup' | 'previous' | 'marker'>;

const textOf = (run: Pick<ProgramRun, 'action' | 'lookup'>, shell: CommandShell): { interpreter: Interpreter; text: string } => {
  const { action } = run;
  const { command, scriptType, scriptContent }: StoredParameters = action.parameters;
  if (action.type === 'command' && command !== undefined)
    return { interpreter: shell === 'powershell' ? shell : 'sh', text: render(run, command, shell) };
  if (action.type === 'script' && scriptType !== undefined && scriptContent !== undefined) {
    const problem = scriptProblem(scriptType, shell);
    if (problem !== undefined) throw new OpsError('METHOD_UNSUPPORTED', `Action ${action.order} (${action.name}) cannot run: ${problem}.`);
    return { interpreter: scriptType, text: scriptContent };
  }
  throw new OpsError('METHOD_UNSUPPORTED', `Action ${action.order} (${action.name}) is of type ${action.type}, which is no program.`);
};

const texts = (values: Readonly<Record<string, unknown>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => {
      if (value instanceof MaskedText) throw value.refusal(name);
      return [name, variableText(value)];
    }),
  );

/**
 * The program of a command or script action. Variables are its environment; in a command, arguments, folder and environment references have their
 * values, each quoted for its place. The text of a script is never changed.
 * @param shell what the session that shall run it declares as the reader of its commands
 * @throws OpsError VARIABLE_MISSING, VALIDATION, METHOD_UNSUPPORTED
 */
export const renderProgram = (run: ProgramRun, shell: CommandShell): RemoteProgram => {
  const { action, context, previous, marker } = run;
  const parameters: StoredParameters = action.parameters;
  const { environment, working_directory: folder, run_as: runAs }: StoredConfig = action.config;
  const own = Object.entries({ ...context.definition.environment, ...environment }).map(
    ([name, value]) => [name, render(run, value, 'plain')] as const,
  );
  return {
    ...textOf(run, shell),
    arguments: (parameters.arguments ?? []).map((text) => render(run, text, 'plain')),
    workingDirectory: folder === undefined ? undefined : render(run, folder, 'plain'),
    environment: { ...context.variables, ...texts(previous), ...Object.fromEntries(own) },
    marker,
    runAs,
  };
};

/** The text of a program and its arguments, as people read it. @throws OpsError as renderProgram does, METHOD_MISSING, CREDENTIAL_MISSING */
export const programText = (run: Pick<ProgramRun, 'action' | 'context' | 'lookup'>): string => {
  const { arguments: words = [] }: StoredParameters = run.action.parameters;
  const { type, endpoint } = methodOf(run.context, run.action);
  // SNMP has commands of its own, which no shell reads.
  const { text } = textOf(run, type === 'snmp' ? 'header' : commandShellOf(endpoint));
  return words.length === 0 ? text : `${text}\n(arguments: ${words.map((word) => JSON.stringify(render(run, word, 'plain'))).join(' ')})`;
};

/** Exit codes that count as success. */
export const expectedExitCodes = (action: DefinedAction): readonly number[] => {
  const config: StoredConfig = action.config;
  return config.expected_exit_codes ?? [0];
};
