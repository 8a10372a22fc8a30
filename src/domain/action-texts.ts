import type { ActionType } from '../contracts/enums.ts';

/** A text of an action in which references have their values. */
export interface ActionText {
  /** Within the action, such as `action_parameters.headers.Accept`. */
  path: string;
  text: string;
  /** A shell reads it: what it has of `$` besides references is the shell's. */
  isShell: boolean;
}

/** Parameters whose texts may refer to values. The text of a script is never changed, and expressions name values by themselves. */
const FIELDS: Readonly<Record<ActionType, readonly string[]>> = {
  command: ['command'],
  script: ['arguments'],
  api: ['url', 'headers', 'body'],
  database: ['query', 'parameters', 'connectionString'],
  email: ['from', 'to', 'cc', 'bcc', 'subject', 'body', 'html', 'attachments'],
  file: ['source', 'destination', 'owner'],
  file_transfer: ['source_path', 'destination_path', 'content', 'artifact'],
  condition: [],
  parallel: [],
  wait: [],
  approval: ['message'],
};

const textsIn = (value: unknown, path: string, isShell: boolean): ActionText[] => {
  if (typeof value === 'string') return [{ path, text: value, isShell }];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => textsIn(inner, `${path}.${key}`, isShell));
};

/** All texts of an action that may hold references. */
export const actionTexts = (
  type: ActionType,
  parameters: Readonly<Record<string, unknown>>,
  config: { environment?: unknown; working_directory?: unknown },
): ActionText[] => [
  ...FIELDS[type].flatMap((field) => textsIn(parameters[field], `action_parameters.${field}`, field === 'command')),
  ...textsIn(config.environment, 'action_config.environment', false),
  ...textsIn(config.working_directory, 'action_config.working_directory', false),
];
