import type { ActionType } from '../../../contracts/enums.ts';
import type { ActionHandler } from './action-handler.ts';
import { runQuery } from './database.ts';
import { sendApiRequest } from './api.ts';
import { sendEmail } from './email.ts';
import { workOnFile } from './file.ts';
import { transferFile } from './file-transfer.ts';
import { runProgram } from './run-program.ts';

/** What runs each type of action. Conditions, parallel blocks, waits and approvals are the workflow's own. */
export const HANDLERS: Partial<Record<ActionType, ActionHandler>> = {
  api: sendApiRequest,
  command: runProgram,
  script: runProgram,
  database: runQuery,
  file: workOnFile,
  file_transfer: transferFile,
  email: sendEmail,
};
