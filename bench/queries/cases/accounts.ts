import { randomUUID } from 'node:crypto';
import { execute } from '../../../src/db/query.ts';
import { changePassword, getProfile, logout } from '../../../src/services/auth/account.ts';
import { createApiToken, listApiTokens, revokeApiToken } from '../../../src/services/auth/api-tokens.ts';
import { authenticate } from '../../../src/services/auth/authenticate.ts';
import { bootstrapAdmin } from '../../../src/services/auth/bootstrap-admin.ts';
import { resetPassword } from '../../../src/services/auth/reset-password.ts';
import { login } from '../../../src/services/auth/login.ts';
import { hashPassword } from '../../../src/services/auth/passwords.ts';
import { beginRequest, completeRequest, forgetRequest, renewClaim } from '../../../src/services/idempotency.ts';
import { OpsError } from '../../../src/domain/ops-error.ts';
import { apiToken, sessionToken } from '../small-rows.ts';
import { API_TOKENS, SESSIONS, USERS } from '../volume.ts';
import type { World } from '../world.ts';
import type { QueryCase } from './query-case.ts';

const PASSWORD = 'a password of the bench';
const SET_PASSWORD = 'UPDATE users SET password_hash = $2 WHERE id = $1';
const REQUEST = { ipAddress: '127.0.0.1', userAgent: 'bench', requestId: 'bench' };

const keyed = (key: string, userId: number) => ({ userId, key, method: 'POST', path: '/api/v1/jobs', requestHash: Buffer.alloc(32) });

/** Every fourth session is in use. */
const usedSession = (n: number): number => 4 * (1 + (n % (SESSIONS / 4)));

const refused = (error: unknown): void => {
  if (!(error instanceof OpsError) || error.code !== 'UNAUTHENTICATED') throw error;
};

/** Logins, sessions, tokens, and keys of requests. */
export const accountCases = async ({ services, caller, db }: World): Promise<QueryCase[]> => {
  const passwordHash = await hashPassword(PASSWORD);
  const user = (n: number) => ({ userId: 2 + (n % USERS), username: `user-${1 + (n % USERS)}` });
  /** An account whose password is known, as long as the transaction lasts. */
  const withPassword = async (n: number): Promise<{ userId: number; username: string }> => {
    await execute(db, SET_PASSWORD, [user(n).userId, passwordHash]);
    return user(n);
  };
  const row = (name: string, covers: readonly string[], call: QueryCase['call']): QueryCase => ({ name, kind: 'row', covers, call });

  return [
    row('session of a request', ['authenticate'], (n) => authenticate(services, sessionToken(usedSession(n)), REQUEST)),
    row('API token of a request', ['authenticate'], (n) => authenticate(services, apiToken(1 + (n % API_TOKENS)), REQUEST)),
    row('unknown session', ['authenticate'], (n) => authenticate(services, `ops_s_unknown_${n}`, REQUEST).catch(refused)),
    row('login', ['login'], async (n) => login(services, { username: (await withPassword(n)).username, password: PASSWORD }, REQUEST)),
    row('login, refused', ['login', 'noteAttempt'], async (n) => {
      const { username } = await withPassword(n);
      await login(services, { username, password: 'another one' }, REQUEST).catch(refused);
    }),
    row('logout', ['logout'], async (n) => {
      const { sessionId, sessionUuid } = await authenticate(services, sessionToken(usedSession(n)), REQUEST);
      await logout(services, { ...caller, sessionId, sessionUuid });
    }),
    row('change of a password', ['changePassword'], async (n) => {
      const { sessionId, sessionUuid, userId } = await authenticate(services, sessionToken(usedSession(n)), REQUEST);
      await execute(db, SET_PASSWORD, [userId, passwordHash]);
      const passwords = { current_password: PASSWORD, new_password: `${PASSWORD} ${n}` };
      await changePassword(services, { ...caller, userId, sessionId, sessionUuid }, passwords);
    }),
    row('profile', ['getProfile'], (n) => getProfile({ ...caller, ...user(n) })),
    row('first administrator', ['bootstrapAdmin'], () => bootstrapAdmin(db, services.keyRing)),
    row('password reset', ['resetPassword'], async (n) => {
      const { username } = await getProfile({ ...caller, ...user(n) });
      await resetPassword(db, services.keyRing, username);
    }),
    {
      name: 'API tokens',
      kind: 'page',
      covers: ['listApiTokens'],
      call: (n) => listApiTokens(services, { ...caller, ...user(n) }, { limit: 50 }),
    },
    row('API token made and revoked', ['createApiToken', 'revokeApiToken'], async (n) => {
      // Made by a session only; nothing of it is read.
      const own = { ...caller, ...user(n), sessionId: 1, sessionUuid: randomUUID() };
      const { token_uuid: uuid } = await createApiToken(services, own, { name: randomUUID(), scopes: [], expires_at: null });
      await revokeApiToken(services, own, uuid);
    }),
    row('key of a request', ['beginRequest', 'renewClaim', 'completeRequest', 'forgetRequest'], async (n) => {
      const request = keyed(randomUUID(), user(n).userId);
      const begun = await beginRequest(db, request);
      if (begun.state !== 'new') throw new Error('A new key is known already.');
      renewClaim(db, begun.claim)();
      await completeRequest(db, request, begun.claim, 201, {});
      await beginRequest(db, request);
      await forgetRequest(db, request, begun.claim);
    }),
  ];
};
