import type { Sequelize, Transaction } from 'sequelize';
import { notifyAccess } from '../../db/notify-access.ts';
import { selectRows } from '../../db/query.ts';

/**
 * Ends the sessions of an account, all or all but one, and says so to whoever serves a stream, also when there was none: what ends sessions may leave
 * tokens without rights. @returns how many were ended.
 */
export const endSessions = async (
  db: Sequelize,
  { userId, userUuid, except }: { userId: number; userUuid: string; except?: number | undefined },
  reason: 'admin' | 'password_change' | 'logout',
  transaction: Transaction,
): Promise<number> => {
  const ended = await selectRows(
    db,
    `UPDATE user_sessions SET revoked_at = now(), revoke_reason = $2 WHERE user_id = $1 AND revoked_at IS NULL AND id IS DISTINCT FROM $3::bigint
     RETURNING id`,
    [userId, reason, except ?? null],
    transaction,
  );
  await notifyAccess(db, 'user', userUuid, transaction);
  return ended.length;
};
