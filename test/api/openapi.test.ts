import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { Problem } from '../../src/contracts/problem.ts';
import { ERROR_CODES } from '../../src/domain/ops-error.ts';
import type { ErrorCode } from '../../src/domain/ops-error.ts';
import { readVersion } from '../../src/version.ts';
import { startTestPlatform } from '../support/platform.ts';
import type { TestPlatform } from '../support/platform.ts';
import { documentOf, fillPath, operationsOf, parametersOf } from './support/operations.ts';
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

/** Does it answer with a page of a list? */
const isPage = (spec: Json): boolean => /Page"/.test(JSON.stringify((spec['responses'] as Json)['200'] ?? {}));

/** Public, and somebody may not get in. */
const LOGINS = new Set(['/api/v1/auth/login', '/api/v1/auth/oidc/callback', '/api/v1/auth/oidc/token']);
/** Providers add parameters of their own. */
const OIDC_CALLBACK = '/api/v1/auth/oidc/callback';
/** Sends the browser elsewhere. */
const OIDC_START = '/api/v1/auth/oidc/start';

/** Its body is a file, read as it comes. */
const UPLOAD = 'POST /api/v1/artifacts';
/** So is its, a document in one of these forms. */
const IMPORT = 'POST /api/v1/data/import';
const DOCUMENTS = ['application/json', 'application/yaml', 'text/csv'];
/** A part of what the success has. */
const PART = '206';
const CANCEL = 'POST /api/v1/executions/{serial}/cancel';

/** Reads without `fields`, by what they give. */
const WITHOUT_FIELDS: Readonly<Record<string, readonly string[]>> = {
  'no JSON': [
    'downloadArtifact',
    'downloadLog',
    'exportAudit',
    'followExecution',
    'followExecutions',
    'followJob',
    'getFeedOfSchedule',
    'getMetrics',
    'getScheduleFeed',
    'verifyAudit',
  ],
  'several things, all of them': [
    'compareExecutions',
    'exportSchedules',
    'listAllUpcomingFirings',
    'listCredentials',
    'listSettings',
    'listTargetMethods',
    'listTargetTypes',
    'listUpcomingFirings',
    'summariseActions',
  ],
};

/** Changes without If-Match, each with the reason. */
const WITHOUT_MATCH: Readonly<Record<string, string>> = {
  changePassword: 'the current password stands for what is overwritten',
  updateTargets: 'many targets at once, none of which has been read for it',
  deleteArtifact: 'its content never changes',
  revokeApiToken: 'a token is never changed, only revoked',
  revokeUserToken: 'a token is never changed, only revoked',
  revokeSession: 'a session is never changed, only ended',
  revokeUserSession: 'a session is never changed, only ended',
  revokeOtherSessions: 'all of them, whichever there are',
  revokeUserSessions: 'all of them, whichever there are',
};

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

  test('every pattern is one of JSON Schema: without flags, which it does not know', () => {
    const patterns = JSON.stringify(document).matchAll(/"pattern":("(?:[^"\\]|\\.)*")/g);
    const texts = Array.from(patterns, ([, text]) => JSON.parse(text ?? '""') as string);
    expect(texts.length).toBeGreaterThan(20);
    expect(texts.filter((text) => /\/[a-z]+$/.test(text))).toEqual([]);
    for (const text of texts) expect(new RegExp(text, 'u').source).not.toBe('');
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

  test('every operation is named as a method of a client would be, and no two alike', () => {
    const ids = operations.map(({ spec }) => spec['operationId']);
    for (const id of ids) expect(id).toMatch(/^[a-z]+([A-Z][a-z]+)*$/);
    expect(ids.toSorted()).toEqual([...new Set(ids)].toSorted());
    for (const { method, path, spec } of operations) {
      const last = path.split('/').at(-1) ?? '';
      const isList = isPage(spec);
      if (isList) expect([path, method, spec['operationId']]).toEqual([path, 'GET', expect.stringMatching(/^list/)]);
      if (method === 'DELETE') expect([last, spec['operationId']]).toEqual([last, expect.stringMatching(/^(delete|revoke|remove|end)/)]);
    }
  });

  test('every JSON body and answer has an example, and its schema takes it', () => {
    let seen = 0;
    for (const definition of platform.app.openAPIRegistry.definitions) {
      if (definition.type !== 'route') continue;
      const { route } = definition;
      const bodies = [
        route.request?.body,
        ...Object.entries(route.responses).flatMap(([status, response]) => (Number(status) < 400 ? [response] : [])),
      ];
      for (const body of bodies) {
        if (body === undefined || '$ref' in body) continue;
        const media = body.content?.['application/json'];
        if (media === undefined || '$ref' in media || !(media.schema instanceof z.ZodType)) continue;
        const parsed = media.schema.safeParse(media.example);
        expect([route.operationId, media.example !== undefined, parsed.error?.issues ?? []]).toEqual([route.operationId, true, []]);
        seen += 1;
      }
    }
    expect(seen).toBeGreaterThan(60);
  });

  test('every answer has an example, and that of a problem is one of its status and code', () => {
    interface Media {
      schema?: { $ref?: string; example?: unknown };
      example?: unknown;
      examples?: Record<string, { $ref: string }>;
    }
    const codesOf = (operation: Operation, status: string): ErrorCode[] =>
      (operation.spec['x-problems'] as ErrorCode[]).filter((code) => String(ERROR_CODES[code].status) === status);
    for (const operation of operations) {
      const responses = operation.spec['responses'] as Record<string, { content?: Record<string, Media> }>;
      for (const [status, { content = {} }] of Object.entries(responses)) {
        for (const [type, { schema, example, examples = {} }] of Object.entries(content)) {
          const named = schema?.$ref === undefined ? schema : (resolve(document, schema.$ref) as { example?: unknown });
          const hasOne = example !== undefined || named?.example !== undefined || Object.keys(examples).length > 0;
          expect([nameOf(operation), status, type, hasOne]).toEqual([nameOf(operation), status, type, true]);
          if (type !== 'application/problem+json') continue;
          expect([nameOf(operation), Object.keys(examples).toSorted()]).toEqual([nameOf(operation), codesOf(operation, status).toSorted()]);
          for (const [code, { $ref }] of Object.entries(examples)) {
            const problem = Problem.parse((resolve(document, $ref) as { value: unknown }).value);
            expect([problem.code, String(problem.status)]).toEqual([code, status]);
          }
        }
      }
    }
  });

  test('every parameter of a path has an example that is one', () => {
    for (const operation of operations.filter(({ path }) => path.includes('{'))) expect(fillPath(operation)).not.toMatch(/[{}]|undefined/);
  });

  test('every list is paged, ordered and cut to fields alike, and says the order without `sort`', () => {
    const lists = operations.filter(({ spec }) => isPage(spec));
    expect(lists.length).toBeGreaterThan(8);
    for (const list of lists) {
      const names = parametersOf(list, 'query').map(({ name }) => name);
      expect([nameOf(list), names.slice(0, 4)]).toEqual([nameOf(list), ['limit', 'cursor', 'sort', 'fields']]);
      const sort = parametersOf(list, 'query')[2]?.schema as { enum: string[]; default: string } | undefined;
      expect([nameOf(list), sort?.enum]).toEqual([nameOf(list), expect.arrayContaining([sort?.default])]);
      const turned = sort?.enum.map((order) => (order.startsWith('-') ? order.slice(1) : `-${order}`));
      expect(turned?.toSorted()).toEqual(sort?.enum.toSorted());
    }
  });

  test('every read of one thing is cut to fields, as lists are; a name that is none is refused', async () => {
    const reads = operations.filter(({ method, access }) => method === 'GET' && access !== 'public');
    const cut = reads.filter((operation) => parametersOf(operation, 'query').some(({ name }) => name === 'fields'));
    const whole = reads.filter((operation) => !cut.includes(operation)).map(({ spec }) => String(spec['operationId']));
    expect(whole.toSorted()).toEqual(Object.values(WITHOUT_FIELDS).flat().toSorted());
    for (const operation of cut) {
      const { status, body } = await platform.api('GET', `${fillPath(operation)}?fields=misspelt`);
      const told = expect.arrayContaining([{ path: 'fields', message: expect.stringContaining('must be names of fields') }]);
      expect([nameOf(operation), status, body.errors]).toEqual([nameOf(operation), 400, told]);
    }
    let shown = 0;
    for (const operation of cut.filter(({ path }) => !path.includes('{'))) {
      const query = parametersOf(operation, 'query');
      if (query.some(({ name, required }) => name === 'cursor' || required === true)) continue;
      const field = String(query.find(({ name }) => name === 'fields')?.schema.example);
      const { body } = await platform.api('GET', `${operation.path}?fields=${field}`);
      expect([nameOf(operation), Object.keys(body)]).toEqual([nameOf(operation), [field]]);
      shown += 1;
    }
    expect(shown).toBeGreaterThan(5);
  });

  test('the statuses of an operation are those of its codes, and what follows from what it is', () => {
    for (const operation of operations) {
      const codes = operation.spec['x-problems'] as ErrorCode[];
      const statuses = Object.keys(operation.spec['responses'] as Json).filter((status) => Number(status) >= 400);
      expect([nameOf(operation), statuses]).toEqual([
        nameOf(operation),
        [...new Set(codes.map((code) => String(ERROR_CODES[code].status)))].toSorted(),
      ]);
      const has = (code: ErrorCode): boolean => codes.includes(code);
      const takesMatch = parametersOf(operation, 'header').some(({ name }) => name === 'if-match');
      const body = operation.spec['requestBody'];
      expect([
        nameOf(operation),
        has('UNAUTHENTICATED'),
        has('NOT_FOUND') || !operation.path.includes('{'),
        has('REVISION_MISMATCH'),
        has('UNSUPPORTED_MEDIA_TYPE'),
      ]).toEqual([nameOf(operation), operation.access !== 'public' || LOGINS.has(operation.path), true, takesMatch, body !== undefined]);
    }
  });

  test('what can be read with an ETag can be changed and deleted with If-Match', () => {
    // That of bytes is for If-Range.
    const gives = (operation: Operation): boolean =>
      /"ETag".*application\/json/.test(JSON.stringify((operation.spec['responses'] as Json)['200'] ?? {}));
    for (const read of operations.filter((operation) => operation.method === 'GET' && gives(operation))) {
      const writes = operations.filter(({ path, method }) => path === read.path && ['PUT', 'PATCH', 'DELETE'].includes(method));
      expect(writes.length).toBeGreaterThan(0);
      for (const write of writes) {
        const names = parametersOf(write, 'header').map(({ name }) => name);
        expect([nameOf(write), names, gives(write)]).toEqual([nameOf(write), ['if-match'], write.method !== 'DELETE']);
      }
    }
  });

  test('whatever is changed takes If-Match, but for what nobody can have changed meanwhile', () => {
    const isChange = ({ method, spec }: Operation): boolean =>
      ['PUT', 'PATCH', 'DELETE'].includes(method) || (method === 'POST' && /^(update|change)/.test(String(spec['operationId'])));
    const without = operations
      .filter(isChange)
      .filter((operation) => !parametersOf(operation, 'header').some(({ name }) => name === 'if-match'))
      .map(({ spec }) => String(spec['operationId']));
    expect(without.toSorted()).toEqual(Object.keys(WITHOUT_MATCH).toSorted());
  });

  test('what is shown once may be missing in a repeat', () => {
    const once = operations.filter(({ spec }) => spec['x-shown-once'] !== undefined);
    expect(once.map(nameOf)).toContain('POST /api/v1/auth/tokens');
    for (const { spec } of once) {
      const { 200: found, 201: made = found } = spec['responses'] as Json;
      const schema = resolve(document, refsOf(made).find((ref) => ref.includes('/schemas/')) ?? '') as {
        properties: Json;
        required: string[];
      };
      for (const field of spec['x-shown-once'] as string[]) {
        expect(schema.properties[field]).toBeDefined();
        expect(schema.required).not.toContain(field);
      }
    }
  });

  test('a parameter of the query that is not known is refused on every route', async () => {
    for (const operation of operations.filter(({ path }) => path !== OIDC_CALLBACK)) {
      const path = `${fillPath(operation)}?misspelt=1`;
      const sent = operation.spec['requestBody'] === undefined ? undefined : {};
      const { status, body } = await platform.api(operation.method, path, sent);
      expect([nameOf(operation), status, body.errors]).toEqual([
        nameOf(operation),
        400,
        expect.arrayContaining([{ path: 'misspelt', message: 'is not a field here' }]),
      ]);
    }
  });

  test('a token in the address is refused on every route, before anybody asks who calls', async () => {
    for (const operation of operations) {
      const query = parametersOf(operation, 'query').map(({ name }) => name);
      expect(query.filter((name) => /token|api_?key|auth|bearer/i.test(name))).toEqual([]);
      for (const parameter of ['token=x', 'access_token=x', 'API_KEY=x', `search=ops_s_${'A'.repeat(43)}`]) {
        const { status, body } = await platform.call(undefined, operation.method, `${fillPath(operation)}?${parameter}`);
        expect([nameOf(operation), parameter, status, body.code]).toEqual([nameOf(operation), parameter, 400, 'TOKEN_IN_URL']);
        expect(JSON.stringify(body)).not.toContain('AAAA');
      }
    }
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

  test('every POST of somebody who is known takes an Idempotency-Key, and says when its answer is not kept', () => {
    for (const operation of operations.filter(({ method }) => method === 'POST')) {
      const takes = parametersOf(operation, 'header').some(({ name }) => name === 'idempotency-key');
      const isKept = JSON.stringify(operation.spec['responses']).includes('Idempotent-Replayed');
      const isKnown = operation.access !== 'public';
      const saysWhyNot = operation.spec['x-answers-anew'] !== undefined;
      expect([nameOf(operation), takes, isKept]).toEqual([nameOf(operation), isKnown, isKnown && !saysWhyNot]);
    }
    const anew = operations.filter(({ spec }) => spec['x-answers-anew'] !== undefined).map(nameOf);
    expect(anew.toSorted()).toEqual(['POST /api/v1/data/export', 'POST /api/v1/schedules/plan']);
  });

  test('every body is required and JSON, or the file itself; only a cancel may go without its note', () => {
    for (const operation of operations) {
      const body = operation.spec['requestBody'] as { required?: boolean; content: Json } | undefined;
      if (body === undefined) continue;
      const types = { [UPLOAD]: ['application/octet-stream'], [IMPORT]: DOCUMENTS }[nameOf(operation)] ?? ['application/json'];
      expect([nameOf(operation), body.required, Object.keys(body.content)]).toEqual([
        nameOf(operation),
        nameOf(operation) !== CANCEL,
        types,
      ]);
    }
  });

  test('every operation has one success, and problems that are problem documents', () => {
    for (const operation of operations) {
      const responses = operation.spec['responses'] as Record<string, { description?: string; content?: Record<string, { schema: Json }> }>;
      const success = operation.path === OIDC_START ? '3' : '2';
      expect([nameOf(operation), Object.keys(responses).filter((status) => status.startsWith(success) && status !== PART)]).toEqual([
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

  test('every operation but those of who watches over the server tells how its limit stands', () => {
    for (const operation of operations) {
      const responses = Object.entries(operation.spec['responses'] as Record<string, { headers?: Json }>);
      const told = responses.filter(([, { headers }]) => headers?.['RateLimit-Remaining'] !== undefined).map(([status]) => status);
      const isWatched = operation.path === '/healthz' || operation.path === '/readyz';
      const limited = responses.map(([status]) => status).filter((status) => /^[23]/.test(status) || status === '429');
      expect([nameOf(operation), told]).toEqual([nameOf(operation), isWatched ? [] : limited]);
      expect([
        nameOf(operation),
        responses.every(([status, { headers }]) => status !== '429' || headers?.['Retry-After'] !== undefined),
      ]).toEqual([nameOf(operation), true]);
    }
  });

  test('every reference resolves, and every schema is used', () => {
    const refs = new Set(refsOf(document));
    expect(refs.size).toBeGreaterThan(10);
    for (const ref of refs) expect([ref, typeof resolve(document, ref)]).toEqual([ref, 'object']);
    // That of files only: a plan takes whatever they hold, and says what is wrong with it. `opsconductor/schedules` has its type.
    const schemas = Object.keys((document['components'] as Json)['schemas'] as Json).filter((name) => name !== 'ScheduleDefinition');
    for (const schema of schemas) expect([schema, refs.has(`#/components/schemas/${schema}`)]).toEqual([schema, true]);
  });

  test('is served without a login, as it is made', async () => {
    const response = await platform.app.request('/openapi.json');
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/json']);
    expect(await response.json()).toEqual(document);
  });

  test('the schemas of definitions are served without a login, as they are committed', async () => {
    for (const name of ['job', 'target']) {
      const response = await platform.app.request(`/api/v1/schemas/${name}`);
      expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/schema+json']);
      const committedSchema = readFileSync(new URL(`../../schemas/${name}.schema.json`, import.meta.url), 'utf8');
      expect(await response.json()).toEqual(JSON.parse(committedSchema));
    }
    expect((await platform.app.request('/api/v1/schemas/nothing')).status).toBe(404);
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
