import { afterAll, beforeAll, expect, test } from 'vitest';
import { createBranchActivities } from '../../src/activities/branch-activities.ts';
import { createControlActivities } from '../../src/activities/control-activities.ts';
import { endAttempt, startAttempt } from '../../src/activities/run-action/attempt-record.ts';
import { createRunActivities } from '../../src/activities/run-activities.ts';
import type { ActionOutcome } from '../../src/contracts/run.ts';
import { createDefinitionCache } from '../../src/db/load-definition.ts';
import { selectRow, selectRows } from '../../src/db/query.ts';
import { startTestPlatform } from '../support/platform.ts';
import type { TestPlatform } from '../support/platform.ts';

const LOST: ActionOutcome = { status: 'failed', exitCode: null, failureCategory: 'lost', errorCode: 'OUTCOME_UNKNOWN' };
const DONE: ActionOutcome = { status: 'completed', exitCode: 0, failureCategory: null, errorCode: null };
const OUTPUT = { stdout: '', stderr: '', truncated: false, masked: false, bytes: 0 };

let platform: TestPlatform;
beforeAll(async () => {
  platform = await startTestPlatform({ worker: false });
  platform.services.startRun = () => Promise.resolve();
});
afterAll(() => platform[Symbol.asyncDispose]());

const ACTION = { action_type: 'command', action_name: 'a', action_parameters: { command: 'true' } };

/** A branch that runs, without workflows: its activities are called by hand. */
const openBranch = async (actions: object[] = [ACTION]) => {
  const target = await platform.api('POST', '/api/v1/targets', {
    name: 't',
    methods: [{ method_type: 'ssh', host: `h-${crypto.randomUUID()}` }],
  });
  const job = await platform.api('POST', '/api/v1/jobs', { name: 'j', targets: [target.body.target_serial], actions });
  const run = await platform.api('POST', `/api/v1/jobs/${job.body.job_serial}/executions`, {});
  const serial: string = run.body.execution_serial;
  const runs = createRunActivities(platform.activities);
  await runs.requestSlot({ execution: serial, workflowId: run.body.workflow_id, runId: 'r' });
  await runs.planTargets({ execution: serial });
  const branch = `${serial}.0001`;
  const branches = createBranchActivities(platform.activities);
  const { workflow_id: workflowId } = (await platform.api('GET', `/api/v1/branches/${branch}`)).body;
  await branches.openBranch({ branch, workflowId, runId: 'r' });
  const ids = await selectRow<{ branch_id: number; job_id: number }>(
    platform.db,
    'SELECT b.id AS branch_id, e.job_id FROM job_execution_branches b JOIN job_executions e ON e.id = b.job_execution_id WHERE b.branch_serial = $1',
    [branch],
  );
  const definition = await createDefinitionCache(platform.db)(ids?.job_id ?? 0, 1);
  const begin = (attempt: number, isRepeat = false) =>
    startAttempt(
      platform.db,
      { branch, order: 1, iteration: 1, attempt, keepSession: false, keepSessionOnFailure: false },
      ids?.branch_id ?? 0,
      definition.actions[0] as never,
      { commandExecuted: 'true', activityId: `a${attempt}`, workerIdentity: 'w' },
      isRepeat,
    );
  const results = () =>
    selectRows(platform.db, 'SELECT attempt, status, is_final, error_code FROM job_action_results WHERE branch_id = $1 ORDER BY attempt', [
      ids?.branch_id,
    ]);
  const lose = (attempt: number) =>
    branches.closeAttempt({ branch, order: 1, iteration: 1, attempt, outcome: LOST, message: 'silent', isFinal: true });
  return { branch, branches, begin, results, lose };
};

test('an attempt that told its end while Temporal was away keeps it: the branch goes on with that', async () => {
  const { begin, lose, results } = await openBranch();
  const begun = await begin(1);
  if (begun.state !== 'begun') throw new Error(begun.state);
  await endAttempt(platform.db, begun.attemptId, { ...OUTPUT, outcome: DONE, isFinal: true });
  expect(await lose(1)).toEqual(DONE);
  expect(await results()).toEqual([{ attempt: 1, status: 'completed', is_final: true, error_code: null }]);
});

test('an attempt that told nothing is closed as lost', async () => {
  const { begin, lose, results } = await openBranch();
  await begin(1);
  expect(await lose(1)).toBeNull();
  expect(await results()).toEqual([{ attempt: 1, status: 'failed', is_final: true, error_code: 'OUTCOME_UNKNOWN' }]);
});

test('an attempt that no worker has begun has not started, is not lost, and nobody can begin it any more', async () => {
  const { begin, lose, results, branches, branch } = await openBranch();
  const unstarted: ActionOutcome = { ...LOST, failureCategory: 'not_started', errorCode: 'NOT_STARTED' };
  const ref = { branch, order: 1, iteration: 1, attempt: 1 };
  expect(await branches.closeAttempt({ ...ref, outcome: LOST, message: 'silent', isFinal: true, isFinalUnstarted: false })).toEqual(
    unstarted,
  );
  expect(await begin(1)).toEqual({ state: 'ended', outcome: unstarted });
  // What was told before the worker of the workflow died is told again.
  expect(await lose(1)).toEqual(unstarted);
  expect(await results()).toEqual([{ attempt: 1, status: 'failed', is_final: false, error_code: 'NOT_STARTED' }]);
});

test('a second attempt never decides an action that is decided', async () => {
  const { begin, lose, results, branches, branch } = await openBranch();
  const [first, second] = [await begin(1), await begin(2)];
  if (first.state !== 'begun' || second.state !== 'begun') throw new Error('not begun');
  await endAttempt(platform.db, first.attemptId, { ...OUTPUT, outcome: DONE, isFinal: true });
  expect(await lose(2)).toBeNull();
  await endAttempt(platform.db, second.attemptId, { ...OUTPUT, outcome: DONE, isFinal: true });
  expect(await results()).toMatchObject([
    { attempt: 1, is_final: true },
    { attempt: 2, status: 'failed', is_final: false },
  ]);
  expect(
    await branches.closeBranch({
      branch,
      status: 'completed',
      failureCategory: null,
      errorCode: null,
      message: null,
      skipReason: 'branch_stopped',
    }),
  ).toBe('completed');
});

test('a branch that ends between two tries makes the last one final', async () => {
  const { begin, results, branches, branch } = await openBranch();
  const first = await begin(1);
  if (first.state !== 'begun') throw new Error(first.state);
  const failed: ActionOutcome = { status: 'failed', exitCode: 3, failureCategory: 'command_execution', errorCode: 'COMMAND_FAILED' };
  await endAttempt(platform.db, first.attemptId, { ...OUTPUT, outcome: failed, isFinal: false });
  await branches.closeBranch({
    branch,
    status: 'cancelled',
    failureCategory: null,
    errorCode: null,
    message: null,
    skipReason: 'branch_stopped',
  });
  expect(await results()).toMatchObject([{ attempt: 1, status: 'failed', is_final: true }]);
  expect(await selectRow(platform.db, 'SELECT status, exit_code FROM job_execution_branches WHERE branch_serial = $1', [branch])).toEqual({
    status: 'cancelled',
    exit_code: 3,
  });
});

test('an activity that lost the answer to its own begin goes on; another one is refused', async () => {
  const { begin } = await openBranch();
  const first = await begin(1);
  expect(await begin(1, true)).toEqual(first);
  expect(await begin(1)).toEqual({ state: 'refused', reason: 'already_running' });
});

test('a skip that comes too late leaves a completed action completed, and tells so', async () => {
  const { branch, branches, begin, results } = await openBranch();
  const begun = await begin(1);
  if (begun.state !== 'begun') throw new Error(begun.state);
  await endAttempt(platform.db, begun.attemptId, { ...OUTPUT, outcome: DONE, isFinal: true });
  expect(await branches.markSkipped({ branch, order: 1, iteration: 1 })).toEqual(DONE);
  expect(await results()).toEqual([{ attempt: 1, status: 'completed', is_final: true, error_code: null }]);
});

test('a skip of an attempt whose end nobody saw: skipped, and lost beside it; of one that was cancelled: skipped', async () => {
  for (const [outcome, code] of [
    [LOST, 'OUTCOME_UNKNOWN'],
    [{ status: 'cancelled', exitCode: null, failureCategory: null, errorCode: null } as const, null],
  ] as const) {
    const { branch, branches, begin, results } = await openBranch();
    const begun = await begin(1);
    if (begun.state !== 'begun') throw new Error(begun.state);
    await endAttempt(platform.db, begun.attemptId, { ...OUTPUT, outcome, isFinal: true });
    expect(await branches.markSkipped({ branch, order: 1, iteration: 1 })).toBeNull();
    expect(await results()).toEqual([{ attempt: 1, status: 'skipped', is_final: true, error_code: code }]);
  }
});

const age = (branch: string) =>
  selectRow(platform.db, `UPDATE job_executions SET started_at = started_at - interval '1 hour' WHERE execution_serial = $1 RETURNING id`, [
    branch.slice(0, -5),
  ]);

test('a condition that is asked again after its answer was lost says the same, whatever has changed since', async () => {
  const late = { variable: 'EXECUTION_DURATION', operator: '>', value: 1_000 };
  const named = { variable: 'PREVIOUS_ACTION_OUTPUT', operator: '==', value: 'x' };
  const { branch } = await openBranch([
    { ...ACTION, conditions: [late] },
    { ...ACTION, conditions: [named] },
  ]);
  const control = createControlActivities(platform.activities);
  const ask = async () => [
    await control.admitAction({ branch, order: 1, iteration: 1 }),
    await control.admitAction({ branch, order: 2, iteration: 1 }),
  ];
  const outcome = { status: 'failed', exitCode: null, failureCategory: 'configuration', errorCode: 'VARIABLE_MISSING' };
  const first = await ask();
  expect(first).toEqual([{ may: 'skip' }, { may: 'fail', outcome }]);
  await age(branch);
  expect(await ask()).toEqual(first);
  expect(await control.admitAction({ branch, order: 1, iteration: 2 })).toEqual({ may: 'run' });
});

test('a decision that is asked for again stands; the next turn of a loop is decided anew', async () => {
  const old = 'EXECUTION_DURATION > 1000';
  const decide = (parameters: object) => ({ action_type: 'condition', action_name: 'decide', action_parameters: parameters });
  const { branch } = await openBranch([
    // oxlint-disable-next-line unicorn/no-thenable -- a list of actions is nothing that `await` would call
    decide({ conditionType: 'if', expression: old, then: [ACTION] }),
    decide({ conditionType: 'while', expression: `!(${old})`, loop: [ACTION] }),
    decide({ conditionType: 'for', expression: `${old} ? ["a", "b"] : ["c"]`, loop: [ACTION] }),
    decide({ conditionType: 'for', expression: `1000 / (${old} ? 0 : 500)`, loop: [ACTION] }),
  ]);
  const control = createControlActivities(platform.activities);
  const ask = (round: number) =>
    Promise.all([1, 3, 5, 7].map((order) => control.decide({ branch, order, iteration: 1, ...(order === 3 && { round }) })));
  const first = await ask(0);
  expect(first).toEqual([{ slot: null }, { slot: 'loop' }, { slot: 'loop', rounds: 1 }, { slot: 'loop', rounds: 2 }]);
  await age(branch);
  expect(await ask(0)).toEqual(first);
  expect((await ask(1))[1]).toEqual({ slot: null });
  const items = await selectRow(platform.db, 'SELECT result_output AS items FROM job_action_results WHERE action_serial = $1', [
    `${branch}.0005`,
  ]);
  expect(items).toEqual({ items: '["c"]' });
});
