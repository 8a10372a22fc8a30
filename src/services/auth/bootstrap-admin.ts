import type { Sequelize } from 'sequelize';
import { selectRow } from '../../db/query.ts';
import { recordAudit } from '../../db/record-audit.ts';
import type { KeyRing } from '../../db/seal.ts';
import { hashPassword } from './passwords.ts';
import { newPassword } from './reset-password.ts';

/** Makes the first administrator with a random password, once: undefined when there is one already. The password is kept nowhere. */
export const bootstrapAdmin = async (
  db: Sequelize,
  keyRing: KeyRing,
  mustChangePassword = true,
): Promise<{ username: string; password: string } | undefined> => {
  const password = newPassword();
  const passwordHash = await hashPassword(password);
  return db.transaction(async (transaction) => {
    await db.query(`SELECT pg_advisory_xact_lock(hashtext('opsconductor.bootstrap'))`, { transaction });
    const made = await selectRow<{ user_uuid: string }>(
      db,
      `INSERT INTO users (username, email, password_hash, role, must_change_password)
       SELECT 'admin', 'admin@localhost', $1, 'admin', $2 WHERE NOT EXISTS (SELECT 1 FROM users WHERE role = 'admin' AND username <> 'system') RETURNING user_uuid`,
      [passwordHash, mustChangePassword],
      transaction,
    );
    if (made === undefined) return undefined;
    const event = {
      eventType: 'user_created',
      action: 'bootstrap_admin',
      severity: 'high',
      actor: { type: 'system' },
      resourceType: 'users',
    } as const;
    await recordAudit(db, keyRing.auditKey, { ...event, resourceId: made.user_uuid }, transaction);
    return { username: 'admin', password };
  });
};
