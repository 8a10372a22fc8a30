import { get, cursorOf } from './wrong-request.ts';
import type { WrongRequest } from './wrong-request.ts';

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
  get('logs: unknown stream', (w) => `/api/v1/executions/${w.execution}/logs?stream=stdin`, 'stream'),
];
