import type { ChangeMaintenance, ChangeSetting, ChangeSettings, Maintenance, Setting } from '../../contracts/setting.ts';

export const SETTING: Setting = {
  key: 'max_concurrent_jobs',
  value: 20,
  default: 50,
  is_default: false,
  problem: null,
  stored: null,
  description: 'Runs that may be running at once; others wait. Paused ones do not count.',
  consumer: 'src/activities/run-activities.ts',
  schema: { type: 'integer', minimum: 1, maximum: 1_000 },
  version: 2,
  updated_by: 'admin',
  updated_at: '2025-03-01T08:00:00.000Z',
};

export const CHANGE_SETTING: ChangeSetting = { value: 20, note: 'The database is small' };

export const CHANGE_SETTINGS: ChangeSettings = { values: { max_concurrent_jobs: 20, log_retention_days: 90 } };

export const MAINTENANCE: Maintenance = {
  enabled: true,
  changed_by: 'admin',
  changed_at: '2025-03-01T08:00:00.000Z',
  version: 4,
  running: 2,
  waiting: 5,
};

export const CHANGE_MAINTENANCE: ChangeMaintenance = { enabled: true, note: 'New switches at noon' };
