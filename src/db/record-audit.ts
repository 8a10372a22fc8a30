import { createHmac } from 'node:crypto';
import type { Sequelize, Transaction } from 'sequelize';
import type { AuditEventType } from '../contracts/enums.ts';
import { AuditEventsDetails } from '../contracts/json/platform.ts';
import { canonicalJson } from '../domain/canonical-json.ts';
import { execute, selectPrepared } from './query.ts';

/** Who acts. `system` is OpsConductor itself, `anonymous` a failed login of an unknown name. */
export type Actor =
  | { type: 'user'; userId: number; request?: RequestFacts }
  | { type: 'api_token'; userId: number; apiTokenId: number; request?: RequestFacts }
  | { type: 'system' }
  | { type: 'anonymous'; request?: RequestFacts };

/** Where a request came from. */
export interface RequestFacts {
  ipAddress: string | undefined;
  userAgent: string | undefined;
  requestId: string | undefined;
}

export interface AuditEvent {
  eventType: AuditEventType;
  /** Verb of the service, such as `create_target`. */
  action: string;
  severity?: 'low' | 'medium' | 'high' | 'critical';
  actor: Actor;
  resourceType: string;
  /** Serial or uuid. */
  resourceId?: string | undefined;
  /** Before and after, without secrets. */
  details?: Record<string, unknown>;
}

/** Inserts audit events in the transaction of the change; each row is signed with the audit key (data model, 5.2). */
export const recordAudit = async (db: Sequelize, auditKey: Buffer, event: AuditEvent, transaction?: Transaction): Promise<void> => {
  const { actor } = event;
  const request = 'request' in actor ? actor.request : undefined;
  const row = [
    new Date().toISOString(),
    event.eventType,
    event.action,
    event.severity ?? 'low',
    actor.type,
    'userId' in actor ? actor.userId : null,
    'apiTokenId' in actor ? actor.apiTokenId : null,
    event.resourceType,
    event.resourceId ?? null,
    canonicalJson(AuditEventsDetails.parse(event.details ?? {})),
    request?.ipAddress ?? null,
    request?.userAgent?.slice(0, 1_000) ?? null,
    request?.requestId ?? null,
  ];
  const checksum = createHmac('sha256', auditKey).update(JSON.stringify(row)).digest();
  const bind = [...row, checksum];
  // Of itself it is the use of a credential, which every branch writes.
  if (transaction === undefined) await selectPrepared(db, 'insert_audit', INSERT_AUDIT, bind);
  else await execute(db, INSERT_AUDIT, bind, transaction);
};

const INSERT_AUDIT = `
INSERT INTO audit_events (occurred_at, event_type, action, severity, actor_type, user_id, api_token_id, resource_type, resource_id, details,
  ip_address, user_agent, request_id, checksum) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`;
