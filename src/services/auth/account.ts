import { Op } from 'sequelize';
import type { ChangePassword, Profile } from '../../contracts/auth.ts';
import { UserModel } from '../../db/models/identity/users.ts';
import { UserSessionModel } from '../../db/models/identity/user-sessions.ts';
import { notifyAccess } from '../../db/notify-access.ts';
import { recordAudit, recordAudits } from '../../db/record-audit.ts';
import { OpsError } from '../../domain/ops-error.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { endSessions } from './end-sessions.ts';
import { noteAttempt } from './note-attempt.ts';
import { assertPassword, hashPassword, verifyPassword } from './passwords.ts';
import { requireSession } from './sessions.ts';
import { profileOf } from './profile.ts';

const ownAccount = async (caller: Caller): Promise<InstanceType<typeof UserModel>> => {
  const user = await UserModel.findByPk(caller.userId);
  if (user === null) throw new OpsError('UNAUTHENTICATED', 'This account is gone.');
  return user;
};

/** With the permissions of the token that asks, which may have fewer than its owner. */
export const getProfile = async (caller: Caller): Promise<Profile> => ({
  ...profileOf(await ownAccount(caller)),
  permissions: [...caller.permissions].toSorted(),
});

/** Ends the session that the call came with; an API token is not ended by a logout. */
export const logout = async ({ db, keyRing }: ServiceDeps, caller: Caller): Promise<void> => {
  const { sessionId } = caller;
  if (sessionId === undefined) return;
  await db.transaction(async (transaction) => {
    await UserSessionModel.update(
      { revokedAt: new Date(), revokeReason: 'logout' },
      { where: { id: sessionId, revokedAt: null }, transaction },
    );
    if (caller.sessionUuid !== undefined) await notifyAccess(db, 'session', caller.sessionUuid, transaction);
    const event = {
      eventType: 'user_logout',
      action: 'logout',
      actor: caller.actor,
      resourceType: 'users',
      resourceId: caller.userUuid,
    } as const;
    await recordAudit(db, keyRing.auditKey, event, transaction);
  });
};

const locked = (): OpsError => new OpsError('FORBIDDEN', 'After several wrong passwords this account is locked for some minutes.');

const refuseSame = ({ current_password: current, new_password: next }: ChangePassword): void => {
  if (next === current)
    throw new OpsError('VALIDATION', 'The new password is the current one.', {
      fields: [{ path: 'new_password', message: 'must differ from the current one' }],
    });
};

/** Guesses made at the same time may have locked the account; of those even the right one gets no other answer than the rest. */
const whyUnchanged = async (userId: number): Promise<OpsError> => {
  const user = await UserModel.findByPk(userId);
  if (user?.lockedUntil !== null && user?.lockedUntil !== undefined && user.lockedUntil > new Date()) return locked();
  return new OpsError('CONFLICT', 'The password was changed by somebody else at this moment. Log in again.');
};

/**
 * Changes one's own password and ends all other sessions.
 * @throws OpsError VALIDATION when the current password is wrong or the new one too short; FORBIDDEN while the account is locked after wrong ones; CONFLICT
 */
export const changePassword = async ({ db, keyRing, readSettings }: ServiceDeps, caller: Caller, input: ChangePassword): Promise<void> => {
  // Programs log in with tokens; a stolen one must not be able to try passwords.
  const { sessionId } = requireSession(caller);
  const user = await ownAccount(caller);
  if (!user.passwordHash.startsWith('$'))
    throw new OpsError('FORBIDDEN', 'This account has no password: it logs in at the OIDC provider, where its password is changed.');
  if (user.lockedUntil !== null && user.lockedUntil > new Date()) throw locked();
  const settings = await readSettings();
  assertPassword(settings, input.new_password, 'new_password');
  refuseSame(input);
  if (!(await verifyPassword(user.passwordHash, input.current_password))) {
    const attempt = { userId: user.id, fits: undefined, now: new Date(), actor: caller.actor };
    const isLocked = await db.transaction(async (transaction) => {
      const noted = await noteAttempt(db, attempt, settings, transaction);
      await recordAudits(db, keyRing.auditKey, noted.lockout, transaction);
      return noted.isLocked;
    });
    if (isLocked) throw locked();
    throw new OpsError('VALIDATION', 'The current password is wrong.', { fields: [{ path: 'current_password', message: 'is wrong' }] });
  }
  const passwordHash = await hashPassword(input.new_password);
  const isChanged = await db.transaction(async (transaction) => {
    const changed = { passwordHash, mustChangePassword: false, passwordChangedAt: new Date() };
    // Whoever has reset it meanwhile wins; so do guesses that have locked the account while this password was verified.
    const where = { id: user.id, passwordHash: user.passwordHash, lockedUntil: { [Op.or]: [null, { [Op.lte]: new Date() }] } };
    const [count] = await UserModel.update(changed, { where, transaction });
    if (count === 0) return false;
    await endSessions(db, { userId: user.id, userUuid: user.userUuid, except: sessionId }, 'password_change', transaction);
    const event = {
      eventType: 'user_updated',
      action: 'change_password',
      actor: caller.actor,
      resourceType: 'users',
      resourceId: user.userUuid,
    } as const;
    await recordAudit(db, keyRing.auditKey, event, transaction);
    return true;
  });
  if (!isChanged) throw await whyUnchanged(user.id);
};
