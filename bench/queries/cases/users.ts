import { createHash, randomUUID } from 'node:crypto';
import { execute, selectRows } from '../../../src/db/query.ts';
import { listAllTokens, listUserTokens, revokeUserToken } from '../../../src/services/users/user-tokens.ts';
import { authenticate } from '../../../src/services/auth/authenticate.ts';
import { createCode, exchangeCode } from '../../../src/services/auth/oidc/exchange-code.ts';
import { enterByOidc } from '../../../src/services/auth/oidc/enter-by-oidc.ts';
import { noteRefusal } from '../../../src/services/auth/oidc/note-refusal.ts';
import {
  extendSession,
  listOwnSessions,
  readSessionStatus,
  revokeOtherSessions,
  revokeOwnSession,
} from '../../../src/services/auth/sessions.ts';
import { updateProfile } from '../../../src/services/auth/update-profile.ts';
import type { Caller, OidcLogin } from '../../../src/services/context.ts';
import { createUser } from '../../../src/services/users/create-user.ts';
import { getUser, listUsers } from '../../../src/services/users/read-users.ts';
import { updateUser } from '../../../src/services/users/update-user.ts';
import { requirePasswordChange, resetUserPassword, unlockUser } from '../../../src/services/users/user-password.ts';
import { listUserSessions, revokeUserSession, revokeUserSessions } from '../../../src/services/users/user-sessions.ts';
import { OpsError } from '../../../src/domain/ops-error.ts';
import { createOidcClient } from '../../../src/transports/oidc/create-oidc-client.ts';
import { sessionToken } from '../small-rows.ts';
import { SESSIONS } from '../volume.ts';
import type { World } from '../world.ts';
import { pick } from './query-case.ts';
import type { QueryCase } from './query-case.ts';

const REQUEST = { ipAddress: '127.0.0.1', userAgent: 'bench', requestId: 'bench' };
const VERIFIER = 'v'.repeat(43);
const LIMIT = 50;

/** Its provider is never asked. */
const OIDC: OidcLogin = {
  client: createOidcClient({
    issuer: 'https://login.example.org',
    clientId: 'bench',
    clientSecret: undefined,
    scopes: 'openid',
    redirectUrl: 'https://ops.example.org/',
  }),
  publicUrl: 'https://ops.example.org',
  groupsClaim: 'groups',
  roles: { ops: 'operator', admins: 'admin' },
  linksByEmail: true,
  refusesLoopback: false,
};

/** Accounts, and the sessions and tokens that they have. */
export const userCases = async ({ services, caller, db }: World): Promise<QueryCase[]> => {
  const users = await selectRows<{ uuid: string; username: string }>(
    db,
    `SELECT user_uuid AS uuid, username FROM users WHERE username <> 'system' ORDER BY id`,
  );
  const owned = await selectRows<{ user: string; token: string }>(
    db,
    'SELECT u.user_uuid AS user, t.token_uuid AS token FROM api_tokens t JOIN users u ON u.id = t.user_id ORDER BY t.id LIMIT 50',
  );
  const uuid = (n: number): string => pick(users, n).uuid;
  /** Every fourth session is in use. */
  const loggedIn = (n: number): Promise<Caller> => authenticate(services, sessionToken(4 * (1 + (n % (SESSIONS / 4)))), REQUEST);
  const identity = (subject: string, groups: readonly string[]) => ({
    issuer: OIDC.client.issuer,
    subject,
    claims: { sub: subject, preferred_username: subject, email: `${subject}@example.org`, email_verified: true, groups },
  });
  const row = (name: string, covers: readonly string[], call: QueryCase['call']): QueryCase => ({ name, kind: 'row', covers, call });
  const page = (name: string, covers: readonly string[], call: QueryCase['call']): QueryCase => ({ name, kind: 'page', covers, call });

  return [
    page('users', ['listUsers'], () => listUsers(services, caller, { limit: LIMIT })),
    page('users, part of the name', ['listUsers'], (n) => listUsers(services, caller, { limit: LIMIT, search: `r-${n % 10}` })),
    page('users, by name', ['listUsers'], () => listUsers(services, caller, { limit: LIMIT, sort: 'username', is_active: true })),
    row('user', ['getUser', 'findUser'], (n) => getUser(services, caller, uuid(n))),
    row('user made', ['createUser'], () => {
      const username = `bench-${randomUUID().slice(0, 8)}`;
      const account = { username, email: `${username}@example.org`, role: 'viewer', permissions: [], must_change_password: true } as const;
      return createUser(services, caller, { ...account, permissions: [] });
    }),
    row('user changed', ['updateUser', 'assertAnotherAdmin', 'isLastAdmin'], (n) =>
      updateUser(services, caller, uuid(n), { role: 'viewer', is_active: false }),
    ),
    row('password of a user reset', ['resetUserPassword'], async (n) => {
      await execute(db, `UPDATE users SET password_hash = '$' WHERE user_uuid = $1`, [uuid(n)]);
      await resetUserPassword(services, caller, uuid(n));
    }),
    row('user unlocked', ['unlockUser'], (n) => unlockUser(services, caller, uuid(n))),
    row('password change required', ['requirePasswordChange'], async (n) => {
      await execute(db, `UPDATE users SET password_hash = '$' WHERE user_uuid = $1`, [uuid(n)]);
      await requirePasswordChange(services, caller, uuid(n));
    }),
    page('sessions of a user', ['listUserSessions', 'readSessions'], (n) => listUserSessions(services, caller, uuid(n), { limit: LIMIT })),
    page('sessions of a user ended', ['revokeUserSessions', 'endSessions'], (n) => revokeUserSessions(services, caller, uuid(n))),
    row('session of a user ended', ['revokeUserSession', 'endSession'], async (n) => {
      const { userUuid, sessionUuid = '' } = await loggedIn(n);
      await revokeUserSession(services, caller, userUuid, sessionUuid);
    }),
    page('API tokens of everybody', ['listAllTokens'], () => listAllTokens(services, caller, { limit: LIMIT })),
    page('API tokens of a user', ['listUserTokens'], (n) => listUserTokens(services, caller, uuid(n), { limit: LIMIT })),
    row('API token of a user revoked', ['revokeUserToken'], (n) =>
      revokeUserToken(services, caller, pick(owned, n).user, pick(owned, n).token),
    ),

    page('own sessions', ['listOwnSessions'], async (n) => listOwnSessions(services, await loggedIn(n), { limit: LIMIT })),
    row('status of a session', ['readSessionStatus'], async (n) => readSessionStatus(services, await loggedIn(n))),
    row('session extended', ['extendSession'], async (n) => extendSession(services, await loggedIn(n))),
    row('own session ended', ['revokeOwnSession'], async (n) => {
      const own = await loggedIn(n);
      await revokeOwnSession(services, own, own.sessionUuid ?? '');
    }),
    page('other own sessions ended', ['revokeOtherSessions'], async (n) => revokeOtherSessions(services, await loggedIn(n))),
    row('own mail address', ['updateProfile'], async (n) =>
      updateProfile(services, await loggedIn(n), { email: `${randomUUID()}@example.org` }),
    ),

    row('first login at the OIDC provider', ['enterByOidc', 'adoptAccount', 'followRole', 'createSession'], async (n) => {
      const userId = await enterByOidc(services, OIDC, identity(`bench-${n}`, ['admins']), REQUEST);
      const code = createCode(services.keyRing, userId, createHash('sha256').update(VERIFIER).digest('base64url'), new Date());
      await exchangeCode(services, { code, code_verifier: VERIFIER }, REQUEST);
    }),
    row('login at the OIDC provider, refused', ['noteRefusal'], (n) =>
      noteRefusal(services, { issuer: OIDC.client.issuer, subject: String(n) }, new OpsError('FORBIDDEN', ''), REQUEST),
    ),
    row('code of a login at the OIDC provider', ['exchangeCode', 'enterSession'], async (n) => {
      const userId = await enterByOidc(services, OIDC, identity(`user-${1 + (n % 50)}`, ['ops']), REQUEST);
      const code = createCode(services.keyRing, userId, createHash('sha256').update(VERIFIER).digest('base64url'), new Date());
      await exchangeCode(services, { code, code_verifier: VERIFIER }, REQUEST);
    }),
  ];
};
