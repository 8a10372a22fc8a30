import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { execute, selectRow, selectRows } from '../../src/db/query.ts';
import { bootstrapAdmin } from '../../src/services/auth/bootstrap-admin.ts';
import { startTestPlatform } from '../support/platform.ts';
import type { Answer, TestPlatform } from '../support/platform.ts';
import { PASSWORD, addApiToken, addSession, addUser } from './support/accounts.ts';
import type { UserRow } from './support/accounts.ts';
import { auditRows, isSigned } from './support/audit.ts';
import { addJob, addTarget, jobNamed } from './support/definitions.ts';

const NOBODY = '7c9e6679-7425-40de-944b-e07fc1f90ae7';
const newName = (): string => `user-${randomUUID().slice(0, 8)}`;

describe('users', () => {
  let platform: TestPlatform;
  beforeAll(async () => {
    platform = await startTestPlatform({ worker: false });
  });
  afterAll(() => platform[Symbol.asyncDispose]());

  const login = (username: string, password: string): Promise<Answer> =>
    platform.call(undefined, 'POST', '/api/v1/auth/login', { username, password });
  const isIn = async (token: string): Promise<boolean> => (await platform.call(token, 'GET', '/api/v1/auth/me')).status === 200;
  const change = (user: UserRow, input: object, headers?: Record<string, string>) =>
    platform.api('PATCH', `/api/v1/users/${user.userUuid}`, input, headers);
  const systemUuid = async (): Promise<string> =>
    (await selectRow<{ uuid: string }>(platform.db, `SELECT user_uuid AS uuid FROM users WHERE username = 'system'`))?.uuid ?? '';
  const lastEvents = async (uuid: string) => (await auditRows(platform)).filter(({ resource_id: of }) => of === uuid);

  test('an account is made with a password that is told once, is not kept with the key, and must be changed', async () => {
    const username = newName();
    const input = { username, email: `${username}@example.org`, role: 'operator', permissions: ['audit.read'] };
    const key = { 'idempotency-key': username };
    const made = await platform.api('POST', '/api/v1/users', input, key);
    expect([made.status, made.body]).toEqual([
      201,
      expect.objectContaining({ ...input, is_active: true, must_change_password: true, has_password: true, oidc_issuer: null }),
    ]);
    const { password, ...shown } = made.body;
    expect((await login(username, password)).body.user).toMatchObject({ role: 'operator', must_change_password: true });
    const again = await platform.api('POST', '/api/v1/users', input, key);
    expect([again.status, again.body, again.headers.get('idempotent-replayed')]).toEqual([201, shown, 'true']);
    const kept = await selectRows<{ text: string }>(platform.db, 'SELECT k::text AS text FROM idempotency_keys k');
    expect(kept.some(({ text }) => text.includes(password))).toBe(false);
    const [event] = await lastEvents(made.body.user_uuid);
    expect(event).toMatchObject({ event_type: 'user_created', details: { after: input } });
    expect(event && isSigned(platform.services.keyRing.auditKey, event)).toBe(true);
  });

  test('an account may be made with a password that is long enough', async () => {
    const username = newName();
    const input = { username, email: `${username}@example.org`, must_change_password: false };
    const short = await platform.api('POST', '/api/v1/users', { ...input, password: 'elevenchars' });
    expect([short.status, short.body.errors]).toEqual([400, [{ path: 'password', message: 'must have at least 12 characters' }]]);
    const made = await platform.api('POST', '/api/v1/users', { ...input, password: PASSWORD });
    expect([made.status, made.body.password, made.body.role]).toEqual([201, undefined, 'viewer']);
    expect((await login(username, PASSWORD)).body.user.must_change_password).toBe(false);
  });

  test.each([
    [{ username: '' }, 'username'],
    [{ username: 'ann@example.org' }, 'username'],
    [{ username: ' ann' }, 'username'],
    [{ username: 'x'.repeat(51) }, 'username'],
    [{ email: 'nobody' }, 'email'],
    [{ email: 'a@b@c' }, 'email'],
    [{ role: 'root' }, 'role'],
    [{ permissions: ['everything'] }, 'permissions.0'],
    [{ permissions: ['audit.read', 'audit.read'] }, 'permissions.1'],
    [{ is_admin: true }, 'is_admin'],
  ])('%j is refused', async (wrong, path) => {
    const username = newName();
    const { status, body } = await platform.api('POST', '/api/v1/users', { username, email: `${username}@example.org`, ...wrong });
    expect([status, body.errors[0].path]).toEqual([400, path]);
  });

  test('a name or mail address that somebody has, in any case, is a conflict', async () => {
    const user = await addUser('viewer');
    const username = newName();
    const taken = { username: user.username.toUpperCase(), email: `${username}@example.org` };
    const name = await platform.api('POST', '/api/v1/users', taken);
    expect([name.status, name.body.code, name.body.errors[0].path]).toEqual([409, 'CONFLICT', 'username']);
    const mail = await platform.api('POST', '/api/v1/users', { username, email: user.email.toUpperCase() });
    expect([mail.status, mail.body.errors[0].path]).toEqual([409, 'email']);
    expect((await platform.api('POST', '/api/v1/users', { username: 'System', email: `${username}@example.org` })).status).toBe(409);
    expect((await change(await addUser('viewer'), { username: user.username })).status).toBe(409);
  });

  test('the list has filters and orders, and never the account of OpsConductor itself', async () => {
    const mark = randomUUID().slice(0, 8);
    for (const [name, role] of [
      ['b', 'viewer'],
      ['a', 'operator'],
      ['c', 'viewer'],
    ] as const)
      await platform.api('POST', '/api/v1/users', { username: `${name}-${mark}`, email: `${name}-${mark}@example.org`, role });
    const names = async (query: string): Promise<string[]> =>
      (await platform.api('GET', `/api/v1/users?${query}`)).body.data.map(({ username }: { username: string }) => username.slice(0, 1));
    expect(await names(`search=${mark}&sort=username`)).toEqual(['a', 'b', 'c']);
    expect(await names(`search=${mark}&sort=-username`)).toEqual(['c', 'b', 'a']);
    expect(await names(`search=${mark}`)).toEqual(['c', 'a', 'b']);
    expect(await names(`search=${mark}&role=viewer&sort=created`)).toEqual(['b', 'c']);
    expect(await names(`username=A-${mark.toUpperCase()}`)).toEqual(['a']);
    expect(await names(`search=${mark}&is_active=false`)).toEqual([]);
    const first = await platform.api('GET', `/api/v1/users?search=${mark}&sort=last_login&limit=2`);
    const rest = await platform.api('GET', `/api/v1/users?search=${mark}&sort=last_login&limit=2&cursor=${first.body.next}`);
    expect([first.body.data.length, rest.body.data.length, rest.body.next]).toEqual([2, 1, null]);
    const all = await platform.api('GET', '/api/v1/users?search=system&limit=500');
    expect(all.body.data.some(({ username }: { username: string }) => username === 'system')).toBe(false);
  });

  test('the account of OpsConductor itself is nowhere', async () => {
    const at = `/api/v1/users/${await systemUuid()}`;
    const answers = await Promise.all([
      platform.api('GET', at),
      platform.api('PATCH', at, { is_active: false }),
      platform.api('POST', `${at}/reset-password`),
      platform.api('POST', `${at}/unlock`),
      platform.api('POST', `${at}/require-password-change`),
      platform.api('GET', `${at}/sessions`),
      platform.api('DELETE', `${at}/sessions`),
      platform.api('DELETE', `${at}/sessions/${NOBODY}`),
      platform.api('GET', `${at}/tokens`),
      platform.api('DELETE', `${at}/tokens/${NOBODY}`),
    ]);
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 404));
  });

  test('a deactivated account is out at once, with sessions and tokens, and comes back by being activated', async () => {
    const user = await addUser('operator');
    const [session, token] = [await addSession(user), await addApiToken(user, ['jobs.read'])];
    const out = await change(user, { is_active: false });
    expect([out.status, out.body.is_active, await isIn(session), await isIn(token)]).toEqual([200, false, false, false]);
    expect((await login(user.username, PASSWORD)).status).toBe(401);
    const ended = await selectRow(platform.db, 'SELECT revoke_reason AS reason FROM user_sessions WHERE user_id = $1', [user.id]);
    expect(ended).toEqual({ reason: 'admin' });
    await change(user, { is_active: true });
    expect([await isIn(session), await isIn(token), (await login(user.username, PASSWORD)).status]).toEqual([false, true, 200]);
    expect((await lastEvents(user.userUuid)).map(({ event_type: type, action }) => [type, action])).toEqual([
      ['user_deleted', 'deactivate_user'],
      ['user_login_failed', 'login'],
      ['user_updated', 'activate_user'],
      ['user_login', 'login'],
    ]);
  });

  test('a change is on record with what was and what is, by kind; one that changes nothing is not', async () => {
    const user = await addUser('viewer');
    const email = `new-${user.email}`;
    await change(user, { role: 'operator', permissions: ['audit.read'], email });
    await change(user, { role: 'operator', email });
    expect((await lastEvents(user.userUuid)).map(({ event_type: type, details }) => [type, details])).toEqual([
      [
        'permission_changed',
        {
          username: user.username,
          before: { role: 'viewer', permissions: [] },
          after: { role: 'operator', permissions: ['audit.read'] },
        },
      ],
      ['user_updated', { username: user.username, before: { email: user.email }, after: { email } }],
    ]);
  });

  test('of two who change an account at once one is told that it has changed', async () => {
    const user = await addUser('viewer');
    const read = await platform.api('GET', `/api/v1/users/${user.userUuid}`);
    const etag = read.headers.get('etag') ?? '';
    const both = await Promise.all([
      change(user, { role: 'operator' }, { 'if-match': etag }),
      change(user, { permissions: ['audit.read'] }, { 'if-match': etag }),
    ]);
    expect(both.map(({ status }) => status).toSorted()).toEqual([200, 412]);
    const won = both.find(({ status }) => status === 200);
    expect((await platform.api('GET', `/api/v1/users/${user.userUuid}`)).headers.get('etag')).toBe(won?.headers.get('etag'));
    await login(user.username, PASSWORD);
    expect((await change(user, { permissions: [] }, { 'if-match': won?.headers.get('etag') ?? '' })).status).toBe(200);
  });

  test('of two administrators who demote each other at once one stays', async () => {
    const [ann, bob] = [await addUser('admin'), await addUser('admin')];
    const tokens = [await addSession(ann), await addSession(bob)];
    const others = await selectRows<{ id: number }>(
      platform.db,
      `UPDATE users SET is_active = false WHERE role = 'admin' AND username <> 'system' AND id NOT IN ($1, $2) RETURNING id`,
      [ann.id, bob.id],
    );
    const demote = (token: string | undefined, user: UserRow, input: object) =>
      platform.call(token, 'PATCH', `/api/v1/users/${user.userUuid}`, input);
    const answers = await Promise.all([demote(tokens[0], bob, { role: 'viewer' }), demote(tokens[1], ann, { is_active: false })]);
    await platform.db.query('UPDATE users SET is_active = true WHERE id = ANY($1)', { bind: [others.map(({ id }) => id)] });
    const statuses = answers.map(({ status }) => status);
    // Who is demoted first may no longer be let in to demote.
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    const left = [await ann.reload(), await bob.reload()].filter(({ role, isActive }) => role === 'admin' && isActive);
    expect(left).toHaveLength(1);
  });

  test('the last active administrator is neither demoted nor deactivated by anybody', async () => {
    const last = await addUser('admin');
    const rights = ['users.write', ...(await platform.api('GET', '/api/v1/auth/permissions')).body.roles.admin];
    const manager = await addUser('viewer');
    await manager.update({ permissions: [...new Set(rights)] });
    const token = await addSession(manager);
    const others = await selectRows<{ id: number }>(
      platform.db,
      `UPDATE users SET is_active = false WHERE role = 'admin' AND username <> 'system' AND id <> $1 AND is_active RETURNING id`,
      [last.id],
    );
    const path = `/api/v1/users/${last.userUuid}`;
    const answers = [
      await platform.call(token, 'PATCH', path, { role: 'operator' }),
      await platform.call(token, 'PATCH', path, { is_active: false }),
      await platform.call(token, 'PATCH', path, { permissions: ['audit.read'] }),
    ];
    await platform.db.query('UPDATE users SET is_active = true WHERE id = ANY($1)', { bind: [others.map(({ id }) => id)] });
    expect(answers.map(({ status, body }) => [status, body.code])).toEqual([
      [409, 'CONFLICT'],
      [409, 'CONFLICT'],
      [200, undefined],
    ]);
  });

  describe('nobody gains rights by managing accounts', () => {
    let manager: UserRow;
    let token: string;
    beforeAll(async () => {
      manager = await addUser('operator');
      await manager.update({ permissions: ['users.write'] });
      token = await addSession(manager);
    });
    const asManager = (method: string, path: string, body?: object) => platform.call(token, method, `/api/v1/users${path}`, body);

    test('he gives no role or permission that he lacks', async () => {
      const user = await addUser('viewer');
      const name = newName();
      const account = { username: name, email: `${name}@example.org` };
      const answers = [
        await asManager('POST', '', { ...account, role: 'admin' }),
        await asManager('POST', '', { ...account, permissions: ['settings.write'] }),
        await asManager('PATCH', `/${user.userUuid}`, { role: 'admin' }),
        await asManager('PATCH', `/${user.userUuid}`, { permissions: ['tokens.all'] }),
      ];
      expect(answers.map(({ status, body }) => [status, body.code])).toEqual(answers.map(() => [403, 'FORBIDDEN']));
      expect(answers[3]?.body.detail).toContain('tokens.all');
      expect((await asManager('PATCH', `/${user.userUuid}`, { role: 'operator', permissions: ['users.write'] })).status).toBe(200);
    });

    test('he changes nothing of an account that has more than he has', async () => {
      const admin = await addUser('admin');
      const session = await addSession(admin);
      const at = `/${admin.userUuid}`;
      const answers = [
        await asManager('PATCH', at, { role: 'viewer' }),
        await asManager('PATCH', at, { email: 'mine@example.org' }),
        await asManager('PATCH', at, { is_active: false }),
        await asManager('POST', `${at}/reset-password`),
        await asManager('POST', `${at}/unlock`),
        await asManager('POST', `${at}/require-password-change`),
        await asManager('DELETE', `${at}/sessions`),
        await asManager('DELETE', `${at}/sessions/${NOBODY}`),
      ];
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 403));
      expect([await isIn(session), (await login(admin.username, PASSWORD)).status]).toEqual([true, 200]);
    });

    test('he changes neither his own role nor his own permissions, deactivates nobody himself, and resets no password of his own', async () => {
      const at = `/${manager.userUuid}`;
      for (const input of [{ role: 'viewer' }, { permissions: [] }, { is_active: false }])
        expect((await asManager('PATCH', at, input)).status).toBe(403);
      for (const own of [at, at.toUpperCase()]) expect((await asManager('POST', `${own}/reset-password`)).status).toBe(403);
      expect((await login(manager.username, PASSWORD)).status).toBe(200);
      expect((await asManager('PATCH', at, { email: `own-${manager.email}` })).status).toBe(200);
    });

    test('an API token of an administrator does no more than its scopes, by way of accounts too', async () => {
      const narrow = await addApiToken(await addUser('admin'), ['users.write']);
      const name = newName();
      const made = await platform.call(narrow, 'POST', '/api/v1/users', { username: name, email: `${name}@example.org`, role: 'viewer' });
      expect([made.status, made.body.detail]).toEqual([403, expect.stringContaining('this API token')]);
    });
  });

  test('a reset password is told once, unlocks, ends the sessions, and must be changed', async () => {
    const user = await addUser('operator');
    const session = await addSession(user);
    await user.update({ lockedUntil: new Date(Date.now() + 3_600_000), failedLoginCount: 5 });
    const reset = await platform.api('POST', `/api/v1/users/${user.userUuid}/reset-password`);
    expect([reset.status, reset.body]).toEqual([200, { username: user.username, password: expect.stringMatching(/^[\w-]{24}$/) }]);
    expect([await isIn(session), (await login(user.username, PASSWORD)).status]).toEqual([false, 401]);
    expect((await login(user.username, reset.body.password)).body.user.must_change_password).toBe(true);
  });

  test('an account without a password, as one that was imported, is given one', async () => {
    const user = await addUser('viewer');
    await user.update({ passwordHash: '!' });
    const at = `/api/v1/users/${user.userUuid}`;
    expect((await platform.api('GET', at)).body.has_password).toBe(false);
    expect((await platform.api('POST', `${at}/require-password-change`)).status).toBe(409);
    const { password } = (await platform.api('POST', `${at}/reset-password`)).body;
    expect((await login(user.username, password)).status).toBe(200);
  });

  test('an account is unlocked, and the list says until when it was locked', async () => {
    const user = await addUser('viewer');
    for (let failure = 1; failure <= 5; failure += 1) await login(user.username, 'wrong horse battery');
    const locked = await platform.api('GET', `/api/v1/users/${user.userUuid}`);
    expect([locked.body.locked_until, (await login(user.username, PASSWORD)).status]).toEqual([expect.any(String), 401]);
    expect((await platform.api('POST', `/api/v1/users/${user.userUuid}/unlock`)).body.locked_until).toBeNull();
    expect((await login(user.username, PASSWORD)).status).toBe(200);
  });

  test('an account that must change its password can do nothing else, by session or by token', async () => {
    const user = await addUser('operator');
    const [session, token] = [await addSession(user), await addApiToken(user, ['jobs.read'])];
    await platform.api('POST', `/api/v1/users/${user.userUuid}/require-password-change`);
    for (const held of [session, token])
      expect((await platform.call(held, 'GET', '/api/v1/jobs')).body.code).toBe('PASSWORD_CHANGE_REQUIRED');
    const next = { current_password: PASSWORD, new_password: 'a new and long password' };
    expect((await platform.call(session, 'POST', '/api/v1/auth/password', next)).status).toBe(204);
    for (const held of [session, token]) expect((await platform.call(held, 'GET', '/api/v1/jobs')).status).toBe(200);
  });

  test('an account is the same however its uuid is written, also on record and for whoever serves its streams', async () => {
    const user = await addUser('viewer');
    const token = await addSession(user);
    const at = `/api/v1/users/${user.userUuid.toUpperCase()}`;
    expect((await platform.api('POST', `${at}/unlock`)).status).toBe(200);
    expect((await platform.api('PATCH', at, { role: 'operator' })).status).toBe(200);
    expect((await platform.api('DELETE', `${at}/sessions`)).body).toEqual({ ended: 1 });
    expect((await platform.call(token, 'GET', '/api/v1/auth/me')).status).toBe(401);
    expect((await lastEvents(user.userUuid)).map(({ action }) => action)).toEqual(['unlock_user', 'change_rights', 'revoke_sessions']);
  });

  test('a user name that a job, its rollout or an open run names as an approver goes from nobody to nobody', async () => {
    const [ann, bob] = [await addUser('operator'), await addUser('operator')];
    const target = await addTarget(platform, `${ann.username}.example.org`);
    const approvers = [{ type: 'user', value: ann.username }];
    const approval = { action_type: 'approval', action_name: 'ask', action_parameters: { approvers, message: 'now?' } };
    const asking = await addJob(platform, 'asks', { targets: [target], actions: [approval] });
    const inBatches = { rollout: { batches: [{ count: 1 }], between_batches: { approvers } } };
    const rolling = await addJob(platform, 'rolls', { targets: [target], settings: inBatches });
    const away = async () => {
      const { status, body } = await change(ann, { username: newName() });
      return [status, body.errors?.[0].message];
    };
    const run = (await platform.api('POST', `/api/v1/jobs/${asking}/executions`, {})).body.execution_serial;
    expect((await change(ann, { email: `new-${ann.email}` })).status).toBe(200);
    expect(await away()).toEqual([409, `is that of an approver of ${asking}`]);
    expect((await platform.api('PUT', `/api/v1/jobs/${asking}`, jobNamed('asks', { targets: [target] }))).status).toBe(200);
    expect(await away()).toEqual([409, `is that of an approver of ${rolling}`]);
    expect((await platform.api('DELETE', `/api/v1/jobs/${rolling}`)).status).toBe(204);
    expect(await away()).toEqual([409, `is that of an approver of ${run}`]);
    await execute(platform.db, `UPDATE job_executions SET status = 'cancelled', completed_at = now() WHERE execution_serial = $1`, [run]);
    expect((await away())[0]).toBe(200);
    const again = await addJob(platform, 'asks again', { targets: [target], actions: [approval] });
    const taken = await change(bob, { username: ann.username.toUpperCase() });
    expect([taken.status, taken.body.errors]).toEqual([409, [{ path: 'username', message: `is that of an approver of ${again}` }]]);
  });

  test('sessions of a user are listed and ended, one and all', async () => {
    const user = await addUser('viewer');
    const [one, other, third] = [await addSession(user), await addSession(user), await addSession(user)];
    const at = `/api/v1/users/${user.userUuid}/sessions`;
    const listed = await platform.api('GET', at);
    expect(listed.body.data.map(({ is_current: isCurrent }: { is_current: boolean }) => isCurrent)).toEqual([false, false, false]);
    expect((await platform.api('DELETE', `${at}/${listed.body.data[0].session_uuid}`)).status).toBe(204);
    expect((await platform.api('DELETE', `${at}/${listed.body.data[0].session_uuid}`)).status).toBe(404);
    expect([await isIn(one), await isIn(other), await isIn(third)]).toEqual([true, true, false]);
    expect((await platform.api('DELETE', at)).body).toEqual({ ended: 2 });
    expect([await isIn(one), await isIn(other), (await platform.api('GET', at)).body.data]).toEqual([false, false, []]);
  });

  test('API tokens of everybody are listed, those of a user too, and one is ended', async () => {
    const [user, neighbour] = [await addUser('operator'), await addUser('operator')];
    const [token, kept] = [await addApiToken(user, ['jobs.read']), await addApiToken(neighbour, ['jobs.read'])];
    const owners = async (path: string): Promise<string[]> =>
      (await platform.api('GET', path)).body.data.map(({ username }: { username: string }) => username);
    expect((await owners('/api/v1/tokens')).slice(0, 2)).toEqual([neighbour.username, user.username]);
    expect(await owners(`/api/v1/users/${user.userUuid}/tokens`)).toEqual([user.username]);
    const [{ token_uuid: uuid }] = (await platform.api('GET', `/api/v1/users/${user.userUuid}/tokens`)).body.data;
    expect((await platform.api('DELETE', `/api/v1/users/${neighbour.userUuid}/tokens/${uuid}`)).status).toBe(404);
    expect((await platform.api('DELETE', `/api/v1/users/${user.userUuid}/tokens/${uuid}`)).status).toBe(204);
    expect([await isIn(token), await isIn(kept)]).toEqual([false, true]);
  });

  test('the first administrator gets another name when somebody is called admin', async () => {
    const { db, services } = platform;
    const admins = await selectRows<{ id: number }>(
      db,
      `UPDATE users SET role = 'viewer' WHERE role = 'admin' AND username <> 'system' RETURNING id`,
    );
    const bootstrapped = await bootstrapAdmin(db, services.keyRing);
    await db.query(`UPDATE users SET role = 'admin' WHERE id = ANY($1)`, { bind: [admins.map(({ id }) => id)] });
    expect(bootstrapped?.username).toBe('admin-2');
  });
});
