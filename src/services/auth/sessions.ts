import type { Sequelize } from 'sequelize';
import type { Page } from '../../contracts/page.ts';
import type { Session, SessionFilter, SessionStatus } from '../../contracts/session.ts';
import { keyset } from '../../db/keyset.ts';
import type { Order } from '../../db/keyset.ts';
import { notifyAccess } from '../../db/notify-access.ts';
import { execute, selectRow, selectRows } from '../../db/query.ts';
import { recordAudit } from '../../db/record-audit.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { sessionClock } from '../../domain/session-limits.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { iso } from '../iso.ts';
import { endSessions } from './end-sessions.ts';

type SessionDeps = Pick<ServiceDeps, 'db' | 'keyRing' | 'readSettings'>;

/** A caller that has logged in. */
export type LoggedIn = Caller & { sessionId: number; sessionUuid: string };

/**
 * What only a person who has logged in may do: a token, which may be stolen from a program, must not.
 * @throws OpsError FORBIDDEN for an API token.
 */
export const requireSession = (caller: Caller): LoggedIn => {
  const { sessionId, sessionUuid } = caller;
  if (sessionId === undefined || sessionUuid === undefined)
    throw new OpsError('FORBIDDEN', 'This needs a login: with an API token it is not possible. Log in with: opsconductor login.');
  return { ...caller, sessionId, sessionUuid };
};

const ORDER: Order<'created'> = { id: 's.id', sorts: { created: 'id' }, sort: '-created' };

const COLUMNS = `s.session_uuid, s.id IS NOT DISTINCT FROM $2::bigint AS is_current, host(s.ip_address) AS ip_address, s.user_agent,
${iso('s.created_at')} AS created_at, ${iso('s.last_activity_at')} AS last_activity_at,
${iso('least(s.expires_at, s.created_at + make_interval(secs => $3))')} AS expires_at`;

const LIVE = `s.user_id = $1 AND s.revoked_at IS NULL AND s.expires_at > now() AND s.created_at > now() - make_interval(secs => $3)
AND s.last_activity_at > now() - make_interval(mins => $4)`;

/** The sessions of an account that have not ended. */
export const readSessions = async (
  { db, readSettings }: SessionDeps,
  userId: number,
  filter: SessionFilter,
  current?: number,
): Promise<Page<Session>> => {
  const { session_timeout_seconds: longest, inactivity_timeout_minutes: idle } = await readSettings();
  const page = keyset(ORDER, filter, [userId, current ?? null, longest, idle]);
  const sql = `SELECT ${page.columns}, ${COLUMNS} FROM user_sessions s WHERE ${LIVE} AND ${page.where} ${page.order}`;
  return page.of(await selectRows<Session & { row_id: number }>(db, sql, page.bind));
};

/** Ends one session of an account. @throws OpsError NOT_FOUND when the account has no such session, or it has ended. */
export const endSession = async (
  { db, keyRing }: Pick<SessionDeps, 'db' | 'keyRing'>,
  caller: Caller,
  user: { userId: number; username: string },
  sessionUuid: string,
): Promise<void> => {
  await db.transaction(async (transaction) => {
    const ended = await selectRow(
      db,
      `UPDATE user_sessions SET revoked_at = now(), revoke_reason = $3 WHERE session_uuid = $1 AND user_id = $2 AND revoked_at IS NULL RETURNING id`,
      [sessionUuid, user.userId, user.userId === caller.userId ? 'logout' : 'admin'],
      transaction,
    );
    if (ended === undefined) throw new OpsError('NOT_FOUND', `${user.username} has no session ${sessionUuid}, or it has ended.`);
    await notifyAccess(db, 'session', sessionUuid, transaction);
    const event = { eventType: 'user_logout', action: 'revoke_session', severity: 'medium', actor: caller.actor } as const;
    const details = { username: user.username };
    await recordAudit(db, keyRing.auditKey, { ...event, resourceType: 'user_sessions', resourceId: sessionUuid, details }, transaction);
  });
};

/** One's own sessions that have not ended. @throws OpsError FORBIDDEN for an API token. */
export const listOwnSessions = async (deps: SessionDeps, caller: Caller, filter: SessionFilter): Promise<Page<Session>> => {
  const { userId, sessionId } = requireSession(caller);
  return readSessions(deps, userId, filter, sessionId);
};

/** Ends one of one's own sessions; another user's answers as if absent. @throws OpsError FORBIDDEN, NOT_FOUND */
export const revokeOwnSession = async (deps: SessionDeps, caller: Caller, sessionUuid: string): Promise<void> => {
  await endSession(deps, caller, requireSession(caller), sessionUuid);
};

/** Ends all of one's own sessions but the one that asks. @returns how many. @throws OpsError FORBIDDEN for an API token. */
export const revokeOtherSessions = async ({ db, keyRing }: SessionDeps, caller: Caller): Promise<number> => {
  const { userId, userUuid, sessionId } = requireSession(caller);
  return db.transaction(async (transaction) => {
    const ended = await endSessions(db, { userId, userUuid, except: sessionId }, 'logout', transaction);
    if (ended === 0) return 0;
    const event = { eventType: 'user_logout', action: 'revoke_other_sessions', actor: caller.actor, resourceType: 'users' } as const;
    await recordAudit(db, keyRing.auditKey, { ...event, resourceId: userUuid, details: { ended } }, transaction);
    return ended;
  });
};

interface TimesRow {
  now: Date;
  created: Date;
  expires: Date;
  last_activity: Date;
}

const readTimes = (db: Sequelize, sessionId: number): Promise<TimesRow | undefined> =>
  selectRow<TimesRow>(
    db,
    'SELECT now() AS now, created_at AS created, expires_at AS expires, last_activity_at AS last_activity FROM user_sessions WHERE id = $1',
    [sessionId],
  );

/** When the session that asks will end. Asking keeps it no longer alive. @throws OpsError NOT_FOUND for an API token, which has none. */
export const readSessionStatus = async ({ db, readSettings }: SessionDeps, caller: Caller): Promise<SessionStatus> => {
  const { sessionId, sessionUuid } = caller;
  const times = sessionId === undefined ? undefined : await readTimes(db, sessionId);
  if (times === undefined || sessionUuid === undefined)
    throw new OpsError('NOT_FOUND', 'An API token has no session. When it ends, /api/v1/auth/tokens says.');
  const clock = sessionClock(times.now, { ...times, lastActivity: times.last_activity }, await readSettings());
  return {
    session_uuid: sessionUuid,
    expires_at: clock.expiresAt.toISOString(),
    idle_ends_at: clock.idleEndsAt.toISOString(),
    seconds_left: clock.secondsLeft,
    is_warning: clock.isWarning,
    warning_seconds: clock.warningSeconds,
  };
};

/** Puts off the end by inactivity, as any request does; the absolute end stays. @throws OpsError NOT_FOUND for an API token. */
export const extendSession = async (deps: SessionDeps, caller: Caller): Promise<SessionStatus> => {
  await execute(deps.db, 'UPDATE user_sessions SET last_activity_at = now() WHERE id = $1 AND revoked_at IS NULL', [caller.sessionId ?? 0]);
  return readSessionStatus(deps, caller);
};
