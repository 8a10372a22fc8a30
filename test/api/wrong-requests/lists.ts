import { get, cursorOf } from './wrong-request.ts';
import type { WrongRequest } from './wrong-request.ts';

/** A cursor as searches give them, of another search at best. */
const scanCursor = (parts: readonly unknown[]): string => Buffer.from(JSON.stringify(parts)).toString('base64url');

export const LISTS: readonly WrongRequest[] = [
  ...['targets', 'jobs', 'executions'].flatMap((list) => [
    ...['0', '501', '-1', 'abc', '1.5', '', '1&limit=2', '1e400'].map((limit) =>
      get(`${list}: limit=${limit}`, `/api/v1/${list}?limit=${limit}`, 'limit'),
    ),
    ...['x', '%00', cursorOf('i-1'), cursorOf('i1x'), cursorOf(`i${'9'.repeat(30)}`), cursorOf('t1'), 'x'.repeat(201)].map((cursor) =>
      get(`${list}: cursor ${cursor.slice(0, 30)}`, `/api/v1/${list}?cursor=${cursor}`, 'cursor'),
    ),
    get(`${list}: unknown status`, `/api/v1/${list}?status=on`, 'status'),
    get(`${list}: misspelt filter`, `/api/v1/${list}?stauts=active`, 'stauts'),
  ]),
  get('executions: an offset that no zone has', '/api/v1/executions?created_from=3676-11-24T17:31:12.0-19:16', 'created_from'),
  get(
    'executions: counts with an offset that no zone has',
    '/api/v1/executions/counts?created_to=2026-11-24T17:31:12%2B23:59',
    'created_to',
  ),
  get('branch: no number of bytes', '/api/v1/branches/J20250001.0001.0001?max_output=', 'max_output'),
  get('targets: NUL in the search', '/api/v1/targets?search=a%00b', 'search'),
  get('targets: NUL in the host', '/api/v1/targets?host=a%00b', 'host'),
  get('targets: NUL in the device type', '/api/v1/targets?os_type=a%00b', 'os_type'),
  get('jobs: NUL in the search', '/api/v1/jobs?search=a%00b', 'search'),
  get('jobs: search over 255 characters', `/api/v1/jobs?search=${'x'.repeat(256)}`, 'search'),
  get('executions: NUL in the job', '/api/v1/executions?job=a%00b', 'job'),
  ...[
    ['branches', 'target'],
    ['results', 'target'],
    ['results', 'branch'],
    ['logs', 'target'],
    ['logs', 'branch'],
  ].map(([part = '', field = '']) =>
    get(`${part}: NUL in ${field}`, (w) => `/api/v1/executions/${w.execution}/${part}?${field}=a%00b`, field),
  ),
  get('results: action 0', (w) => `/api/v1/executions/${w.execution}/results?action_order=0`, 'action_order'),
  get('logs: 5,001 lines', (w) => `/api/v1/executions/${w.execution}/logs?limit=5001`, 'limit'),
  ...['execution', 'branch'].map((scope) => get(`search: ${scope} that is no serial`, `/api/v1/logs?${scope}=x`, scope)),
  get('search: NUL in job', '/api/v1/logs?job=a%00b', 'job'),
  ...['target', 'text', 'regex'].map((field) => get(`search: NUL in ${field}`, `/api/v1/logs?job=J20259999&${field}=a%00b`, field)),
  get('search: no expression', '/api/v1/logs?job=J20259999&regex=%28', 'regex'),
  get('search: an empty text', '/api/v1/logs?job=J20259999&text=', 'text'),
  get('search: text and expression', '/api/v1/logs?job=J20259999&text=a&regex=b', 'regex'),
  get('search: a day instead of a time', '/api/v1/logs?from=2025-01-01', 'from'),
  get('search: an end before its beginning', '/api/v1/logs?from=2025-01-02T00:00:00Z&to=2025-01-01T00:00:00Z', 'to'),
  get('search: 1,001 lines', '/api/v1/logs?job=J20259999&limit=1001', 'limit'),
  get('search: an order', '/api/v1/logs?job=J20259999&sort=created', 'sort'),
  ...[
    'x',
    '%00',
    scanCursor([]),
    scanCursor(['a', 1, 2]),
    scanCursor(['a', -1]),
    scanCursor(['a', '2025-01-01', 1]),
    scanCursor(['a', 1e300, 1]),
  ].flatMap((cursor) => [
    get(`search: cursor ${cursor.slice(0, 30)}`, `/api/v1/logs?from=${new Date().toISOString()}&cursor=${cursor}`, 'cursor'),
    get(`serials: cursor ${cursor.slice(0, 30)}`, `/api/v1/serials?pattern=J2025*&cursor=${cursor}`, 'cursor'),
    get(
      `compare: cursor ${cursor.slice(0, 30)}`,
      (w) => `/api/v1/executions/${w.execution}/compare/${w.execution}?cursor=${cursor}`,
      'cursor',
    ),
  ]),
  get('serials: no pattern', '/api/v1/serials', 'pattern'),
  get('serials: a pattern that is none', '/api/v1/serials?pattern=web', 'pattern'),
  get('serials: NUL in the pattern', '/api/v1/serials?pattern=J%00', 'pattern'),
  get('runs: a version without its job', '/api/v1/executions?version=1', 'version'),
  get('runs: a count with a limit', '/api/v1/executions/counts?limit=1', 'limit'),
  get('runs: a trigger that there is not', '/api/v1/executions?trigger=cron', 'trigger'),
  get('results: more output than fits', (w) => `/api/v1/executions/${w.execution}/results?limit=500&max_output=1000000`, 'max_output'),
  get('download: a format that there is not', (w) => `/api/v1/executions/${w.execution}/logs/download?format=html`, 'format'),
  get('logs: unknown stream', (w) => `/api/v1/executions/${w.execution}/logs?stream=stdin`, 'stream'),
];
