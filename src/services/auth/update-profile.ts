import type { Profile } from '../../contracts/auth.ts';
import type { PermissionTable, UpdateProfile } from '../../contracts/user.ts';
import { selectRow } from '../../db/query.ts';
import { recordAudit } from '../../db/record-audit.ts';
import { ROLE_PERMISSIONS } from '../../domain/permissions.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { withFreeNames } from '../users/create-user.ts';
import { getProfile } from './account.ts';
import { requireSession } from './sessions.ts';

/** Changes one's own mail address; of name, role and permissions others decide. @throws OpsError FORBIDDEN for an API token; CONFLICT */
export const updateProfile = async (
  { db, keyRing }: Pick<ServiceDeps, 'db' | 'keyRing'>,
  caller: Caller,
  { email }: UpdateProfile,
): Promise<Profile> => {
  const { userId, userUuid } = requireSession(caller);
  await withFreeNames(() =>
    db.transaction(async (transaction) => {
      const changed = await selectRow<{ before: string }>(
        db,
        `WITH old AS (SELECT id, email FROM users WHERE id = $1 FOR UPDATE)
         UPDATE users u SET email = $2 FROM old WHERE u.id = old.id AND old.email <> $2 RETURNING old.email AS before`,
        [userId, email],
        transaction,
      );
      if (changed === undefined) return;
      const event = { eventType: 'user_updated', action: 'update_profile', actor: caller.actor, resourceType: 'users' } as const;
      const details = { before: { email: changed.before }, after: { email } };
      await recordAudit(db, keyRing.auditKey, { ...event, resourceId: userUuid, details }, transaction);
    }),
  );
  return getProfile(caller);
};

/** Which role may do what, and what the caller may: the table that the API itself decides by. */
export const readPermissions = ({ permissions }: Caller): PermissionTable => ({
  roles: {
    viewer: [...ROLE_PERMISSIONS.viewer],
    operator: [...ROLE_PERMISSIONS.operator],
    admin: [...ROLE_PERMISSIONS.admin],
  },
  own: [...permissions].toSorted(),
});
