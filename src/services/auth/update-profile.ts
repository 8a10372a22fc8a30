import type { Profile } from '../../contracts/auth.ts';
import type { PermissionTable, UpdateProfile } from '../../contracts/user.ts';
import { execute } from '../../db/query.ts';
import { recordAudit } from '../../db/record-audit.ts';
import { permissionsOf, ROLE_PERMISSIONS } from '../../domain/permissions.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { assertRevision } from '../revision.ts';
import type { Expected } from '../revision.ts';
import { findUser } from '../users/account-rows.ts';
import { withFreeNames } from '../users/create-user.ts';
import { getProfile } from './account.ts';
import { profileRevision } from './profile.ts';
import { requireSession } from './sessions.ts';

/** Changes one's own mail address; of name, role and permissions others decide. @throws OpsError FORBIDDEN for an API token; CONFLICT, REVISION_MISMATCH */
export const updateProfile = async (
  { db, keyRing }: Pick<ServiceDeps, 'db' | 'keyRing'>,
  caller: Caller,
  { email }: UpdateProfile,
  expected?: Expected,
): Promise<Profile> => {
  const { userUuid } = requireSession(caller);
  await withFreeNames(() =>
    db.transaction(async (transaction) => {
      const before = await findUser(db, userUuid, transaction, true);
      const permissions = [...permissionsOf(before.role, before.permissions)].toSorted();
      assertRevision(expected, profileRevision({ ...before, permissions }), 'Your account');
      if (before.email === email) return;
      await execute(db, 'UPDATE users SET email = $2 WHERE id = $1', [before.id, email], transaction);
      const event = { eventType: 'user_updated', action: 'update_profile', actor: caller.actor, resourceType: 'users' } as const;
      const details = { before: { email: before.email }, after: { email } };
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
