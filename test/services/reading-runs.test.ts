import type { Sequelize } from 'sequelize';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createWorld } from '../../bench/queries/world.ts';
import type { World } from '../../bench/queries/world.ts';
import type { BranchFilter, ExecutionFilter, ResultFilter } from '../../src/contracts/execution.ts';
import type { CompareQuery, ComparedTarget } from '../../src/contracts/execution-summary.ts';
import { execute } from '../../src/db/query.ts';
import { compareExecutions } from '../../src/services/executions/compare-executions.ts';
import { lastBytes } from '../../src/services/executions/cut-output.ts';
import { countExecutions, listExecutions } from '../../src/services/executions/list-executions.ts';
import { getBranch, listBranches } from '../../src/services/executions/read-branches.ts';
import { listAttempts, listResults } from '../../src/services/executions/read-results.ts';
import { summariseActions, summariseExecution } from '../../src/services/executions/summarise-execution.ts';
import { openTestDatabase } from '../db/support/open-database.ts';
import { addBranchRows, addExecutionRow, addJobRow, addResultRow, addTargetRows } from '../db/support/rows.ts';

const EMPTY = { size: { runs: 0, targets: 0, loudLines: 0 }, targets: [], jobs: [], schedules: [], runs: [] };
const DONE = '2025-03-01T10:00:00Z';

let database: Awaited<ReturnType<typeof openTestDatabase>>;
let db: Sequelize;
let world: World;
let targets: number[];
beforeAll(async () => {
  database = await openTestDatabase();
  ({ db } = database);
  world = createWorld(db, EMPTY);
  targets = await addTargetRows(db, 6);
});
afterAll(() => database[Symbol.asyncDispose]());

describe('the list of runs', () => {
  const list = async (filter: Partial<ExecutionFilter>): Promise<string[]> =>
    (await listExecutions(world.services, world.caller, { limit: 50, ...filter })).data.map((run) => run.execution_serial.slice(-6));
  const count = (filter: Partial<ExecutionFilter>) => countExecutions(world.services, world.caller, filter);

  beforeAll(async () => {
    const web = await addJobRow(db, { serial: 'J20250001', targets });
    const mail = await addJobRow(db, { serial: 'J20250002', targets });
    await execute(db, `UPDATE jobs SET name = 'Nightly 100% web', settings = '{"tags": ["nightly", "web"]}' WHERE id = $1`, [web]);
    await execute(db, `UPDATE jobs SET name = 'Mail', settings = '{"tags": ["mail"]}' WHERE id = $1`, [mail]);
    const person = 1;
    const first = await addExecutionRow(db, web, {
      status: 'failed',
      failed_branches: 1,
      total_branches: 2,
      created_at: '2025-01-01T00:00:00Z',
      completed_at: '2025-01-01T01:00:00Z',
      triggered_by: person,
    });
    await addBranchRows(db, first, targets.slice(0, 2), ['completed', 'failed']);
    await addExecutionRow(db, web, {
      status: 'completed',
      trigger_type: 'schedule',
      created_at: '2025-02-01T00:00:00Z',
      completed_at: DONE,
      definition_version: 2,
      retry_of_execution_id: first.id,
    });
    await addExecutionRow(db, web, {
      status: 'failed',
      failure_category: 'configuration',
      created_at: '2025-03-01T00:00:00Z',
      completed_at: DONE,
    });
    const running = await addExecutionRow(db, mail, {
      status: 'running',
      failed_branches: 1,
      total_branches: 3,
      created_at: '2025-04-01T00:00:00Z',
    });
    await addBranchRows(db, running, targets.slice(1, 4), ['failed', 'running', 'scheduled']);
    await addExecutionRow(db, mail, { status: 'scheduled', created_at: '2025-05-01T00:00:00Z' });
  });

  const [web1, web2, web3, mail1, mail2] = ['1.0001', '1.0002', '1.0003', '2.0001', '2.0002'];
  const cases: readonly (readonly [string, Partial<ExecutionFilter>, (string | undefined)[]])[] = [
    ['all', {}, [mail2, mail1, web3, web2, web1]],
    ['oldest first', { sort: 'created' }, [web1, web2, web3, mail1, mail2]],
    ['of a job', { job: 'J20250001' }, [web3, web2, web1]],
    ['of a job, in a version', { job: 'J20250001', version: 2 }, [web2]],
    ['of jobs with a tag', { tag: 'web' }, [web3, web2, web1]],
    ['of jobs by part of the name', { search: '100%' }, [web3, web2, web1]],
    ['of several jobs', { search: 'i' }, [mail2, mail1, web3, web2, web1]],
    ['in a state', { status: 'failed' }, [web3, web1]],
    ['by what began them', { trigger: 'schedule' }, [web2]],
    ['by who began them, whatever the case of the name', { triggered_by: 'System' }, [web1]],
    ['on a target', { target: 'T20250002' }, [mail1, web1]],
    ['that failed for a reason of their own', { failure_category: 'configuration' }, [web3]],
    ['with a target that failed', { has_failed: true }, [mail1, web1]],
    ['has_failed: false asks nothing', { has_failed: false }, [mail2, mail1, web3, web2, web1]],
    ['that repeat another', { retry_of: 'J20250001.0001' }, [web2]],
    ['made in a time', { created_from: '2025-02-01T00:00:00Z', created_to: '2025-04-01T00:00:00Z' }, [mail1, web3, web2]],
    ['ended in a time', { completed_from: '2025-02-01T00:00:00Z', completed_to: '2025-04-01T00:00:00Z' }, [web3, web2]],
    ['all of it together', { tag: 'nightly', status: 'failed', target: 'T20250001', has_failed: true }, [web1]],
    ['of a job that there is not', { job: 'J20259999' }, []],
    ['with a tag that no job has', { tag: 'Web' }, []],
    ['by part of a name that is no pattern', { search: '1%b' }, []],
    ['by a user that there is not', { triggered_by: 'nobody' }, []],
    ['on a target that there is not', { target: 'T20259999' }, []],
    ['that repeat what there is not', { retry_of: 'J20259999.0001' }, []],
  ];
  test.each(cases)('%s', async (_name, filter, expected) => {
    expect(await list(filter)).toEqual(expected);
    expect((await count(filter)).total).toBe(expected.length);
  });

  test('a version counts within its job', async () => {
    await expect(list({ version: 1 })).rejects.toMatchObject({ code: 'VALIDATION', fields: [{ path: 'version' }] });
  });

  test('counts are by state, and of each at most 10,000', async () => {
    expect(await count({})).toEqual({ scheduled: 1, running: 1, completed: 1, failed: 2, cancelled: 0, total: 5, is_capped: false });
    expect(await count({ status: 'failed', job: 'J20250001' })).toEqual({
      scheduled: 0,
      running: 0,
      completed: 0,
      failed: 2,
      cancelled: 0,
      total: 2,
      is_capped: false,
    });
    const many = await addJobRow(db, { serial: 'J20250003' });
    await execute(
      db,
      `INSERT INTO job_executions (job_id, execution_serial, execution_number, definition_version, workflow_id, status, completed_at)
       SELECT $1, 'J20250003.' || lpad(n::text, 5, '0'), n, 1, 'job/J20250003/' || n, 'cancelled', now() FROM generate_series(1, 10005) n`,
      [many],
    );
    expect(await count({ job: 'J20250003' })).toEqual({
      scheduled: 0,
      running: 0,
      completed: 0,
      failed: 0,
      cancelled: 10_000,
      total: 10_000,
      is_capped: true,
    });
  });
});

describe('what is within a run', () => {
  let run: { id: number; serial: string };
  let branches: string[];
  const output = `${'ä'.repeat(20_000)}the end`;
  beforeAll(async () => {
    run = await addExecutionRow(db, await addJobRow(db, { serial: 'J20250010', targets }), { status: 'failed' });
    branches = await addBranchRows(db, run, targets, ['completed', 'completed', 'failed', 'failed', 'cancelled', 'running']);
    await execute(
      db,
      `UPDATE job_execution_branches SET batch_number = 1 + (branch_number > 1)::int, result_output = $2,
         started_at = CASE WHEN branch_number < 5 THEN completed_at - branch_number * interval '1 second' END,
         failure_category = CASE WHEN status = 'failed' THEN 'communication' END, error_code = CASE WHEN status = 'failed' THEN 'CONNECTION_TIMED_OUT' END
       WHERE job_execution_id = $1`,
      [run.id, output],
    );
    for (const [index, branch] of branches.slice(0, 4).entries()) {
      const isFailed = index > 1;
      if (isFailed) await addResultRow(db, branch, 1, { attempt: 1, status: 'failed', completed_at: DONE, execution_time_ms: 900_000 });
      await addResultRow(db, branch, 1, {
        attempt: isFailed ? 2 : 1,
        status: isFailed ? 'failed' : 'completed',
        is_final: true,
        completed_at: DONE,
        execution_time_ms: (index + 1) * 100,
        result_output: output,
        result_error: index === 0 ? 'short' : null,
        error_code: isFailed ? 'OUTCOME_UNKNOWN' : null,
      });
      if (!isFailed)
        await addResultRow(db, branch, 2, { status: 'skipped', skip_reason: 'condition_false', is_final: true, completed_at: DONE });
    }
    await addResultRow(db, branches[5] ?? '', 1);
  });

  const list = async (filter: Partial<BranchFilter>): Promise<number[]> =>
    (await listBranches(world.services, world.caller, run.serial, { limit: 50, ...filter })).data.map((branch) => branch.branch_number);

  test.each([
    [{ status: 'failed' }, [3, 4]],
    [{ failure_category: 'communication' }, [3, 4]],
    [{ failure_category: 'timeout' }, []],
    [{ error_code: 'CONNECTION_TIMED_OUT', sort: '-branch_number' }, [4, 3]],
    [{ batch: 1 }, [1]],
    [{ batch: 2, status: 'completed' }, [2]],
    [{ search: 'GET 3' }, [3]],
    [{ search: 'target _' }, []],
    [{ target: 'target 2' }, [2]],
  ] as const)('branches: %j', async (filter, expected) => {
    expect(await list(filter)).toEqual(expected);
  });

  test('a branch and the attempts of an action are read by serials of their own', async () => {
    const branch = await getBranch(world.services, world.caller, branches[2] ?? '', {});
    expect(branch).toMatchObject({
      branch_serial: branches[2],
      status: 'failed',
      fault: 'network',
      result_output: output,
      output_cut: false,
    });
    const attempts = await listAttempts(world.services, world.caller, `${branches[2]}.0001`, { limit: 50 });
    expect(attempts.data.map(({ attempt, status }) => [attempt, status])).toEqual([
      [1, 'failed'],
      [2, 'failed'],
    ]);
    await expect(getBranch(world.services, world.caller, 'J20259999.0001.0001', {})).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const none = listAttempts(world.services, world.caller, `${branches[2]}.0009`, { limit: 50 });
    await expect(none).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  const resultsOf = async (filter: Partial<ResultFilter>) =>
    (await listResults(world.services, world.caller, run.serial, { limit: 50, final: true, action_order: 1, ...filter })).data;

  test('outputs are shown by their last bytes, never from within a character, and more of them is asked for', async () => {
    const [first] = await resultsOf({});
    expect(Buffer.byteLength(first?.result_output ?? '')).toBeLessThanOrEqual(16_384);
    expect(output.endsWith(first?.result_output ?? 'x')).toBe(true);
    expect(first).toMatchObject({ result_error: 'short', output_cut: true });
    for (const max of [0, 1, 7, 8, 9, 4_000]) {
      const [shown] = await resultsOf({ max_output: max });
      expect([max, shown?.result_output, shown?.output_cut]).toEqual([max, lastBytes(output, max), true]);
    }
    expect((await resultsOf({ max_output: 100_000 }))[0]).toMatchObject({ result_output: output, output_cut: false });
    expect((await resultsOf({}))[2]).toMatchObject({ result_error: null, attempt: 2 });
    const [branch] = (await listBranches(world.services, world.caller, run.serial, { limit: 1, max_output: 7 })).data;
    expect(branch).toMatchObject({ result_output: 'the end', output_cut: true });
  });

  test('a page that could have more than 32 MiB of output is refused, in each list', async () => {
    const refusal = { code: 'VALIDATION', fields: [{ path: 'max_output', message: expect.stringContaining('at most 33554') }] };
    await expect(resultsOf({ limit: 500, max_output: 33_555 })).rejects.toMatchObject(refusal);
    await expect(list({ limit: 500, max_output: 33_555 })).rejects.toMatchObject(refusal);
    await expect(listAttempts(world.services, world.caller, 'x', { limit: 500, max_output: 33_555 })).rejects.toMatchObject(refusal);
    expect(await list({ limit: 500, max_output: 33_554 })).toHaveLength(6);
    expect(await list({ limit: 1, max_output: 16_777_216 })).toHaveLength(1);
  });

  test('the summary counts branches by state, batch and cause', async () => {
    expect(await summariseExecution(world.services, world.caller, run.serial)).toEqual({
      branches: { scheduled: 0, running: 1, completed: 2, failed: 2, cancelled: 1 },
      failures: [{ failure_category: 'communication', error_code: 'CONNECTION_TIMED_OUT', branches: 2 }],
      batches: [
        { batch_number: 1, scheduled: 0, running: 0, completed: 1, failed: 0, cancelled: 0 },
        { batch_number: 2, scheduled: 0, running: 1, completed: 1, failed: 2, cancelled: 1 },
      ],
      duration: { min_ms: 1_000, avg_ms: 2_500, p95_ms: 4_000, max_ms: 4_000 },
    });
  });

  test('the actions tell what came of each on all targets; what counts is the last attempt', async () => {
    const nothing = { min_ms: null, avg_ms: null, p95_ms: null, max_ms: null };
    const { data } = await summariseActions(world.services, world.caller, run.serial);
    const one = { action_type: 'command', cancelled: 0 };
    expect(data).toEqual([
      {
        action_order: 1,
        action_name: 'action 1',
        ...one,
        running: 1,
        completed: 2,
        failed: 2,
        skipped: 0,
        unresolved: 2,
        attempts: 7,
        targets: 5,
        duration: { min_ms: 100, avg_ms: 250, p95_ms: 400, max_ms: 400 },
      },
      {
        action_order: 2,
        action_name: 'action 2',
        ...one,
        running: 0,
        completed: 0,
        failed: 0,
        skipped: 2,
        unresolved: 0,
        attempts: 2,
        targets: 2,
        duration: nothing,
      },
    ]);
  });

  test('of a run without branches, and of none', async () => {
    const empty = await addExecutionRow(db, await addJobRow(db, { serial: 'J20250011' }), { status: 'failed' });
    expect(await summariseActions(world.services, world.caller, empty.serial)).toEqual({ data: [] });
    expect(await summariseExecution(world.services, world.caller, empty.serial)).toMatchObject({
      failures: [],
      batches: [],
      duration: { max_ms: null },
    });
    for (const read of [summariseExecution, summariseActions])
      await expect(read(world.services, world.caller, 'J20259999.0001')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('two runs compared', () => {
  let first: string;
  let second: string;
  beforeAll(async () => {
    const job = await addJobRow(db, { serial: 'J20250020', targets });
    const make = async (chosen: readonly number[], statuses: readonly string[]) => {
      const run = await addExecutionRow(db, job, { status: 'completed' });
      await addBranchRows(db, run, chosen, statuses);
      await execute(
        db,
        `UPDATE job_execution_branches SET exit_code = 0, result_output = target_id::text, started_at = completed_at - interval '2 seconds',
           target_serial_ref = (SELECT target_serial FROM universal_targets t WHERE t.id = target_id) WHERE job_execution_id = $1`,
        [run.id],
      );
      return run;
    };
    const all = Array.from({ length: 5 }, () => 'completed');
    first = (await make(targets.slice(0, 5), all)).serial;
    // In another order: what is compared are targets, not numbers.
    const run = await make(targets.slice(1).toReversed(), ['completed', 'failed', 'completed', 'completed', 'completed']);
    second = run.serial;
    await execute(
      db,
      `UPDATE job_execution_branches SET exit_code = 3, failure_category = 'command_execution' WHERE job_execution_id = $1 AND status = 'failed'`,
      [run.id],
    );
    await execute(db, `UPDATE job_execution_branches SET result_output = 'new' WHERE job_execution_id = $1 AND target_id = $2`, [
      run.id,
      targets[2],
    ]);
  });

  const compare = async (query: Partial<CompareQuery>): Promise<ComparedTarget[]> => {
    const found: ComparedTarget[] = [];
    for (let cursor: string | undefined; ;) {
      const page = await compareExecutions(world.services, world.caller, first, second, {
        limit: 2,
        ...query,
        ...(cursor !== undefined && { cursor }),
      });
      expect([page.first.execution_serial, page.second.execution_serial]).toEqual([first, second]);
      found.push(...page.data);
      if (page.next === null) return found;
      cursor = page.next;
    }
  };
  const seen = (rows: ComparedTarget[]) => rows.map((row) => [row.target_serial, row.differences]);

  test('target by target, with what differs', async () => {
    const rows = await compare({});
    expect(seen(rows)).toEqual([
      ['T20250001', ['missing']],
      ['T20250002', []],
      ['T20250003', ['output']],
      ['T20250004', []],
      ['T20250005', ['status', 'exit_code', 'failure']],
      ['T20250006', ['missing']],
    ]);
    expect(rows[0]).toMatchObject({ first: { branch_serial: `${first}.0001` }, second: null });
    expect(rows[4]).toMatchObject({
      first: { branch_serial: `${first}.0005`, status: 'completed', exit_code: 0, failure_category: null, duration_ms: 2_000 },
      second: { branch_serial: `${second}.0002`, status: 'failed', exit_code: 3, failure_category: 'command_execution' },
    });
    for (const limit of [1, 3, 6, 500]) expect([limit, await compare({ limit })]).toEqual([limit, rows]);
  });

  test('only those that differ', async () => {
    expect(seen(await compare({ only: 'outcome' })).map(([serial]) => serial)).toEqual(['T20250001', 'T20250005', 'T20250006']);
    expect(seen(await compare({ only: 'any', limit: 1 })).map(([serial]) => serial)).toEqual([
      'T20250001',
      'T20250003',
      'T20250005',
      'T20250006',
    ]);
  });

  test('among 100,000 targets a page looks at 2,000, and branches are paged to the end', { timeout: 120_000 }, async () => {
    const MANY = 100_000;
    const run = await addExecutionRow(db, await addJobRow(db, { serial: 'J20250030' }), { status: 'completed' });
    await execute(
      db,
      `WITH many AS (INSERT INTO universal_targets (target_serial, name, os_type) SELECT 'T2020' || (100000 + n), 'many ' || n, 'linux' FROM generate_series(1, ${MANY}) n
         RETURNING id, target_serial, name, substring(name FROM 6)::int AS n)
       INSERT INTO job_execution_branches (job_execution_id, target_id, branch_number, branch_serial, target_serial_ref, target_name_ref, status, completed_at)
       SELECT $1, id, n, $2 || '.' || lpad(n::text, greatest(4, length(n::text)), '0'), target_serial, name, 'completed', now() FROM many`,
      [run.id, run.serial],
    );
    await db.query('ANALYZE universal_targets, job_execution_branches');
    let pages = 0;
    for (let cursor: string | undefined; ;) {
      const next = cursor === undefined ? {} : { cursor };
      const page = await compareExecutions(world.services, world.caller, run.serial, run.serial, { limit: 50, only: 'any', ...next });
      expect(page.data).toEqual([]);
      pages += 1;
      if (page.next === null) break;
      cursor = page.next;
    }
    expect(pages).toBe(MANY / 2_000 + 1);
    const numbers: number[] = [];
    for (let cursor: string | undefined; ;) {
      const page = await listBranches(world.services, world.caller, run.serial, { limit: 500, ...(cursor !== undefined && { cursor }) });
      numbers.push(...page.data.map((branch) => branch.branch_number));
      if (page.next === null) break;
      cursor = page.next;
    }
    expect(numbers).toEqual(Array.from({ length: MANY }, (_, index) => index + 1));
    expect((await summariseExecution(world.services, world.caller, run.serial)).branches.completed).toBe(MANY);
  });
});
