import type { ActivityDeps } from './deps.ts';
import { createBranchActivities } from './branch-activities.ts';
import { createReconcileActivities } from './reconcile.ts';
import { createRunActionActivities } from './run-action/run-action.ts';
import { createRunActivities } from './run-activities.ts';

/** All that workflows may ask of the world. */
export const createActivities = (deps: ActivityDeps) => ({
  ...createRunActivities(deps),
  ...createBranchActivities(deps),
  ...createRunActionActivities(deps),
  ...createReconcileActivities(deps),
});

export type Activities = ReturnType<typeof createActivities>;
