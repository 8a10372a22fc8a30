import { z } from 'zod';
import { ExecutionStatus, JobStatus, JobType } from './enums.ts';
import { JobSerial } from './job.ts';

const count = z.number().int();
const seconds = z.number().nullable();

export const StatisticsDays = z.strictObject({
  days: z.coerce.number().int().min(1).max(366).default(30).meta({ description: 'Runs that were started in so many days until now.' }),
});

const Durations = z
  .object({ average: seconds, median: seconds, p95: seconds, longest: seconds })
  .meta({ id: 'RunDurations', description: 'Seconds from the begin of the work of a run to its end; null when none has ended.' });

const RunFacts = {
  days: count,
  is_complete: z.boolean().meta({
    description: 'false: there were more runs than are looked at, and these are the newest of them (1,000 of a job, 10,000 of all).',
  }),
  runs: z.record(ExecutionStatus, count).meta({ description: 'Runs by status.' }),
  success_rate: z
    .number()
    .nullable()
    .meta({ description: 'Completed runs of all that completed or failed, 0 to 1; null when there is none.' }),
  duration_seconds: Durations,
};

export const JobStatistics = z
  .object({
    job_serial: JobSerial,
    ...RunFacts,
    branches: z.object({ total: count, completed: count, failed: count, cancelled: count }).meta({ description: 'Targets of these runs.' }),
    failures: z
      .record(z.string(), count)
      .meta({ description: 'Failed runs by category; `branches` are those that failed because targets did.' }),
    last_completed_at: z.iso.datetime().nullable(),
    last_failed_at: z.iso.datetime().nullable(),
  })
  .meta({ id: 'JobStatistics' });
export type JobStatistics = z.infer<typeof JobStatistics>;

export const JobsStatistics = z
  .object({
    jobs: count,
    templates: count,
    by_status: z.record(JobStatus, count),
    by_type: z.record(JobType, count),
    ...RunFacts,
    most_failed: z
      .array(z.object({ job_serial: JobSerial, name: z.string(), failed: count, runs: count }))
      .meta({ description: 'The ten jobs with most failed runs.' }),
  })
  .meta({ id: 'JobsStatistics' });
export type JobsStatistics = z.infer<typeof JobsStatistics>;

export const JobUse = z
  .object({
    job_serial: JobSerial,
    schedules: z
      .array(z.object({ schedule_uuid: z.string(), schedule_serial: z.string(), name: z.string(), status: z.string() }))
      .meta({ description: 'That start it; the first 100.' }),
    schedules_total: count,
    jobs: z.array(z.object({ job_serial: JobSerial, name: z.string() })).meta({ description: 'Made from this template; the newest 100.' }),
    jobs_total: count,
    targets_total: count.meta({ description: 'On its list.' }),
    open_runs: z.array(z.string()).meta({ description: 'Serials of runs that have not ended; the newest 100.' }),
    open_runs_total: count,
    runs_total: count.meta({ description: 'Ever started.' }),
  })
  .meta({ id: 'JobUse' });
export type JobUse = z.infer<typeof JobUse>;
