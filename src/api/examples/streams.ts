import type { AuditVerdict } from '../../contracts/audit-verification.ts';
import type { DataDocument } from '../../contracts/data-document.ts';
import { csvLine } from '../../domain/csv.ts';
import { AUDIT_EVENT } from './audit.ts';
import { BRANCH, EXECUTION, LOG_LINE } from './executions.ts';

const line = (value: unknown): string => `${JSON.stringify(value)}\n`;
const event = (type: string, data: unknown, id?: string): string =>
  `event: ${type}\n${id === undefined ? '' : `id: ${id}\n`}data: ${line(data)}\n`;

/** Server-sent events. */
export const EVENTS_OF_RUN = [
  event('execution', EXECUTION),
  event('branch', BRANCH),
  event('line', LOG_LINE, '2025-03-01T09:00:04.000Z'),
  event('end', { status: 'completed' }),
].join('');
export const EVENTS_OF_RUNS = event('execution', EXECUTION, '2025-03-01T09:00:01.000Z');

export const LOG_TEXT = '2025-03-01 10:00:04.000 +01:00 web1 | 42%\n';
export const LOG_LINES = line(LOG_LINE);

export const AUDIT_CSV = csvLine(Object.keys(AUDIT_EVENT)) + csvLine(Object.values(AUDIT_EVENT));
export const AUDIT_LINES = line(AUDIT_EVENT);
export const AUDIT_JSON = `[\n${line(AUDIT_EVENT)}]\n`;

export const AUDIT_VERDICT: AuditVerdict = {
  type: 'verdict',
  intact: true,
  events: 4_720,
  seals: 12,
  findings: 0,
  dropped_seals: 0,
  unsealed_events: 3,
  head: { seal_id: 12, seal_hash: 'c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00', to_event_id: 4_720 },
};

export const EXPORTED_DATA: DataDocument = {
  opsconductor: 1,
  exported_at: '2025-03-01T08:00:00.000Z',
  items: [{ kind: 'setting', name: 'max_concurrent_jobs', value: 20 }],
};
export const EXPORTED_CSV = csvLine(['setting', 'value']) + csvLine(['max_concurrent_jobs', '20']);

export const METRICS_TEXT = `# HELP opsconductor_http_requests_total Requests that were answered.
# TYPE opsconductor_http_requests_total counter
opsconductor_http_requests_total{operation="listTargets",method="GET",status="200"} 42
`;

export const SCHEDULE_ICS = [
  'BEGIN:VCALENDAR',
  'VERSION:2.0',
  'PRODID:-//OpsConductor//Schedules//EN',
  'METHOD:PUBLISH',
  'BEGIN:VEVENT',
  'UID:20250302T010000000Z-3f2504e0-4f89-41d3-9a0c-0305e82c3301',
  'DTSTAMP:20250301T080000Z',
  'DTSTART:20250302T010000Z',
  'SUMMARY:Nightly',
  'STATUS:TENTATIVE',
  'END:VEVENT',
  'END:VCALENDAR',
  '',
].join('\r\n');

/** What files are; as text, since JSON has no bytes. */
export const FILE_BYTES = 'the bytes of the file';

/** How the schema of a definition begins. */
export const DEFINITION_HEAD = { $schema: 'https://json-schema.org/draft/2020-12/schema', title: 'Job', type: 'object' };
