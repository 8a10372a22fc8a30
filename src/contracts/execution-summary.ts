import { z } from 'zod';
import { ActionType, ExecutionStatus, FailureCategory } from './enums.ts';
import { BranchSerial, Execution } from './execution.ts';
import { Text } from './text.ts';

const Count = z.number().int();
const byStatus = { scheduled: Count, running: Count, completed: Count, failed: Count, cancelled: Count };

export const ExecutionCounts = z
  .object({
    ...byStatus,
    total: Count,
    is_capped: z.boolean().meta({ description: 'At least one state has more runs than are counted: its number is 10,000.' }),
  })
  .meta({ id: 'ExecutionCounts', description: 'Runs by state.' });
export type ExecutionCounts = z.infer<typeof ExecutionCounts>;

const Milliseconds = Count.nullable();
const Durations = z
  .object({ min_ms: Milliseconds, avg_ms: Milliseconds, p95_ms: Milliseconds, max_ms: Milliseconds })
  .meta({ id: 'Durations', description: 'How long those took that have ended; null: none has.' });

export const ExecutionSummary = z
  .object({
    branches: z.object(byStatus),
    failures: z
      .array(z.object({ failure_category: FailureCategory, error_code: z.string().nullable(), branches: Count }))
      .meta({ description: 'Why branches have failed, the most frequent cause first; at most 100 causes.' }),
    batches: z.array(z.object({ batch_number: Count, ...byStatus })),
    duration: Durations,
  })
  .meta({ id: 'ExecutionSummary', description: 'The branches of a run, counted.' });
export type ExecutionSummary = z.infer<typeof ExecutionSummary>;

export const ActionSummary = z
  .object({
    action_order: Count,
    action_name: z.string(),
    action_type: ActionType,
    running: Count,
    completed: Count,
    failed: Count,
    cancelled: Count,
    skipped: Count,
    unresolved: Count.meta({ description: 'Attempts whose outcome is not known, and of which nobody has told it.' }),
    attempts: Count.meta({ description: 'All tries, repeats included.' }),
    targets: Count.meta({ description: 'Branches that have come to it.' }),
    duration: Durations,
  })
  .meta({ id: 'ActionSummary', description: 'What came of one action on all targets; what counts is the last attempt of each turn.' });
export type ActionSummary = z.infer<typeof ActionSummary>;

export const ActionSummaries = z.object({ data: z.array(ActionSummary) }).meta({ id: 'ActionSummaries' });
export type ActionSummaries = z.infer<typeof ActionSummaries>;

const ComparedBranch = z
  .object({
    branch_serial: BranchSerial,
    status: ExecutionStatus,
    exit_code: Count.nullable(),
    failure_category: FailureCategory.nullable(),
    error_code: z.string().nullable(),
    duration_ms: Milliseconds,
  })
  .meta({ id: 'ComparedBranch' });

export const ComparedTarget = z
  .object({
    target_serial: z.string(),
    target_name: z.string(),
    differences: z.array(z.enum(['missing', 'status', 'exit_code', 'failure', 'output'])).meta({
      description: 'missing: one of the runs does not have the target. output: the last output is another.',
    }),
    first: ComparedBranch.nullable(),
    second: ComparedBranch.nullable(),
  })
  .meta({ id: 'ComparedTarget' });
export type ComparedTarget = z.infer<typeof ComparedTarget>;

export const ExecutionComparison = z
  .object({
    first: Execution,
    second: Execution,
    data: z.array(ComparedTarget),
    next: z.string().nullable().meta({ description: 'Cursor of the next page, which may be short or empty; null on the last one.' }),
  })
  .meta({ id: 'ExecutionComparison' });
export type ExecutionComparison = z.infer<typeof ExecutionComparison>;

export const CompareQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(500).default(50).meta({ description: 'Items of a page, at most.' }),
  cursor: Text(2_000).optional().meta({ description: '`next` of the page before, which had the same filters.' }),
  only: z.enum(['outcome', 'any']).optional().meta({
    description: 'Only targets that differ: `outcome` in anything but their output, `any` in that as well. Without it all targets.',
  }),
});
export type CompareQuery = z.infer<typeof CompareQuery>;
