import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Permission } from '../../src/domain/permissions.ts';
import { PERMISSIONS, ROLE_PERMISSIONS } from '../../src/domain/permissions.ts';
import { OpsError } from '../../src/domain/ops-error.ts';
import { startTestPlatform } from '../support/platform.ts';
import type { TestPlatform } from '../support/platform.ts';
import { addApiToken, addSession, addUser } from './support/accounts.ts';
import { addTarget } from './support/definitions.ts';
import { addExamples } from './support/examples.ts';
import { fillPath, operationsOf } from './support/operations.ts';
import type { Operation } from './support/operations.ts';

/** Routes that are no operations of the document: it itself, and the page to read it. */
const PAGES = ['GET /docs', 'GET /docs/start.js', 'GET /docs/{file}', 'GET /openapi.json'];
const pageOf = (route: string): Operation => {
  const [method = '', path = ''] = route.split(' ');
  return { method, path: path.replace('{file}', 'swagger-ui.css'), access: 'public', spec: {} };
};

/** What is answered as if it were not there, though the caller may call it. */
const ABSENT = new Set([
  // Removed in the name of something else.
  'DELETE /api/v1/artifacts/{uuid}',
  'DELETE /api/v1/auth/sessions/{session}',
  'DELETE /api/v1/auth/tokens/{uuid}',
  'DELETE /api/v1/users/{uuid}/sessions',
  'DELETE /api/v1/users/{uuid}/sessions/{session}',
  'DELETE /api/v1/users/{uuid}/tokens/{token}',
  // The examples have no credential of this uuid, and no event of this number.
  'DELETE /api/v1/targets/{serial}/methods/{method}/credentials/{uuid}',
  'GET /api/v1/audit/{id}',
  'GET /api/v1/targets/{serial}/methods/{method}/credentials/{uuid}',
  'PATCH /api/v1/targets/{serial}/methods/{method}/credentials/{uuid}',
  // Nobody logs in at a provider here.
  'GET /api/v1/auth/oidc/callback',
  'GET /api/v1/auth/oidc/start',
  // An API token has no session.
  'GET /api/v1/auth/session',
  'POST /api/v1/auth/session/extend',
]);

/** A request that removes nothing that another visitor is to find: by a revision that it has not, or in the name of something else. */
const sparing = (operation: Operation): { path: string; headers: Record<string, string> } => {
  const path = fillPath(operation);
  if (operation.method !== 'DELETE') return { path, headers: {} };
  const hasRevision = Object.hasOwn(operation.spec['responses'] ?? {}, '412');
  return hasRevision
    ? { path, headers: { 'if-match': '"another"' } }
    : { path: path.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, randomUUID()), headers: {} };
};

/** Somebody who calls: a token (new for each call, because one of the routes ends it) and what it allows; undefined when it is no valid one. */
interface Visitor {
  token: () => Promise<string | undefined>;
  permissions: ReadonlySet<Permission> | undefined;
  mustChangePassword?: boolean;
  isApiToken?: true;
}

const LOGIN_ONLY = new Set(['POST /api/v1/auth/logout', 'GET /api/v1/auth/me', 'POST /api/v1/auth/password']);
const ONE_SCOPE: Permission = 'jobs.read';
const HOUR_MS = 3_600_000;

const refusalOf = (visitor: Visitor, { access = 'public', method, path, spec }: Operation): [number, string] | undefined => {
  if (access === 'public') return undefined;
  const route = `${method} ${path}`;
  if (visitor.permissions === undefined) return [401, 'UNAUTHENTICATED'];
  if (visitor.mustChangePassword === true && !LOGIN_ONLY.has(route)) return [403, 'PASSWORD_CHANGE_REQUIRED'];
  if (spec['x-needs-session'] === true && visitor.isApiToken === true) return [403, 'FORBIDDEN'];
  return access === 'authenticated' || visitor.permissions.has(access) ? undefined : [403, 'FORBIDDEN'];
};

const visitorsOf = async (): Promise<Record<string, Visitor>> => {
  const [viewer, operator, admin] = await Promise.all([addUser('viewer'), addUser('operator'), addUser('admin')]);
  const deactivated = await addUser('admin', { isActive: false });
  const fresh = await addUser('admin', { mustChangePassword: true });
  const past = new Date(Date.now() - HOUR_MS);
  return {
    nobody: { token: async () => undefined, permissions: undefined },
    'a stranger with a made-up token': { token: async () => `ops_s_${'A'.repeat(43)}`, permissions: undefined },
    viewer: { token: () => addSession(viewer), permissions: new Set(ROLE_PERMISSIONS.viewer) },
    operator: { token: () => addSession(operator), permissions: new Set(ROLE_PERMISSIONS.operator) },
    admin: { token: () => addSession(admin), permissions: new Set(ROLE_PERMISSIONS.admin) },
    'API token with one scope': { token: () => addApiToken(admin, [ONE_SCOPE]), permissions: new Set([ONE_SCOPE]), isApiToken: true },
    'API token with scopes that its owner lacks': {
      token: () => addApiToken(viewer, PERMISSIONS),
      permissions: new Set(ROLE_PERMISSIONS.viewer),
      isApiToken: true,
    },
    'expired session': { token: () => addSession(admin, { expiresAt: past }), permissions: undefined },
    'idle session': { token: () => addSession(admin, { lastActivityAt: new Date(Date.now() - 9 * HOUR_MS) }), permissions: undefined },
    'revoked session': { token: () => addSession(admin, { revokedAt: past, revokeReason: 'logout' }), permissions: undefined },
    'revoked API token': { token: () => addApiToken(admin, PERMISSIONS, { revokedAt: past }), permissions: undefined },
    'expired API token': { token: () => addApiToken(admin, PERMISSIONS, { expiresAt: past }), permissions: undefined },
    'session of a deactivated user': { token: () => addSession(deactivated), permissions: undefined },
    'API token of a deactivated user': { token: () => addApiToken(deactivated, PERMISSIONS), permissions: undefined },
    'account that must change its password': {
      token: () => addSession(fresh),
      permissions: new Set(PERMISSIONS),
      mustChangePassword: true,
    },
  };
};

describe('who may call what', () => {
  let platform: TestPlatform;
  let visitors: Record<string, Visitor>;
  beforeAll(async () => {
    platform = await startTestPlatform({
      worker: false,
      openSession: () => Promise.reject(new OpsError('CONNECTION_REFUSED', 'Nothing is called.')),
    });
    await addExamples(platform);
    visitors = await visitorsOf();
  });
  afterAll(() => platform[Symbol.asyncDispose]());

  test('every route is in the OpenAPI document and declares its access, but for the document and its page', () => {
    const declared = new Map(operationsOf(platform).map(({ method, path, access }) => [`${method} ${path}`, access]));
    const routed = platform.app.routes
      .filter(({ method }) => method !== 'ALL')
      .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`);
    expect(new Set(routed)).toEqual(new Set([...declared.keys(), ...PAGES]));
    for (const [route, access] of declared) {
      expect([route, access === 'public' || access === 'authenticated' || PERMISSIONS.some((known) => known === access)]).toEqual([
        route,
        true,
      ]);
    }
  });

  test('no route but login, health and schemas is public', () => {
    const open = operationsOf(platform).filter(({ access }) => access === 'public');
    expect(open.map(({ method, path }) => `${method} ${path}`).toSorted()).toEqual([
      'GET /api/v1/auth/oidc',
      'GET /api/v1/auth/oidc/callback',
      'GET /api/v1/auth/oidc/start',
      'GET /api/v1/schemas/{name}',
      'GET /healthz',
      'GET /readyz',
      'POST /api/v1/auth/login',
      'POST /api/v1/auth/oidc/token',
    ]);
  });

  test('every visitor gets what the declared permission says, on every route', async () => {
    const operations = [...operationsOf(platform), ...PAGES.map(pageOf)];
    const absent = new Set<string>();
    const check = async (name: string, visitor: Visitor, operation: Operation): Promise<void> => {
      const { method, path } = operation;
      const route = `${method} ${path}`;
      const expected = refusalOf(visitor, operation);
      const body = method === 'GET' || method === 'DELETE' ? undefined : {};
      const { path: named, headers: sent } = sparing(operation);
      const { status, body: answer, headers } = await platform.call(await visitor.token(), method, named, body, sent);
      if (expected === undefined) {
        expect([name, route, status < 500 && ![401, 403].includes(status), status]).toEqual([name, route, true, status]);
        if (status === 404) absent.add(route);
        return;
      }
      expect([name, route, status, answer.code]).toEqual([name, route, ...expected]);
      expect(headers.get('content-type')).toBe('application/problem+json');
      if (status === 401) expect(headers.get('www-authenticate')).toBe('Bearer');
    };
    for (const [name, visitor] of Object.entries(visitors))
      await Promise.all(operations.map((operation) => check(name, visitor, operation)));
    expect(absent).toEqual(ABSENT);
  });

  test('the table of who may call what is the written one', async () => {
    const pages = PAGES.map((route) => ({ ...pageOf(route), path: route.split(' ')[1] ?? '' }));
    const table = [...operationsOf(platform), ...pages].map((operation) => {
      const answers = Object.values(visitors).map((visitor) => {
        const [status, code] = refusalOf(visitor, operation) ?? [];
        return status === undefined ? 'yes' : code === 'PASSWORD_CHANGE_REQUIRED' ? '403 (password)' : String(status);
      });
      return `| ${operation.method} | ${operation.path} | ${operation.access} | ${answers.join(' | ')} |`;
    });
    const names = ['method', 'path', 'access', ...Object.keys(visitors)];
    const head = [`| ${names.join(' | ')} |`, `|${names.map(() => '---|').join('')}`];
    await expect(`${[...head, ...table.toSorted()].join('\n')}\n`).toMatchFileSnapshot('./access-table.md');
  });

  test('a refusal comes before the body is read', async () => {
    const guarded = operationsOf(platform).filter(({ method, access }) => !['GET', 'DELETE'].includes(method) && access !== 'public');
    for (const [name, visitor] of Object.entries(visitors)) {
      for (const operation of guarded) {
        const { method, path } = operation;
        const expected = refusalOf(visitor, operation);
        if (expected === undefined) continue;
        let reads = 0;
        const body = new ReadableStream(
          {
            pull(controller) {
              reads += 1;
              controller.enqueue(new TextEncoder().encode('{"garbage'));
            },
          },
          { highWaterMark: 0 },
        );
        const token = await visitor.token();
        const headers = {
          'content-type': 'application/json',
          'idempotency-key': 'not usable ',
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
        };
        const response = await platform.app.request(fillPath(operation), { method, headers, body, duplex: 'half' });
        expect([name, method, path, response.status, reads]).toEqual([name, method, path, expected[0], 0]);
      }
    }
  });

  test('a refused request leaves no Idempotency-Key behind', async () => {
    const headers = { 'idempotency-key': 'refused' };
    expect((await platform.call(await visitors['viewer']?.token(), 'POST', '/api/v1/jobs', {}, headers)).status).toBe(403);
    const [rows] = await platform.db.query(`SELECT 1 FROM idempotency_keys WHERE idempotency_key = 'refused'`);
    expect(rows).toEqual([]);
  });

  test.each(['Bearer', 'Bearer ', 'Basic YWRtaW46YWRtaW4=', 'Token x', 'bearer ops_t_', 'Bearer ops_s_\u00ff', 'x'.repeat(5_000)])(
    'the Authorization header %j is answered 401',
    async (authorization) => {
      const response = await platform.app.request('/api/v1/targets', { headers: { authorization } });
      expect(response.status).toBe(401);
    },
  );

  test('the scheme is read without regard to case', async () => {
    const response = await platform.app.request('/api/v1/targets', { headers: { authorization: `bEaReR ${platform.token}` } });
    expect(response.status).toBe(200);
  });

  test('an API token sees its own permissions in the profile, not those of its owner', async () => {
    const token = await visitors['API token with one scope']?.token();
    expect((await platform.call(token, 'GET', '/api/v1/auth/me')).body.permissions).toEqual([ONE_SCOPE]);
  });

  test('giving a credential takes credentials.write besides targets.write', async () => {
    const token = await addApiToken(await addUser('admin'), ['targets.write']);
    const method = { method_type: 'ssh', host: 'no-credentials.example.org' };
    const credential = { credential_type: 'password', username: 'x', password: 'y' };
    const refused = await platform.call(token, 'POST', '/api/v1/targets', { name: 'x', methods: [{ ...method, credential }] });
    expect([refused.status, refused.body.code]).toEqual([403, 'FORBIDDEN']);
    const added = await platform.call(token, 'POST', '/api/v1/targets', { name: 'x', methods: [method] });
    expect(added.status).toBe(201);
    const path = `/api/v1/targets/${added.body.target_serial}`;
    expect((await platform.call(token, 'PATCH', path, { methods: [{ ...method, credential }] })).status).toBe(403);
    expect((await platform.call(token, 'PATCH', path, { name: 'y' })).status).toBe(200);
  });

  test('who may change something but not read it is told what became of it, never 403 for what was done', async () => {
    const admin = await addUser('admin');
    const target = await addTarget(platform, 'write-only.example.org');
    const at = `/api/v1/targets/${target}/methods/ssh_1/credentials`;
    const secret = { credential_type: 'password', username: 'x', password: 'y' };
    const credentials = await addApiToken(admin, ['credentials.write']);
    const added = await platform.call(credentials, 'POST', at, { credential_name: 'second', secret });
    expect([added.status, added.body.credential_name]).toEqual([201, 'second']);
    const named = await platform.call(credentials, 'PATCH', `${at}/${added.body.credential_uuid}`, { credential_name: 'other' });
    expect([named.status, named.body.credential_name]).toEqual([200, 'other']);
    const settings = await addApiToken(admin, ['settings.write']);
    const maintenance = await platform.call(settings, 'PUT', '/api/v1/system/maintenance', { enabled: false });
    expect([maintenance.status, maintenance.body.enabled]).toEqual([200, false]);
    const headers = { authorization: `Bearer ${await addApiToken(admin, ['jobs.write'])}`, 'content-type': 'application/octet-stream' };
    const sent = await platform.app.request('/api/v1/artifacts?name=write-only', { method: 'POST', headers, body: 'x' });
    expect([sent.status, JSON.parse(await sent.text()).size_bytes]).toEqual([201, 1]);
  });
});
