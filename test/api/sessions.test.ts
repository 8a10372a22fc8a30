import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ACCESS_CHANNEL } from '../../src/db/notify-access.ts';
import { execute, selectRow } from '../../src/db/query.ts';
import { resetPassword } from '../../src/services/auth/reset-password.ts';
import { startTestPlatform } from '../support/platform.ts';
import type { TestPlatform } from '../support/platform.ts';
import { waitFor } from '../support/wait-for.ts';
import { PASSWORD, addApiToken, addSession, addUser } from './support/accounts.ts';
import type { UserRow } from './support/accounts.ts';
import { auditRows } from './support/audit.ts';
import { addJob, addTarget } from './support/definitions.ts';

const NOBODY = '7c9e6679-7425-40de-944b-e07fc1f90ae7';

describe('sessions', () => {
  let platform: TestPlatform;
  beforeAll(async () => {
    platform = await startTestPlatform({ worker: false });
  });
  afterAll(() => platform[Symbol.asyncDispose]());

  const isIn = async (token: string): Promise<boolean> => (await platform.call(token, 'GET', '/api/v1/auth/me')).status === 200;
  const status = (token: string) => platform.call(token, 'GET', '/api/v1/auth/session');
  const age = (user: UserRow, columns: string) => execute(platform.db, `UPDATE user_sessions SET ${columns} WHERE user_id = $1`, [user.id]);
  const activityOf = async (user: UserRow): Promise<Date | undefined> =>
    (await selectRow<{ at: Date }>(platform.db, 'SELECT last_activity_at AS at FROM user_sessions WHERE user_id = $1', [user.id]))?.at;
  const set = async (key: string, value: number): Promise<void> => {
    await execute(platform.db, 'UPDATE system_settings SET setting_value = $2::jsonb WHERE setting_key = $1', [key, String(value)]);
    platform.services.readSettings.forget?.();
  };

  test('the status says when the session ends and does not keep it alive; an extension does, up to the absolute end', async () => {
    const user = await addUser('viewer');
    const token = await addSession(user, { expiresAt: new Date(Date.now() + 8 * 3_600_000) });
    await age(user, `last_activity_at = now() - interval '58 minutes 30 seconds'`);
    const before = await activityOf(user);
    const { body } = await status(token);
    expect(body).toMatchObject({ is_warning: true, warning_seconds: 120 });
    expect(body.seconds_left).toBeGreaterThan(60);
    expect(body.seconds_left).toBeLessThanOrEqual(90);
    expect(await activityOf(user)).toEqual(before);
    const extended = (await platform.call(token, 'POST', '/api/v1/auth/session/extend')).body;
    expect([extended.is_warning, extended.seconds_left > 3_500]).toEqual([false, true]);
    await age(user, `expires_at = now() + interval '30 seconds'`);
    const late = (await platform.call(token, 'POST', '/api/v1/auth/session/extend')).body;
    expect([late.is_warning, late.seconds_left <= 30]).toEqual([true, true]);
  });

  test('any other request keeps the session alive, and notes it once a minute', async () => {
    const user = await addUser('viewer');
    const token = await addSession(user);
    await age(user, `last_activity_at = now() - interval '30 seconds'`);
    const before = await activityOf(user);
    await isIn(token);
    expect(await activityOf(user)).toEqual(before);
    await age(user, `last_activity_at = now() - interval '61 seconds'`);
    await Promise.all([isIn(token), isIn(token), isIn(token)]);
    expect(Date.now() - ((await activityOf(user))?.getTime() ?? 0)).toBeLessThan(30_000);
  });

  test('limits that are lowered count at once, for sessions that began before', async () => {
    const user = await addUser('viewer');
    const token = await addSession(user, { expiresAt: new Date(Date.now() + 8 * 3_600_000) });
    await age(user, `created_at = now() - interval '10 minutes', last_activity_at = now() - interval '6 minutes'`);
    await set('session_timeout_seconds', 300);
    expect((await status(token)).status).toBe(401);
    await set('session_timeout_seconds', 28_800);
    expect((await status(token)).status).toBe(200);
    await set('inactivity_timeout_minutes', 5);
    expect((await status(token)).status).toBe(401);
    await set('inactivity_timeout_minutes', 60);
  });

  test('the time of the warning is a setting', async () => {
    const user = await addUser('viewer');
    const token = await addSession(user);
    await age(user, `last_activity_at = now() - interval '55 minutes'`);
    expect((await status(token)).body).toMatchObject({ is_warning: false, warning_seconds: 120 });
    await set('warning_time_minutes', 6);
    expect((await status(token)).body).toMatchObject({ is_warning: true, warning_seconds: 360 });
    await set('warning_time_minutes', 2);
  });

  test('own sessions are listed without those that have ended, and one is ended; that of somebody else answers as if absent', async () => {
    const [user, neighbour] = [await addUser('viewer'), await addUser('viewer')];
    const [own, other] = [await addSession(user), await addSession(user)];
    await addSession(user, { expiresAt: new Date(Date.now() - 1_000) });
    const theirs = await addSession(neighbour);
    const listed = (await platform.call(own, 'GET', '/api/v1/auth/sessions')).body.data;
    expect(listed.map(({ is_current: isCurrent }: { is_current: boolean }) => isCurrent)).toEqual([false, true]);
    const [theirUuid] = (await platform.call(theirs, 'GET', '/api/v1/auth/sessions')).body.data.map(
      ({ session_uuid: uuid }: { session_uuid: string }) => uuid,
    );
    for (const uuid of [theirUuid, NOBODY]) expect((await platform.call(own, 'DELETE', `/api/v1/auth/sessions/${uuid}`)).status).toBe(404);
    expect((await platform.call(own, 'DELETE', `/api/v1/auth/sessions/${listed[0].session_uuid}`)).status).toBe(204);
    expect([await isIn(own), await isIn(other), await isIn(theirs)]).toEqual([true, false, true]);
  });

  test('all other own sessions are ended at once', async () => {
    const user = await addUser('viewer');
    const [own, one, other] = [await addSession(user), await addSession(user), await addSession(user)];
    expect((await platform.call(own, 'DELETE', '/api/v1/auth/sessions')).body).toEqual({ ended: 2 });
    expect([await isIn(own), await isIn(one), await isIn(other)]).toEqual([true, false, false]);
    expect((await platform.call(own, 'DELETE', '/api/v1/auth/sessions')).body).toEqual({ ended: 0 });
    const events = (await auditRows(platform)).filter(({ action, user_id: by }) => action === 'revoke_other_sessions' && by === user.id);
    expect(events.map(({ details }) => details)).toEqual([{ ended: 2 }]);
  });

  test('an API token has no session, and may neither see nor end those of its owner, nor change his mail address', async () => {
    const user = await addUser('operator');
    const token = await addApiToken(user, ['jobs.read', 'tokens.own']);
    expect((await status(token)).status).toBe(404);
    expect((await platform.call(token, 'POST', '/api/v1/auth/session/extend')).status).toBe(404);
    const answers = [
      await platform.call(token, 'GET', '/api/v1/auth/sessions'),
      await platform.call(token, 'DELETE', '/api/v1/auth/sessions'),
      await platform.call(token, 'PATCH', '/api/v1/auth/me', { email: 'other@example.org' }),
    ];
    expect(answers.map(({ status: code }) => code)).toEqual([403, 403, 403]);
  });

  test('an API token makes no other: one that is stolen ends with its revocation', async () => {
    const user = await addUser('operator');
    const token = await addApiToken(user, ['jobs.read', 'tokens.own'], { expiresAt: new Date(Date.now() + 3_600_000) });
    const made = await platform.call(token, 'POST', '/api/v1/auth/tokens', { name: 'child', scopes: ['jobs.read'] });
    expect([made.status, made.body.code, made.body.detail]).toEqual([403, 'FORBIDDEN', expect.stringContaining('opsconductor login')]);
    expect((await platform.call(token, 'GET', '/api/v1/auth/tokens')).body.data).toHaveLength(1);
  });

  test('one changes the own mail address, on record, and nothing else of oneself', async () => {
    const user = await addUser('viewer');
    const token = await addSession(user);
    const email = `new-${user.email}`;
    expect((await platform.call(token, 'PATCH', '/api/v1/auth/me', { email })).body).toMatchObject({ email, username: user.username });
    expect((await platform.call(token, 'PATCH', '/api/v1/auth/me', { email })).status).toBe(200);
    expect((await platform.call(token, 'PATCH', '/api/v1/auth/me', { email, role: 'admin' })).status).toBe(400);
    const taken = (await addUser('viewer')).email.toUpperCase();
    expect((await platform.call(token, 'PATCH', '/api/v1/auth/me', { email: taken })).status).toBe(409);
    const events = (await auditRows(platform)).filter(({ action, user_id: by }) => action === 'update_profile' && by === user.id);
    expect(events.map(({ details }) => details)).toEqual([{ before: { email: user.email }, after: { email } }]);
  });

  test('the table of permissions is told to everybody, with what the caller may', async () => {
    const token = await addApiToken(await addUser('admin'), ['jobs.read', 'audit.read']);
    const { body } = await platform.call(token, 'GET', '/api/v1/auth/permissions');
    expect([body.own, Object.keys(body.roles).toSorted(), body.roles.viewer.includes('jobs.write')]).toEqual([
      ['audit.read', 'jobs.read'],
      ['admin', 'operator', 'viewer'],
      false,
    ]);
  });

  test('whoever serves a stream is told whose rights have ended', async () => {
    const heard: string[] = [];
    const listener = new pg.Client({ connectionString: platform.database.url });
    listener.on('notification', ({ payload }) => heard.push(payload ?? ''));
    await listener.connect();
    await listener.query(`LISTEN ${ACCESS_CHANNEL}`);
    const user = await addUser('operator');
    const [first, second] = [await addSession(user), await addSession(user)];
    const sessionUuid = (await status(first)).body.session_uuid;
    await platform.call(first, 'POST', '/api/v1/auth/logout');
    const made = await platform.call(second, 'POST', '/api/v1/auth/tokens', { name: 'x', scopes: ['jobs.read'] });
    await platform.call(second, 'DELETE', `/api/v1/auth/tokens/${made.body.token_uuid}`);
    await platform.api('PATCH', `/api/v1/users/${user.userUuid}`, { role: 'viewer' });
    await waitFor(() => heard.length >= 3);
    expect(heard).toEqual([`session:${sessionUuid}`, `token:${made.body.token_uuid}`, `user:${user.userUuid}`]);
    // Its tokens can do nothing more, also without a session that ends with it.
    const withoutSession = await addUser('operator');
    await platform.api('POST', `/api/v1/users/${withoutSession.userUuid}/require-password-change`);
    await platform.api('POST', `/api/v1/users/${withoutSession.userUuid}/reset-password`);
    await resetPassword(platform.db, platform.services.keyRing, withoutSession.username);
    await waitFor(() => heard.length >= 6);
    expect(heard.slice(3)).toEqual(Array.from({ length: 3 }, () => `user:${withoutSession.userUuid}`));
    await listener.end();
  });

  /** An open stream. */
  interface Follower {
    /** The next bytes, as text; undefined at the end. */
    next: () => Promise<string | undefined>;
    close: () => Promise<void>;
  }
  const followAs = async (token: string, path = '/api/v1/events'): Promise<Follower> => {
    const { status: answer, body } = await platform.app.request(path, { headers: { authorization: `Bearer ${token}` } });
    if (answer !== 200 || body === null) throw new Error(`${path} was answered with ${answer}`);
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    return { next: async () => (await reader.read()).value, close: () => reader.cancel() };
  };
  const until = async ({ next }: Follower, text: string): Promise<string> => {
    for (let seen = await next(); seen !== undefined; seen = await next()) if (seen.includes(text)) return seen;
    throw new Error(`the stream ended without ${text}`);
  };
  /** What an administrator or the clock does is told to the process; what is written past the API is told by the test. */
  const write = async (sql: string, user: UserRow): Promise<void> => {
    await execute(platform.db, sql, [user.id]);
    await execute(platform.db, 'SELECT pg_notify($1, $2)', [ACCESS_CHANNEL, `user:${user.userUuid}`]);
  };
  const asAdmin = (method: string, path: (user: UserRow) => string, body?: object) => async (user: UserRow) =>
    void (await platform.api(method, `/api/v1/users/${path(user)}`, body));
  const byToken = (user: UserRow) => addApiToken(user, ['executions.read']);

  test.each<[string, (user: UserRow) => Promise<string>, (user: UserRow) => Promise<void>]>([
    ['the account is deactivated', addSession, asAdmin('PATCH', (user) => user.userUuid, { is_active: false })],
    ['the account of a token is deactivated', byToken, asAdmin('PATCH', (user) => user.userUuid, { is_active: false })],
    ['the password must be changed', addSession, asAdmin('POST', (user) => `${user.userUuid}/require-password-change`)],
    ['the owner of a token must change the password', byToken, asAdmin('POST', (user) => `${user.userUuid}/require-password-change`)],
    ['the password of the owner of a token is reset', byToken, asAdmin('POST', (user) => `${user.userUuid}/reset-password`)],
    ['the sessions are ended', addSession, asAdmin('DELETE', (user) => `${user.userUuid}/sessions`)],
    ['the session has expired', addSession, (user) => write('UPDATE user_sessions SET expires_at = now() WHERE user_id = $1', user)],
    [
      'the session is idle',
      addSession,
      (user) => write(`UPDATE user_sessions SET last_activity_at = now() - interval '9 hours' WHERE user_id = $1`, user),
    ],
    [
      'the session is too old',
      addSession,
      (user) => write(`UPDATE user_sessions SET created_at = now() - interval '9 days' WHERE user_id = $1`, user),
    ],
    ['the token has expired', byToken, (user) => write('UPDATE api_tokens SET expires_at = now() WHERE user_id = $1', user)],
    ['the token is revoked', byToken, (user) => write('UPDATE api_tokens SET revoked_at = now() WHERE user_id = $1', user)],
    [
      'the token may not read runs any more',
      byToken,
      (user) => write(`UPDATE api_tokens SET scopes = '["jobs.read"]' WHERE user_id = $1`, user),
    ],
  ])('a stream ends when %s', async (_, enter, end) => {
    const user = await addUser('operator');
    const [own, others] = [await followAs(await enter(user)), await followAs(platform.token)];
    await until(own, 'retry');
    await end(user);
    expect(await until(own, 'event: closed')).toContain('{"reason":"access_ended"}');
    expect(await own.next()).toBeUndefined();
    await until(others, 'retry');
    await others.close();
  });

  test('a stream goes on in a role that may read runs, too, and one connection listens for all streams of a process', async () => {
    const user = await addUser('operator');
    const token = await addSession(user);
    const job = await addJob(platform, 'followed', { targets: [await addTarget(platform, 'followed.example.org')] });
    const run = (await platform.api('POST', `/api/v1/jobs/${job}/executions`, {})).body.execution_serial;
    const paths = ['/api/v1/events', `/api/v1/jobs/${job}/events`, `/api/v1/executions/${run}/events`];
    const streams = await Promise.all([...paths, ...paths].map((path) => followAs(token, path)));
    await Promise.all(streams.map((stream) => until(stream, run)));
    const row = await selectRow<{ listening: number }>(
      platform.db,
      `SELECT count(*)::int AS listening FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'opsconductor-feed'`,
    );
    expect(row?.listening).toBe(1);
    await platform.api('PATCH', `/api/v1/users/${user.userUuid}`, { role: 'viewer' });
    await execute(platform.db, 'UPDATE job_executions SET max_concurrent_targets = 77 WHERE execution_serial = $1', [run]);
    platform.services.notifyRun(run);
    await Promise.all(streams.map((stream) => until(stream, '"max_concurrent_targets":77')));
    await platform.api('PATCH', `/api/v1/users/${user.userUuid}`, { is_active: false });
    await Promise.all(streams.map((stream) => until(stream, '"access_ended"')));
  });

  test('a login begins a session of its own: no token that was sent before becomes one', async () => {
    const user = await addUser('viewer');
    const planted = `ops_s_${'A'.repeat(43)}`;
    const headers = { authorization: `Bearer ${planted}`, cookie: `session=${planted}` };
    const entered = await platform.call(undefined, 'POST', '/api/v1/auth/login', { username: user.username, password: PASSWORD }, headers);
    expect([entered.body.token === planted, await isIn(planted), await isIn(entered.body.token)]).toEqual([false, false, true]);
  });
});
