import type { Sequelize } from 'sequelize';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createWorld } from '../../bench/queries/world.ts';
import type { World } from '../../bench/queries/world.ts';
import { execute } from '../../src/db/query.ts';
import { followExecution } from '../../src/services/executions/follow-execution.ts';
import { listLogs } from '../../src/services/executions/read-logs.ts';
import { openTestDatabase } from '../db/support/open-database.ts';
import { addBranchRows, addExecutionRow, addJobRow, addTargetRows } from '../db/support/rows.ts';

const EMPTY = { size: { runs: 0, targets: 0, loudLines: 0 }, targets: [], jobs: [], schedules: [], runs: [] };

let database: Awaited<ReturnType<typeof openTestDatabase>>;
let db: Sequelize;
let world: World;
let run: { id: number; serial: string };
let branches: string[];
beforeAll(async () => {
  database = await openTestDatabase();
  ({ db } = database);
  world = createWorld(db, EMPTY);
  const targets = await addTargetRows(db, 3);
  run = await addExecutionRow(db, await addJobRow(db, { targets }), { status: 'completed' });
  branches = await addBranchRows(db, run, targets, ['completed', 'completed', 'completed']);
  for (const [index, lines] of [5_000, 10, 0].entries()) await addLines(branches[index] ?? '', lines);
});
afterAll(() => database[Symbol.asyncDispose]());

const addLines = async (branch: string, lines: number): Promise<void> => {
  await execute(db, 'UPDATE job_execution_branches SET last_line_number = $2 WHERE branch_serial = $1', [branch, lines]);
  await execute(
    db,
    `INSERT INTO job_execution_logs (job_execution_id, branch_id, line_number, stream, log_phase, log_category, log_message)
     SELECT b.job_execution_id, b.id, line, 'stdout', 'action_execution', 'command_execution', line::text
     FROM job_execution_branches b, generate_series(1, $2::int) line WHERE b.branch_serial = $1`,
    [branch, lines],
  );
};

const numbers = (from: number, to: number): string[] => Array.from({ length: to - from + 1 }, (_, index) => String(from + index));

/** All pages of a list of lines. */
const readLines = async (filter: { branch?: string; target?: string }): Promise<string[]> => {
  const texts: string[] = [];
  let next: string | null | undefined;
  do {
    const page = await listLogs(world.services, world.caller, run.serial, { limit: 700, ...filter, ...(next && { cursor: next }) });
    texts.push(...page.data.map((line) => line.log_message));
    next = page.next;
  } while (next !== null);
  return texts;
};

/** What a follower gets until the end, by branch. */
const follow = async (): Promise<Map<string, string[]>> => {
  const follower = await followExecution(world.services, world.caller, run.serial, undefined);
  const lines = new Map<string, string[]>();
  for (;;) {
    const { events, more } = await follower.read();
    for (const { type, data } of events) {
      if (type === 'line') lines.set(data.branch_serial ?? '', [...(lines.get(data.branch_serial ?? '') ?? []), data.log_message]);
    }
    if (events.at(-1)?.type === 'end') return lines;
    expect(more).toBe(true);
  }
};

test('pages of the lines of one branch hold each line once, in order', async () => {
  expect(await readLines({ branch: branches[0] ?? '' })).toEqual(numbers(1, 5_000));
  expect(await readLines({ target: 'target 2' })).toEqual(numbers(1, 10));
  expect(await readLines({ target: 'target 3' })).toEqual([]);
  expect(await readLines({ target: 'target 4' })).toEqual([]);
  expect(await readLines({ branch: branches[0] ?? '', target: 'target 2' })).toEqual([]);
});

test('a branch of another run has no lines in this one', async () => {
  const other = await addExecutionRow(db, await addJobRow(db, { serial: 'J20250002' }), { status: 'completed' });
  await expect(listLogs(world.services, world.caller, other.serial, { limit: 10, branch: branches[0] })).resolves.toEqual({
    data: [],
    next: null,
  });
});

test('two targets of one name give the lines of both', async () => {
  await execute(db, `UPDATE job_execution_branches SET target_name_ref = 'twin' WHERE branch_number < 3`);
  expect(await readLines({ target: 'twin' })).toEqual([...numbers(1, 5_000), ...numbers(1, 10)]);
});

test('a follower gets every line of every branch, each branch in the order of its numbers', async () => {
  const lines = await follow();
  expect(lines.get(branches[0] ?? '')).toEqual(numbers(1, 5_000));
  expect(lines.get(branches[1] ?? '')).toEqual(numbers(1, 10));
});

test('a follower does not wait for lines that are gone, and gets all that came after them', async () => {
  await execute(db, `DELETE FROM job_execution_logs WHERE line_number <= 4500 AND log_message <> '10'`);
  const lines = await follow();
  expect(lines.get(branches[0] ?? '')).toEqual(['10', ...numbers(4_501, 5_000)]);
  expect(lines.get(branches[1] ?? '')).toEqual(['10']);
});
