import type { FiringEnd, FiringInput, FiringRun, FiringStep } from '../contracts/firing.ts';
import type { ActivityDeps } from './deps.ts';

interface FiringRef {
  /** Id of its row in the ledger. */
  firing: number;
}

/** What the workflow of a firing asks; all may be repeated. */
export const createScheduleActivities = ({ scheduleWork }: Pick<ActivityDeps, 'scheduleWork'>) => ({
  openFiring: (input: FiringInput): Promise<FiringStep> => scheduleWork.openFiring(input),
  acceptFiring: ({ firing }: FiringRef): Promise<FiringRun> => scheduleWork.acceptFiring(firing),
  /** A firing that was cancelled takes back its run, when that was accepted and nobody has started it. */
  endFiring: ({ firing, cancelled = false }: FiringRef & { cancelled?: boolean }): Promise<FiringEnd | 'running'> =>
    scheduleWork.endFiring(firing, cancelled),
  awaitFiring: ({ firing }: FiringRef): Promise<FiringEnd> => scheduleWork.awaitFiring(firing),
});
