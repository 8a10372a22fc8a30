import { OpenAPIHono, z } from '@hono/zod-openapi';
import {
  AuditEvent,
  AuditEventTypes,
  AuditExport,
  AuditFilter,
  AuditSeal,
  AuditSealFilter,
  AuditStatistics,
  AuditStatisticsQuery,
  OneAuditEvent,
} from '../../contracts/audit.ts';
import { AuditVerificationLine, VerifyAudit } from '../../contracts/audit-verification.ts';
import { pageOf } from '../../contracts/page.ts';
import { readAuditStatistics } from '../../services/audit/audit-statistics.ts';
import { checkAuditExport, exportAudit } from '../../services/audit/export-audit.ts';
import { getAuditEvent, listAuditEvents, listAuditSeals, listEventTypes } from '../../services/audit/read-audit.ts';
import { verifyAuditTrail } from '../../services/audit/verify-audit.ts';
import type { ServiceDeps } from '../../services/context.ts';
import { json } from '../define-route.ts';
import type { DefineRoute } from '../define-route.ts';
import type { ApiEnv } from '../env.ts';
import { AUDIT_EVENT, AUDIT_EVENT_TYPES, AUDIT_SEAL, AUDIT_STATISTICS, ONE_AUDIT_EVENT } from '../examples/audit.ts';
import { AUDIT_CSV, AUDIT_JSON, AUDIT_LINES, AUDIT_VERDICT } from '../examples/streams.ts';
import { FILE_HEADERS } from '../route-headers.ts';
import { streamLines, streamTexts } from '../stream-lines.ts';

const tags = ['audit'];
const NDJSON = 'application/x-ndjson';
const EventRef = z.object({ id: z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER).meta({ example: 4711 }) });
/** Of which the client reads a line after the other; widened, because the types know no JSON but as one document. */
const LINES: Record<string, { schema: z.ZodType; example: unknown }> = {
  [NDJSON]: { schema: AuditVerificationLine, example: AUDIT_VERDICT },
};
const text = (example: string) => ({ schema: z.string(), example });
const CONTENT_TYPES = { csv: 'text/csv; charset=utf-8', json: 'application/json', ndjson: NDJSON } as const;

export const auditRoutes = (deps: ServiceDeps, route: DefineRoute) =>
  new OpenAPIHono<ApiEnv>()
    .openapi(
      route(
        {
          method: 'get',
          path: '/',
          tags,
          operationId: 'listAuditEvents',
          summary: 'Search the audit trail',
          access: 'audit.read',
          problems: ['SCOPE_TOO_WIDE'],
          request: { query: AuditFilter },
        },
        { 200: json(pageOf(AuditEvent, 'AuditEventPage'), 'A page', { data: [AUDIT_EVENT], next: null }) },
      ),
      async (c) => c.json(await listAuditEvents(deps, c.get('caller'), c.req.valid('query')), 200),
    )
    .openapi(
      route(
        {
          method: 'get',
          path: '/event-types',
          tags,
          operationId: 'getAuditEventTypes',
          summary: 'What audit events may be',
          access: 'audit.read',
        },
        { 200: json(AuditEventTypes, 'The values of the filters', AUDIT_EVENT_TYPES) },
      ),
      (c) => c.json(listEventTypes(c.get('caller')), 200),
    )
    .openapi(
      route(
        {
          method: 'get',
          path: '/statistics',
          tags,
          operationId: 'getAuditStatistics',
          summary: 'Count the audit trail',
          description: 'Reads all events of the time: some seconds for millions.',
          access: 'audit.read',
          request: { query: AuditStatisticsQuery },
        },
        { 200: json(AuditStatistics, 'The counts', AUDIT_STATISTICS) },
      ),
      async (c) => c.json(await readAuditStatistics(deps, c.get('caller'), c.req.valid('query')), 200),
    )
    .openapi(
      route(
        {
          method: 'get',
          path: '/export',
          tags,
          operationId: 'exportAudit',
          summary: 'Export the audit trail',
          description:
            'All events that the filters leave, newest first, as they come from the database. Takes `data.export` too, and is audited itself. In CSV, texts that a spreadsheet would take for a formula have an apostrophe before them. An export that ends without the end of its form (JSON), or before the connection was closed in order, was broken off.',
          access: 'audit.read',
          streams: 'bytes',
          problems: ['SCOPE_TOO_WIDE'],
          request: { query: AuditExport },
        },
        {
          200: {
            content: { 'text/csv': text(AUDIT_CSV), [NDJSON]: text(AUDIT_LINES), 'application/octet-stream': text(AUDIT_JSON) },
            headers: FILE_HEADERS,
            description: 'The events; `format=json` is one JSON document',
          },
        },
      ),
      async (c) => {
        const query = c.req.valid('query');
        const headers = {
          'Content-Type': CONTENT_TYPES[query.format],
          'Content-Disposition': `attachment; filename="audit.${query.format}"`,
        };
        if (c.req.method === 'HEAD') {
          checkAuditExport(c.get('caller'), query);
          return c.body(null, 200, headers);
        }
        return c.body(streamTexts(await exportAudit(deps, c.get('caller'), query)), 200, headers);
      },
    )
    .openapi(
      route(
        {
          method: 'get',
          path: '/seals',
          tags,
          operationId: 'listAuditSeals',
          summary: 'List the seals of the audit trail',
          description: 'Every ten minutes the events that are settled are sealed. Each seal vouches for those before it.',
          access: 'audit.read',
          request: { query: AuditSealFilter },
        },
        { 200: json(pageOf(AuditSeal, 'AuditSealPage'), 'A page', { data: [AUDIT_SEAL], next: null }) },
      ),
      async (c) => c.json(await listAuditSeals(deps, c.get('caller'), c.req.valid('query')), 200),
    )
    .openapi(
      route(
        {
          method: 'get',
          path: '/verification',
          tags,
          operationId: 'verifyAudit',
          summary: 'Verify the audit trail',
          description:
            'Looks at the signature of each event and seal, and whether the seals cover exactly the events that there are. Answers while it looks, a JSON document a line; the last line is the verdict. An answer that ends without one was broken off. Audited itself.',
          access: 'audit.read',
          streams: 'ndjson',
          request: { query: VerifyAudit },
        },
        { 200: { content: LINES, description: 'Lines of progress, findings, and the verdict' } },
      ),
      async (c) => c.body(streamLines(verifyAuditTrail(deps, c.get('caller'), c.req.valid('query'))), 200, { 'Content-Type': NDJSON }),
    )
    .openapi(
      route(
        {
          method: 'get',
          path: '/{id}',
          tags,
          operationId: 'getAuditEvent',
          summary: 'Read an audit event',
          access: 'audit.read',
          request: { params: EventRef },
        },
        { 200: json(OneAuditEvent, 'The event, with whether its signature holds', ONE_AUDIT_EVENT) },
      ),
      async (c) => c.json(await getAuditEvent(deps, c.get('caller'), c.req.valid('param').id), 200),
    );
