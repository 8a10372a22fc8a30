import { createBranchActivities } from '../../../src/activities/branch-activities.ts';
import { createRunActivities } from '../../../src/activities/run-activities.ts';
import { childSerial } from '../../../src/domain/serials.ts';
import { execute } from '../../../src/db/query.ts';
import { cancelBranch } from '../../../src/services/executions/cancel-branch.ts';
import { changeExecution } from '../../../src/services/executions/change-execution.ts';
import { answerBatch, pauseExecution, resumeExecution } from '../../../src/services/executions/hold-execution.ts';
import { listLocks } from '../../../src/services/executions/list-locks.ts';
import { retryExecution } from '../../../src/services/executions/retry-execution.ts';
import { skipAction } from '../../../src/services/executions/skip-action.ts';
import { DONE_SHARE } from '../run-rows.ts';
import type { World } from '../world.ts';
import { pick } from './query-case.ts';
import type { QueryCase } from './query-case.ts';

/** What people do to runs that go on, and how their workflows hear of it. */
export const steeringCases = ({ db, services, activities, caller, filled }: World): QueryCase[] => {
  const running = filled.runs.filter((run) => run.status === 'running');
  const failed = filled.runs.filter((run) => run.status === 'failed');
  const run = (n: number): string => pick(running, n).serial;
  const { readControl, enterGate, leaveGate, nextBatch } = createRunActivities(activities);
  const setRollout = (serial: string, rollout: unknown) =>
    execute(db, 'UPDATE job_executions SET rollout = $2::jsonb, gate_after = NULL WHERE execution_serial = $1', [
      serial,
      JSON.stringify(rollout),
    ]);
  const page = (name: string, covers: readonly string[], call: QueryCase['call']): QueryCase => ({ name, kind: 'page', covers, call });
  const retry = (serial: string, newRun: boolean) =>
    retryExecution(services, caller, serial, {
      branches: [childSerial(serial, 1)],
      from: 'failed_action',
      repeat_unknown: false,
      new_run: newRun,
    });

  return [
    page('control of a run read', ['readControl'], async (n) => {
      await setRollout(run(n), { stop_after_failures: { percent: 90 } });
      await readControl({ execution: run(n) });
    }),
    page('gate between batches', ['enterGate', 'leaveGate', 'nextBatch'], async (n) => {
      await setRollout(run(n), { between_batches: { seconds: 1 } });
      await enterGate({ execution: run(n), after: 1 });
      await leaveGate({ execution: run(n) });
      await nextBatch({ execution: run(n), after: 1 });
    }),
    page('run paused and resumed', ['steerRun', 'pauseExecution', 'resumeExecution'], async (n) => {
      await pauseExecution(services, caller, run(n), {});
      await resumeExecution(services, caller, run(n), {});
    }),
    page('batch approved', ['answerBatch'], async (n) => {
      await execute(db, `UPDATE job_executions SET paused_at = now(), hold_reason = 'approval' WHERE execution_serial = $1`, [run(n)]);
      await answerBatch(services, caller, run(n), { answer: 'approved' });
    }),
    page('run changed', ['changeExecution'], async (n) => {
      await setRollout(run(n), { batches: [{ percent: 50 }] });
      await changeExecution(services, caller, run(n), { rollout: { batches: [{ percent: 20 }] } });
    }),
    page('branch run again', ['retryExecution', 'readControl'], async (n) => {
      await execute(db, `UPDATE job_execution_branches SET status = 'failed', completed_at = now() WHERE branch_serial = $1`, [
        childSerial(run(n), 1),
      ]);
      await retry(run(n), false);
      await readControl({ execution: run(n) });
    }),
    page('branches run again in a new run', ['retryExecution'], (n) => retry(pick(failed, n).serial, true)),
    page('branch cancelled', ['cancelBranch'], (n) => cancelBranch(services, caller, run(n), childSerial(run(n), filled.size.targets), {})),
    page('action skipped', ['skipAction', 'markSkipped'], async (n) => {
      const branch = childSerial(run(n), Math.floor(filled.size.targets * DONE_SHARE) + 1);
      await skipAction(services, caller, run(n), branch, { action_order: 2 });
      await createBranchActivities(activities).markSkipped({ branch, order: 2, iteration: 1 });
    }),
    page('locks', ['listLocks'], () => listLocks(services, caller, { limit: 50 })),
    page('locks of a target', ['listLocks'], (n) => listLocks(services, caller, { limit: 50, target: pick(filled.targets, n).serial })),
  ];
};
