import { ActorType, AlertSeverity, AuditEventType } from '../../contracts/enums.ts';
import type { AuditEvent, AuditEventTypes, AuditFilter, AuditSeal, AuditSealFilter, OneAuditEvent } from '../../contracts/audit.ts';
import type { Page } from '../../contracts/page.ts';
import { isAsSigned, STORED_EVENT } from '../../db/audit/signature.ts';
import type { StoredEvent } from '../../db/audit/signature.ts';
import { keyset } from '../../db/keyset.ts';
import type { Order } from '../../db/keyset.ts';
import { selectRow, selectRows } from '../../db/query.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { authorize } from '../context.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { iso } from '../iso.ts';
import { EVENT_COLUMNS, EVENT_FILTERS, EVENT_ORDER, filterValues } from './select-events.ts';
import type { EventRow } from './select-events.ts';

/** @throws OpsError FORBIDDEN, SCOPE_TOO_WIDE, VALIDATION */
export const listAuditEvents = async ({ db }: ServiceDeps, caller: Caller, filter: AuditFilter): Promise<Page<AuditEvent>> => {
  authorize(caller, 'audit.read');
  const page = keyset(EVENT_ORDER, filter, filterValues(filter));
  const rows = await selectRows<EventRow>(
    db,
    `SELECT ${page.columns}, ${EVENT_COLUMNS} FROM audit_events a WHERE ${EVENT_FILTERS} AND ${page.where} ${page.order}`,
    page.bind,
  );
  return page.of(rows);
};

/** One event, with whether its signature holds and which seal covers it. @throws OpsError FORBIDDEN, NOT_FOUND */
export const getAuditEvent = async ({ db, keyRing }: ServiceDeps, caller: Caller, id: number): Promise<OneAuditEvent> => {
  authorize(caller, 'audit.read');
  const event = await selectRow<AuditEvent>(db, `SELECT ${EVENT_COLUMNS} FROM audit_events a WHERE a.id = $1`, [id]);
  const stored = await selectRow<StoredEvent>(db, `SELECT ${STORED_EVENT} FROM audit_events a WHERE a.id = $1`, [id]);
  if (event === undefined || stored === undefined)
    throw new OpsError('NOT_FOUND', `There is no audit event ${id}. Retention removes them after audit_retention_days.`);
  const seal = await selectRow<{ id: number; to_event_id: number }>(
    db,
    'SELECT id, to_event_id FROM audit_seals WHERE from_event_id <= $1 ORDER BY from_event_id DESC LIMIT 1',
    [id],
  );
  return {
    ...event,
    signature: isAsSigned(keyRing.auditKey, stored) ? 'valid' : 'invalid',
    seal_id: seal !== undefined && seal.to_event_id >= id ? seal.id : null,
  };
};

/** What the filters take. @throws OpsError FORBIDDEN */
export const listEventTypes = (caller: Caller): AuditEventTypes => {
  authorize(caller, 'audit.read');
  return { event_types: AuditEventType.options, severities: AlertSeverity.options, actor_types: ActorType.options };
};

const SEAL_ORDER: Order<'created'> = { id: 's.id', sorts: { created: 'id' }, sort: '-created' };

/** @throws OpsError FORBIDDEN */
export const listAuditSeals = async ({ db }: ServiceDeps, caller: Caller, filter: AuditSealFilter): Promise<Page<AuditSeal>> => {
  authorize(caller, 'audit.read');
  const page = keyset(SEAL_ORDER, filter, []);
  const rows = await selectRows<AuditSeal & { row_id: number }>(
    db,
    `SELECT ${page.columns}, s.id, s.from_event_id, s.to_event_id, s.event_count, ${iso('s.events_until')} AS events_until, encode(s.events_hash, 'hex') AS events_hash,
       encode(s.previous_seal_hash, 'hex') AS previous_seal_hash, encode(s.seal_hash, 'hex') AS seal_hash, ${iso('s.sealed_at')} AS sealed_at
     FROM audit_seals s WHERE ${page.where} ${page.order}`,
    page.bind,
  );
  return page.of(rows);
};
