import type { Permission } from '../../domain/permissions.ts';
import { isPermission, permissionsOf } from '../../domain/permissions.ts';
import type { UserRole } from '../../contracts/enums.ts';
import { execute, selectPrepared } from '../../db/query.ts';
import type { RequestFacts } from '../../db/record-audit.ts';
import { OpsError } from '../../domain/ops-error.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { tokenHash } from '../tokens.ts';

type AuthDeps = Pick<ServiceDeps, 'db' | 'readSettings'>;

interface KnownUser {
  user_id: number;
  user_uuid: string;
  username: string;
  role: UserRole;
  permissions: unknown[];
  must_change_password: boolean;
  id: number;
  uuid: string;
  /** Its last use is older than what is noted of it: a minute. */
  is_stale: boolean;
}

type KnownSession = KnownUser & { ends_at: Date };
type KnownToken = KnownUser & { scopes: unknown[]; ends_at: Date | null };

const USER = 'u.id AS user_id, u.user_uuid, u.username, u.role, u.permissions, u.must_change_password';

/** The limits count as they are set now, whatever they were at the login. */
const BY_SESSION = `
SELECT ${USER}, s.id, s.session_uuid AS uuid, least(s.expires_at, s.created_at + make_interval(secs => $3)) AS ends_at,
  s.last_activity_at < now() - interval '1 minute' AS is_stale
FROM user_sessions s JOIN users u ON u.id = s.user_id
WHERE s.session_token_hash = $1 AND s.revoked_at IS NULL AND s.expires_at > now() AND s.created_at > now() - make_interval(secs => $3)
  AND s.last_activity_at > now() - make_interval(mins => $2) AND u.is_active`;

const BY_API_TOKEN = `
SELECT ${USER}, t.id, t.token_uuid AS uuid, t.scopes, t.expires_at AS ends_at,
  (t.last_used_at IS NULL OR t.last_used_at < now() - interval '1 minute') AS is_stale
FROM api_tokens t JOIN users u ON u.id = t.user_id
WHERE t.token_hash = $1 AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > now()) AND u.is_active`;

// The condition of the reading statement again: of many requests at once one writes.
const TOUCH_SESSION = `
UPDATE user_sessions SET last_activity_at = now() WHERE id = $1 AND revoked_at IS NULL AND last_activity_at < now() - interval '1 minute'`;
const TOUCH_API_TOKEN = `
UPDATE api_tokens SET last_used_at = now(), last_used_ip = $2::inet
WHERE id = $1 AND revoked_at IS NULL AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')`;

const refused = (): OpsError =>
  new OpsError('UNAUTHENTICATED', 'The token is unknown, expired or revoked. Log in again: opsconductor login.');

const userOf = (row: KnownUser): Pick<Caller, 'userId' | 'userUuid' | 'username' | 'role' | 'mustChangePassword'> => ({
  userId: row.user_id,
  userUuid: row.user_uuid,
  username: row.username,
  role: row.role,
  mustChangePassword: row.must_change_password,
});

const byApiToken = async ({ db }: AuthDeps, token: string, request: RequestFacts): Promise<Caller> => {
  const row = await selectPrepared<KnownToken>(db, 'api_token_of_request', BY_API_TOKEN, [tokenHash(token)]);
  if (row === undefined) throw refused();
  if (row.is_stale) await execute(db, TOUCH_API_TOKEN, [row.id, request.ipAddress ?? null]);
  const owned = permissionsOf(row.role, row.permissions);
  return {
    ...userOf(row),
    permissions: new Set<Permission>(row.scopes.filter(isPermission).filter((scope) => owned.has(scope))),
    actor: { type: 'api_token', userId: row.user_id, apiTokenId: row.id, request },
    sessionId: undefined,
    sessionUuid: undefined,
    tokenUuid: row.uuid,
    expiresAt: row.ends_at ?? undefined,
  };
};

const bySession = async ({ db, readSettings }: AuthDeps, token: string, request: RequestFacts, isActivity: boolean): Promise<Caller> => {
  const { inactivity_timeout_minutes: idle, session_timeout_seconds: longest } = await readSettings();
  const row = await selectPrepared<KnownSession>(db, 'session_of_request', BY_SESSION, [tokenHash(token), idle, longest]);
  if (row === undefined) throw refused();
  if (row.is_stale && isActivity) await execute(db, TOUCH_SESSION, [row.id]);
  return {
    ...userOf(row),
    permissions: permissionsOf(row.role, row.permissions),
    actor: { type: 'user', userId: row.user_id, request },
    sessionId: row.id,
    sessionUuid: row.uuid,
    tokenUuid: undefined,
    expiresAt: row.ends_at,
  };
};

/**
 * Who sends this token. An API token may do what its scopes and its owner's permissions both allow. The use is noted, at most once a minute.
 * @param options.isActivity false: the request does not keep the session from ending by inactivity.
 * @throws OpsError UNAUTHENTICATED when the token is unknown, expired, revoked, or its account is deactivated.
 */
export const authenticate = (
  deps: AuthDeps,
  token: string,
  request: RequestFacts,
  { isActivity = true }: { isActivity?: boolean } = {},
): Promise<Caller> => (token.startsWith('ops_t_') ? byApiToken(deps, token, request) : bySession(deps, token, request, isActivity));
