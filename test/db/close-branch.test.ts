import type { Sequelize } from 'sequelize';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CloseBranchInput } from '../../src/contracts/run.ts';
import { closeBranchRow } from '../../src/db/close-branch.ts';
import { selectRow, selectRows } from '../../src/db/query.ts';
import { queueRetries } from '../../src/db/retry-branches.ts';
import { openTestDatabase } from './support/open-database.ts';
import { addBranchRows, addExecutionRow, addJobRow, addResultRow, addTargetRows } from './support/rows.ts';

let database: Awaited<ReturnType<typeof openTestDatabase>>;
let db: Sequelize;
let targets: number[];
let jobId: number;
beforeAll(async () => {
  database = await openTestDatabase();
  ({ db } = database);
  targets = await addTargetRows(db, 1);
  jobId = await addJobRow(db, { actions: [{}, {}, { isEnabled: false }, {}] });
});
afterAll(() => database[Symbol.asyncDispose]());

type Ending = Omit<CloseBranchInput, 'branch' | 'workflowId'>;
const COMPLETED: Ending = { status: 'completed', failureCategory: null, errorCode: null, message: null, skipReason: 'branch_stopped' };
const CANCELLED: Ending = { ...COMPLETED, status: 'cancelled' };
const FAILED: Ending = {
  ...COMPLETED,
  status: 'failed',
  failureCategory: 'command_execution',
  errorCode: 'COMMAND_FAILED',
  message: 'Action 2 failed.',
};

const addBranch = async (status: string, fields: Record<string, unknown> = {}): Promise<string> => {
  const run = await addExecutionRow(db, jobId, { status: 'running', ...fields });
  const [branch] = await addBranchRows(db, run, targets, [status]);
  return branch ?? '';
};

const ended = (status: string, exitCode: number | null, fields: Record<string, unknown> = {}) => ({
  status,
  exit_code: exitCode,
  is_final: true,
  completed_at: new Date().toISOString(),
  ...fields,
});

const readBranch = (branch: string) =>
  selectRow(
    db,
    'SELECT status, failure_category, error_code, exit_code, result_output, result_error, closed_by FROM job_execution_branches WHERE branch_serial = $1',
    [branch],
  );

interface ActionRow {
  action_order: number;
  status: string;
  why: string | null;
  is_final: boolean;
}

/** Such as `2 failed lost final`. */
const readActions = async (branch: string): Promise<string[]> => {
  const rows = await selectRows<ActionRow>(
    db,
    `SELECT action_order, status, coalesce(skip_reason, failure_category) AS why, is_final FROM job_action_results
     WHERE action_serial LIKE $1 ORDER BY action_order, attempt`,
    [`${branch}.%`],
  );
  return rows.map((row) =>
    [row.action_order, row.status, ...(row.why === null ? [] : [row.why]), ...(row.is_final ? ['final'] : [])].join(' '),
  );
};

test('a completed branch tells how many actions completed and the last exit code; what was disabled is skipped as that', async () => {
  const branch = await addBranch('running');
  for (const order of [1, 2, 4]) await addResultRow(db, branch, order, ended('completed', order));
  expect(await closeBranchRow(db, { branch, ...COMPLETED }, 'workflow')).toMatchObject({ status: 'completed', is_new: true });
  expect(await readBranch(branch)).toEqual({
    status: 'completed',
    failure_category: null,
    error_code: null,
    exit_code: 4,
    result_output: '3 of 3 executed actions completed',
    result_error: null,
    closed_by: 'workflow',
  });
  expect(await readActions(branch)).toEqual(['1 completed final', '2 completed final', '3 skipped disabled final', '4 completed final']);
});

test.each(['branch_stopped', 'skip_remaining'] as const)(
  'a failed branch skips what never ran (%s) and has the exit code of what failed',
  async (skipReason) => {
    const branch = await addBranch('running');
    await addResultRow(db, branch, 1, ended('completed', 0));
    await addResultRow(db, branch, 2, ended('failed', 7, { is_final: false, failure_category: 'command_execution' }));
    await addResultRow(db, branch, 2, ended('failed', 9, { attempt: 2, failure_category: 'command_execution', result_error: 'no space' }));
    await closeBranchRow(db, { branch, ...FAILED, skipReason }, 'workflow');
    expect(await readBranch(branch)).toMatchObject({
      status: 'failed',
      error_code: 'COMMAND_FAILED',
      exit_code: 9,
      result_output: '1 of 2 executed actions completed',
      result_error: 'Action 2 failed.\nno space',
    });
    expect(await readActions(branch)).toEqual([
      '1 completed final',
      '2 failed command_execution',
      '2 failed command_execution final',
      '3 skipped disabled final',
      `4 skipped ${skipReason} final`,
    ]);
  },
);

test('a branch that failed without an exit code has none, though an action before it had', async () => {
  const branch = await addBranch('running');
  await addResultRow(db, branch, 1, ended('completed', 0));
  await addResultRow(db, branch, 2, ended('failed', null, { failure_category: 'communication' }));
  await closeBranchRow(db, { branch, ...FAILED, failureCategory: 'communication', errorCode: 'CONNECTION_LOST' }, 'workflow');
  expect(await readBranch(branch)).toMatchObject({ status: 'failed', exit_code: null });
});

test('an action that may fail leaves its exit code on a branch that completed', async () => {
  const branch = await addBranch('running');
  await addResultRow(db, branch, 1, ended('failed', 3));
  for (const order of [2, 4]) await addResultRow(db, branch, order, ended('completed', 0));
  await closeBranchRow(db, { branch, ...COMPLETED }, 'workflow');
  expect(await readBranch(branch)).toMatchObject({ status: 'completed', exit_code: 3, result_output: '2 of 3 executed actions completed' });
});

test('a cancelled branch cancels what never ran', async () => {
  const branch = await addBranch('running');
  await addResultRow(db, branch, 1, ended('completed', 0));
  await addResultRow(db, branch, 2, ended('cancelled', null));
  await closeBranchRow(db, { branch, ...CANCELLED }, 'workflow');
  expect(await readActions(branch)).toEqual(['1 completed final', '2 cancelled final', '3 skipped disabled final', '4 cancelled final']);
});

test('an attempt that is still open when its branch ends is lost', async () => {
  const branch = await addBranch('running');
  await addResultRow(db, branch, 1, ended('completed', 0));
  await addResultRow(db, branch, 2);
  await closeBranchRow(db, { branch, ...FAILED, failureCategory: 'lost', errorCode: 'OUTCOME_UNKNOWN', message: 'gone' }, 'reconciler');
  expect(await readActions(branch)).toEqual([
    '1 completed final',
    '2 failed lost final',
    '3 skipped disabled final',
    '4 skipped branch_stopped final',
  ]);
  expect(await readBranch(branch)).toMatchObject({
    exit_code: null,
    result_output: '1 of 2 executed actions completed',
    closed_by: 'reconciler',
  });
});

test('the last of several attempts decides, one that was to be retried too', async () => {
  const branch = await addBranch('running');
  await addResultRow(db, branch, 1, ended('failed', 5, { is_final: false, failure_category: 'command_execution' }));
  await closeBranchRow(db, { branch, ...CANCELLED }, 'workflow');
  expect((await readActions(branch))[0]).toBe('1 failed command_execution final');
  expect(await readBranch(branch)).toMatchObject({ status: 'cancelled', exit_code: 5, result_output: '0 of 1 executed actions completed' });
});

test('of several open attempts the last decides', async () => {
  const branch = await addBranch('running');
  await addResultRow(db, branch, 1);
  await addResultRow(db, branch, 1, { attempt: 2 });
  await addResultRow(db, branch, 2);
  await addResultRow(db, branch, 2, ended('failed', 5, { attempt: 2, is_final: false, failure_category: 'command_execution' }));
  await closeBranchRow(db, { branch, ...CANCELLED }, 'workflow');
  expect((await readActions(branch)).slice(0, 4)).toEqual([
    '1 failed lost',
    '1 failed lost final',
    '2 failed lost',
    '2 failed command_execution final',
  ]);
});

test('a row that was only shown as planned is skipped or cancelled, not lost', async () => {
  const [failed, cancelled] = [await addBranch('running'), await addBranch('running')];
  for (const branch of [failed, cancelled]) await addResultRow(db, branch, 1, { status: 'scheduled' });
  await closeBranchRow(db, { branch: failed, ...FAILED }, 'workflow');
  await closeBranchRow(db, { branch: cancelled, ...CANCELLED }, 'workflow');
  expect((await readActions(failed))[0]).toBe('1 skipped branch_stopped final');
  expect((await readActions(cancelled))[0]).toBe('1 cancelled final');
});

test('a branch that is cancelled because the time of the run was up has failed for that', async () => {
  const late = { failure_category: 'timeout', error_code: 'RUN_TIMED_OUT' };
  const branch = await addBranch('running', late);
  expect(await closeBranchRow(db, { branch, ...CANCELLED }, 'workflow')).toMatchObject({ status: 'failed' });
  expect(await readBranch(branch)).toMatchObject({
    status: 'failed',
    failure_category: 'timeout',
    error_code: 'RUN_TIMED_OUT',
    result_error: 'The time of the run was up.',
  });
  const inTime = await addBranch('running', late);
  expect(await closeBranchRow(db, { branch: inTime, ...COMPLETED }, 'workflow')).toMatchObject({ status: 'completed' });
});

test.each([
  ['cancelled', CANCELLED],
  ['failed', FAILED],
] as const)('a branch that never began can end %s, and has not begun then', async (status, ending) => {
  const branch = await addBranch('scheduled');
  expect(await closeBranchRow(db, { branch, ...ending }, 'workflow')).toMatchObject({ status });
  expect(await selectRow(db, 'SELECT started_at FROM job_execution_branches WHERE branch_serial = $1', [branch])).toEqual({
    started_at: null,
  });
});

test('a branch that never began cannot end completed', async () => {
  const branch = await addBranch('scheduled');
  await closeBranchRow(db, { branch, ...COMPLETED }, 'workflow');
  expect(await readBranch(branch)).toMatchObject({ status: 'scheduled' });
});

test('a branch that has ended stays as it is and tells its end', async () => {
  const branch = await addBranch('running');
  await closeBranchRow(db, { branch, ...CANCELLED }, 'workflow');
  const row = () => selectRow(db, 'SELECT * FROM job_execution_branches WHERE branch_serial = $1', [branch]);
  const [first, actions] = [await row(), await readActions(branch)];
  for (const ending of [COMPLETED, FAILED, CANCELLED])
    expect(await closeBranchRow(db, { branch, ...ending }, 'reconciler')).toMatchObject({ status: 'cancelled', is_new: false });
  expect(await row()).toEqual(first);
  expect(await readActions(branch)).toEqual(actions);
});

test('there is nothing to close of a branch that is not there', async () => {
  expect(await closeBranchRow(db, { branch: 'J20259999.0001.0001', ...FAILED }, 'workflow')).toBeUndefined();
});

test('a close that is repeated, since its workflow never knew of it, leaves a branch alone that a person has run again since', async () => {
  const run = await addExecutionRow(db, jobId, { status: 'running' });
  const [branch = ''] = await addBranchRows(db, run, targets, ['running']);
  const closing = { branch, workflowId: `${run.serial}/b/1`, ...FAILED };
  expect(await closeBranchRow(db, closing, 'workflow')).toMatchObject({ status: 'failed' });
  await db.transaction((transaction) => queueRetries(db, run.id, undefined, 'restart', false, transaction));
  expect(await closeBranchRow(db, closing, 'workflow')).toMatchObject({ status: 'failed', waiter: null });
  expect(await readBranch(branch)).toMatchObject({ status: 'running', error_code: null, closed_by: null });
  const row = await selectRow<{ workflow_id: string }>(db, 'SELECT workflow_id FROM job_execution_branches WHERE branch_serial = $1', [
    branch,
  ]);
  expect(await closeBranchRow(db, { ...closing, ...COMPLETED, workflowId: row?.workflow_id ?? '' }, 'workflow')).toMatchObject({
    status: 'completed',
  });
});
