import type { AppliedSchedules, ExportedSchedules, ScheduleCode, SchedulePlan } from '../../contracts/schedule-code.ts';

const NIGHTLY = { name: 'Nightly', job: 'Disk space', when: { daily: { at: '03:00' } }, timezone: 'Europe/Berlin' };

export const SCHEDULE_CODE: ScheduleCode = {
  definitions: [{ source: 'schedules/nightly.yaml:3', definition: NIGHTLY }],
  prune: false,
};

export const SCHEDULE_PLAN: SchedulePlan = {
  problems: [],
  changes: [
    {
      change: 'update',
      source: 'schedules/nightly.yaml:3',
      schedule_serial: 'JSCHED-00000001',
      name: 'Nightly',
      job_serial: 'J20250001',
      job_name: 'Disk space',
      differences: [{ path: 'when.daily.at', before: '02:00', after: '03:00' }],
    },
  ],
  drift: [{ schedule_serial: 'JSCHED-00000002', name: 'Hourly', kind: 'edited' }],
  drift_unknown: null,
  pending: 0,
  events: [
    {
      schedule_serial: 'JSCHED-00000002',
      name: 'Hourly',
      at: '2025-12-24T18:00:00.000Z',
      action: 'pause_schedule',
      note: 'The disks are changed.',
      differences: [],
    },
  ],
};

export const APPLIED_SCHEDULES: AppliedSchedules = {
  created: 0,
  updated: 1,
  adopted: 0,
  deleted: 0,
  left: 0,
  unchanged: 11,
  settled: 1,
  pending: 0,
  failed: [],
};

export const EXPORTED_SCHEDULES: ExportedSchedules = {
  data: [{ schedule_serial: 'JSCHED-00000001', job_serial: 'J20250001', definition: NIGHTLY }],
};
