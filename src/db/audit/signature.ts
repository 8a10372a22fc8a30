import { createHmac, timingSafeEqual } from 'node:crypto';
import { canonicalJson } from '../../domain/canonical-json.ts';

/** HMAC-SHA-256 of the fields of an event, in the order of data model 5.2, without id. */
export const signEvent = (auditKey: Buffer, fields: readonly unknown[]): Buffer =>
  createHmac('sha256', auditKey).update(JSON.stringify(fields)).digest();

/** An event as it is stored: all that its signature is over. */
export interface StoredEvent {
  id: number;
  /** ISO 8601 to the microsecond. */
  occurred_at: string;
  event_type: string;
  action: string;
  severity: string;
  actor_type: string;
  user_id: number | null;
  api_token_id: number | null;
  resource_type: string;
  resource_id: string | null;
  details: unknown;
  ip_address: string | null;
  user_agent: string | null;
  request_id: string | null;
  checksum: Buffer;
}

/** What to select for a StoredEvent, of the table `a`. */
export const STORED_EVENT = `a.id, to_char(a.occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS occurred_at, a.event_type, a.action, a.severity,
a.actor_type, a.user_id, a.api_token_id, a.resource_type, a.resource_id, a.details, a.ip_address, a.user_agent, a.request_id, a.checksum`;

/** Does the signature fit the row? Times were signed to the millisecond: one that was shifted by less does not fit either. */
export const isAsSigned = (auditKey: Buffer, event: StoredEvent): boolean => {
  const fields = [
    event.occurred_at.replace(/000Z$/, 'Z'),
    event.event_type,
    event.action,
    event.severity,
    event.actor_type,
    event.user_id,
    event.api_token_id,
    event.resource_type,
    event.resource_id,
    canonicalJson(event.details),
    event.ip_address,
    event.user_agent,
    event.request_id,
  ];
  const expected = signEvent(auditKey, fields);
  return event.checksum.length === expected.length && timingSafeEqual(event.checksum, expected);
};
