import type { Sequelize, Transaction } from 'sequelize';
import type { AuditEventType } from '../contracts/enums.ts';
import { AuditEventsDetails } from '../contracts/json/platform.ts';
import { canonicalJson } from '../domain/canonical-json.ts';
import { canonicalAddress } from './audit/canonical-address.ts';
import { signEvent } from './audit/signature.ts';
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

const rowOf = (event: AuditEvent): unknown[] => {
  const { actor } = event;
  const request = 'request' in actor ? actor.request : undefined;
  return [
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
    request?.ipAddress === undefined ? null : canonicalAddress(request.ipAddress),
    request?.userAgent?.slice(0, 1_000) ?? null,
    request?.requestId ?? null,
  ];
};

/** With its signature. */
const signedRow = (auditKey: Buffer, event: AuditEvent): unknown[] => {
  const row = rowOf(event);
  return [...row, signEvent(auditKey, row)];
};

const INSERT = `
INSERT INTO audit_events (occurred_at, event_type, action, severity, actor_type, user_id, api_token_id, resource_type, resource_id, details,
  ip_address, user_agent, request_id, checksum) VALUES`;
const COLUMNS = 14;
const placeholders = (row: number): string =>
  `(${Array.from({ length: COLUMNS }, (_, column) => `$${row * COLUMNS + column + 1}`).join(', ')})`;
const INSERT_ONE = `${INSERT} ${placeholders(0)}`;

/** Inserts an audit event in the transaction of the change; the row is signed with the audit key (data model, 5.2). */
export const recordAudit = async (db: Sequelize, auditKey: Buffer, event: AuditEvent, transaction?: Transaction): Promise<void> => {
  const bind = signedRow(auditKey, event);
  // Of itself it is the use of a credential, which every branch writes.
  if (transaction === undefined) await selectPrepared(db, 'insert_audit', INSERT_ONE, bind);
  else await execute(db, INSERT_ONE, bind, transaction);
};

/** As recordAudit, of up to 4,000 events in one statement. */
export const recordAudits = async (
  db: Sequelize,
  auditKey: Buffer,
  events: readonly AuditEvent[],
  transaction?: Transaction,
): Promise<void> => {
  if (events.length === 0) return;
  const bind = events.flatMap((event) => signedRow(auditKey, event));
  await execute(db, `${INSERT} ${events.map((_, row) => placeholders(row)).join(', ')}`, bind, transaction);
};
