import type { AuditEvent, AuditEventTypes, AuditSeal, AuditStatistics, OneAuditEvent } from '../../contracts/audit.ts';

export const AUDIT_EVENT: AuditEvent = {
  id: 4711,
  occurred_at: '2025-03-01T08:00:00.000Z',
  event_type: 'target_updated',
  action: 'update_target',
  severity: 'low',
  actor_type: 'user',
  username: 'admin',
  user_uuid: '0b6a4c0e-6a53-4c39-9d1d-5f7b8a0c2e11',
  api_token: null,
  api_token_uuid: null,
  resource_type: 'universal_targets',
  resource_id: 'T20250001',
  details: { status: { from: 'active', to: 'maintenance' } },
  ip_address: '192.0.2.10',
  user_agent: 'curl/8.7.1',
  request_id: '9f1c2d3e-1111-4222-8333-444455556666',
};

export const ONE_AUDIT_EVENT: OneAuditEvent = { ...AUDIT_EVENT, signature: 'valid', seal_id: 12 };

export const AUDIT_EVENT_TYPES: AuditEventTypes = {
  event_types: ['user_login', 'target_updated'],
  severities: ['low', 'medium', 'high', 'critical'],
  actor_types: ['user', 'api_token', 'system', 'anonymous'],
};

export const AUDIT_STATISTICS: AuditStatistics = {
  from: '2025-02-01T08:00:00.000Z',
  total: 3,
  by_event_type: [
    { event_type: 'target_updated', events: 2 },
    { event_type: 'user_login', events: 1 },
  ],
  by_severity: [{ severity: 'low', events: 3 }],
  by_user: [{ username: 'admin', events: 3 }],
  by_day: [{ day: '2025-03-01', events: 3 }],
};

const HASH = 'c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00';

export const AUDIT_SEAL: AuditSeal = {
  id: 12,
  from_event_id: 4_700,
  to_event_id: 4_720,
  event_count: 19,
  events_until: '2025-03-01T08:04:10.120Z',
  events_hash: HASH,
  previous_seal_hash: HASH,
  seal_hash: HASH,
  sealed_at: '2025-03-01T08:20:00.000Z',
};
