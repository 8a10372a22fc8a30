import type { Sequelize, Transaction } from 'sequelize';
import type { AuditEventType } from '../../contracts/enums.ts';
import type { UpdateUser, User } from '../../contracts/user.ts';
import { notifyAccess } from '../../db/notify-access.ts';
import { execute } from '../../db/query.ts';
import { recordAudit } from '../../db/record-audit.ts';
import { canonicalJson } from '../../domain/canonical-json.ts';
import { endSessions } from '../auth/end-sessions.ts';
import { authorize } from '../context.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { assertRevision } from '../revision.ts';
import type { Expected } from '../revision.ts';
import { findUser, userRevision } from './account-rows.ts';
import type { EditableUser, LockedUser } from './account-rows.ts';
import { assertNoApprover } from './assert-no-approver.ts';
import { withFreeNames } from './create-user.ts';
import { assertAnotherAdmin } from './last-admin.ts';
import { assertMayManage, refuseOwn } from './may-manage.ts';

type Field = keyof EditableUser;

const FIELDS = ['username', 'email', 'role', 'permissions', 'is_active'] as const satisfies readonly Field[];
const RIGHTS: readonly Field[] = ['role', 'permissions'];

const isActiveAdmin = ({ role, is_active: isActive }: EditableUser): boolean => role === 'admin' && isActive;

/** What a change is for the audit: one event for each kind, each with what it was and what it is. */
const eventsOf = (before: EditableUser, after: EditableUser, changed: readonly Field[]) => {
  const kinds: [AuditEventType, string, 'low' | 'medium' | 'high', readonly Field[]][] = [
    ['permission_changed', 'change_rights', 'high', changed.filter((field) => RIGHTS.includes(field))],
    [
      after.is_active ? 'user_updated' : 'user_deleted',
      after.is_active ? 'activate_user' : 'deactivate_user',
      'high',
      changed.filter((field) => field === 'is_active'),
    ],
    ['user_updated', 'update_user', 'medium', changed.filter((field) => field === 'username' || field === 'email')],
  ];
  const pick = (user: EditableUser, fields: readonly Field[]) => Object.fromEntries(fields.map((field) => [field, user[field]]));
  return kinds
    .filter(([, , , fields]) => fields.length > 0)
    .map(([eventType, action, severity, fields]) => ({
      eventType,
      action,
      severity,
      details: { username: before.username, before: pick(before, fields), after: pick(after, fields) },
    }));
};

const writeUser = (db: Sequelize, id: number, user: EditableUser, transaction: Transaction): Promise<void> =>
  execute(
    db,
    'UPDATE users SET username = $2, email = $3, role = $4, permissions = $5::jsonb, is_active = $6 WHERE id = $1',
    [id, user.username, user.email, user.role, JSON.stringify(user.permissions), user.is_active],
    transaction,
  );

/** May this caller make this of the account? */
const assertAllowed = (caller: Caller, before: LockedUser, after: EditableUser, changed: readonly Field[]): void => {
  if (changed.some((field) => field !== 'username' && field !== 'email'))
    refuseOwn(caller, before.user_uuid, 'Nobody changes his own role or permissions, or deactivates himself. Ask another administrator.');
  assertMayManage(caller, before, `The account ${before.username} has`);
  assertMayManage(caller, after, `The account ${before.username} would have`);
};

const assertNamesAreNoApprovers = async (
  db: Sequelize,
  before: EditableUser,
  after: EditableUser,
  transaction: Transaction,
): Promise<void> => {
  for (const { username } of [before, after]) await assertNoApprover(db, username, transaction);
};

/** As updateUser, inside a transaction. */
export const saveUser = async (
  { db, keyRing }: Pick<ServiceDeps, 'db' | 'keyRing'>,
  caller: Caller,
  uuid: string,
  input: UpdateUser,
  expected: Expected,
  transaction: Transaction,
): Promise<void> => {
  const before = await findUser(db, uuid, transaction, true);
  assertRevision(expected, userRevision(before), `User ${before.username}`);
  const after: EditableUser = {
    username: input.username ?? before.username,
    email: input.email ?? before.email,
    role: input.role ?? before.role,
    permissions: input.permissions ?? before.permissions,
    is_active: input.is_active ?? before.is_active,
  };
  const changed = FIELDS.filter((field) => canonicalJson(before[field]) !== canonicalJson(after[field]));
  assertAllowed(caller, before, after, changed);
  if (changed.includes('username')) await assertNamesAreNoApprovers(db, before, after, transaction);
  if (isActiveAdmin(before) && !isActiveAdmin(after)) await assertAnotherAdmin(db, before, transaction);
  if (changed.length > 0) await writeUser(db, before.id, after, transaction);
  if (before.is_active && !after.is_active) await endSessions(db, { userId: before.id, userUuid: before.user_uuid }, 'admin', transaction);
  if (changed.some((field) => field === 'is_active' || RIGHTS.includes(field)))
    await notifyAccess(db, 'user', before.user_uuid, transaction);
  for (const event of eventsOf(before, after, changed))
    await recordAudit(
      db,
      keyRing.auditKey,
      { ...event, actor: caller.actor, resourceType: 'users', resourceId: before.user_uuid },
      transaction,
    );
};

/**
 * Changes an account; what is not given stays. A deactivated one loses its sessions at once.
 * @throws OpsError NOT_FOUND, REVISION_MISMATCH; FORBIDDEN for rights that the caller lacks and for one's own; CONFLICT for a name that is taken, or is
 * that of an approver, and for the last active administrator.
 */
export const updateUser = async (
  deps: Pick<ServiceDeps, 'db' | 'keyRing'>,
  caller: Caller,
  uuid: string,
  input: UpdateUser,
  expected?: Expected,
): Promise<User> => {
  authorize(caller, 'users.write');
  return withFreeNames(() =>
    deps.db.transaction(async (transaction) => {
      await saveUser(deps, caller, uuid, input, expected, transaction);
      const { id: _, ...user } = await findUser(deps.db, uuid, transaction);
      return user;
    }),
  );
};
