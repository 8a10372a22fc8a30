import { createAuditSealActivities } from './audit-seal.ts';
import type { ActivityDeps } from './deps.ts';
import { createBranchActivities } from './branch-activities.ts';
import { createControlActivities } from './control-activities.ts';
import { withHeartbeats } from './heartbeats.ts';
import { createPartitionActivities } from './partitions.ts';
import { createReconcileActivities } from './reconcile.ts';
import { createRetentionActivities } from './retention.ts';
import { createRunActionActivities } from './run-action/run-action.ts';
import type { SessionPool } from './run-action/session-pool.ts';
import { createRunActivities } from './run-activities.ts';
import { createScheduleActivities } from './schedule-activities.ts';
import { withFailures } from './to-failure.ts';

/** All that workflows may ask of the world. */
export const createActivities = (deps: ActivityDeps, sessions: SessionPool) =>
  withFailures({
    ...withHeartbeats(createRunActivities(deps)),
    ...createBranchActivities(deps),
    ...createControlActivities(deps),
    ...createRunActionActivities(deps, sessions),
    ...withHeartbeats(createReconcileActivities(deps)),
    ...createPartitionActivities(deps),
    ...createRetentionActivities(deps),
    ...createAuditSealActivities(deps),
    ...createScheduleActivities(deps),
  });

export type Activities = ReturnType<typeof createActivities>;
