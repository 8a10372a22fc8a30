import { writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { selectRow, selectRows } from '../../src/db/query.ts';
import { addTargets, command, runJob, startFleet, withoutSshd } from '../support/fleet.ts';
import { untilEvents } from '../support/follow.ts';
import { startTestPlatform } from '../support/platform.ts';

const TARGETS = 520;

describe.skipIf(withoutSshd)('steering a run of several shards (OpenSSH)', () => {
  test('pause, window, stop and retry reach the branches of all shards', { timeout: 300_000 }, async () => {
    await using fleet = await startFleet();
    await using platform = await startTestPlatform();
    const targets = await addTargets(platform, fleet, TARGETS);
    const go = `${fleet.folder}/go`;
    const { serial } = await runJob(platform, targets, [command(`while [ ! -e ${go} ]; do sleep 0.2; done; [ -e ${go}-mended ]`)], {
      settings: { max_concurrent_targets: 4, rollout: { stop_after_failures: { count: 100 } } },
    });
    const steer = (path: string, body: unknown = {}) => platform.api('POST', `/api/v1/executions/${serial}/${path}`, body);
    const patch = (body: unknown) => platform.api('PATCH', `/api/v1/executions/${serial}`, body);
    const count = async (status: string): Promise<number> =>
      (
        await selectRow<{ count: number }>(
          platform.db,
          `SELECT count(*)::int AS count FROM job_execution_branches WHERE branch_serial LIKE $1 AND status = $2`,
          [`${serial}.%`, status],
        )
      )?.count ?? 0;
    const untilRunning = (branches: number) =>
      untilEvents(platform, serial, branches, (seen) =>
        seen.event === 'branch' && seen.data.status === 'running' ? seen.data.branch_serial : undefined,
      );

    await untilRunning(4);
    expect((await patch({ max_concurrent_targets: 8 })).body.acknowledged).toBe(true);
    await untilRunning(8);
    expect(await count('running')).toBe(8);
    expect((await steer('pause')).body.acknowledged).toBe(true);
    writeFileSync(go, '');
    await untilEvents(platform, serial, 8, (seen) =>
      seen.event === 'branch' && seen.data.status === 'failed' ? seen.data.branch_serial : undefined,
    );
    expect(await count('scheduled')).toBe(TARGETS - 8);

    writeFileSync(`${go}-mended`, '');
    expect((await steer('retry')).body.acknowledged).toBe(true);
    expect((await patch({ max_concurrent_targets: 60 })).body.acknowledged).toBe(true);
    expect((await steer('resume')).body.acknowledged).toBe(true);
    expect(await platform.untilEnded(serial)).toMatchObject({ status: 'completed', completed_branches: TARGETS, failed_branches: 0 });
  });

  test('failures of one shard stop the others', { timeout: 300_000 }, async () => {
    await using fleet = await startFleet();
    await using platform = await startTestPlatform();
    const targets = await addTargets(platform, fleet, TARGETS);
    const [first = ''] = targets.slice(-20);
    const { serial } = await runJob(platform, targets, [command(`[ "$TARGET_SERIAL" \\< "${first}" ] && { sleep 1; exit 0; }; exit 3`)], {
      settings: { max_concurrent_targets: 2, rollout: { stop_after_failures: { count: 3 } } },
    });
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
