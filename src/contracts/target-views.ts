import { z } from 'zod';
import { CommunicationMethodType, ExecutionStatus, FailureCategory } from './enums.ts';
import { BranchSerial, ExecutionSerial } from './execution.ts';
import { JobSerial } from './job.ts';
import { listQuery } from './list.ts';
import { SelectorText } from './selector.ts';

const Counts = z.record(z.string(), z.number().int());

export const TargetStatisticsFilter = z.strictObject({ selector: SelectorText.optional() });
export type TargetStatisticsFilter = z.infer<typeof TargetStatisticsFilter>;

/** How many targets there are, and of what. */
export const TargetStatistics = z
  .object({
    total: z.number().int(),
    by_type: Counts,
    by_os: Counts,
    by_environment: Counts,
    by_status: Counts,
    by_health: Counts,
    by_method: Counts.meta({ description: 'A target counts once for each protocol by which it can be reached.' }),
  })
  .meta({ id: 'TargetStatistics' });
export type TargetStatistics = z.infer<typeof TargetStatistics>;

/** A kind of machine or service, with the protocols by which it is usually reached. Any protocol may be used with any kind. */
export const TargetKind = z
  .object({ kind: z.string(), label: z.string(), methods: z.array(CommunicationMethodType) })
  .meta({ id: 'TargetKind' });
export type TargetKind = z.infer<typeof TargetKind>;

export const TargetKindList = z.object({ data: z.array(TargetKind) }).meta({ id: 'TargetKindList' });

const Time = z.iso.datetime();

/** What one run did on a target. */
export const TargetRun = z
  .object({
    branch_serial: BranchSerial,
    execution_serial: ExecutionSerial,
    job_serial: JobSerial,
    job_name: z.string(),
    status: ExecutionStatus,
    exit_code: z.number().int().nullable(),
    failure_category: FailureCategory.nullable(),
    error_code: z.string().nullable(),
    result_error: z.string().nullable(),
    created_at: Time,
    started_at: Time.nullable(),
    completed_at: Time.nullable(),
  })
  .meta({ id: 'TargetRun' });
export type TargetRun = z.infer<typeof TargetRun>;

export const TargetRunFilter = listQuery({ item: TargetRun, sorts: ['created'], sort: '-created' }, {});
export type TargetRunFilter = z.infer<typeof TargetRunFilter>;

/** A job that runs on a target. */
export const TargetJob = z
  .object({
    job_serial: JobSerial,
    name: z.string(),
    by: z.enum(['list', 'selector']).meta({ description: 'Whether the job names the target, or its selector fits it now.' }),
  })
  .meta({ id: 'TargetJob' });
export type TargetJob = z.infer<typeof TargetJob>;

export const TargetJobFilter = listQuery({ item: TargetJob, sorts: ['created', 'name'], sort: '-created' }, {});
export type TargetJobFilter = z.infer<typeof TargetJobFilter>;
