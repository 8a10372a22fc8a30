import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Method } from '../../src/contracts/target.ts';
import { selectRow, selectRows } from '../../src/db/query.ts';
import { openBytes } from '../../src/db/seal.ts';
import { startTestPlatform } from '../support/platform.ts';
import type { Answer, TestPlatform } from '../support/platform.ts';
import { addApiToken, addUser } from './support/accounts.ts';
import { auditRows } from './support/audit.ts';
import { addTarget, methodOf } from './support/definitions.ts';

const SECRET = 'SECRET-77c1';

let platform: TestPlatform;
beforeAll(async () => {
  platform = await startTestPlatform({ worker: false });
});
afterAll(() => platform[Symbol.asyncDispose]());

const password = (text: string, username = 'ops') => ({ credential_type: 'password', username, password: text });

let hosts = 0;
/** A target with SSH methods of these names. @returns its path. */
const addTargetWith = async (...names: string[]): Promise<string> => {
  hosts += 1;
  const methods = names.map((name) => methodOf(`${name}-${hosts}.example.org`, { method_name: name }));
  return `/api/v1/targets/${await addTarget(platform, `host-${hosts}.example.org`, { methods })}`;
};

const call = (method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer> =>
  platform.api(method, path, body, headers);
const ok = async (method: string, path: string, body?: unknown) => {
  const answer = await call(method, path, body);
  expect([method, path, answer.status, answer.status < 300 ? '' : answer.body]).toEqual([
    method,
    path,
    expect.toBeOneOf([200, 201, 204]),
    '',
  ]);
  return answer.body;
};
const methodsOf = async (target: string): Promise<Method[]> => (await ok('GET', `${target}/methods`)).data;
/** Names, the primary one with a star, those that are switched off in brackets. */
const shapeOf = async (target: string): Promise<string[]> =>
  (await methodsOf(target)).map(
    ({ method_name: name, is_primary: isPrimary, is_active: isActive }) => `${isPrimary ? '*' : ''}${isActive ? name : `(${name})`}`,
  );
const eventsOf = async (target: string) => (await auditRows(platform)).filter((event) => target.endsWith(String(event.resource_id)));

/** Secrets of a target, opened, by method and name of the credential. */
const secretsOf = async (target: string): Promise<Record<string, unknown>> => {
  const rows = await selectRows<{ key: string; credential_uuid: string; ciphertext: Buffer; nonce: Buffer; key_id: string }>(
    platform.db,
    `SELECT m.method_name || '/' || c.credential_name AS key, c.* FROM universal_targets t JOIN target_communication_methods m ON m.target_id = t.id
       JOIN target_credentials c ON c.communication_method_id = m.id WHERE t.target_serial = $1 ORDER BY c.id`,
    [target.split('/').at(-1)],
  );
  return Object.fromEntries(
    rows.map(({ key, credential_uuid: uuid, key_id: keyId, ciphertext, nonce }) => {
      const place = { table: 'target_credentials', uuid, column: 'ciphertext' } as const;
      return [
        key,
        (JSON.parse(openBytes(platform.services.keyRing, { keyId, nonce, ciphertext }, place)) as { password: string }).password,
      ];
    }),
  );
};

describe('methods of a target', () => {
  test('one is added behind the others, read by its name, changed and removed', async () => {
    const target = await addTargetWith('ssh_1');
    const added = await ok('POST', `${target}/methods`, {
      method_type: 'rest_api',
      host: 'API.example.org',
      port: 443,
      config: { base_path: '/v2' },
    });
    expect(added).toMatchObject({
      method_name: 'rest_api_2',
      host: 'api.example.org',
      port: 443,
      is_primary: false,
      priority: 2,
      is_active: true,
    });
    expect(await ok('GET', `${target}/methods/rest_api_2`)).toEqual(added);
    const changed = await ok('PATCH', `${target}/methods/rest_api_2`, { method_name: 'a/b c', port: 8_443, config: { timeout: 9 } });
    expect(changed).toEqual({ ...added, method_name: 'a/b c', port: 8_443, config: { ...added.config, timeout: 9 } });
    const path = `${target}/methods/${encodeURIComponent('a/b c')}`;
    expect((await ok('PATCH', path, { config: { timeout: null } })).config).toEqual(added.config);
    await ok('DELETE', path);
    expect(await shapeOf(target)).toEqual(['*ssh_1']);
    expect((await eventsOf(target)).map(({ action, details }) => [action, details])).toEqual([
      ['create_target', expect.anything()],
      [
        'add_method',
        expect.objectContaining({
          method: 'rest_api_2',
          methods: [{ name: 'rest_api_2', to: { type: 'rest_api', host: 'api.example.org', port: 443 } }],
        }),
      ],
      [
        'update_method',
        expect.objectContaining({
          methods: [
            {
              name: 'rest_api_2',
              from: { name: 'rest_api_2', port: 443, config: { timeout: null } },
              to: { name: 'a/b c', port: 8_443, config: { timeout: 9 } },
            },
          ],
        }),
      ],
      ['update_method', expect.objectContaining({ method: 'a/b c' })],
      ['remove_method', expect.objectContaining({ method: 'a/b c' })],
    ]);
  });

  test('exactly one is primary: one that becomes it takes it from the other, and one that goes leaves it to the next by priority', async () => {
    const target = await addTargetWith('one', 'two', 'three');
    expect(await shapeOf(target)).toEqual(['*one', 'two', 'three']);
    await ok('PATCH', `${target}/methods/three`, { is_primary: true });
    expect(await shapeOf(target)).toEqual(['*three', 'one', 'two']);
    await ok('POST', `${target}/methods`, methodOf('four.example.org', { method_name: 'four', is_primary: true }));
    expect(await shapeOf(target)).toEqual(['*four', 'one', 'two', 'three']);
    await ok('PATCH', `${target}/methods/two`, { priority: 1 });
    await ok('PATCH', `${target}/methods/one`, { priority: 5 });
    await ok('DELETE', `${target}/methods/four`);
    expect(await shapeOf(target)).toEqual(['*two', 'three', 'one']);
    await ok('PATCH', `${target}/methods/two`, { is_active: false });
    expect(await shapeOf(target)).toEqual(['*three', '(two)', 'one']);
    await ok('PATCH', `${target}/methods/two`, { is_active: true });
    expect(await shapeOf(target)).toEqual(['*three', 'two', 'one']);
    expect((await eventsOf(target)).flatMap(({ details }) => details['promoted'] ?? [])).toEqual(['two', 'three']);
  });

  test('the last one that is switched on can neither be removed nor switched off', async () => {
    const target = await addTargetWith('one', 'two');
    await ok('PATCH', `${target}/methods/two`, { is_active: false });
    for (const [method, body] of [
      ['DELETE', undefined],
      ['PATCH', { is_active: false }],
    ] as const) {
      const { status, body: problem } = await call(method, `${target}/methods/one`, body);
      expect([method, status, problem.detail]).toEqual([
        method,
        409,
        expect.stringMatching(/without a method that is switched on.*inactive/),
      ]);
    }
    expect(await shapeOf(target)).toEqual(['*one', '(two)']);
    await ok('DELETE', `${target}/methods/two`);
    expect((await call('DELETE', `${target}/methods/one`)).status).toBe(409);
  });

  test('of many who make another one primary, or remove one, at the same time, none leaves a target with two or none', async () => {
    const names = ['one', 'two', 'three', 'four', 'five', 'six'];
    const target = await addTargetWith(...names);
    const answers = await Promise.all([
      ...names.map((name) => call('PATCH', `${target}/methods/${name}`, { is_primary: true })),
      ...names.map((name) => call('DELETE', `${target}/methods/${name}`)),
    ]);
    expect(new Set(answers.map(({ status }) => status)).difference(new Set([200, 204, 404, 409]))).toEqual(new Set());
    expect(answers.filter(({ status }) => status === 204)).toHaveLength(5);
    expect(await shapeOf(target)).toEqual([expect.stringMatching(/^\*/)]);
  });

  test.each([
    ['a type', { method_type: 'winrm' }, 'method_type', 'is not a field here'],
    ['no address', { host: 'no host' }, 'host', 'must be a DNS name or an IP address'],
    ['an option that there is not', { config: { colour: 'red' } }, 'config', /colour/],
    ['an option of another kind', { config: { timeout: 'long' } }, 'config.timeout', /number/],
    ['to be primary no longer', { is_primary: false }, 'is_primary', /true/],
    ['to be primary and switched off', { is_primary: true, is_active: false }, 'is_primary', /switched off cannot be primary/],
  ])('%s is no change of a method', async (_, change, path, message) => {
    const target = await addTargetWith('one', 'two');
    const before = await methodsOf(target);
    const { status, body } = await call('PATCH', `${target}/methods/two`, change);
    expect([status, body.errors]).toEqual([
      400,
      [{ path, message: typeof message === 'string' ? message : expect.stringMatching(message) }],
    ]);
    expect(await methodsOf(target)).toEqual(before);
  });

  test('names and endpoints that are taken are conflicts, and change nothing', async () => {
    const [target, other] = [await addTargetWith('one', 'two'), await addTargetWith('one')];
    const [{ host } = { host: '' }] = await methodsOf(other);
    const conflicts = [
      call('PATCH', `${target}/methods/two`, { method_name: 'one' }),
      call('POST', `${target}/methods`, methodOf('new.example.org', { method_name: 'one' })),
      call('PATCH', `${target}/methods/two`, { host }),
      call('POST', `${target}/methods`, methodOf(host ?? '')),
    ];
    for (const { status, body } of await Promise.all(conflicts)) expect([status, body.code]).toEqual([409, 'CONFLICT']);
    expect(await shapeOf(target)).toEqual(['*one', 'two']);
  });

  test('a stored credential goes nowhere else by somebody who may not handle credentials', async () => {
    const target = await addTargetWith('one');
    const token = await addApiToken(await addUser('operator'), ['targets.read', 'targets.write']);
    const moved = await platform.call(token, 'PATCH', `${target}/methods/one`, { host: 'elsewhere.example.org' });
    expect([moved.status, moved.body.detail]).toEqual([
      403,
      expect.stringMatching(/stored credential of the method one would go to elsewhere\.example\.org/),
    ]);
    const added = await platform.call(token, 'POST', `${target}/methods`, methodOf('elsewhere.example.org'));
    expect([added.status, added.body.detail]).toEqual([403, expect.stringMatching(/credentials\.write/)]);
    expect((await platform.call(token, 'PATCH', `${target}/methods/one`, { priority: 3 })).status).toBe(200);
  });

  test('a pinned host key is forgotten with its endpoint, and with nothing else', async () => {
    const target = await addTargetWith('one');
    await platform.db.query(
      `UPDATE target_communication_methods SET host_key_fingerprint = 'SHA256:pinned' WHERE host LIKE 'one-${hosts}.%'`,
    );
    expect((await ok('PATCH', `${target}/methods/one`, { config: { timeout: 5 } })).host_key_fingerprint).toBe('SHA256:pinned');
    expect((await ok('PATCH', `${target}/methods/one`, { port: 2_022 })).host_key_fingerprint).toBeNull();
  });

  test('more than twenty are too many', async () => {
    const target = await addTargetWith(...Array.from({ length: 20 }, (_, index) => `m${index}`));
    const { status, body } = await call('POST', `${target}/methods`, methodOf('m21.example.org'));
    expect([status, body.detail]).toEqual([409, expect.stringMatching(/20 methods; that is the most/)]);
  });

  test('all of it goes by the uuid of the target, too', async () => {
    const target = await addTargetWith('one');
    const { target_uuid: uuid, target_serial: serial } = await ok('GET', target);
    const byUuid = `/api/v1/targets/${uuid}`;
    expect(await ok('GET', byUuid)).toEqual(await ok('GET', target));
    await ok('PATCH', byUuid, { description: 'by uuid' });
    await ok('POST', `${byUuid}/methods`, methodOf('two.by-uuid.example.org', { method_name: 'two' }));
    await ok('DELETE', `${byUuid}/methods/one`);
    expect(await shapeOf(byUuid)).toEqual(['*two']);
    expect((await call('GET', `/api/v1/targets/${randomUUID()}`)).status).toBe(404);
    await ok('DELETE', byUuid);
    expect((await call('GET', target)).status).toBe(404);
    expect((await auditRows(platform)).filter(({ resource_id: id }) => id === uuid)).toEqual([]);
    const actions = ['create_target', 'update_target', 'add_credential', 'add_method', 'remove_method', 'delete_target'];
    expect((await eventsOf(`/${serial}`)).map(({ action }) => action)).toEqual(actions);
  });
});

describe('credentials of a method', () => {
  const credentialsOf = async (method: string): Promise<Record<string, unknown>[]> => (await ok('GET', `${method}/credentials`)).data;
  const shape = async (method: string): Promise<string[]> =>
    (await credentialsOf(method)).map(
      ({ credential_name: name, is_primary: isPrimary, is_active: isActive }) =>
        `${isPrimary === true ? '*' : ''}${isActive === true ? String(name) : `(${String(name)})`}`,
    );
  /** A target whose method has the credential `default`. @returns the paths of both. */
  const addMethodPath = async (): Promise<{ target: string; method: string }> => {
    const target = await addTargetWith('one');
    return { target, method: `${target}/methods/one` };
  };

  test('several live beside each other, each sealed for its own row; none is ever shown or audited', async () => {
    const { target, method } = await addMethodPath();
    const spare = await ok('POST', `${method}/credentials`, { credential_name: 'spare', secret: password(SECRET) });
    expect(spare).toEqual({
      credential_uuid: expect.any(String),
      credential_type: 'password',
      credential_name: 'spare',
      is_primary: false,
      is_active: true,
      updated_at: expect.any(String),
    });
    expect(await ok('GET', `${method}/credentials/${spare.credential_uuid}`)).toEqual(spare);
    expect(await shape(method)).toEqual(['*default', 'spare']);
    await ok('POST', `${method}/credentials`, { credential_name: 'deploy', is_primary: true, secret: password(`${SECRET}2`) });
    expect(await shape(method)).toEqual(['*deploy', 'default', 'spare']);
    expect(await secretsOf(target)).toEqual({ 'one/default': 'hunter2 hunter2', 'one/spare': SECRET, 'one/deploy': `${SECRET}2` });
    expect(JSON.stringify([await auditRows(platform), await ok('GET', target)])).not.toMatch(/SECRET-77c1|ciphertext/);
  });

  test('a new secret takes the place of the old one under the same uuid; without one the old one stays', async () => {
    const { target, method } = await addMethodPath();
    const [{ credential_uuid: uuid, updated_at: before } = {}] = await credentialsOf(method);
    const path = `${method}/credentials/${String(uuid)}`;
    const sealed = () => selectRow(platform.db, 'SELECT ciphertext, nonce FROM target_credentials WHERE credential_uuid = $1', [uuid]);
    const first = await sealed();
    expect(await ok('PATCH', path, { credential_name: 'renamed' })).toMatchObject({ credential_uuid: uuid, credential_name: 'renamed' });
    expect(await sealed()).toEqual(first);
    const changed = await ok('PATCH', path, { secret: password(SECRET) });
    expect(changed.credential_uuid).toBe(uuid);
    expect(changed.updated_at > String(before)).toBe(true);
    expect(await secretsOf(target)).toEqual({ 'one/renamed': SECRET });
    const again = await sealed();
    await ok('PATCH', path, { secret: password(SECRET) });
    expect(await sealed()).not.toEqual(again);
    expect((await eventsOf(target)).map(({ event_type: type, details }) => [type, details]).slice(1)).toEqual([
      [
        'credential_changed',
        { method: 'one', credential: uuid, name: 'renamed', changed: { credentialName: { from: 'default', to: 'renamed' } } },
      ],
      ['credential_changed', { method: 'one', credential: uuid, name: 'renamed', secret: 'replaced (password)' }],
      ['credential_changed', { method: 'one', credential: uuid, name: 'renamed', secret: 'replaced (password)' }],
    ]);
  });

  test('one that goes, or is switched off, leaves its place to the oldest of the others', async () => {
    const { target, method } = await addMethodPath();
    const uuidOf = async (name: string) =>
      String((await credentialsOf(method)).find((one) => one['credential_name'] === name)?.['credential_uuid']);
    for (const name of ['two', 'three']) await ok('POST', `${method}/credentials`, { credential_name: name, secret: password(name) });
    await ok('PATCH', `${method}/credentials/${await uuidOf('default')}`, { is_active: false });
    expect(await shape(method)).toEqual(['*two', '(default)', 'three']);
    await ok('PATCH', `${method}/credentials/${await uuidOf('three')}`, { is_primary: true });
    expect(await shape(method)).toEqual(['*three', '(default)', 'two']);
    await ok('DELETE', `${method}/credentials/${await uuidOf('three')}`);
    expect(await shape(method)).toEqual(['*two', '(default)']);
    await ok('PATCH', `${method}/credentials/${await uuidOf('two')}`, { is_active: false });
    expect(await shape(method)).toEqual(['(default)', '(two)']);
    const { status, body } = await call('POST', `${target}/test`);
    expect([status, body.code]).toEqual([422, 'CREDENTIAL_MISSING']);
    await ok('PATCH', `${method}/credentials/${await uuidOf('two')}`, { is_active: true });
    expect(await shape(method)).toEqual(['*two', '(default)']);
    for (const name of ['default', 'two']) await ok('DELETE', `${method}/credentials/${await uuidOf(name)}`);
    expect(await shape(method)).toEqual([]);
    await ok('POST', `${method}/credentials`, { secret: password('anew') });
    expect(await shape(method)).toEqual(['*default']);
  });

  test('what a method cannot log in with, a name that is taken and a key that is none are refused, without the secret in the answer', async () => {
    const { method } = await addMethodPath();
    const path = `${method}/credentials`;
    const refused = async (body: unknown, status: number, errors: unknown) => {
      const answer = await call('POST', path, body);
      expect([answer.status, answer.body.errors]).toEqual([status, errors]);
      expect(JSON.stringify(answer.body)).not.toContain(SECRET);
    };
    await refused({ credential_name: 'a', secret: { credential_type: 'api_token', token: SECRET } }, 400, [
      { path: 'secret.credential_type', message: expect.stringMatching(/SSH cannot log in with api_token/) },
    ]);
    await refused({ credential_name: 'a', secret: { credential_type: 'ssh_key', username: 'ops', private_key: SECRET } }, 400, [
      { path: 'secret.private_key', message: expect.any(String) },
    ]);
    await refused({ credential_name: 'default', secret: password(SECRET) }, 409, [
      { path: 'credential_name', message: 'is the name of another credential of the method' },
    ]);
    await refused({ secret: password(SECRET), username: 'x' }, 400, [{ path: 'username', message: 'is not a field here' }]);
    expect(await shape(method)).toEqual(['*default']);
  });

  test('a credential is found at its own method only', async () => {
    const [one, two] = [await addMethodPath(), await addMethodPath()];
    const [{ credential_uuid: uuid } = {}] = await credentialsOf(one.method);
    const strange = `${two.method}/credentials/${String(uuid)}`;
    for (const [method, body] of [
      ['GET', undefined],
      ['PATCH', { is_active: false }],
      ['DELETE', undefined],
    ] as const)
      expect([method, (await call(method, strange, body)).status]).toEqual([method, 404]);
    expect(await shape(one.method)).toEqual(['*default']);
  });

  test('a method that gets a credential with the whole target keeps its others', async () => {
    const { target, method } = await addMethodPath();
    await ok('POST', `${method}/credentials`, { credential_name: 'spare', secret: password('spare') });
    const given = (credential: object) => ({ methods: [methodOf(`one-${hosts}.example.org`, { method_name: 'one', credential })] });
    await ok('PATCH', target, given(password('new')));
    expect(await secretsOf(target)).toEqual({ 'one/default': 'new', 'one/spare': 'spare' });
    await ok('PATCH', target, given({ ...password('newer'), credential_name: 'spare' }));
    expect(await shape(method)).toEqual(['*spare', 'default']);
    await ok('PATCH', target, given({ ...password('newest'), credential_name: 'other' }));
    expect(await secretsOf(target)).toEqual({ 'one/default': 'new', 'one/other': 'newest' });
    expect(await shape(method)).toEqual(['*other', 'default']);
  });
});

test('what a test found out is not noted on a method that was moved elsewhere meanwhile', async () => {
  const moved: Promise<Answer>[] = [];
  const server = createServer((socket) => {
    const move = call('PATCH', `${target}/methods/one`, { host: 'moved.example.org' });
    moved.push(move);
    void move.finally(() => socket.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const methods = [methodOf('127.0.0.1', { method_name: 'one', port })];
  const target = `/api/v1/targets/${await addTarget(platform, 'moves.example.org', { methods })}`;
  expect((await ok('POST', `${target}/methods/one/test`)).result).toBe('failure');
  expect((await Promise.all(moved)).map(({ status }) => status)).toEqual([200]);
  expect(await methodsOf(target)).toEqual([
    expect.objectContaining({ host: 'moved.example.org', last_tested_at: null, last_test_result: null, last_test_message: null }),
  ]);
  server.close();
});
