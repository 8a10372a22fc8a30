import { Context } from '@temporalio/activity';
import { sealAudit } from '../db/audit/seals.ts';
import type { Sealed } from '../db/audit/seals.ts';
import type { ActivityDeps } from './deps.ts';

/** Proof that no audit event was removed (data model, 5.10). */
export const createAuditSealActivities = ({ db, keyRing, log }: Pick<ActivityDeps, 'db' | 'keyRing' | 'log'>) => ({
  /** A repeat goes on behind the last seal. The hash goes to the log, so that it is also where nobody who changes the database can change it. */
  async sealAudit(): Promise<Sealed> {
    const { cancellationSignal, heartbeat } = Context.current();
    const sealed = await sealAudit(db, keyRing.auditKey, () => {
      heartbeat();
      cancellationSignal.throwIfAborted();
    });
    if (sealed.seals > 0) log.info({ events: sealed.events, seal: sealed.head }, 'audit events sealed');
    return sealed;
  },
});
