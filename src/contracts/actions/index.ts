import { z } from 'zod';
import { ApiAction } from './api.ts';
import { ApprovalAction, conditionAction, parallelAction, WaitAction } from './control.ts';
import type { Body } from './control.ts';
import { DatabaseAction } from './database.ts';
import { EmailAction } from './email.ts';
import { FileAction, FileTransferAction } from './file.ts';
import type { NestedAction } from './nested.ts';
import { misplacedOptions } from './misplaced-options.ts';
import { CommandAction, ScriptAction } from './program.ts';

const nested: Body = z.lazy(() => z.array(ActionInput).min(1, 'must hold at least one action').max(200));
const Rollback: z.ZodType<NestedAction[]> = z.lazy(() => z.array(ActionInput).max(200));
const rollback = {
  rollback: Rollback.default([]).meta({ description: 'Undo this action, if it ran, when a later failure (or its own) rolls back.' }),
};

export const ActionInput: z.ZodType<NestedAction, z.input<typeof CommandAction> | object> = z
  .discriminatedUnion('action_type', [
    CommandAction.extend(rollback),
    ScriptAction.extend(rollback),
    FileAction.extend(rollback),
    FileTransferAction.extend(rollback),
    ApiAction.extend(rollback),
    DatabaseAction.extend(rollback),
    EmailAction.extend(rollback),
    conditionAction(nested).extend(rollback),
    parallelAction(nested).extend(rollback),
    WaitAction.extend(rollback),
    ApprovalAction.extend(rollback),
  ])
  .superRefine(({ action_type: type, action_config: config }, context) => {
    for (const [option, message] of misplacedOptions(type, config))
      context.addIssue({ code: 'custom', path: ['action_config', option], message });
  })
  .meta({ id: 'ActionInput' });
export type ActionInput = NestedAction;
