import { bigint, bytea, identity, integer, timestamptz } from '../columns.ts';
import { defineTable } from '../model.ts';

export const AuditSealModel = defineTable(
  'audit_seals',
  'Sealed ranges of audit_events: proof that no row was removed.',
  {
    id: identity('Primary key.'),
    from_event_id: bigint('Range of audit_events.id, the next range starts right after it.'),
    to_event_id: bigint('Range of audit_events.id, the next range starts right after it.'),
    event_count: integer('Rows in the range.'),
    events_hash: bytea('SHA-256 over their checksums in order of id.'),
    events_until: timestamptz('Time of the newest of them: all are of one month, so retention drops none or all.'),
    previous_seal_hash: bytea('seal_hash before this one; null only for the first.', { null: true }),
    seal_hash: bytea('HMAC-SHA-256 over the columns above with the audit key.'),
    sealed_at: timestamptz('Time.', { default: 'now()' }),
  },
  {
    primaryKey: ['id'],
    unique: [{ columns: ['from_event_id'] }, { columns: ['previous_seal_hash'], nullsNotDistinct: true }],
    checks: {
      range: '((to_event_id >= from_event_id) AND (event_count >= 0) AND (event_count <= ((to_event_id - from_event_id) + 1)))',
      hash_length: '((octet_length(events_hash) = 32) AND (octet_length(previous_seal_hash) = 32) AND (octet_length(seal_hash) = 32))',
    },
    triggers: {
      append_only: { when: 'BEFORE DELETE OR UPDATE', run: 'FOR EACH ROW EXECUTE FUNCTION forbid_change()' },
      no_truncate: { when: 'BEFORE TRUNCATE', run: 'FOR EACH STATEMENT EXECUTE FUNCTION forbid_change()' },
    },
  },
);
