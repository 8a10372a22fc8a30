import type { Profile } from '../../contracts/auth.ts';
import type { UserModel } from '../../db/models/identity/users.ts';
import { permissionsOf } from '../../domain/permissions.ts';
import { revisionOf } from '../revision.ts';

/** Names the state of one's own account for If-Match. */
export const profileRevision = ({
  username,
  email,
  role,
  permissions,
}: Pick<Profile, 'username' | 'email' | 'role' | 'permissions'>): string => revisionOf({ username, email, role, permissions });

/** The wire form of an account. */
export const profileOf = (user: InstanceType<typeof UserModel>): Profile => ({
  user_uuid: user.userUuid,
  username: user.username,
  email: user.email,
  role: user.role,
  permissions: [...permissionsOf(user.role, user.permissions)].toSorted(),
  must_change_password: user.mustChangePassword,
  last_login_at: user.lastLoginAt?.toISOString() ?? null,
});
