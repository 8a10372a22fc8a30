import { FileTransferAction } from '../../../contracts/actions/file.ts';
import { OpsError } from '../../../domain/ops-error.ts';
import { completed } from './action-handler.ts';
import type { ActionHandler, ActionRun } from './action-handler.ts';
import { downloadFile } from './download.ts';
import { overLostConnections } from './over-lost-connections.ts';
import { render } from '../render.ts';
import { openSource } from './transfer-source.ts';
import { uploadFile } from './upload.ts';

const Parameters = FileTransferAction.shape.action_parameters;

const pathOf = (run: ActionRun, text: string, field: string): string => {
  const path = render(run, text, 'plain');
  if (path !== '' && !path.includes('\0')) return path;
  throw new OpsError('VALIDATION', `The ${field} is empty once its variables are filled in, or holds a NUL character.`);
};

/** Brings an artifact or a text to the target, or a file of the target into an artifact. */
export const transferFile: ActionHandler = async (run) => {
  const parameters = Parameters.parse(run.action.parameters);
  if (parameters.operation === 'upload') {
    const { mode, overwrite, create_parents: createParents } = parameters;
    const destination = pathOf(run, parameters.destination_path, 'destination_path');
    const source = await openSource(run, parameters);
    const done = await overLostConnections(run, (files) => uploadFile(run, files, { source, destination, mode, overwrite, createParents }));
    await run.output('stdout', Buffer.from(`${done} (sha256 ${source.sha256})\n`));
    return completed();
  }
  const path = pathOf(run, parameters.source_path, 'source_path');
  const { uuid, bytes, sha256 } = await downloadFile(run, { path, sha256: parameters.sha256, maxBytes: parameters.maxBytes });
  await run.output('stdout', Buffer.from(`downloaded ${bytes} bytes of ${path} as artifact ${uuid} (sha256 ${sha256})\n`));
  return completed();
};
