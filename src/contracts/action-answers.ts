import { z } from 'zod';
import { BranchSerial, ExecutionSerial } from './execution.ts';
import { Approvers } from './json/shared.ts';
import { listQuery } from './list.ts';
import { Text } from './text.ts';

export const ActionSerial = z
  .string()
  .regex(/^J\d{8,19}(\.\d{4,10}){3}$/, 'must be an action serial such as J20250001.0001.0001.0002')
  .meta({ example: 'J20250001.0001.0001.0002' });

const Note = Text(4_096).min(1);

export const AnswerApproval = z
  .strictObject({
    answer: z.enum(['approved', 'rejected']),
    note: Note.optional().meta({ description: 'Why; stands on the record and in the audit trail.' }),
    iteration: z.number().int().min(1).optional().meta({
      description: 'The turn of a loop that is answered, as the list of approvals tells it; left out: the one that waits.',
    }),
  })
  .meta({ id: 'AnswerApproval' });
export type AnswerApproval = z.infer<typeof AnswerApproval>;

export const ResolveAttempt = z
  .strictObject({
    outcome: z
      .enum(['succeeded', 'failed', 'not_run'])
      .meta({ description: 'What really happened. The attempt stays failed; this stands beside it.' }),
    note: Note.meta({ description: 'How it is known: what was looked at on the target.' }),
  })
  .meta({ id: 'ResolveAttempt' });
export type ResolveAttempt = z.infer<typeof ResolveAttempt>;

export const Approval = z
  .object({
    action_serial: ActionSerial,
    iteration: z.number().int(),
    execution_serial: ExecutionSerial,
    branch_serial: BranchSerial,
    job_name: z.string(),
    target_serial: z.string(),
    target_name: z.string(),
    action_name: z.string(),
    message: z.string().nullable(),
    approvers: Approvers,
    asked_at: z.iso.datetime(),
    expires_at: z.iso.datetime(),
    on_timeout: z.enum(['fail', 'approve', 'skip']).meta({ description: 'What happens when nobody answers until expires_at.' }),
  })
  .meta({ id: 'Approval', description: 'An action that waits for the answer of a person.' });
export type Approval = z.infer<typeof Approval>;

export const ApprovalFilter = listQuery({ item: Approval, sorts: ['created'], sort: 'created' }, { execution: ExecutionSerial.optional() });
export type ApprovalFilter = z.infer<typeof ApprovalFilter>;
