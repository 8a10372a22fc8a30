import type { Sequelize, Transaction } from 'sequelize';
import type { Settings } from '../../contracts/settings.ts';
import { selectRow } from '../../db/query.ts';
import type { Actor, AuditEvent } from '../../db/record-audit.ts';

/** What came of a password that somebody gave for an account. */
export interface Attempt {
  /** It lets in. */
  enters: boolean;
  isLocked: boolean;
  /** To be recorded in the same transaction: that this one locked the account. */
  lockout: AuditEvent[];
}

interface Row {
  enters: boolean;
  is_locked: boolean;
  locks: boolean;
  locked_until: Date | null;
  user_uuid: string;
  username: string;
}

/** An attempt on no account. */
const NOBODY: Attempt = { enters: false, isLocked: false, lockout: [] };

/** One statement for every outcome, so that what is sent does not tell a right password from a wrong one. */
const NOTE = `
WITH known AS (SELECT id, failed_login_count + 1 AS failures, coalesce(locked_until > now(), false) AS was_locked,
    is_active AND coalesce(password_hash = $2::text, false) AND NOT coalesce(locked_until > now(), false) AS enters
  FROM users WHERE id = $1::bigint FOR NO KEY UPDATE)
UPDATE users u SET
  failed_login_count = CASE WHEN k.enters THEN 0 WHEN k.was_locked THEN u.failed_login_count ELSE k.failures END,
  locked_until = CASE WHEN k.enters THEN NULL WHEN NOT k.was_locked AND k.failures % $3 = 0 THEN now() + make_interval(mins => $4)
    ELSE u.locked_until END,
  last_login_at = CASE WHEN k.enters THEN $5::timestamptz ELSE u.last_login_at END
FROM known k WHERE u.id = k.id
RETURNING k.enters, coalesce(u.locked_until > now(), false) AS is_locked, NOT k.was_locked AND coalesce(u.locked_until > now(), false) AS locks,
  u.locked_until, u.user_uuid, u.username`;

const lockoutOf = ({ locks, locked_until: until, user_uuid: uuid, username }: Row, actor: Actor): AuditEvent[] =>
  locks
    ? [
        {
          eventType: 'security_violation',
          action: 'lock_account',
          severity: 'high',
          actor,
          resourceType: 'users',
          resourceId: uuid,
          details: { username, locked_until: until?.toISOString() },
        },
      ]
    : [];

/**
 * Notes a password that was given for an account, under the lock of its row, so that guesses made at the same time are all counted, and none slips in
 * after the lock. One that does not let in counts as wrong, whatever the reason; too many lock the account for a while, in which nothing counts.
 * @param fits the hash that the password was found to fit; undefined for a wrong one.
 * @param now becomes the time of the last login.
 * @param actor who gave it, for the record of a lockout.
 */
export const noteAttempt = async (
  db: Sequelize,
  { userId, fits, now, actor }: { userId: number | undefined; fits: string | undefined; now: Date; actor: Actor },
  settings: Pick<Settings, 'login_max_failures' | 'login_lock_minutes'>,
  transaction: Transaction,
): Promise<Attempt> => {
  const row = await selectRow<Row>(
    db,
    NOTE,
    [userId ?? null, fits ?? null, settings.login_max_failures, settings.login_lock_minutes, now.toISOString()],
    transaction,
  );
  return row === undefined ? NOBODY : { enters: row.enters, isLocked: row.is_locked, lockout: lockoutOf(row, actor) };
};
