import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readVersion } from '../../src/version.ts';
import { startTestPlatform } from '../support/platform.ts';
import type { TestPlatform } from '../support/platform.ts';
import { documentOf, operationsOf } from './support/operations.ts';
import type { Operation } from './support/operations.ts';

const COMMITTED = new URL('../../openapi.json', import.meta.url);

type Json = Record<string, unknown>;

/** Every `$ref` below a value. */
const refsOf = (value: unknown): string[] => {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => (key === '$ref' && typeof item === 'string' ? [item] : refsOf(item)));
};

const resolve = (document: Json, ref: string): unknown =>
  ref
    .replace(/^#\//, '')
    .split('/')
    .reduce<unknown>((value, part) => (value as Json | undefined)?.[part.replaceAll('~1', '/').replaceAll('~0', '~')], document);

/** Its body is a file, read as it comes. */
const UPLOAD = 'POST /api/v1/artifacts';
const CANCEL = 'POST /api/v1/executions/{serial}/cancel';

describe('the OpenAPI document', () => {
  let platform: TestPlatform;
  let document: Json;
  let operations: Operation[];
  beforeAll(async () => {
    platform = await startTestPlatform({ worker: false });
    document = documentOf(platform);
    operations = operationsOf(platform);
  });
  afterAll(() => platform[Symbol.asyncDispose]());

  const nameOf = ({ method, path }: Operation): string => `${method} ${path}`;

  test('is OpenAPI 3.1 with title, version and one way to log in', () => {
    expect(document).toMatchObject({
      openapi: '3.1.0',
      info: { title: 'OpsConductor', version: expect.any(String) },
      components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
    });
    expect(Object.keys(document).toSorted()).toEqual(['components', 'info', 'openapi', 'paths', 'servers', 'webhooks']);
    for (const path of Object.keys(document['paths'] as Json)) expect(path).toMatch(/^\/[\w\-/{}.]*[\w}]$/);
  });

  test('every operation has a summary, tags and a distinct name', () => {
    for (const operation of operations) {
      const { summary, tags } = operation.spec;
      expect([nameOf(operation), summary, tags]).toEqual([
        nameOf(operation),
        expect.stringMatching(/^[A-Z]/),
        [expect.stringMatching(/^[a-z]+$/)],
      ]);
    }
    const summaries = operations.map(({ spec }) => spec['summary']);
    expect(new Set(summaries).size).toBe(summaries.length);
  });

  test('security of every operation is what its access says', () => {
    for (const operation of operations) {
      const expected = operation.access === 'public' ? [] : [{ bearer: [] }];
      expect([nameOf(operation), operation.spec['security']]).toEqual([nameOf(operation), expected]);
    }
  });

  test('every parameter of a path is declared, and required', () => {
    for (const operation of operations) {
      const named = [...operation.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const parameters = (operation.spec['parameters'] ?? []) as { name: string; in: string; required?: boolean }[];
      const declared = parameters.filter((parameter) => parameter.in === 'path');
      expect([nameOf(operation), declared.map(({ name }) => name)]).toEqual([nameOf(operation), named]);
      expect(declared.every(({ required }) => required === true)).toBe(true);
    }
  });

  test('every POST of somebody who is known takes an Idempotency-Key', () => {
    for (const operation of operations.filter(({ method }) => method === 'POST')) {
      const parameters = (operation.spec['parameters'] ?? []) as { name: string; in: string }[];
      const takes = parameters.some((parameter) => parameter.in === 'header' && parameter.name === 'idempotency-key');
      expect([nameOf(operation), takes]).toEqual([nameOf(operation), operation.access !== 'public']);
    }
  });

  test('every body is required and JSON, or the file itself; only a cancel may go without its note', () => {
    for (const operation of operations) {
      const body = operation.spec['requestBody'] as { required?: boolean; content: Json } | undefined;
      if (body === undefined) continue;
      const type = nameOf(operation) === UPLOAD ? 'application/octet-stream' : 'application/json';
      expect([nameOf(operation), body.required, Object.keys(body.content)]).toEqual([
        nameOf(operation),
        nameOf(operation) !== CANCEL,
        [type],
      ]);
    }
  });

  test('every operation has one success, and problems that are problem documents', () => {
    for (const operation of operations) {
      const responses = operation.spec['responses'] as Record<string, { description?: string; content?: Record<string, { schema: Json }> }>;
      expect([nameOf(operation), Object.keys(responses).filter((status) => status.startsWith('2'))]).toEqual([
        nameOf(operation),
        [expect.any(String)],
      ]);
      for (const [status, response] of Object.entries(responses)) {
        expect([nameOf(operation), status, response.description]).toEqual([nameOf(operation), status, expect.any(String)]);
        if (Number(status) < 400 || operation.path === '/readyz') continue;
        expect(response.content?.['application/problem+json']?.schema).toEqual({ $ref: '#/components/schemas/Problem' });
      }
      if (operation.path.includes('{'))
        expect([nameOf(operation), Object.keys(responses)]).toEqual([nameOf(operation), expect.arrayContaining(['404'])]);
    }
  });

  test('every reference resolves, and every schema is used', () => {
    const refs = new Set(refsOf(document));
    expect(refs.size).toBeGreaterThan(10);
    for (const ref of refs) expect([ref, typeof resolve(document, ref)]).toEqual([ref, 'object']);
    const schemas = Object.keys((document['components'] as Json)['schemas'] as Json);
    for (const schema of schemas) expect([schema, refs.has(`#/components/schemas/${schema}`)]).toEqual([schema, true]);
  });

  test('is served without a login, as it is made', async () => {
    const response = await platform.app.request('/openapi.json');
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/json']);
    expect(await response.json()).toEqual(document);
  });

  test('the page at /docs loads nothing from elsewhere', async () => {
    const page = await platform.app.request('/docs');
    const text = await page.text();
    expect([page.status, text.match(/https?:\/\//)]).toEqual([200, null]);
    expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'self'/);
    for (const [, file = ''] of text.matchAll(/(?:src|href)="([^"]+)"/g))
      expect([file, (await platform.app.request(`/${file}`)).status]).toEqual([file, 200]);
  });

  test('equals the committed openapi.json (npm run openapi makes it)', () => {
    const committed = JSON.parse(readFileSync(COMMITTED, 'utf8'));
    const made = { ...document, info: { ...(document['info'] as Json), version: readVersion() } };
    expect(committed).toEqual(made);
  });
});
