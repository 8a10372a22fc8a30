import { createHmac } from 'node:crypto';
import { canonicalJson } from '../../../src/domain/canonical-json.ts';
import { selectRows } from '../../../src/db/query.ts';
import type { TestPlatform } from '../../support/platform.ts';

/** A row of audit_events, as far as tests look. */
export interface AuditRow {
  event_type: string;
  action: string;
  severity: string;
  actor_type: string;
  user_id: number | null;
  resource_type: string;
  resource_id: string | null;
  details: Record<string, unknown>;
  row: unknown[];
  checksum: Buffer;
}

const COLUMNS = [
  'event_type',
  'action',
  'severity',
  'actor_type',
  'user_id',
  'api_token_id',
  'resource_type',
  'resource_id',
  'details::text AS details_text',
  'ip_address',
  'user_agent',
  'request_id',
];

/** All events so far, oldest first. */
export const auditRows = ({ db }: TestPlatform): Promise<(AuditRow & Record<string, unknown>)[]> =>
  selectRows(db, `SELECT occurred_at, ${COLUMNS.join(', ')}, details, checksum FROM audit_events ORDER BY id`);

/** Does the signature fit the row as the database shows it? */
export const isSigned = (auditKey: Buffer, event: AuditRow & Record<string, unknown>): boolean => {
  const { occurred_at: occurredAt, details } = event;
  const row = [
    (occurredAt as Date).toISOString(),
    event.event_type,
    event.action,
    event.severity,
    event.actor_type,
    event.user_id,
    event['api_token_id'],
    event.resource_type,
    event.resource_id,
    canonicalJson(details),
    event['ip_address'],
    event['user_agent'],
    event['request_id'],
  ];
  return createHmac('sha256', auditKey).update(JSON.stringify(row)).digest().equals(event.checksum);
};
