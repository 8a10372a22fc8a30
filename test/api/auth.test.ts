import { verify } from '@node-rs/argon2';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { selectRow, selectRows } from '../../src/db/query.ts';
import { login as logIn } from '../../src/services/auth/login.ts';
import { resetPassword } from '../../src/services/auth/reset-password.ts';
import { startTestPlatform } from '../support/platform.ts';
import type { Answer, TestPlatform } from '../support/platform.ts';
import { PASSWORD, addApiToken, addSession, addUser } from './support/accounts.ts';
import type { UserRow } from './support/accounts.ts';
import { auditRows, isSigned } from './support/audit.ts';

// The real one, counted.
vi.mock('@node-rs/argon2', { spy: true });

const WRONG = 'wrong horse battery';
const NEW_PASSWORD = 'a new and long password';

describe('accounts, sessions and tokens', () => {
  let platform: TestPlatform;
  beforeAll(async () => {
    platform = await startTestPlatform({ worker: false });
  });
  afterAll(() => platform[Symbol.asyncDispose]());

  const login = (username: string, password: string): Promise<Answer> =>
    platform.call(undefined, 'POST', '/api/v1/auth/login', { username, password });
  const isIn = async (token: string): Promise<boolean> => (await platform.call(token, 'GET', '/api/v1/auth/me')).status === 200;
  const ageSession = (user: UserRow, columns: string) =>
    platform.db.query(`UPDATE user_sessions SET ${columns} WHERE user_id = $1`, { bind: [user.id] });

  test('a login gives a token that works until the logout', async () => {
    const user = await addUser('operator');
    const { status, body } = await login(user.username, PASSWORD);
    expect([status, body.token]).toEqual([200, expect.stringMatching(/^ops_s_[\w-]{43}$/)]);
    expect(body.user).toMatchObject({
      username: user.username,
      role: 'operator',
      must_change_password: false,
      last_login_at: expect.any(String),
    });
    expect(Date.parse(body.expires_at)).toBeGreaterThan(Date.now());
    expect(await isIn(body.token)).toBe(true);
    expect((await platform.call(body.token, 'POST', '/api/v1/auth/logout')).status).toBe(204);
    expect(await isIn(body.token)).toBe(false);
  });

  test('a login works by mail address and without regard to case', async () => {
    const user = await addUser('viewer');
    for (const name of [user.email, user.username.toUpperCase(), user.email.toUpperCase()])
      expect((await login(name, PASSWORD)).status).toBe(200);
  });

  test('a logout ends one session, not the others', async () => {
    const user = await addUser('viewer');
    const [one, other] = [await addSession(user), await addSession(user)];
    await platform.call(one, 'POST', '/api/v1/auth/logout');
    expect([await isIn(one), await isIn(other)]).toEqual([false, true]);
  });

  test('a session ends at its absolute limit', async () => {
    const user = await addUser('viewer');
    const token = (await login(user.username, PASSWORD)).body.token;
    await ageSession(user, `expires_at = now() + interval '1 minute'`);
    expect(await isIn(token)).toBe(true);
    await ageSession(user, `expires_at = now()`);
    expect(await isIn(token)).toBe(false);
  });

  test('a session ends when it is not used for an hour', async () => {
    const user = await addUser('viewer');
    const token = (await login(user.username, PASSWORD)).body.token;
    await ageSession(user, `last_activity_at = now() - interval '59 minutes'`);
    expect(await isIn(token)).toBe(true);
    const touched = await selectRow<{ recent: boolean }>(
      platform.db,
      `SELECT last_activity_at > now() - interval '1 minute' AS recent FROM user_sessions WHERE user_id = $1`,
      [user.id],
    );
    expect(touched?.recent).toBe(true);
    await ageSession(user, `last_activity_at = now() - interval '61 minutes'`);
    expect(await isIn(token)).toBe(false);
    expect(await isIn(token)).toBe(false);
  });

  test('unknown name, wrong password, locked, deactivated and password-less accounts get the same answer', async () => {
    const [known, deactivated, locked] = [await addUser('viewer'), await addUser('viewer', { isActive: false }), await addUser('viewer')];
    await locked.update({ lockedUntil: new Date(Date.now() + 60_000) });
    const answers = [
      await login('nobody-of-this-name', WRONG),
      await login(known.username, WRONG),
      await login(deactivated.username, PASSWORD),
      await login(locked.username, PASSWORD),
      await login('system', '!'),
    ];
    const [first, ...rest] = answers.map(({ status, body: { instance: _instance, ...body }, headers }) => ({
      status,
      body,
      challenge: headers.get('www-authenticate'),
    }));
    expect(first).toMatchObject({ status: 401, body: { code: 'UNAUTHENTICATED' } });
    for (const other of rest) expect(other).toEqual(first);
  });

  test('five wrong passwords lock the account for a while, for the right one too', async () => {
    const user = await addUser('viewer');
    for (let failure = 1; failure <= 4; failure += 1) await login(user.username, WRONG);
    expect((await login(user.username, PASSWORD)).status).toBe(200);
    for (let failure = 1; failure <= 5; failure += 1) await login(user.username, WRONG);
    expect((await login(user.username, PASSWORD)).status).toBe(401);
    await platform.db.query(`UPDATE users SET locked_until = now() - interval '1 second' WHERE id = $1`, { bind: [user.id] });
    expect((await login(user.username, PASSWORD)).status).toBe(200);
    expect(await user.reload()).toMatchObject({ failedLoginCount: 0, lockedUntil: null });
  });

  test('a lockout is on record once, whoever goes on guessing, and each one anew', async () => {
    const user = await addUser('viewer');
    const lockouts = async () =>
      (await auditRows(platform)).filter((event) => event.action === 'lock_account' && event.user_id === user.id);
    for (let failure = 1; failure <= 4; failure += 1) await login(user.username, WRONG);
    expect(await lockouts()).toEqual([]);
    for (const password of [WRONG, WRONG, PASSWORD]) await login(user.username, password);
    const [lockout, ...more] = await lockouts();
    expect(lockout).toMatchObject({
      event_type: 'security_violation',
      severity: 'high',
      actor_type: 'user',
      resource_type: 'users',
      resource_id: user.userUuid,
      details: { username: user.username, locked_until: (await user.reload()).lockedUntil?.toISOString() },
    });
    expect(lockout && isSigned(platform.services.keyRing.auditKey, lockout)).toBe(true);
    expect(more).toEqual([]);
    await user.update({ lockedUntil: new Date(Date.now() - 1_000) });
    for (let failure = 1; failure <= 5; failure += 1) await login(user.username, WRONG);
    expect(await lockouts()).toHaveLength(2);
  });

  test('wrong passwords that come at once are all counted, until they lock the account', async () => {
    const user = await addUser('viewer');
    const guess = (count: number) => Promise.all(Array.from({ length: count }, () => login(user.username, WRONG)));
    await guess(4);
    expect(await user.reload()).toMatchObject({ failedLoginCount: 4, lockedUntil: null });
    await guess(6);
    expect(await user.reload()).toMatchObject({ failedLoginCount: 5, lockedUntil: expect.any(Date) });
    expect((await login(user.username, PASSWORD)).status).toBe(401);
  });

  /** A login that is refused: its statements, in order, and how many passwords were verified. */
  const refusal = async (username: string, password: string) => {
    const { db, services } = platform;
    const settings = await services.readSettings();
    const request = { ipAddress: '192.0.2.1', userAgent: undefined, requestId: undefined };
    const { options } = db as unknown as { options: { logging: false | ((text: string) => unknown) } };
    const statements: string[] = [];
    const verified = vi.mocked(verify).mock.calls.length;
    options.logging = (text) => statements.push(text.replace(/^Executing \(.*?\): /, ''));
    try {
      await expect(logIn({ ...services, readSettings: async () => settings }, { username, password }, request)).rejects.toMatchObject({
        code: 'UNAUTHENTICATED',
      });
    } finally {
      options.logging = false;
    }
    return { statements, verifications: vi.mocked(verify).mock.calls.length - verified };
  };

  test('every refusal takes the same statements and verifies one password', async () => {
    const [known, deactivated, locked] = [await addUser('viewer'), await addUser('viewer', { isActive: false }), await addUser('viewer')];
    const lockedUntil = new Date(Date.now() + 60_000);
    await locked.update({ lockedUntil, failedLoginCount: 5 });
    const first = await refusal('nobody-of-this-name', WRONG);
    expect([first.statements.length, first.verifications]).toEqual([5, 1]);
    for (const [username, password] of [
      [known.username, WRONG],
      [locked.username, WRONG],
      [locked.username, PASSWORD],
      [deactivated.username, WRONG],
      [deactivated.username, PASSWORD],
      ['system', '!'],
    ] as const)
      expect([username, await refusal(username, password)]).toEqual([username, first]);
    // Nor do the rows tell which password was the right one.
    expect(await locked.reload()).toMatchObject({ failedLoginCount: 5, lockedUntil });
    expect((await deactivated.reload()).failedLoginCount).toBe(2);
  });

  test('the right password among many wrong ones at once does not slip in after the lock', async () => {
    const user = await addUser('viewer');
    const guesses = [...Array.from({ length: 30 }, () => WRONG), PASSWORD];
    const answers = await Promise.all(guesses.map((guess) => login(user.username, guess)));
    expect(answers.map(({ status }) => status)).not.toContain(200);
  });

  test('guesses at the current password that come at once lock the account as those of logins do, and none of them tells the right one', async () => {
    const user = await addUser('viewer');
    const session = await addSession(user);
    const guess = (password: string, next = NEW_PASSWORD): Promise<Answer> =>
      platform.call(session, 'POST', '/api/v1/auth/password', { current_password: password, new_password: next });
    const answers = await Promise.all([...Array.from({ length: 30 }, () => WRONG), PASSWORD].map((password) => guess(password)));
    expect(answers.filter(({ status }) => status === 400)).toHaveLength(4);
    const refused = answers.filter(({ status }) => status === 403);
    expect(refused).toHaveLength(27);
    expect(new Set(refused.map(({ body }) => body.detail))).toEqual(new Set([answers.at(-1)?.body.detail]));
    expect((await user.reload()).lockedUntil).toBeInstanceOf(Date);
    const lockouts = (await auditRows(platform)).filter(({ action, user_id: by }) => action === 'lock_account' && by === user.id);
    expect(lockouts).toMatchObject([{ resource_id: user.userUuid, details: { username: user.username } }]);
    await user.update({ lockedUntil: null });
    const [same, other] = [await guess(PASSWORD, PASSWORD), await guess(WRONG.repeat(2), WRONG.repeat(2))];
    expect([same.status, same.body.errors]).toEqual([other.status, other.body.errors]);
    expect((await guess(PASSWORD)).status).toBe(204);
  });

  test('an API token is shown once, does what its scopes say, and ends when it is revoked', async () => {
    const user = await addUser('operator');
    const session = await addSession(user);
    const made = await platform.call(session, 'POST', '/api/v1/auth/tokens', { name: 'ci', scopes: ['jobs.read', 'targets.read'] });
    expect(made.status).toBe(201);
    const { token, token_uuid: uuid, token_prefix: prefix } = made.body;
    expect(token).toMatch(/^ops_t_[\w-]{43}$/);
    expect(token.startsWith(prefix)).toBe(true);

    const listed = await platform.call(session, 'GET', '/api/v1/auth/tokens');
    const { token: _, ...shown } = made.body;
    expect(listed.body.data).toEqual([shown]);

    expect((await platform.call(token, 'GET', '/api/v1/jobs')).status).toBe(200);
    expect((await platform.call(token, 'GET', '/api/v1/executions')).status).toBe(403);
    expect((await platform.call(token, 'POST', '/api/v1/jobs', {})).status).toBe(403);
    expect((await platform.call(session, 'GET', '/api/v1/auth/tokens')).body.data[0].last_used_at).toEqual(expect.any(String));

    expect((await platform.call(session, 'DELETE', `/api/v1/auth/tokens/${uuid}`)).status).toBe(204);
    expect((await platform.call(token, 'GET', '/api/v1/jobs')).status).toBe(401);
    expect((await platform.call(session, 'DELETE', `/api/v1/auth/tokens/${uuid}`)).status).toBe(404);
    expect((await platform.call(session, 'POST', '/api/v1/auth/tokens', { name: 'ci', scopes: ['jobs.read'] })).status).toBe(201);
  });

  test('an API token ends at its time', async () => {
    const user = await addUser('operator');
    const body = { name: 'short', scopes: ['jobs.read'], expires_at: new Date(Date.now() + 60_000).toISOString() };
    const made = await platform.call(await addSession(user), 'POST', '/api/v1/auth/tokens', body);
    expect(made.body.expires_at).toBe(body.expires_at);
    expect(await isIn(made.body.token)).toBe(true);
    await platform.db.query(`UPDATE api_tokens SET expires_at = now() WHERE user_id = $1`, { bind: [user.id] });
    expect(await isIn(made.body.token)).toBe(false);
  });

  test('an API token loses what its owner loses', async () => {
    const user = await addUser('operator');
    const token = await addApiToken(user, ['jobs.read', 'jobs.write']);
    expect((await platform.call(token, 'POST', '/api/v1/jobs', {})).status).toBe(400);
    await user.update({ role: 'viewer' });
    expect((await platform.call(token, 'POST', '/api/v1/jobs', {})).status).toBe(403);
    await user.update({ isActive: false });
    expect(await isIn(token)).toBe(false);
  });

  test('a permission granted to one account counts', async () => {
    const user = await addUser('viewer');
    const token = await addSession(user);
    expect((await platform.call(token, 'POST', '/api/v1/jobs', {})).status).toBe(403);
    await platform.db.query('UPDATE users SET permissions = $1 WHERE id = $2', {
      bind: ['["jobs.write", "no.such.permission", 5]', user.id],
    });
    expect((await platform.call(token, 'POST', '/api/v1/jobs', {})).status).toBe(400);
  });

  test('a new password ends the other sessions and replaces the old one', async () => {
    const user = await addUser('operator', { mustChangePassword: true });
    const [own, other] = [await addSession(user), await addSession(user)];
    expect((await platform.call(own, 'GET', '/api/v1/jobs')).body.code).toBe('PASSWORD_CHANGE_REQUIRED');
    const changed = await platform.call(own, 'POST', '/api/v1/auth/password', { current_password: PASSWORD, new_password: NEW_PASSWORD });
    expect(changed.status).toBe(204);
    expect([await isIn(own), await isIn(other)]).toEqual([true, false]);
    expect((await platform.call(own, 'GET', '/api/v1/jobs')).status).toBe(200);
    expect([(await login(user.username, PASSWORD)).status, (await login(user.username, NEW_PASSWORD)).status]).toEqual([401, 200]);
  });

  test('each event is audited and signed', async () => {
    const user = await addUser('operator');
    const before = (await auditRows(platform)).length;
    await login(user.username, WRONG);
    await login('nobody-of-this-name', WRONG);
    const { token } = (await login(user.username, PASSWORD)).body;
    const made = await platform.call(token, 'POST', '/api/v1/auth/tokens', { name: 'audited', scopes: ['jobs.read'] });
    await platform.call(token, 'DELETE', `/api/v1/auth/tokens/${made.body.token_uuid}`);
    await platform.call(token, 'POST', '/api/v1/auth/password', { current_password: PASSWORD, new_password: NEW_PASSWORD });
    await platform.call(token, 'POST', '/api/v1/auth/logout');
    const events = (await auditRows(platform)).slice(before);
    expect(events.map(({ event_type: type, actor_type: actor, user_id: by, resource_id: of }) => [type, actor, by, of])).toEqual([
      ['user_login_failed', 'user', user.id, expect.any(String)],
      ['user_login_failed', 'anonymous', null, null],
      ['user_login', 'user', user.id, expect.any(String)],
      ['api_token_created', 'user', user.id, made.body.token_uuid],
      ['api_token_revoked', 'user', user.id, made.body.token_uuid],
      ['user_updated', 'user', user.id, expect.any(String)],
      ['user_logout', 'user', user.id, expect.any(String)],
    ]);
    const { auditKey } = platform.services.keyRing;
    for (const event of events) expect([event.event_type, isSigned(auditKey, event)]).toEqual([event.event_type, true]);
    const [first] = events;
    if (first === undefined) throw new Error('no event');
    expect(isSigned(auditKey, { ...first, user_id: 1 })).toBe(false);
    expect(isSigned(auditKey, { ...first, details: { forged: true } })).toBe(false);
  });

  test('audit events can be neither changed nor deleted', async () => {
    await expect(platform.db.query(`UPDATE audit_events SET severity = 'low'`)).rejects.toThrow();
    await expect(platform.db.query('DELETE FROM audit_events')).rejects.toThrow();
    await expect(platform.db.query('TRUNCATE audit_events')).rejects.toThrow();
  });

  test('no table holds a token or a password', async () => {
    const user = await addUser('operator');
    const { token } = (await login(user.username, PASSWORD)).body;
    const made = await platform.call(
      token,
      'POST',
      '/api/v1/auth/tokens',
      { name: 'secret', scopes: ['jobs.read'] },
      { 'idempotency-key': 'secret-token' },
    );
    await platform.call(made.body.token, 'GET', '/api/v1/jobs');
    await login(user.username, WRONG);
    for (const table of ['users', 'user_sessions', 'api_tokens', 'idempotency_keys', 'audit_events', 'job_execution_logs']) {
      const rows = await selectRows<{ text: string }>(platform.db, `SELECT t::text AS text FROM ${table} t`);
      const text = rows.map((row) => row.text).join('\n');
      for (const secret of [token, made.body.token, PASSWORD, WRONG]) {
        expect([table, text.includes(secret), text.includes(Buffer.from(secret).toString('hex'))]).toEqual([table, false, false]);
      }
    }
  });

  test('a password that is lost is reset: sessions end, a lock too, the new one must be changed, and it is on record', async () => {
    const { db, activities } = platform;
    const user = await addUser('operator');
    const token = await addSession(user);
    await db.query(`UPDATE users SET locked_until = now() + interval '1 hour' WHERE id = $1`, { bind: [user.id] });
    const { password, ...told } = await resetPassword(db, activities.keyRing, user.username.toUpperCase());
    expect(told).toEqual({ username: user.username, isActive: true });
    expect([password.length >= 20, await isIn(token)]).toEqual([true, false]);
    expect((await login(user.username, PASSWORD)).status).toBe(401);
    expect((await login(user.username, password)).body.user.must_change_password).toBe(true);
    const event = (await auditRows(platform)).findLast(({ action }) => action === 'reset_password');
    expect(event).toMatchObject({
      event_type: 'user_updated',
      severity: 'high',
      actor_type: 'system',
      resource_id: user.userUuid,
      details: {},
    });
    expect(event && isSigned(activities.keyRing.auditKey, event)).toBe(true);
  });

  test('the password of nobody, or of OpsConductor itself, cannot be reset', async () => {
    const before = await selectRows(platform.db, 'SELECT id, password_hash FROM users ORDER BY id');
    for (const name of ['nobody-here', 'system', 'SYSTEM'])
      await expect(resetPassword(platform.db, platform.activities.keyRing, name)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await selectRows(platform.db, 'SELECT id, password_hash FROM users ORDER BY id')).toEqual(before);
  });
});
