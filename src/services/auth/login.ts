import { Op } from 'sequelize';
import type { Sequelize, Transaction } from 'sequelize';
import type { Settings } from '../../contracts/settings.ts';
import type { Login, SessionCreated } from '../../contracts/auth.ts';
import { UserModel } from '../../db/models/identity/users.ts';
import { selectRow } from '../../db/query.ts';
import { recordAudit } from '../../db/record-audit.ts';
import type { RequestFacts } from '../../db/record-audit.ts';
import { OpsError } from '../../domain/ops-error.ts';
import type { ServiceDeps } from '../context.ts';
import { createSession } from './create-session.ts';
import { verifyPassword } from './passwords.ts';
import { profileOf } from './profile.ts';

type LoginDeps = Pick<ServiceDeps, 'db' | 'keyRing' | 'readSettings'>;

const REFUSED = 'User name or password is wrong, or the account is locked. After several failures an account is locked for some minutes.';

const findUser = (db: Sequelize, username: string): Promise<{ id: number } | undefined> =>
  selectRow(
    db,
    'SELECT id FROM users WHERE lower(username) = lower($1) OR lower(email) = lower($1) ORDER BY lower(username) = lower($1) DESC LIMIT 1',
    [username],
  );

/**
 * Logs a user in. Unknown names, wrong passwords, locked and deactivated accounts get the same answer in the same time.
 * @throws OpsError UNAUTHENTICATED
 */
export const login = async (deps: LoginDeps, input: Login, request: RequestFacts): Promise<SessionCreated> => {
  const { db, keyRing } = deps;
  const found = await findUser(db, input.username);
  const user = found === undefined ? null : await UserModel.findByPk(found.id);
  const isRight = await verifyPassword(user?.passwordHash, input.password);
  const isLocked = user?.lockedUntil !== null && user?.lockedUntil !== undefined && user.lockedUntil > new Date();
  if (user === null || !isRight || isLocked || !user.isActive) {
    await refuse(deps, input.username, user, isRight, request);
    throw new OpsError('UNAUTHENTICATED', REFUSED);
  }
  const settings = await deps.readSettings();
  const now = new Date();
  const entered = await db.transaction(async (transaction) => {
    // Asked again: guesses made at the same time may have locked or changed the account while this password was verified.
    const where = { id: user.id, isActive: true, passwordHash: user.passwordHash, lockedUntil: { [Op.or]: [null, { [Op.lte]: now }] } };
    const [count] = await UserModel.update({ failedLoginCount: 0, lockedUntil: null, lastLoginAt: now }, { where, transaction });
    if (count === 0) return undefined;
    const session = await createSession(user.id, settings, request, now, transaction);
    const actor = { type: 'user', userId: user.id, request } as const;
    await recordAudit(
      db,
      keyRing.auditKey,
      { eventType: 'user_login', action: 'login', actor, resourceType: 'users', resourceId: user.userUuid },
      transaction,
    );
    return session;
  });
  if (entered === undefined) {
    await refuse(deps, input.username, user, isRight, request);
    throw new OpsError('UNAUTHENTICATED', REFUSED);
  }
  return {
    token: entered.token,
    expires_at: entered.expiresAt.toISOString(),
    user: { ...profileOf(user), last_login_at: now.toISOString() },
  };
};

const refuse = async (
  { db, keyRing, readSettings }: LoginDeps,
  username: string,
  user: InstanceType<typeof UserModel> | null,
  isRight: boolean,
  request: RequestFacts,
): Promise<void> => {
  const settings = await readSettings();
  await db.transaction(async (transaction) => {
    if (user !== null && !isRight) {
      await countFailedLogin(db, user.id, settings, transaction);
    }
    const actor = user === null ? ({ type: 'anonymous', request } as const) : ({ type: 'user', userId: user.id, request } as const);
    const event = { eventType: 'user_login_failed', action: 'login', severity: 'medium', actor, resourceType: 'users' } as const;
    const details = user === null ? { username: username.slice(0, 255) } : {};
    await recordAudit(db, keyRing.auditKey, { ...event, resourceId: user?.userUuid, details }, transaction);
  });
};

/** Counts a wrong password, in one statement, so that guesses made at the same time are all counted; too many lock the account for a while. @returns whether it is locked. */
export const countFailedLogin = async (
  db: Sequelize,
  userId: number,
  settings: Pick<Settings, 'login_max_failures' | 'login_lock_minutes'>,
  transaction?: Transaction,
): Promise<boolean> => {
  const row = await selectRow<{ is_locked: boolean }>(
    db,
    `UPDATE users SET failed_login_count = failed_login_count + 1,
       locked_until = CASE WHEN (failed_login_count + 1) % $2 = 0 THEN now() + make_interval(mins => $3) ELSE locked_until END
     WHERE id = $1 RETURNING coalesce(locked_until > now(), false) AS is_locked`,
    [userId, settings.login_max_failures, settings.login_lock_minutes],
    transaction,
  );
  return row?.is_locked === true;
};
