import type { Sequelize } from 'sequelize';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readSpentTime } from '../../src/db/run-clock.ts';
import { nextLookMs } from '../../src/domain/run-clock.ts';
import { openTestDatabase } from './support/open-database.ts';
import { addBranchRows, addExecutionRow, addJobRow, addResultRow, addTargetRows } from './support/rows.ts';

let database: Awaited<ReturnType<typeof openTestDatabase>>;
let db: Sequelize;
let targets: number[];
let jobId: number;
beforeAll(async () => {
  database = await openTestDatabase();
  ({ db } = database);
  targets = await addTargetRows(db, 3);
  jobId = await addJobRow(db);
});
afterAll(() => database[Symbol.asyncDispose]());

const START = Date.now() - 100_000_000;
const at = (second: number): string => new Date(START + second * 1_000).toISOString();
type Span = readonly [from: number, to: number | null];
const times = ([from, to]: Span): { started_at: string; completed_at: string | null } => ({
  started_at: at(from),
  completed_at: to === null ? null : at(to),
});

interface BranchTimes {
  open: Span;
  lock?: Span;
  waits?: Span[];
  work?: Span[];
}

/** What of `of` a run with these branches has worked, in seconds. */
const spent = async (branches: BranchTimes[], of: Span[]) => {
  const run = await addExecutionRow(db, jobId, { status: 'running' });
  const serials = await addBranchRows(
    db,
    run,
    targets,
    branches.map(({ open: [, to] }) => (to === null ? 'running' : 'completed')),
  );
  for (const [index, { open, lock, waits = [], work = [] }] of branches.entries()) {
    const serial = serials[index] ?? '';
    const { started_at: started, completed_at: completed } = times(open);
    await db.query(
      `UPDATE job_execution_branches SET started_at = $2, completed_at = $3, lock_requested_at = $4, lock_acquired_at = $5 WHERE branch_serial = $1`,
      {
        bind: [
          serial,
          started,
          completed,
          lock === undefined ? null : at(lock[0]),
          lock?.[1] === undefined || lock[1] === null ? null : at(lock[1]),
        ],
      },
    );
    const add = (spans: Span[], type: string, first: number): Promise<unknown> =>
      Promise.all(
        spans.map((span, place) =>
          addResultRow(db, serial, first + place, {
            ...times(span),
            action_type: type,
            status: span[1] === null ? 'running' : 'completed',
          }),
        ),
      );
    await add(waits, 'approval', 10);
    await add(work, 'command', 20);
  }
  const { workedMs, idleMs } = await readSpentTime(
    db,
    run.serial,
    of.map(([from, to]) => [START + from * 1_000, START + (to ?? 0) * 1_000]),
  );
  return { worked: workedMs / 1_000, isIdle: idleMs > 0 };
};

const WHOLE: Span[] = [[0, 100]];
test.each<[string, BranchTimes[], Span[], number, boolean]>([
  ['work alone is work', [{ open: [0, 100], work: [[0, 100]] }], WHOLE, 100, false],
  ['an approval is none', [{ open: [0, 100], waits: [[10, 90]], work: [[0, 10]] }], WHOLE, 20, false],
  ['one that still waits', [{ open: [0, null], waits: [[10, null]] }], WHOLE, 10, true],
  ['a lane that works beside the wait', [{ open: [0, 100], waits: [[10, 90]], work: [[40, 60]] }], WHOLE, 40, false],
  ['another branch that works meanwhile', [{ open: [0, 100], waits: [[10, 90]] }, { open: [0, 50] }], WHOLE, 60, false],
  [
    'two branches that wait at once',
    [
      { open: [0, 100], waits: [[10, 90]] },
      { open: [0, 100], waits: [[0, 80]] },
    ],
    WHOLE,
    30,
    false,
  ],
  ['the wait for a target', [{ open: [0, 100], lock: [0, 70] }], WHOLE, 30, false],
  ['a target that is still waited for', [{ open: [0, null], lock: [20, null] }], WHOLE, 20, true],
  [
    'only the periods that count',
    [{ open: [0, 100], waits: [[10, 90]] }],
    [
      [0, 20],
      [50, 95],
    ],
    15,
    false,
  ],
  ['no branch yet', [], WHOLE, 100, false],
])('%s', async (_, branches, of, worked, isIdle) => {
  expect(await spent(branches, of)).toEqual({ worked, isIdle });
});

test('a run is looked at again when its time could be up; while it waits, later and later', () => {
  const minutes = (count: number): number => count * 60_000;
  const look = (workedMs: number, idleMs: number) => nextLookMs(minutes(30), { workedMs, idleMs });
  expect(look(minutes(30), 0)).toBe(0);
  expect(look(minutes(31), minutes(5))).toBe(0);
  expect(look(minutes(10), 0)).toBe(minutes(20));
  expect(look(minutes(29), 1_000)).toBe(minutes(3));
  expect(look(minutes(10), minutes(5))).toBe(minutes(20));
  expect(look(minutes(29), minutes(80))).toBe(minutes(10));
  expect(look(minutes(29), minutes(60 * 24 * 30))).toBe(minutes(30));
});
