import type { Transaction } from 'sequelize';
import type { UserRole } from '../../../contracts/enums.ts';
import type { UserModel } from '../../../db/models/identity/users.ts';
import { notifyAccess } from '../../../db/notify-access.ts';
import { recordAudit } from '../../../db/record-audit.ts';
import type { RequestFacts } from '../../../db/record-audit.ts';
import type { ServiceDeps } from '../../context.ts';
import { isLastAdmin } from '../../users/last-admin.ts';

/**
 * Gives an account the role that the groups of its owner have. The provider decides, also when nobody is left who is an administrator: that stands
 * in the audit trail as critical, and the next `opsconductor up` or `db migrate` makes another.
 */
export const followRole = async (
  { db, keyRing }: Pick<ServiceDeps, 'db' | 'keyRing'>,
  user: InstanceType<typeof UserModel>,
  role: UserRole,
  request: RequestFacts,
  transaction: Transaction,
): Promise<void> => {
  if (user.role === role) return;
  const before = user.role;
  const isLast = before === 'admin' && (await isLastAdmin(db, user.id, transaction));
  await user.update({ role }, { transaction });
  await notifyAccess(db, 'user', user.userUuid, transaction);
  const actor = { type: 'user', userId: user.id, request } as const;
  const event = { eventType: 'permission_changed', action: 'follow_oidc_groups', actor, resourceType: 'users' } as const;
  const details = { username: user.username, before: { role: before }, after: { role }, ...(isLast && { was_last_administrator: true }) };
  await recordAudit(
    db,
    keyRing.auditKey,
    { ...event, severity: isLast ? 'critical' : 'high', resourceId: user.userUuid, details },
    transaction,
  );
};
