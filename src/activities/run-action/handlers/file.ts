import type { z } from 'zod';
import { FileAction } from '../../../contracts/actions/file.ts';
import type { FileOperation } from '../../../contracts/transport.ts';
import { OpsError } from '../../../domain/ops-error.ts';
import { able, completed } from './action-handler.ts';
import type { ActionHandler, ActionRun } from './action-handler.ts';
import { render } from '../render.ts';

const Parameters = FileAction.shape.action_parameters;
type Parameters = z.infer<typeof Parameters>;

/** `/`, `//`, `/..`, `.`, `C:\`: whoever meant a file has an empty variable in the path. */
const isWholeMachine = (path: string): boolean =>
  path
    .replace(/^[A-Za-z]:/, '')
    .split(/[/\\]/)
    .every((part) => part === '' || part === '.' || part === '..');

type Run = Pick<ActionRun, 'action' | 'lookup'>;

const pathOf = (run: Run, text: string, field: string): string => {
  const path = render(run, text, 'plain');
  if (path !== '' && !path.includes('\0')) return path;
  throw new OpsError('VALIDATION', `The ${field} of the file action is empty once its variables are filled in, or holds a NUL character.`);
};

const toOperation = (run: Run, parameters: Parameters): FileOperation => {
  const source = pathOf(run, parameters.source, 'source');
  if ('destination' in parameters) {
    const { operation, overwrite, preservePermissions } = parameters;
    return { operation, source, destination: pathOf(run, parameters.destination, 'destination'), overwrite, preservePermissions };
  }
  if (parameters.operation === 'mkdir') return { operation: 'mkdir', source, mode: parameters.mode };
  const isRecursive = parameters.recursive;
  if ((isRecursive || parameters.operation === 'delete') && isWholeMachine(source))
    throw new OpsError(
      'VALIDATION',
      `${parameters.operation} of ${source} would reach every file of the machine or of a home. It was not tried.`,
    );
  if (parameters.operation === 'delete') return { operation: 'delete', source, isRecursive };
  if (parameters.operation === 'chmod') return { operation: 'chmod', source, mode: parameters.mode, isRecursive };
  return { operation: 'chown', source, owner: render(run, parameters.owner, 'plain'), isRecursive };
};

const describe = (operation: FileOperation): string =>
  'destination' in operation
    ? `${operation.operation} of ${operation.source} to ${operation.destination}`
    : `${operation.operation} of ${operation.source}`;

/** What the action does, as people read it. @throws OpsError VARIABLE_MISSING, VALIDATION */
export const fileOperationText = (run: Run): string => describe(toOperation(run, Parameters.parse(run.action.parameters)));

const isGoneAlready = (error: unknown, operation: FileOperation): boolean =>
  operation.operation === 'delete' && error instanceof OpsError && error.code === 'FILE_MISSING';

/** Works on files of the target. What is to be deleted and is not there, and a folder that is there already, are a success. */
export const workOnFile: ActionHandler = async (run) => {
  const { action, connect, signal } = run;
  const runAs = action.config['run_as'];
  const operation = toOperation(run, Parameters.parse(action.parameters));
  const files = able(await connect(), 'files', action);
  try {
    await files.perform(operation, typeof runAs === 'string' ? runAs : undefined, signal);
    await run.output('stdout', Buffer.from(`${describe(operation)}: done\n`));
  } catch (error) {
    if (!isGoneAlready(error, operation)) throw error;
    await run.output('stdout', Buffer.from(`${describe(operation)}: it was not there\n`));
  }
  return completed();
};
