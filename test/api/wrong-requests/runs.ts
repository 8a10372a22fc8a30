import { NUL, HALF, post, get, run, unprocessable, notFound, raw, nested } from './wrong-request.ts';
import type { WrongRequest, World } from './wrong-request.ts';

export const RUNS: readonly WrongRequest[] = [
  run('job without targets', 'jobWithoutTargets', {}, undefined, unprocessable('NO_TARGETS')),
  run('targets that are all off', 'jobAllOff', {}, undefined, unprocessable('TARGET_NOT_ACTIVE')),
  post(
    'run: a target that is off',
    (w) => `/api/v1/jobs/${w.jobAllOff}/executions`,
    (w: World) => ({ targets: [w.offTarget] }),
    'targets.0',
    unprocessable('TARGET_NOT_ACTIVE'),
  ),
  post(
    'run: a target that is not of the job',
    (w) => `/api/v1/jobs/${w.job}/executions`,
    (w: World) => ({ targets: [w.otherTarget] }),
    'targets.0',
  ),
  run('unknown target', 'job', { targets: ['T20259999'] }, 'targets.0'),
  run('empty list of targets', 'job', { targets: [] }, 'targets'),
  run('unknown variable', 'jobWithVariables', { variables: { MUST: 'x', OTHER: 'x' } }, 'variables.OTHER'),
  run('variable of a wrong type', 'jobWithVariables', { variables: { MUST: 'x', COUNT: 'three' } }, 'variables.COUNT'),
  run('required variable missing', 'jobWithVariables', {}, 'variables.MUST', unprocessable('VARIABLE_MISSING')),
  run('required variable null', 'jobWithVariables', { variables: { MUST: null } }, 'variables.MUST', unprocessable('VARIABLE_MISSING')),
  run('NUL in a variable', 'jobWithVariables', { variables: { MUST: NUL } }, 'variables.MUST'),
  run('NUL in nested JSON', 'jobWithVariables', { variables: { MUST: 'x', DATA: { a: [NUL] } } }, 'variables.DATA.a.0'),
  run('half a surrogate pair', 'jobWithVariables', { variables: { MUST: HALF } }, 'variables.MUST'),
  run('__proto__ as a variable', 'jobWithVariables', raw('{"variables":{"MUST":"x","__proto__":"x"}}'), 'variables.__proto__'),
  run('variable that every object has', 'jobWithVariables', { variables: { MUST: 'x', constructor: 'x' } }, 'variables.constructor'),
  run(
    'variables of 10,000 levels',
    'jobWithVariables',
    raw(`{"variables":{"MUST":"x","DATA":${nested(10_000)}}}`),
    'variables.DATA.0.0.0.0.0.0',
  ),
  run('variables that are a list', 'jobWithVariables', { variables: ['x'] }, 'variables'),
  run('201 slots', 'job', { max_concurrent_targets: 201 }, 'max_concurrent_targets'),
  run('unknown field', 'job', { target: 'x' }, 'target'),
  post('run: unknown job', '/api/v1/jobs/J20259999/executions', {}, undefined, notFound),
  post('cancel: unknown run', '/api/v1/executions/J20259999.0001/cancel', undefined, undefined, notFound),
  post('cancel: malformed serial', '/api/v1/executions/J20259999/cancel', undefined, 'serial'),
  get('run: unknown serial', '/api/v1/executions/J20259999.0001', undefined, notFound),
  get('run: malformed serial', '/api/v1/executions/J20259999.1', 'serial'),
  ...['branches', 'results', 'logs', 'events'].map((part) =>
    get(`${part} of an unknown run`, `/api/v1/executions/J20259999.0001/${part}`, undefined, notFound),
  ),
  ...[
    'x',
    '0',
    '2026-13-01T00:00:00.000Z',
    '0000-01-01T00:00:00Z',
    '+275760-09-13T00:00:00.000Z',
    'infinity',
    '2026-01-01',
    "2026-01-01T00:00:00Z' OR 1",
  ].map((id) =>
    get(`Last-Event-ID ${id}`, (w) => `/api/v1/executions/${w.execution}/events`, 'Last-Event-ID', { headers: { 'last-event-id': id } }),
  ),
  get('Last-Event-ID of 100 characters', (w) => `/api/v1/executions/${w.execution}/events`, 'last-event-id', {
    headers: { 'last-event-id': '1'.repeat(100) },
  }),
];
