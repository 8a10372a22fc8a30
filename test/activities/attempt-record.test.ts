import type { Sequelize } from 'sequelize';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { endAttempt, startAttempt } from '../../src/activities/run-action/attempt-record.ts';
import type { AttemptEnd } from '../../src/activities/run-action/attempt-record.ts';
import { createDefinitionCache } from '../../src/db/load-definition.ts';
import type { DefinedAction } from '../../src/db/load-definition.ts';
import { execute, selectRow } from '../../src/db/query.ts';
import { openTestDatabase } from '../db/support/open-database.ts';
import { addRunningBranch } from './support/attempt.ts';

let database: Awaited<ReturnType<typeof openTestDatabase>>;
let db: Sequelize;
let branch: Awaited<ReturnType<typeof addRunningBranch>>;
let action: DefinedAction;
beforeAll(async () => {
  database = await openTestDatabase(10);
  ({ db } = database);
  branch = await addRunningBranch(db);
  const [first] = (await createDefinitionCache(db)(branch.jobId, 1)).actions;
  if (first === undefined) throw new Error('no action');
  action = first;
});
afterAll(() => database[Symbol.asyncDispose]());

const FACTS = { commandExecuted: 'true', activityId: '1', workerIdentity: 'w' };
const start = (attempt: number, facts = FACTS, isRepeat = false) => {
  const input = {
    branch: branch.branch,
    order: 1,
    iteration: 1,
    attempt,
    keepSession: false,
    keepSessionOnFailure: false,
  };
  return startAttempt(db, input, branch.branchId, action, facts, isRepeat);
};

const FAILED: AttemptEnd = {
  outcome: { status: 'failed', exitCode: 3, failureCategory: 'command_execution', errorCode: 'COMMAND_FAILED' },
  isFinal: false,
  stdout: 'out\n',
  stderr: 'err\n',
  truncated: false,
  masked: false,
  bytes: 8,
};

const begin = async (attempt: number): Promise<number> => {
  const begun = await start(attempt);
  if (begun.state !== 'begun') throw new Error(begun.state);
  return begun.attemptId;
};

const read = (id: number) =>
  selectRow(
    db,
    'SELECT status, exit_code, failure_category, error_code, is_final, result_output, output_bytes, late_result FROM job_action_results WHERE id = $1',
    [id],
  );

test('an attempt that runs is not begun a second time', async () => {
  await begin(1);
  expect(await start(1)).toEqual({ state: 'refused', reason: 'already_running' });
  expect(await start(1, { ...FACTS, activityId: '2' }, true)).toEqual({ state: 'refused', reason: 'already_running' });
});

test('of many that begin the same attempt at once one may', async () => {
  const starts = await Promise.all(Array.from({ length: 10 }, () => start(2)));
  expect(starts.filter(({ state }) => state === 'begun')).toHaveLength(1);
});

test('who asks again because the answer was lost finds the attempt its own', async () => {
  const attemptId = await begin(3);
  expect(await start(3, FACTS, true)).toEqual({ state: 'begun', attemptId });
});

test('an attempt that has ended tells its end to who begins it again', async () => {
  const id = await begin(4);
  await endAttempt(db, id, FAILED);
  expect(await start(4)).toEqual({ state: 'ended', outcome: FAILED.outcome });
  expect(await read(id)).toMatchObject({
    status: 'failed',
    exit_code: 3,
    is_final: false,
    result_output: 'out\n',
    output_bytes: 8,
    late_result: null,
  });
});

test('an end that is told twice, because the answer was lost, is no late result', async () => {
  const id = await begin(5);
  await endAttempt(db, id, FAILED);
  const first = await read(id);
  await endAttempt(db, id, FAILED);
  expect(await read(id)).toEqual(first);
});

test('a result that comes after the attempt was closed as lost stands beside it', async () => {
  const id = await begin(6);
  await execute(
    db,
    `UPDATE job_action_results SET status = 'failed', failure_category = 'lost', error_code = 'OUTCOME_UNKNOWN', completed_at = now() WHERE id = $1`,
    [id],
  );
  await endAttempt(db, id, { ...FAILED, outcome: { status: 'completed', exitCode: 0, failureCategory: null, errorCode: null } });
  expect(await read(id)).toMatchObject({
    status: 'failed',
    failure_category: 'lost',
    exit_code: null,
    late_result: { status: 'completed', exitCode: 0, output_bytes: 8 },
  });
});

test('nothing begins on a branch that has ended', async () => {
  await execute(db, `UPDATE job_execution_branches SET status = 'cancelled', completed_at = now() WHERE id = $1`, [branch.branchId]);
  expect(await start(7)).toEqual({ state: 'refused', reason: 'branch_closed' });
});
