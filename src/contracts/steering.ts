import { z } from 'zod';
import { BranchSerial, Execution } from './execution.ts';
import { Rollout } from './rollout.ts';
import { Text } from './text.ts';

const Note = Text(1_000).min(1).optional().meta({ description: 'Why; stands in the log of the run and in the audit trail.' });

export const SteerNote = z.strictObject({ note: Note }).meta({ id: 'SteerNote' });
export type SteerNote = z.infer<typeof SteerNote>;

export const ChangeExecution = z
  .strictObject({
    max_concurrent_targets: z.number().int().min(1).max(200).optional(),
    rollout: Rollout.optional().meta({ description: 'Takes the place of the one before; batches that have begun stay as they are.' }),
    note: Note,
  })
  .refine(({ max_concurrent_targets: window, rollout }) => window !== undefined || rollout !== undefined, 'names nothing to change')
  .meta({ id: 'ChangeExecution' });
export type ChangeExecution = z.infer<typeof ChangeExecution>;

export const AnswerBatch = z.strictObject({ answer: z.enum(['approved', 'rejected']), note: Note }).meta({ id: 'AnswerBatch' });
export type AnswerBatch = z.infer<typeof AnswerBatch>;

export const RetryBranches = z
  .strictObject({
    branches: z.array(BranchSerial).min(1).max(100_000).optional().meta({ description: 'None: all that failed.' }),
    from: z
      .enum(['first_action', 'failed_action'])
      .default('first_action')
      .meta({ description: 'Where each goes on; failed_action: what comes before it is not done again. A new run begins at the first.' }),
    repeat_unknown: z.boolean().default(false).meta({
      description:
        'true: an action of which nobody knows whether it ran, and that is to run at most once, is done again by from: failed_action. Else such a branch is refused until that attempt is resolved.',
    }),
    new_run: z
      .boolean()
      .default(false)
      .meta({ description: 'In a run of its own, linked to this one: the only way when this one has ended.' }),
    note: Note,
  })
  .refine(({ from, new_run: isNew }) => !isNew || from === 'first_action', {
    path: ['from'],
    error: 'a new run begins at the first action',
  })
  .refine(({ from, repeat_unknown: repeats }) => !repeats || from === 'failed_action', {
    path: ['repeat_unknown'],
    error: 'belongs to from: failed_action',
  })
  .meta({ id: 'RetryBranches' });
export type RetryBranches = z.infer<typeof RetryBranches>;

export const SkipAction = z.strictObject({ action_order: z.number().int().min(1).max(10_000), note: Note }).meta({ id: 'SkipAction' });
export type SkipAction = z.infer<typeof SkipAction>;

export const SteeredExecution = Execution.extend({
  acknowledged: z.boolean().meta({
    description: 'The workflow of the run has answered. False: it is written down, and the workflow is told again within a minute.',
  }),
}).meta({ id: 'SteeredExecution' });
export type SteeredExecution = z.infer<typeof SteeredExecution>;
