import { jobNamed } from '../support/definitions.ts';
import { post, get, notAllowed, notFound, malformed, nested, unsupported } from './wrong-request.ts';
import type { WrongRequest } from './wrong-request.ts';

export const HTTP: readonly WrongRequest[] = [
  post('malformed JSON', '/api/v1/targets', '{"name":', undefined, malformed),
  post('JSON with a comment', '/api/v1/targets', '{} // x', undefined, malformed),
  post('NaN', '/api/v1/targets', '{"name":NaN}', undefined, malformed),
  post('empty JSON body', '/api/v1/targets', '', undefined, malformed),
  post('a list for an object', '/api/v1/targets', '[]', ''),
  post('null for an object', '/api/v1/targets', 'null', ''),
  post('text for an object', '/api/v1/jobs', '"x"', ''),
  post('no body', '/api/v1/targets', undefined, 'name'),
  post('10,000 levels', '/api/v1/targets', nested(10_000), '0.0.0.0.0.0.0.0'),
  post(
    '100,000 unknown fields',
    '/api/v1/targets',
    Object.fromEntries(Array.from({ length: 50_000 }, (_, index) => [`f${index}`, 1])),
    'f0',
  ),
  ...[
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/xml',
    'application/jsonp',
    'json',
    '',
  ].map((type) =>
    post(`content type "${type}"`, '/api/v1/targets', '{"name":"x"}', undefined, { headers: { 'content-type': type }, ...unsupported }),
  ),
  ...['with space', 'umlaut-\u00e4', '\u007f', 'x'.repeat(201), ''].map((value) =>
    post(`Idempotency-Key ${JSON.stringify(value.slice(0, 12))} (${value.length})`, '/api/v1/jobs', jobNamed('keyed'), 'Idempotency-Key', {
      headers: { 'idempotency-key': value },
    }),
  ),
  post('Idempotency-Key on a path of 3,000 characters', `/api/v1/jobs/${'x'.repeat(3_000)}/executions`, {}, 'serial', {
    headers: { 'idempotency-key': 'long-path' },
  }),
  post('Idempotency-Key on a path with NUL', '/api/v1/jobs/J2025%00/executions', {}, 'serial', {
    headers: { 'idempotency-key': 'nul-path' },
  }),
  get('unknown path', '/api/v1/nothing', undefined, notFound),
  get('unknown version of the API', '/api/v2/jobs', undefined, notFound),
  get('path with a slash too many', '/api/v1/jobs/', undefined, notFound),
  get('path that climbs', '/api/v1/targets/..%2f..%2fetc%2fpasswd', 'serial'),
  get('page of the docs that every object has', '/docs/constructor', undefined, notFound),
  get('page of the docs that climbs', '/docs/..%2Fpackage.json', undefined, notFound),
  { title: 'PUT on a list', method: 'PUT', path: '/api/v1/targets', body: {}, ...notAllowed },
  { title: 'DELETE on a list', method: 'DELETE', path: '/api/v1/jobs', ...notAllowed },
  { title: 'PROPFIND', method: 'PROPFIND', path: '/api/v1/jobs', ...notAllowed },
];
