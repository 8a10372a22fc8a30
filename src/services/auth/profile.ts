import type { Profile } from '../../contracts/auth.ts';
import type { UserModel } from '../../db/models/identity/users.ts';
import { permissionsOf } from '../../domain/permissions.ts';

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
