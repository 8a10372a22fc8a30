import type { Permission } from '../../domain/permissions.ts';
import { isPermission, permissionsOf } from '../../domain/permissions.ts';
import type { UserRole } from '../../contracts/enums.ts';
import { selectRow } from '../../db/query.ts';
import type { RequestFacts } from '../../db/record-audit.ts';
import { OpsError } from '../../domain/ops-error.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { tokenHash } from '../tokens.ts';

interface KnownCaller {
  user_id: number;
  user_uuid: string;
  username: string;
  role: UserRole;
  permissions: unknown[];
  must_change_password: boolean;
  session_id: number | null;
  api_token_id: number | null;
  scopes: unknown[] | null;
}

const BY_SESSION = `
WITH touched AS (
  UPDATE user_sessions SET last_activity_at = now() WHERE session_token_hash = $1 AND revoked_at IS NULL AND expires_at > now()
    AND last_activity_at > now() - make_interval(mins => $2) AND last_activity_at < now() - interval '1 minute')
SELECT u.id AS user_id, u.user_uuid, u.username, u.role, u.permissions, u.must_change_password, s.id AS session_id, NULL AS api_token_id, NULL AS scopes
FROM user_sessions s JOIN users u ON u.id = s.user_id
WHERE s.session_token_hash = $1 AND s.revoked_at IS NULL AND s.expires_at > now() AND s.last_activity_at > now() - make_interval(mins => $2) AND u.is_active`;

const BY_API_TOKEN = `
WITH touched AS (
  UPDATE api_tokens SET last_used_at = now(), last_used_ip = $2::inet WHERE token_hash = $1 AND revoked_at IS NULL
    AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute'))
SELECT u.id AS user_id, u.user_uuid, u.username, u.role, u.permissions, u.must_change_password, NULL AS session_id, t.id AS api_token_id, t.scopes
FROM api_tokens t JOIN users u ON u.id = t.user_id
WHERE t.token_hash = $1 AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > now()) AND u.is_active`;

/**
 * Who sends this token. An API token may do what its scopes and its owner's permissions both allow.
 * @throws OpsError UNAUTHENTICATED when the token is unknown, expired, revoked, or its account is deactivated.
 */
export const authenticate = async (
  { db, readSettings }: Pick<ServiceDeps, 'db' | 'readSettings'>,
  token: string,
  request: RequestFacts,
): Promise<Caller> => {
  const hash = tokenHash(token);
  const row = token.startsWith('ops_t_')
    ? await selectRow<KnownCaller>(db, BY_API_TOKEN, [hash, request.ipAddress ?? null])
    : await selectRow<KnownCaller>(db, BY_SESSION, [hash, (await readSettings()).inactivity_timeout_minutes]);
  if (row === undefined)
    throw new OpsError('UNAUTHENTICATED', 'The token is unknown, expired or revoked. Log in again: opsconductor login.');
  const owned = permissionsOf(row.role, row.permissions);
  const scoped = row.scopes === null ? owned : new Set<Permission>(row.scopes.filter(isPermission).filter((scope) => owned.has(scope)));
  return {
    userId: row.user_id,
    userUuid: row.user_uuid,
    username: row.username,
    role: row.role,
    permissions: scoped,
    mustChangePassword: row.must_change_password,
    sessionId: row.session_id ?? undefined,
    actor:
      row.api_token_id === null
        ? { type: 'user', userId: row.user_id, request }
        : { type: 'api_token', userId: row.user_id, apiTokenId: row.api_token_id, request },
  };
};
