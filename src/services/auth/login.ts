import type { Sequelize } from 'sequelize';
import type { Login, SessionCreated } from '../../contracts/auth.ts';
import { UserModel } from '../../db/models/identity/users.ts';
import { recordAudits } from '../../db/record-audit.ts';
import type { Actor, AuditEvent, RequestFacts } from '../../db/record-audit.ts';
import { OpsError } from '../../domain/ops-error.ts';
import type { ServiceDeps } from '../context.ts';
import { createSession } from './create-session.ts';
import { noteAttempt } from './note-attempt.ts';
import { verifyPassword } from './passwords.ts';
import { profileOf } from './profile.ts';

type LoginDeps = Pick<ServiceDeps, 'db' | 'keyRing' | 'readSettings'>;
type User = InstanceType<typeof UserModel>;

const REFUSED = 'User name or password is wrong, or the account is locked. After several failures an account is locked for some minutes.';

const findUser = (db: Sequelize, username: string): Promise<User | null> =>
  db.query(
    'SELECT * FROM users WHERE lower(username) = lower($1) OR lower(email) = lower($1) ORDER BY lower(username) = lower($1) DESC LIMIT 1',
    { bind: [username], model: UserModel, mapToModel: true, plain: true },
  );

const loggedIn = (user: User, actor: Actor): AuditEvent => ({
  eventType: 'user_login',
  action: 'login',
  actor,
  resourceType: 'users',
  resourceId: user.userUuid,
});

const refused = (user: User | null, username: string, actor: Actor): AuditEvent => ({
  eventType: 'user_login_failed',
  action: 'login',
  severity: 'medium',
  actor,
  resourceType: 'users',
  resourceId: user?.userUuid,
  details: user === null ? { username: username.slice(0, 255) } : {},
});

/**
 * Logs a user in. Unknown names, wrong passwords, locked and deactivated accounts get the same answer in the same time: one verification of a password,
 * and the same statements. A locked account keeps no trace of whether a password was right.
 * @throws OpsError UNAUTHENTICATED
 */
export const login = async (deps: LoginDeps, input: Login, request: RequestFacts): Promise<SessionCreated> => {
  const { db, keyRing } = deps;
  const user = await findUser(db, input.username);
  const isRight = await verifyPassword(user?.passwordHash, input.password);
  const settings = await deps.readSettings();
  const now = new Date();
  const actor = user === null ? ({ type: 'anonymous', request } as const) : ({ type: 'user', userId: user.id, request } as const);
  const session = await db.transaction(async (transaction) => {
    const fits = isRight ? user?.passwordHash : undefined;
    const { enters, lockout } = await noteAttempt(db, { userId: user?.id, fits, now, actor }, settings, transaction);
    const begun = user !== null && enters ? await createSession(user.id, settings, request, now, transaction) : undefined;
    const event = user !== null && enters ? loggedIn(user, actor) : refused(user, input.username, actor);
    await recordAudits(db, keyRing.auditKey, [event, ...lockout], transaction);
    return begun;
  });
  if (user === null || session === undefined) throw new OpsError('UNAUTHENTICATED', REFUSED);
  return {
    token: session.token,
    expires_at: session.expiresAt.toISOString(),
    user: { ...profileOf(user), last_login_at: now.toISOString() },
  };
};
