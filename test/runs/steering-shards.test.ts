import { writeFileSync } from 'node:fs';
import { defaultPayloadConverter } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { selectRow, selectRows } from '../../src/db/query.ts';
import { addTargets, command, runJob, startFleet, withoutSshd } from '../support/fleet.ts';
import type { Fleet } from '../support/fleet.ts';
import { follow } from '../support/follow.ts';
import type { SeenEvent } from '../support/follow.ts';
import { startTestPlatform } from '../support/platform.ts';
import type { TestPlatform } from '../support/platform.ts';
import { bundleWithShardSize } from '../support/small-shards.ts';

const TARGETS = 24;
const SHARD = TARGETS / 2;

/** How many branches of a run were under way at once at most. */
const AT_ONCE = `
SELECT max(running)::int AS most FROM (
  SELECT sum(step) OVER (ORDER BY at, step) AS running FROM (
    SELECT started_at AS at, 1 AS step FROM job_execution_branches WHERE branch_serial LIKE $1 AND started_at IS NOT NULL
    UNION ALL SELECT completed_at, -1 FROM job_execution_branches WHERE branch_serial LIKE $1 AND started_at IS NOT NULL) steps) sums`;
/** In which states its branches are, and why. */
const ENDS = `
SELECT status, error_code, closed_by, result_error, count(*)::int AS count
FROM job_execution_branches WHERE branch_serial LIKE $1 GROUP BY 1, 2, 3, 4 ORDER BY count(*) DESC`;

describe.skipIf(withoutSshd)('a run of two shards (OpenSSH)', () => {
  let platform: TestPlatform;
  let fleet: Fleet;
  let bundle: Awaited<ReturnType<typeof bundleWithShardSize>>;
  let targets: string[];
  /** First target of the second shard. */
  let second: string;
  beforeAll(async () => {
    bundle = await bundleWithShardSize(SHARD);
    [platform, fleet] = await Promise.all([startTestPlatform({ bundlePath: bundle.path }), startFleet()]);
    targets = await addTargets(platform, fleet, TARGETS);
    second = targets[SHARD] ?? '';
  });
  afterAll(async () => {
    await platform[Symbol.asyncDispose]();
    await fleet[Symbol.asyncDispose]();
    await bundle[Symbol.asyncDispose]();
  });

  const steer = (serial: string, path: string, body: unknown = {}) => platform.api('POST', `/api/v1/executions/${serial}/${path}`, body);
  const patch = (serial: string, body: unknown) => platform.api('PATCH', `/api/v1/executions/${serial}`, body);
  const count = async (serial: string, status: string): Promise<number> =>
    (
      await selectRow<{ count: number }>(
        platform.db,
        `SELECT count(*)::int AS count FROM job_execution_branches WHERE branch_serial LIKE $1 AND status = $2`,
        [`${serial}.%`, status],
      )
    )?.count ?? 0;
  /** Waits until so many branches are in this state now: the stream begins with the states that they had before. @returns the events that said so */
  const untilBranches = async (serial: string, status: string, branches: number): Promise<SeenEvent[]> => {
    const found = new Map<string, SeenEvent>();
    for await (const seen of follow(platform, serial)) {
      if (seen.event !== 'branch') continue;
      found.delete(seen.data.branch_serial);
      if (seen.data.status === status) found.set(seen.data.branch_serial, seen);
      if (found.size >= branches && (await count(serial, status)) >= branches) return [...found.values()];
    }
    throw new Error(`the run ended; ${found.size} of ${branches} branches were ${status}`);
  };
  /** Text that waits for the file in the shards that are named; the other one does something else. */
  const waitIn = (shards: 'first' | 'second' | 'both', go: string, otherwise = ':'): string => {
    const wait = `while [ ! -e ${go} ]; do sleep 0.2; done`;
    if (shards === 'both') return wait;
    const [first, last] = shards === 'first' ? [wait, otherwise] : [otherwise, wait];
    return `if [ "$TARGET_SERIAL" \\< "${second}" ]; then ${first}; else ${last}; fi`;
  };
  const start = async (text: string, window: number, settings: Record<string, unknown> = {}): Promise<string> =>
    (await runJob(platform, targets, [command(text)], { settings: { max_concurrent_targets: window, ...settings } })).serial;
  const handleOf = (id: string) => platform.client.workflow.getHandle(id);

  const detailsOf = async (id: string): Promise<unknown> =>
    (await handleOf(id).query<{ currentDetails?: string }>('__temporal_workflow_metadata')).currentDetails;
  const summariesOf = async (id: string): Promise<unknown[]> => {
    const { events } = await handleOf(id).fetchHistory();
    return (events ?? []).flatMap(({ userMetadata }) =>
      userMetadata?.summary ? [defaultPayloadConverter.fromPayload(userMetadata.summary)] : [],
    );
  };
  /** What the list of the Temporal UI has of a run, by type: summaries, and what else than run and job it can be found by. Lists lag behind. */
  const untilVisible = async (serial: string, count: number): Promise<Record<string, unknown[]>> => {
    for (;;) {
      const query = `OpsExecutionId = '${serial}' AND OpsJobId = '${serial.split('.')[0]}'`;
      const found = await Array.fromAsync(platform.client.workflow.list({ query }));
      if (found.length < count) continue;
      const byType: Record<string, unknown[]> = {};
      for (const { workflowId, type, searchAttributes } of found.toSorted((one, other) => one.workflowId.localeCompare(other.workflowId))) {
        const { OpsExecutionId: _run, OpsJobId: _job, BuildIds: _builds, ...others } = searchAttributes;
        (byType[type] ??= []).push({ ...others, summary: await (await handleOf(workflowId).describe()).staticSummary() });
      }
      return byType;
    }
  };

  test('keeps its whole window, an odd one too, and when only one shard is left; Temporal alone tells what it does', async () => {
    const go = `${fleet.folder}/go-window`;
    const serial = await start(waitIn('first', go), 5);
    await untilBranches(serial, 'completed', SHARD);
    await untilBranches(serial, 'running', 5);
    expect(await count(serial, 'running')).toBe(5);

    expect(await handleOf(`job/${serial}`).query('progress')).toMatchObject({ total: TARGETS, runningShards: [`${serial}/s1`] });
    expect(await handleOf(`${serial}/s1`).query('progress')).toMatchObject({ total: SHARD, running: 5, completed: 0 });
    expect(await detailsOf(`job/${serial}`)).toBe(`test job: ${TARGETS} targets, 5 at once.`);
    expect(await detailsOf(`${serial}/s1`)).toBe(`Branches 1–${SHARD} of ${serial}, 5 at once.`);
    expect(await summariesOf(`${serial}/b/${targets[0]}`)).toContainEqual(expect.stringMatching(/^host-1: if \[/));
    expect(await untilVisible(serial, 1 + 2 + SHARD + 5)).toEqual({
      jobWorkflow: [{ OpsTrigger: ['manual'], summary: serial }],
      shardWorkflow: [{ summary: `branches 1–${SHARD}` }, { summary: `branches ${SHARD + 1}–${TARGETS}` }],
      branchWorkflow: expect.arrayContaining([{ OpsTargetId: [targets[0]], OpsEnv: [expect.any(String)], summary: 'host-1' }]),
    });
    writeFileSync(go, '');
    expect(await platform.untilEnded(serial)).toMatchObject({ status: 'completed', completed_branches: TARGETS });
    expect(await selectRow(platform.db, AT_ONCE, [`${serial}.%`])).toEqual({ most: 5 });
  });

  test.each([
    ['terminated', 1],
    ['cancelled', 2],
  ] as const)('%s in Temporal, a shard leaves the other one alone, and the run says what was not run and why', async (how, shard) => {
    const go = `${fleet.folder}/go-${how}`;
    const serial = await start(shard === 1 ? waitIn('second', go, 'sleep 600') : waitIn('first', go, 'sleep 600'), 4);
    await untilBranches(serial, 'running', 4);
    const handle = handleOf(`${serial}/s${shard}`);
    await (how === 'terminated' ? handle.terminate('by a test') : handle.cancel());
    await untilBranches(serial, 'failed', SHARD - 2);
    await untilBranches(serial, 'cancelled', 2);
    await untilBranches(serial, 'running', 4);
    writeFileSync(go, '');

    const run = await platform.untilEnded(serial);
    expect(run).toMatchObject({
      status: 'failed',
      error_code: 'SHARD_STOPPED',
      failure_category: 'interrupted',
      completed_branches: SHARD,
      failed_branches: SHARD - 2,
      cancelled_branches: 2,
    });
    const [first, last] = shard === 1 ? [1, SHARD] : [SHARD + 1, TARGETS];
    expect(run.error_message).toBe(
      `Shard ${shard} of this run (targets ${first} to ${last}) was ${how} in Temporal: what it had not begun was not run.`,
    );
    const reason = expect.stringContaining('ended in Temporal');
    expect(await selectRows(platform.db, ENDS, [`${serial}.%`])).toEqual([
      { status: 'completed', error_code: null, closed_by: 'workflow', result_error: null, count: SHARD },
      { status: 'failed', error_code: 'NOT_STARTED', closed_by: 'workflow', result_error: reason, count: SHARD - 2 },
      { status: 'cancelled', error_code: null, closed_by: 'workflow', result_error: null, count: 2 },
    ]);
    expect(await handleOf(`job/${serial}`).query('progress')).toMatchObject({
      completed: SHARD,
      failed: SHARD - 2,
      cancelled: 2,
      runningShards: [],
    });
  });

  test('what a shard did not run because it was ended in Temporal is run again, and the run completes', async () => {
    const go = `${fleet.folder}/go-again`;
    const serial = await start(waitIn('both', go), 4);
    await untilBranches(serial, 'running', 4);
    await handleOf(`${serial}/s2`).terminate('by a test');
    const ended = [...(await untilBranches(serial, 'failed', SHARD - 2)), ...(await untilBranches(serial, 'cancelled', 2))];
    const retry = await steer(serial, 'retry', { branches: ended.map(({ data }) => data.branch_serial) });
    expect(retry.body).toMatchObject({ acknowledged: true });
    writeFileSync(go, '');
    expect(await platform.untilEnded(serial)).toMatchObject({ status: 'completed', completed_branches: TARGETS, error_code: null });
  });

  test('pause, window, stop and retry reach the branches of all shards', async () => {
    const go = `${fleet.folder}/go`;
    const serial = await start(`${waitIn('both', go)}; [ -e ${go}-mended ]`, 4, { rollout: { stop_after_failures: { count: 10 } } });
    await untilBranches(serial, 'running', 4);
    expect((await patch(serial, { max_concurrent_targets: 8 })).body.acknowledged).toBe(true);
    await untilBranches(serial, 'running', 8);
    expect(await count(serial, 'running')).toBe(8);
    expect((await steer(serial, 'pause')).body.acknowledged).toBe(true);
    writeFileSync(go, '');
    await untilBranches(serial, 'failed', 8);
    expect(await count(serial, 'scheduled')).toBe(TARGETS - 8);

    writeFileSync(`${go}-mended`, '');
    expect((await steer(serial, 'retry')).body.acknowledged).toBe(true);
    expect((await patch(serial, { max_concurrent_targets: 60 })).body.acknowledged).toBe(true);
    expect((await steer(serial, 'resume')).body.acknowledged).toBe(true);
    expect(await platform.untilEnded(serial)).toMatchObject({ status: 'completed', completed_branches: TARGETS, failed_branches: 0 });
  });

  test('a branch that was cancelled before its turn and is run again has the workflow that its row names, not one of its shard', async () => {
    const go = `${fleet.folder}/go-own`;
    const serial = await start(waitIn('both', go), 2);
    await untilBranches(serial, 'running', 2);
    const branch = `${serial}.00${TARGETS}`;
    expect((await steer(serial, `branches/${branch}/cancel`)).status).toBe(200);
    expect((await steer(serial, 'retry', { branches: [branch] })).body).toMatchObject({ acknowledged: true });
    writeFileSync(go, '');
    expect(await platform.untilEnded(serial)).toMatchObject({ status: 'completed', completed_branches: TARGETS });
    const row = await selectRow(platform.db, 'SELECT workflow_id, run_id FROM job_execution_branches WHERE branch_serial = $1', [branch]);
    const { workflowId, runId } = await handleOf(`${serial}/b/${targets[TARGETS - 1]}/r1`).describe();
    expect(row).toEqual({ workflow_id: workflowId, run_id: runId });
  });

  test('of what a shard is told the later counts, in whichever order it comes', async () => {
    const go = `${fleet.folder}/go-order`;
    const serial = await start(waitIn('both', go), 4);
    await untilBranches(serial, 'running', 4);
    for (const shard of [handleOf(`${serial}/s1`), handleOf(`${serial}/s2`)]) {
      await shard.signal('control', { window: 2, turn: 7 });
      await shard.signal('control', { window: 2, hold: 'user', turn: 6 });
    }
    writeFileSync(go, '');
    expect(await platform.untilEnded(serial)).toMatchObject({ status: 'completed', completed_branches: TARGETS });
  });

  test('a batch smaller than a shard has a shard, too: however many batches, the root has no branch as its child and few events', async () => {
    const batches = 3;
    const rollout = { batches: [{ count: TARGETS / batches }], between_batches: { seconds: 1 } };
    const serial = await start('true', 2, { rollout });
    expect(await platform.untilEnded(serial)).toMatchObject({ status: 'completed', completed_branches: TARGETS });
    const { events } = await handleOf(`job/${serial}`).fetchHistory();
    const children = (events ?? []).flatMap(
      ({ startChildWorkflowExecutionInitiatedEventAttributes: child }) => child?.workflowType?.name ?? [],
    );
    expect(children).toEqual(Array.from({ length: batches }, () => 'shardWorkflow'));
    // The server ends a history of 51,200 events; a run has at most 1,000 batches.
    expect((events?.length ?? 0) / batches).toBeLessThan(35);
  });

  test('what failed in a batch of shards is run again when the batch is through, before the next one', async () => {
    const go = `${fleet.folder}/go-batches`;
    const rollout = { batches: [{ count: TARGETS / 2 }] };
    const text = `[ "$TARGET_SERIAL" != ${targets[0]} ] || [ -e ${go}-mended ] || exit 3; ${waitIn('first', go)}`;
    const serial = await start(text, TARGETS, { rollout });
    await untilBranches(serial, 'failed', 1);
    writeFileSync(`${go}-mended`, '');
    expect((await steer(serial, 'retry')).body.acknowledged).toBe(true);
    writeFileSync(go, '');
    expect(await platform.untilEnded(serial)).toMatchObject({ status: 'completed', completed_branches: TARGETS, failed_branches: 0 });
    const order = await selectRow<{ inTurn: boolean }>(
      platform.db,
      `SELECT max(completed_at) FILTER (WHERE batch_number = 1) <= min(started_at) FILTER (WHERE batch_number = 2) AS "inTurn"
       FROM job_execution_branches WHERE branch_serial LIKE $1`,
      [`${serial}.%`],
    );
    expect(order).toEqual({ inTurn: true });
  });

  test('failures of one shard stop the others', async () => {
    const go = `${fleet.folder}/go-stop`;
    const serial = await start(waitIn('first', go, 'exit 3'), 2, { rollout: { stop_after_failures: { count: 3 } } });
    await untilBranches(serial, 'failed', 3);
    writeFileSync(go, '');
    const run = await platform.untilEnded(serial);
    expect(run).toMatchObject({ status: 'failed', error_code: 'ROLLOUT_STOPPED', failed_branches: 3 });
    expect(run.cancelled_branches).toBeGreaterThan(TARGETS / 2);
    const ran = await selectRows(
      platform.db,
      `SELECT 1 AS ran FROM job_action_results WHERE action_serial LIKE $1 AND started_at IS NOT NULL`,
      [`${serial}.%`],
    );
    expect(ran).toHaveLength(run.completed_branches + run.failed_branches);
  });
});
