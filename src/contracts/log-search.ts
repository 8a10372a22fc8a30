import { z } from 'zod';
import { Instant } from './instant.ts';
import { LogCategory, LogLevel, LogPhase, OutputStream } from './enums.ts';
import { BranchSerial, ExecutionSerial, LogLine } from './execution.ts';
import { listQuery } from './list.ts';
import { pageOf } from './page.ts';
import { Text } from './text.ts';

const Time = Instant;

export const FoundLine = LogLine.extend({
  job_serial: z.string(),
  execution_serial: ExecutionSerial.nullable().meta({ description: 'null: a line of the job itself.' }),
  target_serial: z.string().nullable(),
}).meta({ id: 'FoundLine' });
export type FoundLine = z.infer<typeof FoundLine>;

/** Looks at a part of the lines at a time, so it is no ordinary page. */
export const FoundLines = pageOf(FoundLine, 'FoundLines');

const Wanted = Text(500).min(1).optional();

export const LogSearch = listQuery(
  { item: FoundLine, sorts: ['created'], sort: 'created', limit: { default: 200, max: 1_000 } },
  {
    execution: ExecutionSerial.optional().meta({ description: 'Within this run.' }),
    branch: BranchSerial.optional().meta({ description: 'Within this branch.' }),
    job: Text(20).optional().meta({ description: 'Within this job and its runs, the newest run first.' }),
    target: Text(50)
      .optional()
      .meta({ description: 'Within the branches on this target (serial; in a run also its name), the newest first.' }),
    from: Time.optional().meta({
      description: 'Not before. Without run, branch, job or target it is needed, and may be at most 7 days before `to`.',
    }),
    to: Time.optional().meta({ description: 'Not after; without it: now.' }),
    text: Wanted.meta({ description: 'Only lines with this text.' }),
    regex: Wanted.meta({ description: 'Only lines that this regular expression of PostgreSQL (ARE) fits.' }),
    ignore_case: z.stringbool().optional().meta({ description: 'true: upper and lower case are the same, in `text` and `regex`.' }),
    level: LogLevel.optional(),
    phase: LogPhase.optional(),
    category: LogCategory.optional(),
    stream: OutputStream.optional(),
  },
).omit({ sort: true });
export type LogSearch = z.infer<typeof LogSearch>;

export const LogFormat = z.enum(['text', 'ndjson']);
export type LogFormat = z.infer<typeof LogFormat>;

export const LogDownload = z.strictObject({
  format: LogFormat.default('text').meta({
    description: 'text: a line each, its time in the zone of the setting `timezone`. ndjson: a JSON document each, as lists have them.',
  }),
});
export type LogDownload = z.infer<typeof LogDownload>;
