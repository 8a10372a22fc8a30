import { z } from 'zod';
import { canServe, METHODS } from '../capabilities.ts';
import { ApiAction } from './api.ts';
import { DatabaseAction } from './database.ts';
import { EmailAction } from './email.ts';
import { FileAction, FileTransferAction } from './file.ts';
import { CommandAction, ScriptAction } from './program.ts';

export const ActionInput = z
  .discriminatedUnion('action_type', [CommandAction, ScriptAction, FileAction, FileTransferAction, ApiAction, DatabaseAction, EmailAction])
  .superRefine(({ action_type: type, action_config: { method } }, context) => {
    if (method === undefined || canServe(method, type)) return;
    const message = `${METHODS[method].label} cannot do actions of type ${type}`;
    context.addIssue({ code: 'custom', path: ['action_config', 'method'], message });
  })
  .meta({ id: 'ActionInput' });
export type ActionInput = z.infer<typeof ActionInput>;
