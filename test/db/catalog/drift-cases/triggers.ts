import type { DriftCase } from './drift-case.ts';

export const TRIGGERS: DriftCase[] = [
  {
    name: 'a trigger is dropped',
    change: ['DROP TRIGGER trg_jobs_updated_at ON jobs'],
    says: [['error', 'Trigger trg_jobs_updated_at of jobs is missing.']],
  },
  {
    name: 'a trigger fires at another time',
    change: [
      'DROP TRIGGER trg_jobs_updated_at ON jobs',
      'CREATE TRIGGER trg_jobs_updated_at AFTER UPDATE ON jobs FOR EACH ROW EXECUTE FUNCTION touch_updated_at()',
    ],
    says: [
      [
        'error',
        'Trigger trg_jobs_updated_at of jobs is CREATE TRIGGER trg_jobs_updated_at AFTER UPDATE ON jobs FOR EACH ROW EXECUTE FUNCTION touch_updated_at(); ' +
          'it should be CREATE TRIGGER trg_jobs_updated_at BEFORE UPDATE ON jobs FOR EACH ROW EXECUTE FUNCTION touch_updated_at().',
      ],
    ],
  },
  {
    name: 'a trigger is disabled',
    change: ['ALTER TABLE audit_seals DISABLE TRIGGER trg_audit_seals_append_only'],
    says: [['error', 'Trigger trg_audit_seals_append_only of audit_seals is disabled.']],
  },
  {
    name: 'a trigger is disabled on one partition alone',
    change: ['ALTER TABLE audit_events_default DISABLE TRIGGER trg_audit_events_append_only'],
    says: [['error', 'Trigger trg_audit_events_append_only of audit_events is disabled, on the table or on one of its partitions.']],
  },
  {
    name: 'a trigger is there in addition',
    change: ['CREATE TRIGGER mine BEFORE INSERT ON jobs FOR EACH ROW EXECUTE FUNCTION touch_updated_at()'],
    says: [['warning', 'Trigger mine of jobs is not ours.']],
  },
];
