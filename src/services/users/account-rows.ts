import type { Sequelize, Transaction } from 'sequelize';
import type { UserRole } from '../../contracts/enums.ts';
import type { User } from '../../contracts/user.ts';
import { selectRow } from '../../db/query.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { isPermission } from '../../domain/permissions.ts';
import type { Permission } from '../../domain/permissions.ts';
import { iso } from '../iso.ts';
import { revisionOf } from '../revision.ts';

/** Columns of an account, table `u`, as the API shows it. */
export const USER_COLUMNS = `
u.user_uuid, u.username, u.email, u.role, u.permissions, u.is_active, u.must_change_password, u.password_hash <> '!' AS has_password, u.oidc_issuer,
CASE WHEN u.locked_until > now() THEN ${iso('u.locked_until')} END AS locked_until, ${iso('u.last_login_at')} AS last_login_at,
${iso('u.password_changed_at')} AS password_changed_at, ${iso('u.created_at')} AS created_at, ${iso('u.updated_at')} AS updated_at`;

/** The account of OpsConductor itself is nobody's to see. */
export const IS_PERSON = `u.username <> 'system'`;

/** As the database has it: names of permissions that this version does not know may be among them. */
export type StoredUser = Omit<User, 'permissions'> & { permissions: unknown[] };

export const shownUser = <Row extends StoredUser>(row: Row): Omit<Row, 'permissions'> & { permissions: Permission[] } => ({
  ...row,
  permissions: row.permissions.filter(isPermission),
});

/** What of an account people change. */
export interface EditableUser {
  username: string;
  email: string;
  role: UserRole;
  permissions: readonly Permission[];
  is_active: boolean;
}

/** Names the state of an account for If-Match. */
export const userRevision = ({ username, email, role, permissions, is_active }: EditableUser): string =>
  revisionOf({ username, email, role, permissions, is_active });

export type LockedUser = User & { id: number };

const notFound = (uuid: string): OpsError => new OpsError('NOT_FOUND', `There is no user ${uuid}.`);

/** @throws OpsError NOT_FOUND, also for the account of OpsConductor itself. */
export const findUser = async (db: Sequelize, uuid: string, transaction?: Transaction, lock = false): Promise<LockedUser> => {
  const row = await selectRow<StoredUser & { id: number }>(
    db,
    `SELECT u.id, ${USER_COLUMNS} FROM users u WHERE u.user_uuid = $1 AND ${IS_PERSON}${lock ? ' FOR UPDATE' : ''}`,
    [uuid],
    transaction,
  );
  if (row === undefined) throw notFound(uuid);
  return shownUser(row);
};
