import { randomUUID } from 'node:crypto';
import type { UserRole } from '../../../src/contracts/enums.ts';
import { ApiTokenModel } from '../../../src/db/models/identity/api-tokens.ts';
import { UserModel } from '../../../src/db/models/identity/users.ts';
import { UserSessionModel } from '../../../src/db/models/identity/user-sessions.ts';
import { hashPassword } from '../../../src/services/auth/passwords.ts';
import { newToken, tokenHash } from '../../../src/services/tokens.ts';

export const PASSWORD = 'correct horse battery';

/** An account, as Sequelize gives it. */
export type UserRow = InstanceType<typeof UserModel>;

let passwordHash: Promise<string> | undefined;

/** An account whose password is PASSWORD. */
export const addUser = async (
  role: UserRole,
  fields: Partial<{ isActive: boolean; mustChangePassword: boolean }> = {},
): Promise<UserRow> => {
  passwordHash ??= hashPassword(PASSWORD);
  const username = `${role}-${randomUUID().slice(0, 8)}`;
  return UserModel.create({ username, email: `${username}@example.org`, passwordHash: await passwordHash, role, ...fields });
};

/** A session of an account, without a login. @returns its token. */
export const addSession = async (
  user: UserRow,
  fields: Partial<{ expiresAt: Date; lastActivityAt: Date; revokedAt: Date; revokeReason: 'logout' }> = {},
): Promise<string> => {
  const token = newToken('session');
  const expiresAt = new Date(Date.now() + 3_600_000);
  await UserSessionModel.create({ userId: user.id, sessionTokenHash: tokenHash(token), expiresAt, ...fields });
  return token;
};

/** @returns the token. */
export const addApiToken = async (
  user: UserRow,
  scopes: readonly string[],
  fields: Partial<{ expiresAt: Date; revokedAt: Date }> = {},
): Promise<string> => {
  const token = newToken('api');
  const name = `token ${randomUUID()}`;
  await ApiTokenModel.create({
    userId: user.id,
    name,
    tokenPrefix: token.slice(0, 12),
    tokenHash: tokenHash(token),
    scopes: [...scopes],
    ...fields,
  });
  return token;
};
