import { Context } from '@temporalio/activity';
import { noteDroppedMonth } from '../db/audit/dropped-months.ts';
import { noteRemovedRows } from '../db/audit/maintenance.ts';
import { applyRetentionRule, retentionRuleNames } from '../db/retention/apply-rule.ts';
import type { ActivityDeps } from './deps.ts';

/** Lets old rows go (data model, part 7). */
export const createRetentionActivities = ({ db, keyRing }: Pick<ActivityDeps, 'db' | 'keyRing'>) => ({
  listRetentionRules: async (): Promise<string[]> => retentionRuleNames(),

  /** A repeat goes on where the last one ended. A cancel, or the end of the worker, ends it between two batches. */
  applyRetentionRule(name: string): Promise<Record<string, number>> {
    const { cancellationSignal, heartbeat } = Context.current();
    const betweenBatches = (): void => {
      heartbeat();
      cancellationSignal.throwIfAborted();
    };
    const { auditKey } = keyRing;
    return applyRetentionRule(db, name, betweenBatches, undefined, noteDroppedMonth(db, auditKey), noteRemovedRows(db, auditKey));
  },
});
