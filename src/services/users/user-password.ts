import type { Sequelize, Transaction } from 'sequelize';
import type { PasswordReset, User } from '../../contracts/user.ts';
import { notifyAccess } from '../../db/notify-access.ts';
import { execute } from '../../db/query.ts';
import { recordAudit } from '../../db/record-audit.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { endSessions } from '../auth/end-sessions.ts';
import { hashPassword } from '../auth/passwords.ts';
import { newPassword } from '../auth/reset-password.ts';
import { authorize } from '../context.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { findUser } from './account-rows.ts';
import type { LockedUser } from './account-rows.ts';
import { assertMayManage, refuseOwn } from './may-manage.ts';

type Deps = Pick<ServiceDeps, 'db' | 'keyRing'>;

/** Changes what concerns the logins of an account, under its lock, and keeps on record who did it. */
const changeLogin = <T>(
  { db, keyRing }: Deps,
  caller: Caller,
  uuid: string,
  action: string,
  change: (db: Sequelize, user: LockedUser, transaction: Transaction) => Promise<T>,
): Promise<T> => {
  authorize(caller, 'users.write');
  return db.transaction(async (transaction) => {
    const user = await findUser(db, uuid, transaction, true);
    assertMayManage(caller, user, `The account ${user.username} has`);
    const result = await change(db, user, transaction);
    const event = { eventType: 'user_updated', action, severity: 'high', actor: caller.actor, resourceType: 'users' } as const;
    await recordAudit(db, keyRing.auditKey, { ...event, resourceId: user.user_uuid, details: { username: user.username } }, transaction);
    return result;
  });
};

/** One that was given a password would let somebody in whom the provider does not. */
const refuseOidc = ({ has_password: hasPassword, oidc_issuer: issuer, username }: LockedUser): void => {
  if (!hasPassword && issuer !== null)
    throw new OpsError('CONFLICT', `${username} has no password: this account only logs in at ${issuer}.`);
};

const OWN_PASSWORD = 'Your own password is changed with the current one: opsconductor password, or POST /api/v1/auth/password.';

/**
 * Gives an account a random password, told once, that must be changed at the next login; unlocks it and ends its sessions. API tokens go on.
 * @throws OpsError NOT_FOUND; FORBIDDEN for an account with more rights and for one's own; CONFLICT when it only logs in at the OIDC provider.
 */
export const resetUserPassword = async (deps: Deps, caller: Caller, uuid: string): Promise<PasswordReset> => {
  const password = newPassword();
  const passwordHash = await hashPassword(password);
  return changeLogin(deps, caller, uuid, 'reset_password', async (db, user, transaction) => {
    refuseOwn(caller, user.user_uuid, OWN_PASSWORD);
    refuseOidc(user);
    await execute(
      db,
      `UPDATE users SET password_hash = $2, must_change_password = true, password_changed_at = now(), failed_login_count = 0, locked_until = NULL
       WHERE id = $1`,
      [user.id, passwordHash],
      transaction,
    );
    await endSessions(db, { userId: user.id, userUuid: user.user_uuid }, 'admin', transaction);
    return { username: user.username, password };
  });
};

/** Lets an account that is locked after wrong passwords log in again. @throws OpsError NOT_FOUND; FORBIDDEN for an account with more rights. */
export const unlockUser = (deps: Deps, caller: Caller, uuid: string): Promise<User> =>
  changeLogin(deps, caller, uuid, 'unlock_user', async (db, user, transaction) => {
    await execute(db, 'UPDATE users SET failed_login_count = 0, locked_until = NULL WHERE id = $1', [user.id], transaction);
    const { id: _, ...unlocked } = await findUser(db, uuid, transaction);
    return unlocked;
  });

/**
 * The account can do nothing more until it has changed its password; sessions and API tokens stay.
 * @throws OpsError NOT_FOUND; FORBIDDEN for an account with more rights; CONFLICT when it has no password.
 */
export const requirePasswordChange = (deps: Deps, caller: Caller, uuid: string): Promise<User> =>
  changeLogin(deps, caller, uuid, 'require_password_change', async (db, user, transaction) => {
    refuseOidc(user);
    if (!user.has_password) throw new OpsError('CONFLICT', `${user.username} has no password yet: reset it.`);
    await execute(db, 'UPDATE users SET must_change_password = true WHERE id = $1', [user.id], transaction);
    await notifyAccess(db, 'user', user.user_uuid, transaction);
    const { id: _, ...changed } = await findUser(db, uuid, transaction);
    return changed;
  });
