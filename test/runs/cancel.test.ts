import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { selectRows } from '../../src/db/query.ts';
import { createReconcileActivities } from '../../src/activities/reconcile.ts';
import { addTargets, command, runJob, startFleet, withoutSshd } from '../support/fleet.ts';
import type { Fleet } from '../support/fleet.ts';
import { saysLine, untilEvents } from '../support/follow.ts';
import { markedProcesses } from '../support/marked-processes.ts';
import { startTestPlatform } from '../support/platform.ts';
import type { TestPlatform } from '../support/platform.ts';

const BRANCHES = 50;

describe.skipIf(withoutSshd)('stopping a run (OpenSSH)', () => {
  let platform: TestPlatform;
  let fleet: Fleet;
  let targets: string[];
  beforeAll(async () => {
    [platform, fleet] = await Promise.all([startTestPlatform(), startFleet()]);
    targets = await addTargets(platform, fleet, BRANCHES);
  });
  afterAll(async () => {
    await platform[Symbol.asyncDispose]();
    await fleet[Symbol.asyncDispose]();
  });

  const open = (serial: string) =>
    selectRows(
      platform.db,
      `SELECT b.branch_serial FROM job_execution_branches b JOIN job_executions e ON e.id = b.job_execution_id LEFT JOIN job_action_results r ON r.branch_id = b.id
       WHERE e.execution_serial = $1 AND (e.completed_at IS NULL OR b.completed_at IS NULL OR r.completed_at IS NULL)`,
      [serial],
    );

  const statesOf = (serial: string) =>
    selectRows<{ status: string; closed_by: string; count: number }>(
      platform.db,
      `SELECT b.status, b.closed_by, count(*)::int AS count FROM job_execution_branches b JOIN job_executions e ON e.id = b.job_execution_id
       WHERE e.execution_serial = $1 GROUP BY 1, 2`,
      [serial],
    );

  test('a cancel with 50 branches running closes all rows as cancelled and leaves no remote process', async () => {
    const { serial } = await runJob(
      platform,
      targets,
      [command('echo begun; (sleep 301 & setsid sleep 302 & wait)'), command('echo after')],
      {
        settings: { max_concurrent_targets: BRANCHES },
      },
    );
    await untilEvents(platform, serial, BRANCHES, saysLine('begun'));
    const asked = await platform.api('POST', `/api/v1/executions/${serial}/cancel`);
    expect(asked.status).toBe(202);
    const run = await platform.untilEnded(serial);

    expect(run).toMatchObject({ status: 'cancelled', total_branches: BRANCHES, cancelled_branches: BRANCHES, closed_by: 'workflow' });
    expect(await statesOf(serial)).toEqual([{ status: 'cancelled', closed_by: 'workflow', count: BRANCHES }]);
    expect(await open(serial)).toEqual([]);
    const { body: results } = await platform.api('GET', `/api/v1/executions/${serial}/results?limit=500`);
    expect(new Set(results.data.map((row: { status: string }) => row.status))).toEqual(new Set(['cancelled']));
    expect(results.data).toHaveLength(2 * BRANCHES);
    expect(results.data.flatMap((row: { action_serial: string }) => markedProcesses(`${row.action_serial}/1/1`))).toEqual([]);
  });

  test('a run cancelled twice, or after its end, says so and changes nothing', async () => {
    const { serial } = await runJob(platform, targets.slice(0, 1), [command('true')]);
    await platform.untilEnded(serial);
    const late = await platform.api('POST', `/api/v1/executions/${serial}/cancel`);
    expect(late).toMatchObject({ status: 409, body: { code: 'CONFLICT' } });
    expect((await platform.api('GET', `/api/v1/executions/${serial}`)).body).toMatchObject({
      status: 'completed',
      cancel_requested_at: null,
    });
  });

  test('the root workflow terminated from outside: branches close their own rows, the reconciler closes the run', async () => {
    const { serial, run } = await runJob(platform, targets.slice(0, 5), [command('echo begun; sleep 303')], {
      settings: { max_concurrent_targets: 3 },
    });
    await untilEvents(platform, serial, 3, saysLine('begun'));
    await platform.client.workflow.getHandle(run.workflow_id).terminate('an operator');
    const { reconcile } = createReconcileActivities(platform.activities);
    // Branches of a terminated root end by themselves; the reconciler leaves the run open until they have.
    await untilEvents(platform, serial, 3, (seen) =>
      seen.event === 'branch' && seen.data.status === 'cancelled' ? seen.data.branch_serial : undefined,
    );
    await reconcile();

    expect((await platform.api('GET', `/api/v1/executions/${serial}`)).body).toMatchObject({
      status: 'failed',
      failure_category: 'lost',
      closed_by: 'reconciler',
      total_branches: 5,
      cancelled_branches: 3,
      failed_branches: 2,
    });
    expect(await statesOf(serial)).toEqual(
      expect.arrayContaining([
        { status: 'cancelled', closed_by: 'workflow', count: 3 },
        { status: 'failed', closed_by: 'reconciler', count: 2 },
      ]),
    );
    expect(await open(serial)).toEqual([]);
  });

  test('a branch workflow terminated from outside is closed as lost, and the run goes on', async () => {
    const { serial } = await runJob(platform, targets.slice(0, 2), [
      command(`echo begun; [ "$TARGET_SERIAL" = ${targets[0]} ] && sleep 304; true`),
    ]);
    await untilEvents(platform, serial, 2, saysLine('begun'));
    await platform.client.workflow.getHandle(`${serial}/b/${targets[0]}`).terminate('an operator');
    const run = await platform.untilEnded(serial);
    expect(run).toMatchObject({ status: 'failed', completed_branches: 1, failed_branches: 1 });
    expect(await open(serial)).toEqual([]);
    const { body } = await platform.api('GET', `/api/v1/executions/${serial}/branches?status=failed`);
    expect(body.data[0]).toMatchObject({ failure_category: 'lost', error_code: 'OUTCOME_UNKNOWN' });
  });

  test('an action that takes longer than it may is ended on the target with its children', async () => {
    const { serial } = await runJob(platform, targets.slice(0, 1), [command('setsid sleep 305 & sleep 306', { timeout_seconds: 1 })]);
    const run = await platform.untilEnded(serial);
    expect(run.status).toBe('failed');
    const { body } = await platform.api('GET', `/api/v1/executions/${serial}/results`);
    expect(body.data[0]).toMatchObject({ status: 'failed', failure_category: 'timeout', error_code: 'ACTION_TIMED_OUT' });
    expect(markedProcesses(`${body.data[0].action_serial}/1/1`)).toEqual([]);
  });

  test('a run that takes longer than its job allows ends as timed out, and so do its branches', async () => {
    const { serial } = await runJob(platform, targets.slice(0, 3), [command('sleep 307')], {
      // Its first two branches must have begun by then.
      timeout_seconds: 5,
      settings: { max_concurrent_targets: 2 },
    });
    const run = await platform.untilEnded(serial);
    expect(run).toMatchObject({ status: 'failed', failure_category: 'timeout', error_code: 'RUN_TIMED_OUT', failed_branches: 3 });
    const { body } = await platform.api('GET', `/api/v1/executions/${serial}/branches`);
    expect(body.data.map((row: { failure_category: string }) => row.failure_category)).toEqual(['timeout', 'timeout', 'not_started']);
    expect(await open(serial)).toEqual([]);
  });
});
