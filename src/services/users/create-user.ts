import type { Sequelize, Transaction } from 'sequelize';
import type { CreateUser, UserCreated } from '../../contracts/user.ts';
import { selectRow } from '../../db/query.ts';
import { recordAudit } from '../../db/record-audit.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { assertPassword, hashPassword } from '../auth/passwords.ts';
import { newPassword } from '../auth/reset-password.ts';
import { withConstraints } from '../constraint-errors.ts';
import { authorize } from '../context.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { findUser } from './account-rows.ts';
import { assertMayManage } from './may-manage.ts';

const taken = (path: 'username' | 'email', what: string) => (): OpsError =>
  new OpsError('CONFLICT', `There is a user with this ${what} already, perhaps a deactivated one. Choose another.`, {
    fields: [{ path, message: 'is taken' }],
  });

/** Runs a write of accounts; a name or address that somebody has is a CONFLICT. */
export const withFreeNames = <T>(write: () => Promise<T>): Promise<T> =>
  withConstraints({ uq_users_username: taken('username', 'user name'), uq_users_email: taken('email', 'mail address') }, write);

/** What of an account the audit keeps when it is made. */
const detailsOf = ({ username, email, role, permissions }: NewUser): Record<string, unknown> => ({
  after: { username, email, role, permissions },
});

const insertRow = async (db: Sequelize, input: NewUser, transaction: Transaction): Promise<string> => {
  const row = await selectRow<{ user_uuid: string }>(
    db,
    `INSERT INTO users (username, email, role, permissions, password_hash, must_change_password, is_active, password_changed_at)
     VALUES ($1, $2, $3, $4::jsonb, $5, $6, $7, now()) RETURNING user_uuid`,
    [
      input.username,
      input.email,
      input.role,
      JSON.stringify(input.permissions),
      input.passwordHash,
      input.must_change_password,
      input.isActive ?? true,
    ],
    transaction,
  );
  if (row === undefined) throw new OpsError('INTERNAL', 'The account was not written.');
  return row.user_uuid;
};

/** An account as it is written. */
export interface NewUser extends Omit<CreateUser, 'password'> {
  /** `!`: no password lets it in. */
  passwordHash: string;
  isActive?: boolean;
}

/** As createUser, inside a transaction. @returns its uuid */
export const insertUser = async (
  { db, keyRing }: Pick<ServiceDeps, 'db' | 'keyRing'>,
  caller: Caller,
  input: NewUser,
  transaction: Transaction,
): Promise<string> => {
  const uuid = await insertRow(db, input, transaction);
  const event = { eventType: 'user_created', action: 'create_user', severity: 'high', actor: caller.actor, resourceType: 'users' } as const;
  await recordAudit(db, keyRing.auditKey, { ...event, resourceId: uuid, details: detailsOf(input) }, transaction);
  return uuid;
};

/**
 * Makes an account. Without a password it gets a random one, which is told once.
 * @throws OpsError FORBIDDEN when it would have rights that the caller lacks; VALIDATION for a short password; CONFLICT for a name that is taken.
 */
export const createUser = async (
  { db, keyRing, readSettings }: Pick<ServiceDeps, 'db' | 'keyRing' | 'readSettings'>,
  caller: Caller,
  input: CreateUser,
): Promise<UserCreated> => {
  authorize(caller, 'users.write');
  assertMayManage(caller, input, 'The account would have');
  if (input.password !== undefined) assertPassword(await readSettings(), input.password, 'password');
  const made = input.password === undefined ? newPassword() : undefined;
  const passwordHash = await hashPassword(input.password ?? made ?? '');
  return withFreeNames(() =>
    db.transaction(async (transaction) => {
      const uuid = await insertUser({ db, keyRing }, caller, { ...input, passwordHash }, transaction);
      const { id: _, ...user } = await findUser(db, uuid, transaction);
      return { ...user, ...(made !== undefined && { password: made }) };
    }),
  );
};
