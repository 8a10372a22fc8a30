import { AuditEvent } from '../../contracts/audit.ts';
import type { AuditExport } from '../../contracts/audit.ts';
import { keyset } from '../../db/keyset.ts';
import { selectRows } from '../../db/query.ts';
import { recordAudit } from '../../db/record-audit.ts';
import { csvLine } from '../../domain/csv.ts';
import { authorize } from '../context.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { EVENT_COLUMNS, EVENT_FILTERS, EVENT_ORDER, filterValues } from './select-events.ts';
import type { EventFilters, EventRow } from './select-events.ts';

const EVENTS_A_PAGE = 1_000;
const FIELDS = Object.keys(AuditEvent.shape) as (keyof AuditEvent)[];

/** How a file of many events begins, what comes of each, and how it ends. */
const FORMATS: Readonly<Record<AuditExport['format'], { head: string; line: (event: AuditEvent, index: number) => string; tail: string }>> =
  {
    csv: { head: csvLine(FIELDS), line: (event) => csvLine(FIELDS.map((field) => event[field])), tail: '' },
    json: { head: '[', line: (event, index) => `${index === 0 ? '' : ','}\n${JSON.stringify(event)}`, tail: '\n]\n' },
    ndjson: { head: '', line: (event) => `${JSON.stringify(event)}\n`, tail: '' },
  };

async function* pagesOf({ db }: ServiceDeps, filters: EventFilters, to: string): AsyncGenerator<AuditEvent[]> {
  const values = filterValues({ ...filters, to });
  for (let cursor: string | undefined; ;) {
    const page = keyset(EVENT_ORDER, { ...filters, to, limit: EVENTS_A_PAGE, cursor }, values);
    const rows = await selectRows<EventRow>(
      db,
      `SELECT ${page.columns}, ${EVENT_COLUMNS} FROM audit_events a WHERE ${EVENT_FILTERS} AND ${page.where} ${page.order}`,
      page.bind,
    );
    const { data, next } = page.of(rows);
    yield data;
    if (next === null) return;
    cursor = next;
  }
}

/** What an export must be to be made. @throws OpsError FORBIDDEN, SCOPE_TOO_WIDE, VALIDATION */
export const checkAuditExport = (caller: Caller, filters: EventFilters): void => {
  authorize(caller, 'audit.read');
  authorize(caller, 'data.export');
  filterValues(filters);
};

/**
 * All events that the filters leave, newest first, read page by page while they are sent. The export itself is audited, before anything is read of it.
 * @throws OpsError FORBIDDEN, SCOPE_TOO_WIDE, VALIDATION
 */
export const exportAudit = async (
  deps: ServiceDeps,
  caller: Caller,
  { format, ...filters }: AuditExport,
): Promise<AsyncGenerator<string>> => {
  checkAuditExport(caller, filters);
  const event = { eventType: 'data_export', action: 'export_audit', severity: 'high', actor: caller.actor } as const;
  await recordAudit(deps.db, deps.keyRing.auditKey, { ...event, resourceType: 'audit_events', details: { format, filters } });
  const { head, line, tail } = FORMATS[format];
  // What comes meanwhile is not in it: an export that writes audit events itself would else never end.
  const to = filters.to ?? new Date().toISOString();
  return (async function* () {
    let count = 0;
    yield head;
    for await (const page of pagesOf(deps, filters, to)) {
      const text = page.map((one, index) => line(one, count + index)).join('');
      count += page.length;
      yield text;
    }
    yield tail;
  })();
};
