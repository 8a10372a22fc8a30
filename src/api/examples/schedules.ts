import type { z } from 'zod';
import type {
  BackfillSchedule,
  CreateSchedule,
  PreviewSchedule,
  Schedule,
  ScheduleFiring,
  SchedulePreview,
  ScheduleSummary,
  UpcomingFirings,
  UpdateSchedule,
} from '../../contracts/schedule.ts';

const FIELDS = {
  name: 'Nightly disk check',
  when: [{ weekly: { on: ['monday', 'wednesday', 'friday'], at: '03:30' } }, { monthly: { day: 'last', at: '23:00' } }],
  timezone: 'Europe/Berlin',
  variables: { LIMIT: 80 },
  labels: { team: 'web' },
} satisfies z.input<typeof UpdateSchedule>;

export const CREATE_SCHEDULE: z.input<typeof CreateSchedule> = { ...FIELDS, job: 'J20250001' };

export const UPDATE_SCHEDULE: z.input<typeof UpdateSchedule> = { ...FIELDS, overlap_policy: 'buffer_one' };

export const FIRING: ScheduleFiring = {
  execution_serial: 'SEXEC-00000042',
  schedule_serial: 'JSCHED-00000001',
  schedule_name: 'Nightly disk check',
  scheduled_at: '2025-03-03T02:30:00.000Z',
  firing_type: 'planned',
  status: 'completed',
  skip_reason: null,
  postponed_until: null,
  started_at: '2025-03-03T02:30:00.120Z',
  start_delay_ms: 120,
  completed_at: '2025-03-03T02:30:04.300Z',
  run: 'J20250001.0007',
  result_summary: '1 of 1 branches completed.',
  error_message: null,
  workflow_id: 'scheduled-run/0b5ae9bd-8d8c-4d5a-a8e4-3b0d5a2a4c5e-2025-03-03T02:30:00Z',
};

const { schedule_serial: _serial, schedule_name: _name, ...LAST } = FIRING;

export const SCHEDULE_SUMMARY: ScheduleSummary = {
  schedule_serial: 'JSCHED-00000001',
  schedule_uuid: '0b5ae9bd-8d8c-4d5a-a8e4-3b0d5a2a4c5e',
  name: 'Nightly disk check',
  description: null,
  job_serial: 'J20250001',
  job_name: 'Disk space',
  when: [...FIELDS.when],
  timezone: 'Europe/Berlin',
  status: 'active',
  status_note: null,
  next_run_at: '2025-03-05T02:30:00.000Z',
  last_run_at: '2025-03-03T02:30:00.000Z',
  execution_count: 1,
  attention: null,
  last_firing: LAST,
  labels: { team: 'web' },
  calendars: [],
  definition_source: 'api',
  sync_status: 'synced',
  created_by: 'anna',
  created_at: '2025-03-01T08:00:00.000Z',
  updated_at: '2025-03-03T02:30:04.300Z',
};

export const SCHEDULE: Schedule = {
  ...SCHEDULE_SUMMARY,
  start_date: null,
  end_date: null,
  max_executions: null,
  jitter_seconds: 0,
  overlap_policy: 'skip',
  catchup_window_seconds: 600,
  pause_on_failure: false,
  targets: null,
  target_selector: null,
  variables: { LIMIT: 80 },
  definition_path: null,
  definition_hash: '5d3b2c1a'.repeat(8),
  temporal_schedule_id: 'job-schedule/0b5ae9bd-8d8c-4d5a-a8e4-3b0d5a2a4c5e',
  sync_error: null,
  synced_at: '2025-03-03T02:31:00.000Z',
  temporal_counters: { taken: 1, skipped_overlap: 0, missed_catchup: 0, buffer_dropped: 0, paused: false },
};

export const BACKFILL: z.input<typeof BackfillSchedule> = { from: '2025-02-28T00:00:00Z', to: '2025-03-01T00:00:00Z' };

export const PREVIEW: z.input<typeof PreviewSchedule> = { when: { daily: { at: '02:30' } }, timezone: 'Europe/Berlin' };

export const UPCOMING: UpcomingFirings = {
  data: [
    {
      schedule_serial: 'JSCHED-00000001',
      schedule_name: 'Nightly disk check',
      job_serial: 'J20250001',
      at: '2025-03-05T02:30:00.000Z',
      local: '2025-03-05 03:30:00.000 +01:00',
    },
  ],
  is_complete: true,
};

export const SCHEDULE_PREVIEW: SchedulePreview = {
  timezone: 'Europe/Berlin',
  instants: [{ at: '2025-03-29T01:30:00.000Z', local: '2025-03-29 02:30:00.000 +01:00', note: null }],
  notes: ['On 2025-03-30 clocks skip 02:30: it does not fire on that day.'],
};
