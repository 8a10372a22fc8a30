import type { Sequelize } from 'sequelize';
import { selectRow } from '../../db/query.ts';
import { recordAudit } from '../../db/record-audit.ts';
import type { KeyRing } from '../../db/seal.ts';
import { hashPassword } from './passwords.ts';
import { newPassword } from './reset-password.ts';

/**
 * Makes the first administrator, `admin` or a name like it, with a random password: undefined when there is one already, active or not. The password
 * is kept nowhere.
 */
export const bootstrapAdmin = async (
  db: Sequelize,
  keyRing: KeyRing,
  mustChangePassword = true,
): Promise<{ username: string; password: string } | undefined> => {
  const password = newPassword();
  const passwordHash = await hashPassword(password);
  return db.transaction(async (transaction) => {
    await db.query(`SELECT pg_advisory_xact_lock(hashtext('opsconductor.bootstrap'))`, { transaction });
    const made = await selectRow<{ user_uuid: string; username: string }>(
      db,
      `INSERT INTO users (username, email, password_hash, role, must_change_password)
       SELECT f.name, f.name || '@localhost', $1, 'admin', $2
       FROM (SELECT n, 'admin' || CASE n WHEN 1 THEN '' ELSE '-' || n END AS name FROM generate_series(1, 1000) n) f
       WHERE NOT EXISTS (SELECT 1 FROM users WHERE role = 'admin' AND username <> 'system')
         AND NOT EXISTS (SELECT 1 FROM users u WHERE lower(u.username) = f.name OR lower(u.email) = f.name || '@localhost')
       ORDER BY f.n LIMIT 1 RETURNING user_uuid, username`,
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
    return { username: made.username, password };
  });
};
