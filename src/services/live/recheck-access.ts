import type { UserRole } from '../../contracts/enums.ts';
import { selectRows } from '../../db/query.ts';
import { isPermission, permissionsOf } from '../../domain/permissions.ts';
import type { Permission } from '../../domain/permissions.ts';
import type { Caller, ServiceDeps } from '../context.ts';

interface HolderRow {
  holder: string;
  role: UserRole;
  permissions: unknown[];
  scopes: unknown[] | null;
}

/** Names the session or token with which somebody called. */
export const holderOf = ({ actor, sessionId }: Pick<Caller, 'actor' | 'sessionId'>): string =>
  actor.type === 'api_token' ? `token ${actor.apiTokenId}` : `session ${sessionId ?? 0}`;

const idsOf = (holders: readonly string[], kind: string): string[] =>
  holders.filter((holder) => holder.startsWith(kind)).map((holder) => holder.slice(kind.length + 1));

/**
 * What the holders of these sessions and tokens may do now; those that would be refused are left out. Asking is no activity: a stream that is open
 * keeps no session from ending.
 */
export const readRights = async (
  { db, readSettings }: Pick<ServiceDeps, 'db' | 'readSettings'>,
  holders: readonly string[],
): Promise<ReadonlyMap<string, ReadonlySet<Permission>>> => {
  const { inactivity_timeout_minutes: idle, session_timeout_seconds: longest } = await readSettings();
  const rows = await selectRows<HolderRow>(
    db,
    `SELECT 'session ' || s.id AS holder, u.role, u.permissions, NULL::jsonb AS scopes FROM user_sessions s JOIN users u ON u.id = s.user_id
     WHERE s.id = ANY($1::bigint[]) AND s.revoked_at IS NULL AND s.expires_at > now() AND s.created_at > now() - make_interval(secs => $4)
       AND s.last_activity_at > now() - make_interval(mins => $3) AND u.is_active AND NOT u.must_change_password
     UNION ALL
     SELECT 'token ' || t.id, u.role, u.permissions, t.scopes FROM api_tokens t JOIN users u ON u.id = t.user_id
     WHERE t.id = ANY($2::bigint[]) AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > now()) AND u.is_active
       AND NOT u.must_change_password`,
    [idsOf(holders, 'session'), idsOf(holders, 'token'), idle, longest],
  );
  return new Map(
    rows.map(({ holder, role, permissions, scopes }) => {
      const owned = permissionsOf(role, permissions);
      const may = scopes === null ? owned : new Set(scopes.filter(isPermission).filter((scope) => owned.has(scope)));
      return [holder, may];
    }),
  );
};
