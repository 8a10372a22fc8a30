import type { Page } from '../../contracts/page.ts';
import type { Session, SessionFilter } from '../../contracts/session.ts';
import { recordAudit } from '../../db/record-audit.ts';
import { endSessions } from '../auth/end-sessions.ts';
import { endSession, readSessions } from '../auth/sessions.ts';
import { authorize } from '../context.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { findUser } from './account-rows.ts';
import { assertMayManage } from './may-manage.ts';

type Deps = Pick<ServiceDeps, 'db' | 'keyRing' | 'readSettings'>;

/** The sessions of an account that have not ended. @throws OpsError NOT_FOUND */
export const listUserSessions = async (deps: Deps, caller: Caller, uuid: string, filter: SessionFilter): Promise<Page<Session>> => {
  authorize(caller, 'users.write');
  const { id } = await findUser(deps.db, uuid);
  return readSessions(deps, id, filter, caller.sessionId);
};

/** Ends one session of an account. @throws OpsError NOT_FOUND; FORBIDDEN for an account with more rights. */
export const revokeUserSession = async (deps: Deps, caller: Caller, uuid: string, sessionUuid: string): Promise<void> => {
  authorize(caller, 'users.write');
  const user = await findUser(deps.db, uuid);
  assertMayManage(caller, user, `The account ${user.username} has`);
  await endSession(deps, caller, { userId: user.id, username: user.username }, sessionUuid);
};

/** Ends all sessions of an account; API tokens go on. @returns how many. @throws OpsError NOT_FOUND; FORBIDDEN for an account with more rights. */
export const revokeUserSessions = async ({ db, keyRing }: Deps, caller: Caller, uuid: string): Promise<number> => {
  authorize(caller, 'users.write');
  return db.transaction(async (transaction) => {
    const user = await findUser(db, uuid, transaction, true);
    assertMayManage(caller, user, `The account ${user.username} has`);
    const ended = await endSessions(db, { userId: user.id, userUuid: user.user_uuid }, 'admin', transaction);
    if (ended === 0) return 0;
    const event = { eventType: 'user_logout', action: 'revoke_sessions', severity: 'medium', actor: caller.actor } as const;
    const details = { username: user.username, ended };
    await recordAudit(db, keyRing.auditKey, { ...event, resourceType: 'users', resourceId: user.user_uuid, details }, transaction);
    return ended;
  });
};
