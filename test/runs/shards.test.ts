import type { WorkflowHandle } from '@temporalio/client';
import { describe, expect, test } from 'vitest';
import { selectRow } from '../../src/db/query.ts';
import { addTargets, command, runJob, startFleet, withoutSshd } from '../support/fleet.ts';
import { startTestPlatform } from '../support/platform.ts';
import { bundleWithShardSize } from '../support/small-shards.ts';

// The size of shards is a quarter of the real one: `npm run bench -- growth` has 20 real shards.
const TARGETS = 500;
const SHARDS = 4;

/** How many tasks of a workflow there are depends on how many children end between two of them: on a slow machine there are more. */
const eventsWithoutTasks = async (handle: WorkflowHandle): Promise<number> => {
  const { events } = await handle.fetchHistory();
  const isTask = (event: object): boolean =>
    Object.entries(event).some(([name, value]) => name.startsWith('workflowTask') && value !== null);
  return (events ?? []).filter((event) => !isTask(event)).length;
};

describe.skipIf(withoutSshd)('a run on 500 targets (OpenSSH)', () => {
  test('completes through shards; the root pays under 200 events, a shard 4 a child and its tasks', { timeout: 200_000 }, async () => {
    await using fleet = await startFleet();
    await using bundle = await bundleWithShardSize(TARGETS / SHARDS);
    await using platform = await startTestPlatform({ bundlePath: bundle.path });
    const targets = await addTargets(platform, fleet, TARGETS);
    const { serial, run } = await runJob(platform, targets, [command('echo "$TARGET_NAME"')], {
      settings: { max_concurrent_targets: 60 },
    });
    expect(await platform.untilEnded(serial)).toMatchObject({
      status: 'completed',
      total_branches: TARGETS,
      completed_branches: TARGETS,
    });

    const { historyLength } = await platform.client.workflow.getHandle(run.workflow_id).describe();
    expect(historyLength).toBeLessThan(200);
    for (let shard = 1; shard <= SHARDS; shard += 1) {
      const handle = platform.client.workflow.getHandle(`${serial}/s${shard}`);
      expect(await eventsWithoutTasks(handle)).toBeLessThanOrEqual((4 * TARGETS) / SHARDS);
      expect(await handle.query('progress')).toMatchObject({ total: TARGETS / SHARDS, completed: TARGETS / SHARDS, running: 0 });
    }
    expect(await platform.client.workflow.getHandle(run.workflow_id).query('progress')).toMatchObject({
      total: TARGETS,
      completed: TARGETS,
      runningShards: [],
    });
    const counted = await selectRow(
      platform.db,
      `SELECT count(*)::int AS results, count(*) FILTER (WHERE r.result_output = b.target_name_ref || E'\\n')::int AS right_output, count(DISTINCT b.id)::int AS branches
       FROM job_execution_branches b JOIN job_action_results r ON r.branch_id = b.id`,
    );
    expect(counted).toEqual({ results: TARGETS, right_output: TARGETS, branches: TARGETS });
  });
});
