import { z } from 'zod';
import { ActionResultStatus, JobStatus } from './enums/jobs.ts';
import { TargetStatus } from './enums/targets.ts';
import { ExecutionSerial } from './execution.ts';
import { listQuery } from './list.ts';
import { pageOf } from './page.ts';
import { Text } from './text.ts';

export const SerialLevel = z.enum(['target', 'job', 'execution', 'branch', 'action']);

/** Of a thing of any level. */
export const SerialStatus = z.enum([...new Set([...TargetStatus.options, ...JobStatus.options, ...ActionResultStatus.options])]);
export type SerialStatus = z.infer<typeof SerialStatus>;

export const SerialMatch = z
  .object({
    level: SerialLevel,
    serial: z.string(),
    name: z
      .string()
      .meta({ description: 'Of the target or job; of a run that of its job, of a branch that of its target, of an action its own.' }),
    status: z.string().meta({ description: 'State of a run, branch or the last attempt of an action; of a job or target its own.' }),
    execution_serial: ExecutionSerial.nullable().meta({ description: 'The run that it is, or is a part of.' }),
    path: z.string().meta({ description: 'Where the API has it.' }),
  })
  .meta({ id: 'SerialMatch' });
export type SerialMatch = z.infer<typeof SerialMatch>;

export const SerialMatches = pageOf(SerialMatch, 'SerialMatches');

export const SerialText = Text(100).meta({ description: 'A serial of any level and width.', example: 'J20250001.0001' });

const PatternText = Text(100).meta({
  description:
    'A serial, or a pattern: job, run, branch and action, separated by dots. Each part is whole, or its beginning and `*`, or `*`. How many parts there are says what is found. Serials of other widths (`J202500001`, `.001`) are understood.',
  example: 'J2025*.0001.*',
});

export const SerialQuery = listQuery(
  { item: SerialMatch, sorts: ['created'], sort: 'created' },
  {
    pattern: PatternText,
    status: SerialStatus.optional().meta({ description: 'Only what is in this state, one of those that its level has.' }),
  },
).omit({ sort: true });
export type SerialQuery = z.infer<typeof SerialQuery>;

export const SerialCountsQuery = z.strictObject({
  pattern: PatternText,
  status: SerialStatus.optional().meta({ description: 'Only what is in this state.' }),
});
export type SerialCountsQuery = z.infer<typeof SerialCountsQuery>;

const count = z.number().int();
export const SerialCounts = z
  .object({
    level: SerialLevel,
    pattern: z.string().meta({ description: 'As it is understood.' }),
    total: count.meta({ description: 'Things that it fits.' }),
    by_status: z.partialRecord(SerialStatus, count).meta({ description: 'States that none is in are not there.' }),
    jobs: count.meta({
      description: 'How many jobs they are, or are of; so for the others. What is above says nothing of what is below: 0.',
    }),
    executions: count,
    branches: count,
    targets: count.meta({ description: 'That branches and actions were on.' }),
    is_capped: z.boolean().meta({ description: 'More fit: only the first 10,000 or so were counted, or what was found in two seconds.' }),
  })
  .meta({ id: 'SerialCounts' });
export type SerialCounts = z.infer<typeof SerialCounts>;

export const CheckPattern = z.strictObject({ pattern: PatternText });
export type CheckPattern = z.infer<typeof CheckPattern>;

export const PatternCheck = z
  .object({
    is_valid: z.boolean(),
    level: SerialLevel.nullable().meta({ description: 'What it looks for; null when it is no pattern.' }),
    pattern: z.string().nullable().meta({ description: 'As it is understood.' }),
    problem: z.string().nullable(),
    suggestions: z.array(z.string()).meta({ description: 'What may have been meant.' }),
  })
  .meta({ id: 'PatternCheck' });
export type PatternCheck = z.infer<typeof PatternCheck>;
