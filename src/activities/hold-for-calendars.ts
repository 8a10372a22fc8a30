import { CONCERNED_RUNS, holdRun } from '../db/calendars/hold-run.ts';
import { lookAtBranches } from '../db/calendars/hold-branches.ts';
import type { AskingBranch } from '../db/calendars/hold-branches.ts';
import { selectRow, selectRows } from '../db/query.ts';
import type { ActivityDeps } from './deps.ts';

interface ConcernedRun {
  id: number;
  execution_serial: string;
}

/** Without a calendar that holds, and without anything that is held, there is nothing to look at. */
const ANY = `
SELECT EXISTS (SELECT 1 FROM calendars WHERE holds_runs)
  OR EXISTS (SELECT 1 FROM job_executions WHERE status = 'running' AND hold_reason = 'blackout')
  OR EXISTS (SELECT 1 FROM job_execution_branches WHERE status IN ('scheduled', 'running') AND hold_reason = 'blackout') AS any`;

/**
 * Holds the runs and branches whose calendars are blacked out, and lets go those whose calendars are not. Roots are told by the change of their rows (`control_version`),
 * branches at work are asked to look for themselves before their next action, once.
 */
export const createHoldForCalendars = ({ db, notifyRun, signalCalendars }: ActivityDeps) => {
  /** Branches that this process has told and that have not come so far since. */
  let asked = new Set<string>();

  return async (): Promise<void> => {
    if ((await selectRow<{ any: boolean }>(db, ANY))?.any !== true) return;
    const runs = await selectRows<ConcernedRun>(db, CONCERNED_RUNS);
    const held: number[] = [];
    for (const { id, execution_serial: serial } of runs) {
      if ((await holdRun(db, id)) !== undefined) held.push(id);
      notifyRun(serial);
    }
    const known = new Set<string>();
    const ask = async ({ workflow_id: workflowId, is_held: isHeld }: AskingBranch): Promise<void> => {
      const question = `${workflowId} ${isHeld}`;
      if (!asked.has(question)) await signalCalendars(workflowId);
      known.add(question);
    };
    await Promise.allSettled((await lookAtBranches(db, held)).map(ask));
    asked = known;
  };
};
