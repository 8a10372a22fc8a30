import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestPlatform } from '../../support/platform.ts';
import type { TestPlatform } from '../../support/platform.ts';
import { PASSWORD, addUser } from '../support/accounts.ts';
import { newToken } from '../../../src/services/tokens.ts';

/** Whoever makes somebody log in must not know his session afterwards. */
describe('session fixation', () => {
  let platform: TestPlatform;
  beforeAll(async () => {
    platform = await startTestPlatform({ worker: false });
  });
  afterAll(() => platform[Symbol.asyncDispose]());

  const login = (username: string, headers: Record<string, string> = {}) =>
    platform.call(undefined, 'POST', '/api/v1/auth/login', { username, password: PASSWORD }, headers);
  const statusWith = async (token: string): Promise<number> => (await platform.call(token, 'GET', '/api/v1/auth/me')).status;

  test('a login never takes over a token that the request brings, wherever it stands', async () => {
    const { username } = await addUser('admin');
    const planted = newToken('session');
    const places = [
      { authorization: `Bearer ${planted}` },
      { cookie: `session=${planted}; token=${planted}; opsconductor=${planted}` },
      { 'x-session-token': planted, 'x-auth-token': planted },
    ];
    for (const headers of places) {
      const { status, body, headers: answered } = await login(username, headers);
      expect([status, body.token === planted, answered.has('set-cookie')]).toEqual([200, false, false]);
      expect(await statusWith(planted)).toBe(401);
    }
    const fields = { username, password: PASSWORD, token: planted };
    expect((await platform.call(undefined, 'POST', '/api/v1/auth/login', fields)).status).toBe(400);
    expect((await platform.call(undefined, 'POST', `/api/v1/auth/login?token=${planted}`, { username, password: PASSWORD })).status).toBe(
      400,
    );
    expect(await statusWith(planted)).toBe(401);
  });

  test('every login has a token of its own, also with that of an earlier one', async () => {
    const { username } = await addUser('viewer');
    const first: string = (await login(username)).body.token;
    const second: string = (await login(username, { authorization: `Bearer ${first}` })).body.token;
    expect(second).not.toBe(first);
    expect(await platform.call(first, 'POST', '/api/v1/auth/logout')).toMatchObject({ status: 204 });
    expect([await statusWith(first), await statusWith(second)]).toEqual([401, 200]);
  });

  test('a login with another account does not change whose an earlier token is', async () => {
    const [victim, attacker] = await Promise.all([addUser('admin'), addUser('viewer')]);
    const { body } = await login(attacker.username);
    await login(victim.username, { authorization: `Bearer ${body.token}` });
    const { body: profile } = await platform.call(body.token, 'GET', '/api/v1/auth/me');
    expect([profile.username, profile.role]).toEqual([attacker.username, 'viewer']);
  });

  test('a new password ends all sessions that were there before, but the one that changes it', async () => {
    const { username } = await addUser('operator');
    const stolen: string = (await login(username)).body.token;
    const own: string = (await login(username)).body.token;
    const change = { current_password: PASSWORD, new_password: 'another horse battery' };
    expect((await platform.call(own, 'POST', '/api/v1/auth/password', change)).status).toBe(204);
    expect([await statusWith(stolen), await statusWith(own)]).toEqual([401, 200]);
  });

  test('a session that has ended does not come back by another login', async () => {
    const { username } = await addUser('viewer');
    const ended: string = (await login(username)).body.token;
    await platform.call(ended, 'POST', '/api/v1/auth/logout');
    await login(username, { authorization: `Bearer ${ended}` });
    expect(await statusWith(ended)).toBe(401);
  });
});
