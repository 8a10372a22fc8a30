import { findDefaultRows, makeMonthPartitions } from '../db/partitions.ts';
import type { DefaultRows, MadePartitions } from '../db/partitions.ts';
import { recordAudit } from '../db/record-audit.ts';
import type { ActivityDeps } from './deps.ts';

const WHAT_TO_DO = 'docs/retention.md says where such rows come from and how they get into partitions of their own.';

/** The months of the partitioned tables (data model, part 7). */
export const createPartitionActivities = ({ db, keyRing, log }: Pick<ActivityDeps, 'db' | 'keyRing' | 'log'>) => ({
  /** Makes what is missing of this and the next three months; a repeat finds it made. */
  makeMonthPartitions: (): Promise<MadePartitions> => makeMonthPartitions(db, new Date()),

  /** Warns of default partitions that have rows, in the log and the audit trail; a repeat warns again. */
  async watchDefaultPartitions(): Promise<DefaultRows[]> {
    const found = await findDefaultRows(db);
    for (const { table, ...details } of found) {
      log.warn(
        { table, ...details },
        `${table}_default has ${details.rows} row(s), and should have none: retention never removes them. ${WHAT_TO_DO}`,
      );
      await recordAudit(db, keyRing.auditKey, {
        eventType: 'system_maintenance',
        action: 'find_default_rows',
        severity: 'high',
        actor: { type: 'system' },
        resourceType: table,
        resourceId: `${table}_default`,
        details,
      });
    }
    return found;
  },
});
