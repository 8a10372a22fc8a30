import { beginControlRow } from '../../../src/activities/control-record.ts';
import { createControlActivities } from '../../../src/activities/control-activities.ts';
import { readValues } from '../../../src/activities/decide.ts';
import { loopValues } from '../../../src/activities/run-action/loop-values.ts';
import { createDefinitionCache } from '../../../src/db/load-definition.ts';
import { execute, selectRow } from '../../../src/db/query.ts';
import { OpsError } from '../../../src/domain/ops-error.ts';
import { childSerial } from '../../../src/domain/serials.ts';
import { answerAction } from '../../../src/services/executions/answer-action.ts';
import { listApprovals } from '../../../src/services/executions/list-approvals.ts';
import { readResult } from '../../../src/services/executions/read-results.ts';
import { resolveAttempt } from '../../../src/services/executions/resolve-attempt.ts';
import { DONE_SHARE } from '../run-rows.ts';
import type { World } from '../world.ts';
import { pick } from './query-case.ts';
import type { QueryCase } from './query-case.ts';

const COMPLETED = { status: 'completed', exitCode: null, failureCategory: null, errorCode: null } as const;
const NO_ANSWER = { resolution: 'expired', onTimeout: 'fail', answer: null } as const;

/** Credentials of the fill are sealed with no key, its actions decide nothing: the rows were read, and that is what counts here. */
const undecided = (error: unknown): void => {
  if (!(error instanceof OpsError) || !['CREDENTIAL_UNREADABLE', 'CONDITION_FAILED', 'CONFLICT', 'NOT_FOUND'].includes(error.code))
    throw error;
};

/** What the workflow of a branch reads and writes for the actions that it runs itself. */
export const controlCases = (world: World): QueryCase[] => {
  const { db, activities: deps, filled } = world;
  const running = filled.runs.filter((run) => run.status === 'running');
  const done = Math.floor(filled.size.targets * DONE_SHARE);
  const ref = (n: number, iteration: number) => ({ branch: childSerial(pick(running, n).serial, done + 1 + (n % 2)), order: 2, iteration });
  const control = createControlActivities(deps);
  const row = (name: string, covers: readonly string[], call: QueryCase['call']): QueryCase => ({ name, kind: 'row', covers, call });
  const { services, caller } = world;
  const page = (name: string, covers: readonly string[], call: QueryCase['call']): QueryCase => ({ name, kind: 'page', covers, call });
  const actionOf = (n: number): string => childSerial(ref(n, 1).branch, 2);
  const asTyped = (n: number, type: string, category: string | null) =>
    execute(db, 'UPDATE job_action_results SET action_type = $2, failure_category = $3 WHERE action_serial = $1', [
      actionOf(n),
      type,
      category,
    ]);
  const run = (n: number): string => pick(running, n).serial;
  return [
    page('approvals that wait', ['listApprovals'], () => listApprovals(services, caller, { limit: 50 })),
    page('approvals of a run that wait', ['listApprovals'], (n) => listApprovals(services, caller, { limit: 50, execution: run(n) })),
    row('approval answered by a person', ['answerAction', 'readResult'], async (n) => {
      await answerAction(services, caller, run(n), actionOf(n), { answer: 'approved' }).catch(undecided);
      await readResult(db, actionOf(n));
    }),
    row('lost attempt resolved', ['resolveAttempt'], async (n) => {
      await asTyped(n, 'command', 'lost');
      await resolveAttempt(services, caller, run(n), actionOf(n), { outcome: 'not_run', note: 'looked' }).catch(undecided);
      await asTyped(n, 'command', null);
    }),
    row('action skipped', ['skipAction'], (n) => control.skipAction({ ...ref(n, 2), reason: 'dependency_not_met' })),
    row('control action begun and ended', ['beginControl', 'endControl'], async (n) => {
      await control.beginControl(ref(n, 3)).catch(undecided);
      await beginControlRow(db, ref(n, 3), null);
      await control.endControl({ ...ref(n, 3), outcome: COMPLETED });
      await control.endControl({ ...ref(n, 3), outcome: { ...COMPLETED, status: 'cancelled' } });
    }),
    row('block gone on with', ['reopenControl'], async (n) => {
      await beginControlRow(db, ref(n, 3), null);
      await control.reopenControl({ ...ref(n, 3), iteration: 9, from: 1 });
    }),
    row('answer to an approval', ['readApproval'], (n) => control.readApproval(ref(n, 4))),
    row('approval answered', ['answerApproval'], async (n) => {
      await beginControlRow(db, ref(n, 4), null);
      await control.answerApproval({ ...ref(n, 4), ...NO_ANSWER });
      await control.answerApproval({ ...ref(n, 5), ...NO_ANSWER }).catch(undecided);
    }),
    row('answer of a person looked for', ['readApproval'], (n) => control.readApproval(ref(n, 4))),
    row('values that decide', ['admitAction', 'decide'], async (n) => {
      await control.decide(ref(n, 6)).catch(undecided);
      await control.admitAction(ref(n, 6));
      const branch = await selectRow<{ id: number }>(db, 'SELECT id FROM job_execution_branches WHERE branch_serial = $1', [
        ref(n, 6).branch,
      ]);
      const definition = await createDefinitionCache(db)(pick(filled.jobs, n).id, 3);
      const loop = await loopValues(db, { ...ref(n, 6), loop: { order: 1, iteration: 9, index: 0 } });
      const context = { branchId: branch?.id ?? 0, definition, variables: {} };
      await readValues(db, context, loop, 'PREVIOUS_ACTION_OUTPUT == actions.action_1.output || JOB_RESULT == "failed"');
    }),
  ];
};
