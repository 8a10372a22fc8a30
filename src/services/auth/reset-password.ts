import { randomBytes } from 'node:crypto';
import type { Sequelize } from 'sequelize';
import { selectRow } from '../../db/query.ts';
import { recordAudit } from '../../db/record-audit.ts';
import type { KeyRing } from '../../db/seal.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { endSessions } from './end-sessions.ts';
import { hashPassword } from './passwords.ts';

const PASSWORD_BYTES = 18;

/** Random, and longer than any rule asks for. It is kept nowhere. */
export const newPassword = (): string => randomBytes(PASSWORD_BYTES).toString('base64url');

export interface ResetPassword {
  username: string;
  password: string;
  /** false: the account is deactivated, and stays so. */
  isActive: boolean;
}

/**
 * Gives an account a random password that must be changed at the next login, unlocks it and ends its sessions. For whoever operates the database:
 * nobody is asked who they are. API tokens stay.
 * @throws OpsError NOT_FOUND: no such account, or that of OpsConductor itself.
 */
export const resetPassword = async (db: Sequelize, keyRing: KeyRing, name: string): Promise<ResetPassword> => {
  const password = newPassword();
  const passwordHash = await hashPassword(password);
  return db.transaction(async (transaction) => {
    const user = await selectRow<{ id: number; user_uuid: string; username: string; is_active: boolean }>(
      db,
      `UPDATE users SET password_hash = $2, must_change_password = true, password_changed_at = now(), failed_login_count = 0, locked_until = NULL
       WHERE lower(username) = lower($1) AND username <> 'system' RETURNING id, user_uuid, username, is_active`,
      [name, passwordHash],
      transaction,
    );
    if (user === undefined) throw new OpsError('NOT_FOUND', `There is no user "${name}" in this database.`);
    await endSessions(db, { userId: user.id, userUuid: user.user_uuid }, 'admin', transaction);
    const event = { eventType: 'user_updated', action: 'reset_password', severity: 'high', actor: { type: 'system' } } as const;
    await recordAudit(db, keyRing.auditKey, { ...event, resourceType: 'users', resourceId: user.user_uuid }, transaction);
    return { username: user.username, password, isActive: user.is_active };
  });
};
