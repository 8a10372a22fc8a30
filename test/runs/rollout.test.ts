import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { UserModel } from '../../src/db/models/identity/users.ts';
import { execute, selectRow, selectRows } from '../../src/db/query.ts';
import { addApiToken, addSession, addUser } from '../api/support/accounts.ts';
import { addTargets, command, runJob, startFleet, withoutSshd } from '../support/fleet.ts';
import type { Fleet } from '../support/fleet.ts';
import { saysLine, untilEvents } from '../support/follow.ts';
import type { SeenEvent } from '../support/follow.ts';
import { startTestPlatform } from '../support/platform.ts';
import type { TestPlatform } from '../support/platform.ts';

const TARGETS = 7;

const isHeld = (seen: SeenEvent): string | undefined => (seen.event === 'execution' ? (seen.data.hold_reason ?? undefined) : undefined);

describe.skipIf(withoutSshd)('the rollout of a run (OpenSSH)', () => {
  let platform: TestPlatform;
  let fleet: Fleet;
  let targets: string[];
  beforeAll(async () => {
    [platform, fleet] = await Promise.all([startTestPlatform(), startFleet()]);
    targets = await addTargets(platform, fleet, TARGETS);
    await execute(
      platform.db,
      `UPDATE universal_targets SET labels = jsonb_build_object('site', CASE WHEN id % 2 = 0 THEN 'berlin' ELSE 'aachen' END, 'rank', (100 - id)::text)`,
    );
  });
  afterAll(async () => {
    await platform[Symbol.asyncDispose]();
    await fleet[Symbol.asyncDispose]();
  });

  const start = (text: string, rollout: Record<string, unknown>, window = 20, on = targets) =>
    runJob(platform, on, [command(text)], { settings: { rollout, max_concurrent_targets: window } });
  const steer = (serial: string, path: string, body: unknown = {}) => platform.api('POST', `/api/v1/executions/${serial}/${path}`, body);

  /** Batches in order: how many targets, on which sites; and whether each began after the one before had ended. */
  const batchesOf = async (serial: string) => {
    const rows = await selectRows<{ size: number; sites: string[]; in_turn: boolean }>(
      platform.db,
      `SELECT count(*)::int AS size, array_agg(DISTINCT t.labels->>'site') AS sites,
         coalesce(min(b.started_at) >= lag(max(b.completed_at)) OVER (ORDER BY b.batch_number), true) AS in_turn
       FROM job_execution_branches b JOIN job_executions e ON e.id = b.job_execution_id JOIN universal_targets t ON t.id = b.target_id
       WHERE e.execution_serial = $1 GROUP BY b.batch_number ORDER BY b.batch_number`,
      [serial],
    );
    return { sizes: rows.map((row) => row.size), sites: rows.map((row) => row.sites.join()), inTurn: rows.every((row) => row.in_turn) };
  };

  test('a canary goes first, then batches one after another; the last size is repeated', async () => {
    const { serial } = await start('true', { batches: [{ count: 1 }, { percent: 40 }] });
    expect(await platform.untilEnded(serial)).toMatchObject({ status: 'completed', completed_branches: TARGETS });
    expect(await batchesOf(serial)).toMatchObject({ sizes: [1, 3, 3], inTurn: true });
  });

  test('one group after another, in the order of an attribute', async () => {
    const { serial } = await start('true', { group_by: 'site', order_by: 'rank' });
    expect((await platform.untilEnded(serial)).status).toBe('completed');
    expect(await batchesOf(serial)).toMatchObject({ sites: ['aachen', 'berlin'], inTurn: true });
    const ranks = await selectRows<{ site: string; rank: string }>(
      platform.db,
      `SELECT t.labels->>'site' AS site, t.labels->>'rank' AS rank FROM job_execution_branches b JOIN universal_targets t ON t.id = b.target_id
       WHERE b.branch_serial LIKE $1 ORDER BY b.branch_number`,
      [`${serial}.%`],
    );
    const keys = ranks.map(({ site, rank }) => `${site} ${rank}`);
    expect(keys).toEqual(keys.toSorted());
  });

  test('a failed canary stops the rollout: no other target is touched', async () => {
    const { serial } = await start('exit 3', { batches: [{ count: 1 }, { percent: 100 }], stop_after_failures: { count: 1 } });
    const run = await platform.untilEnded(serial);
    expect(run).toMatchObject({ status: 'failed', error_code: 'ROLLOUT_STOPPED', failed_branches: 1, cancelled_branches: TARGETS - 1 });
    expect(run.error_message).toContain('1 of 7 targets failed');
    const ran = await selectRow(
      platform.db,
      `SELECT count(*)::int AS attempts FROM job_action_results WHERE action_serial LIKE $1 AND started_at IS NOT NULL`,
      [`${serial}.%`],
    );
    expect(ran).toEqual({ attempts: 1 });
    expect((await steer(serial, 'pause')).status).toBe(409);
  });

  test('with a window of one exactly as many fail as the percentage says', async () => {
    const { serial } = await start('exit 3', { stop_after_failures: { percent: 40 } }, 1);
    expect(await platform.untilEnded(serial)).toMatchObject({ error_code: 'ROLLOUT_STOPPED', failed_branches: 3, cancelled_branches: 4 });
  });

  test('the next batch waits for one of its approvers, and for nobody else', async () => {
    const rollout = { batches: [{ count: 2 }, { percent: 100 }], between_batches: { approvers: [{ type: 'user', value: 'somebody' }] } };
    const { serial } = await start('true', rollout);
    await untilEvents(platform, serial, 1, isHeld);
    expect((await platform.api('GET', `/api/v1/executions/${serial}`)).body).toMatchObject({
      status: 'running',
      hold_reason: 'approval',
      resumes_at: null,
      completed_branches: 2,
    });
    expect(await steer(serial, 'approve', { answer: 'approved' })).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } });
    expect((await steer(serial, 'resume')).status).toBe(409);
    expect((await steer(serial, 'pause')).status).toBe(409);
    const open = { ...rollout, between_batches: { approvers: [{ type: 'role', value: 'admin' }] } };
    expect((await platform.api('PATCH', `/api/v1/executions/${serial}`, { rollout: open })).status).toBe(200);
    expect(await steer(serial, 'approve', { answer: 'approved', note: 'looks good' })).toMatchObject({ status: 200 });
    expect(await platform.untilEnded(serial)).toMatchObject({ status: 'completed', completed_branches: TARGETS, hold_reason: null });
    expect((await steer(serial, 'approve', { answer: 'approved' })).status).toBe(409);
  });

  test('nobody gets round an approval by changing the rollout, or by beginning what is behind it: that takes an approver or an administrator who may answer', async () => {
    const rollout = { batches: [{ count: 2 }, { percent: 100 }], between_batches: { approvers: [{ type: 'user', value: 'somebody' }] } };
    const { serial } = await start('true', rollout);
    await untilEvents(platform, serial, 1, isHeld);
    const admin = await UserModel.findOne({ where: { username: 'admin' }, rejectOnEmpty: true });
    const tokens = [await addSession(await addUser('operator')), await addApiToken(admin, ['executions.steer', 'executions.read'])];
    const changes = [
      { batches: [{ count: 2 }, { percent: 100 }] },
      { ...rollout, between_batches: { seconds: 1 } },
      { ...rollout, batches: [{ percent: 100 }] },
      { between_batches: rollout.between_batches },
    ];
    const change = (to: object, headers: Record<string, string> = {}) =>
      platform.api('PATCH', `/api/v1/executions/${serial}`, { rollout: to }, headers);
    for (const authorization of tokens.map((token) => `Bearer ${token}`)) {
      for (const to of changes) expect(await change(to, { authorization })).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } });
      expect((await platform.api('GET', `/api/v1/executions/${serial}`)).body.rollout).toEqual(rollout);
    }
    const ahead = `${serial}.0003`;
    expect((await steer(serial, `branches/${ahead}/cancel`)).status).toBe(200);
    for (const authorization of tokens.map((token) => `Bearer ${token}`)) {
      const path = `/api/v1/executions/${serial}/retry`;
      const again = await platform.api('POST', path, { branches: [ahead] }, { authorization });
      expect(again).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } });
    }
    for (const authorization of tokens.map((token) => `Bearer ${token}`))
      expect((await change({ ...rollout, stop_after_failures: { count: 1 } }, { authorization })).status).toBe(200);
    expect((await change({ batches: rollout.batches })).status).toBe(200);
    expect((await platform.api('POST', `/api/v1/executions/${serial}/cancel`, {})).status).toBe(202);
    expect((await platform.untilEnded(serial)).status).toBe('cancelled');
  });

  test('a rejected batch ends the run as failed, its targets untouched', async () => {
    const rollout = { batches: [{ count: 2 }, { percent: 100 }], between_batches: { approvers: [{ type: 'role', value: 'admin' }] } };
    const { serial } = await start('true', rollout);
    await untilEvents(platform, serial, 1, isHeld);
    expect((await steer(serial, 'approve', { answer: 'rejected', note: 'too slow' })).status).toBe(200);
    const run = await platform.untilEnded(serial);
    expect(run).toMatchObject({
      status: 'failed',
      failure_category: 'rejected',
      error_code: 'ROLLOUT_REJECTED',
      completed_branches: 2,
      cancelled_branches: TARGETS - 2,
    });
    expect(run.error_message).toContain('too slow');
  });

  test('between batches a time passes, which a person may cut short, and which does not count as time of the run', async () => {
    const short = await start('true', { batches: [{ count: 4 }], between_batches: { seconds: 2 } });
    const long = await runJob(platform, targets, [command('true')], {
      timeout_seconds: 20,
      settings: { rollout: { batches: [{ count: 4 }], between_batches: { seconds: 3_600 } }, allow_shared_targets: true },
    });
    await untilEvents(platform, long.serial, 1, isHeld);
    const held = (await platform.api('GET', `/api/v1/executions/${long.serial}`)).body;
    expect(held.hold_reason).toBe('delay');
    expect(Date.parse(held.resumes_at) - Date.parse(held.paused_at)).toBe(3_600_000);
    const { resumes_at: end } = held;
    expect(await steer(long.serial, 'pause')).toMatchObject({ status: 200, body: { hold_reason: 'user', resumes_at: null } });
    expect(await steer(long.serial, 'resume')).toMatchObject({ status: 200, body: { hold_reason: 'delay', resumes_at: end } });
    expect(await steer(long.serial, 'resume')).toMatchObject({ status: 200, body: { hold_reason: null, resumes_at: null } });
    expect((await platform.untilEnded(long.serial)).status).toBe('completed');
    expect((await platform.untilEnded(short.serial)).status).toBe('completed');
    const pause = await selectRow<{ seconds: number }>(
      platform.db,
      `SELECT extract(epoch FROM min(started_at) FILTER (WHERE batch_number = 2) - max(completed_at) FILTER (WHERE batch_number = 1))::float8 AS seconds
       FROM job_execution_branches WHERE branch_serial LIKE $1`,
      [`${short.serial}.%`],
    );
    expect(pause?.seconds).toBeGreaterThanOrEqual(2);
  });

  test('batches that have not begun are divided anew while the run goes on', async () => {
    const file = `${fleet.folder}/rollout-go`;
    const { serial } = await start(`echo begun; while [ ! -e ${file} ]; do sleep 0.1; done`, { batches: [{ count: 2 }] });
    await untilEvents(platform, serial, 2, saysLine('begun'));
    const changed = await platform.api('PATCH', `/api/v1/executions/${serial}`, { rollout: { batches: [{ count: 4 }] } });
    expect(changed).toMatchObject({ status: 200, body: { rollout: { batches: [{ count: 4 }] } } });
    const reordered = await platform.api('PATCH', `/api/v1/executions/${serial}`, { rollout: { order_by: 'rank' } });
    expect(reordered).toMatchObject({ status: 409, body: { code: 'CONFLICT' } });
    writeFileSync(file, '');
    expect((await platform.untilEnded(serial)).status).toBe('completed');
    expect(await batchesOf(serial)).toMatchObject({ sizes: [2, 4, 1], inTurn: true });
  });

  test('a rollout that makes no sense is refused when the job is saved', async () => {
    const wrong = await platform.api('POST', '/api/v1/jobs', {
      name: 'wrong',
      targets,
      actions: [command('true')],
      settings: { rollout: { batches: [{ count: 0 }] } },
    });
    expect(wrong).toMatchObject({ status: 400 });
  });
});
