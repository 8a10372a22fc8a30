import type { OverlapPolicy } from '../../contracts/enums.ts';
import type { ScheduleRule } from '../../contracts/schedule-rule.ts';

/** When it fires. */
export interface FiringRules {
  when: readonly ScheduleRule[];
  /** IANA name, of the wall times of the rules. */
  timezone: string;
  /** ISO 8601; the first and the last second that may fire. */
  start_date: string | null;
  end_date: string | null;
  jitter_seconds: number;
}

/** A Temporal Schedule as a row of job_schedules wants it. */
export interface DesiredSchedule {
  scheduleUuid: string;
  /** For people who read the Temporal UI. */
  summary: string;
  jobSerial: string;
  rules: FiringRules;
  overlap: OverlapPolicy;
  catchupWindowSeconds: number;
  pauseOnFailure: boolean;
  definitionHash: string;
  managedBy: 'api' | 'code';
  paused: boolean;
  note: string | null;
  /** Firings that are left; undefined: no limit. */
  remaining: number | undefined;
}

/** A start that Temporal made of a schedule. */
export interface StartedFiring {
  workflowId: string;
  runId: string;
  /** As it was announced, jitter included. */
  scheduledAt: Date;
  startedAt: Date;
}

/** What Temporal says of one of its schedules. */
export interface DescribedSchedule {
  definitionHash: string | undefined;
  /** Spec, action and policies as Temporal has them, so that an edit made there can be told field by field. */
  described: Record<string, unknown>;
  describedHash: string;
  paused: boolean;
  note: string | null;
  /** Undefined: no limit. */
  remaining: number | undefined;
  createdAt: Date;
  /** Instants up to here belong to the spec before. */
  lastUpdatedAt: Date;
  /** At most ten, the first of them the first that is not processed: it may have passed. */
  next: readonly Date[];
  bufferSize: number;
  counters: { taken: number; skipped_overlap: number; missed_catchup: number; buffer_dropped: number };
  /** The last ten. */
  recent: readonly StartedFiring[];
}

/** A Temporal Schedule and the zone of its rules. */
export interface ZonedSchedule {
  id: string;
  timezone: string;
}

/** Temporal's schedules, by the ids that derive from rows. Every call fails while Temporal is away, after some seconds at most. */
export interface TemporalSchedules {
  describe: (id: string) => Promise<DescribedSchedule | undefined>;
  /** Creates or replaces it, and waits until it reads back. A pause that Temporal has stays. */
  put: (id: string, desired: DesiredSchedule, known: DescribedSchedule | undefined) => Promise<DescribedSchedule>;
  /** Pauses or resumes it, and waits until it reads back. */
  setPaused: (id: string, paused: boolean, note: string | null) => Promise<DescribedSchedule>;
  /** One that is not there is no error. */
  remove: (id: string) => Promise<void>;
  backfill: (id: string, period: { from: Date; to: Date; overlap: OverlapPolicy }) => Promise<void>;
  /** All instants after `from` up to `to`, by the present spec, whatever pause and limits, as a schedule that has run all along has them; at most `limit`. */
  instants: (schedule: ZonedSchedule, from: Date, to: Date, limit?: number) => Promise<Date[]>;
  /** The same of rules that no schedule has. @throws OpsError VALIDATION when Temporal refuses them */
  preview: (rules: FiringRules, from: Date, to: Date, limit: number) => Promise<Date[]>;
  /** All that it has started since then, in the order in which Temporal tells it; what came in the last seconds may be missing. */
  starts: (id: string, since: Date) => Promise<StartedFiring[]>;
  /** Starts the workflow of a firing that a person asked for; a repeat meets the same one. */
  startFiring: (workflowId: string, scheduleUuid: string, summary: string) => Promise<void>;
}
