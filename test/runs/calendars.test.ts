import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createReconcileActivities } from '../../src/activities/reconcile.ts';
import { findBlackout } from '../../src/db/calendars/find-blackout.ts';
import { selectRow } from '../../src/db/query.ts';
import { readSpentTime } from '../../src/db/run-clock.ts';
import { addTargets, command, runJob, startFleet, withoutSshd } from '../support/fleet.ts';
import type { Fleet } from '../support/fleet.ts';
import { saysLine, untilEvents } from '../support/follow.ts';
import type { SeenEvent } from '../support/follow.ts';
import { startTestPlatform } from '../support/platform.ts';
import type { TestPlatform } from '../support/platform.ts';
import { isIn, resultsOf, untilResults } from '../support/until-results.ts';

const heldBranch = (seen: SeenEvent): string | undefined =>
  seen.event === 'branch' && seen.data.hold_reason === 'blackout' ? seen.data.branch_serial : undefined;
const completedBranch = (seen: SeenEvent): string | undefined =>
  seen.event === 'branch' && seen.data.status === 'completed' ? seen.data.branch_serial : undefined;
const heldRun = (seen: SeenEvent): string | undefined =>
  seen.event === 'execution' && seen.data.hold_reason === 'blackout' ? 'held' : undefined;

/** A blackout of some seconds from now on; both ends are whole seconds. */
const blackoutOf = (seconds: number) => {
  const end = new Date(Math.ceil(Date.now() / 1_000 + seconds) * 1_000).toISOString();
  const window = { kind: 'blackout', summary: 'Freeze', dates: { from: '2025-01-01', to: end.slice(0, 19) } };
  return { end, windows: [window] };
};
const ENDLESS = [{ kind: 'blackout', weekly: { days: [1, 2, 3, 4, 5, 6, 7], from: '00:00', to: '24:00' } }];

describe.skipIf(withoutSshd)('calendars hold what runs (OpenSSH)', () => {
  let platform: TestPlatform;
  let fleet: Fleet;
  let targets: string[];
  let reconcile: () => Promise<unknown>;
  let files = 0;
  beforeAll(async () => {
    [platform, fleet] = await Promise.all([startTestPlatform({ worker: false }), startFleet()]);
    targets = await addTargets(platform, fleet, 2);
    reconcile = createReconcileActivities(platform.activities).reconcile;
  });
  afterAll(async () => {
    await platform[Symbol.asyncDispose]();
    await fleet[Symbol.asyncDispose]();
  });

  const put = async (name: string, fields: object) => {
    const { status, body } = await platform.api('PUT', `/api/v1/calendars/${name}`, { name, holds_runs: true, ...fields });
    if (status === 404) return (await platform.api('POST', '/api/v1/calendars', { name, holds_runs: true, ...fields })).status;
    return status === 200 ? status : body;
  };

  /** A command that goes on until it is let go. */
  const untilLetGo = () => {
    files += 1;
    const file = `${fleet.folder}/calendar-${files}`;
    return { action: command(`echo begun; while [ ! -e ${file} ]; do sleep 0.1; done`), letGo: () => writeFileSync(file, '') };
  };
  const begunAt = async (serial: string, name: string): Promise<string> =>
    (await resultsOf(platform, serial)).find((row) => row.action_name === name)?.started_at ?? '';

  test('a run is held between two actions, also across a new worker, and goes on when the blackout is over', async () => {
    const first = await platform.startTestWorker();
    await put('freeze', { windows: [] });
    const { action, letGo } = untilLetGo();
    const { serial } = await runJob(platform, targets.slice(0, 1), [action, command('true')], { settings: { calendars: ['Freeze'] } });
    await untilEvents(platform, serial, 1, saysLine('begun'));
    const { end, windows } = blackoutOf(8);
    await put('freeze', { windows });
    await reconcile();
    expect((await platform.api('GET', `/api/v1/executions/${serial}`)).body).toMatchObject({ hold_reason: 'blackout', resumes_at: end });
    letGo();
    await untilEvents(platform, serial, 1, heldBranch);
    await first.stop();
    const second = await platform.startTestWorker();
    expect(await platform.untilEnded(serial)).toMatchObject({ status: 'completed', hold_reason: null, completed_branches: 1 });
    expect((await begunAt(serial, 'true')) >= end).toBe(true);
    const { body: log } = await platform.api('GET', `/api/v1/executions/${serial}/logs?limit=500`);
    const said = JSON.stringify(log.data);
    expect(said).toContain('Held by the calendar freeze (Freeze), until');
    expect(said).toContain('The blackout is over');
    // What it was held is no work.
    const run = await selectRow<{ from: number; to: number }>(
      platform.db,
      `SELECT (extract(epoch FROM started_at) * 1000)::float8 AS from, (extract(epoch FROM completed_at) * 1000)::float8 AS to FROM job_executions WHERE execution_serial = $1`,
      [serial],
    );
    const { from = 0, to = 0 } = run ?? {};
    const { workedMs } = await readSpentTime(platform.db, serial, [[from, to]]);
    const held = await selectRow<{ ms: number }>(
      platform.db,
      `SELECT (sum(extract(epoch FROM (s->>1)::timestamptz - (s->>0)::timestamptz)) * 1000)::float8 AS ms
       FROM job_execution_branches b, jsonb_array_elements(b.held_spans) AS s WHERE b.branch_serial = $1`,
      [`${serial}.0001`],
    );
    expect(held?.ms).toBeGreaterThan(0);
    expect(workedMs).toBeLessThanOrEqual(to - from - (held?.ms ?? 0) + 1);
    await second.stop();
  });

  test('a calendar of targets holds only what runs on them, until it is open', async () => {
    const worker = await platform.startTestWorker();
    const { action, letGo } = untilLetGo();
    const { serial } = await runJob(platform, targets, [action, command('true')]);
    await untilEvents(platform, serial, 2, saysLine('begun'));
    await put('rack', { windows: ENDLESS, target_selector: 'name=host-1' });
    await reconcile();
    await reconcile();
    letGo();
    const [seen] = await untilEvents(platform, serial, 1, heldBranch);
    const held: string = seen?.data.branch_serial;
    const other = held.endsWith('.0001') ? `${serial}.0002` : `${serial}.0001`;
    await untilEvents(platform, serial, 1, (seen) => (completedBranch(seen) === other ? other : undefined));
    const { body: branches } = await platform.api('GET', `/api/v1/executions/${serial}/branches`);
    expect(branches.data.find((one: { branch_serial: string }) => one.branch_serial === held)).toMatchObject({
      target_serial: targets[0],
      status: 'running',
      hold_reason: 'blackout',
    });
    expect((await platform.api('GET', `/api/v1/executions/${serial}`)).body.hold_reason).toBeNull();
    await put('rack', { windows: [], target_selector: 'name=host-1' });
    await reconcile();
    expect((await platform.untilEnded(serial)).status).toBe('completed');
    await worker.stop();
  });

  test('a branch on a target that is blacked out does not begin its first action; a cancel ends it', async () => {
    const worker = await platform.startTestWorker();
    const { end, windows } = blackoutOf(8);
    await put('rack', { windows, target_selector: 'name=host-1' });
    const { serial } = await runJob(platform, targets, [command('true')]);
    expect((await platform.untilEnded(serial)).status).toBe('completed');
    const [first, second] = (await resultsOf(platform, serial)).toSorted((one, other) => one.started_at.localeCompare(other.started_at));
    expect((first?.started_at ?? '') < end).toBe(true);
    expect((second?.started_at ?? '') >= end).toBe(true);

    await put('rack', { windows: ENDLESS, target_selector: 'name=host-1' });
    // Held as soon as it is planned: often the cancel comes just when the branch is started (test/histories/job-cancel-at-start.json).
    for (let round = 0; round < 10; round += 1) {
      const stuck = await runJob(platform, targets.slice(0, 1), [command('true')]);
      await untilEvents(platform, stuck.serial, 1, heldBranch);
      await platform.api('POST', `/api/v1/executions/${stuck.serial}/cancel`);
      expect((await platform.untilEnded(stuck.serial)).status).toBe('cancelled');
    }
    expect((await platform.api('DELETE', '/api/v1/calendars/rack')).status).toBe(204);
    await worker.stop();
  });

  test('a lane is held while an approval waits in another one, and goes on when the calendar opens', async () => {
    const worker = await platform.startTestWorker();
    const { action, letGo } = untilLetGo();
    const approval = {
      action_type: 'approval',
      action_name: 'ask',
      action_parameters: { approvers: [{ type: 'role', value: 'admin' }], message: 'Go on?' },
    };
    const lane = {
      action_type: 'condition',
      action_name: 'lane',
      // oxlint-disable-next-line unicorn/no-thenable -- a list of actions is nothing that `await` would call
      action_parameters: { conditionType: 'if', expression: 'true', then: [action, command('echo after')] },
    };
    const block = { action_type: 'parallel', action_name: 'block', action_parameters: { actions: [approval, lane] } };
    const { serial } = await runJob(platform, targets.slice(0, 1), [block]);
    await untilEvents(platform, serial, 1, saysLine('begun'));
    await untilResults(platform, serial, isIn('ask', 'running'));
    await put('rack', { windows: ENDLESS, target_selector: 'name=host-1' });
    await reconcile();
    letGo();
    await untilEvents(platform, serial, 1, heldBranch);
    await put('rack', { windows: [], target_selector: 'name=host-1' });
    await reconcile();
    await untilEvents(platform, serial, 1, saysLine('after'));
    const { body } = await platform.api('GET', `/api/v1/branches/${serial}.0001`);
    expect(body.hold_reason).toBe('approval');
    expect(
      (await platform.api('POST', `/api/v1/executions/${serial}/actions/${serial}.0001.0002/answer`, { answer: 'approved' })).status,
    ).toBe(200);
    expect((await platform.untilEnded(serial)).status).toBe('completed');
    await worker.stop();
  });

  test('a branch that is run again in a blackout of its target does not begin before it is over', async () => {
    const worker = await platform.startTestWorker();
    const { action, letGo } = untilLetGo();
    const [first = ''] = targets;
    const either = {
      action_type: 'condition',
      action_name: 'either',
      // oxlint-disable-next-line unicorn/no-thenable -- a list of actions is nothing that `await` would call
      action_parameters: { conditionType: 'if', expression: `TARGET_SERIAL == "${first}"`, then: [command('exit 3')], else: [action] },
    };
    const { serial } = await runJob(platform, targets, [either]);
    const inTry = (status: string, retry: number) => (seen: SeenEvent) =>
      seen.event === 'branch' && seen.data.target_serial === first && seen.data.status === status && seen.data.retry_number === retry
        ? seen.id
        : undefined;
    await untilEvents(platform, serial, 1, inTry('failed', 0));
    await put('rack', { windows: ENDLESS, target_selector: 'name=host-1' });
    expect((await platform.api('POST', `/api/v1/executions/${serial}/retry`, {})).status).toBe(200);
    await untilEvents(platform, serial, 1, (seen) =>
      heldBranch(seen) !== undefined && seen.data.started_at !== null ? seen.id : undefined,
    );
    const opened = new Date().toISOString();
    await put('rack', { windows: [], target_selector: 'name=host-1' });
    await reconcile();
    await untilEvents(platform, serial, 1, inTry('failed', 1));
    const begun = (await resultsOf(platform, serial)).filter((row) => row.action_name === 'exit 3').map((row) => row.started_at);
    expect(begun).toHaveLength(2);
    expect((begun.toSorted()[1] ?? '') >= opened).toBe(true);
    letGo();
    expect((await platform.untilEnded(serial)).status).toBe('failed');
    await worker.stop();
  });

  test('a blackout that is made longer holds a run to its new end', async () => {
    const worker = await platform.startTestWorker();
    await put('freeze', { windows: blackoutOf(2).windows });
    const { serial } = await runJob(platform, targets.slice(0, 1), [command('true')], { settings: { calendars: ['freeze'] } });
    await untilEvents(platform, serial, 1, heldRun);
    const { end, windows } = blackoutOf(4);
    await put('freeze', { windows });
    expect((await platform.untilEnded(serial)).status).toBe('completed');
    expect((await begunAt(serial, 'true')) >= end).toBe(true);
    await worker.stop();
  });

  test('a blackout and the pause of a person do not undo each other', async () => {
    const worker = await platform.startTestWorker();
    await put('freeze', { windows: ENDLESS });
    const { serial } = await runJob(platform, targets, [command('true')], { settings: { calendars: ['freeze'] } });
    await untilEvents(platform, serial, 1, heldRun);
    const steer = (path: string) => platform.api('POST', `/api/v1/executions/${serial}/${path}`, {});
    const refused = await steer('resume');
    expect(refused).toMatchObject({ status: 409, body: { code: 'CONFLICT' } });
    expect(refused.body.detail).toContain('is held by the calendar freeze, with no end in sight');
    expect((await steer('pause')).body.hold_reason).toBe('user');
    await reconcile();
    expect((await steer('resume')).body).toMatchObject({ status: 'running', hold_reason: 'blackout' });
    expect((await steer('pause')).body.hold_reason).toBe('user');
    await put('freeze', { windows: [] });
    await reconcile();
    expect((await platform.api('GET', `/api/v1/executions/${serial}`)).body).toMatchObject({ hold_reason: 'user', completed_branches: 0 });
    expect((await steer('resume')).status).toBe(200);
    expect((await platform.untilEnded(serial)).status).toBe('completed');
    await worker.stop();
  });

  test('a calendar of the schedule that started a run holds it; a batch begins when time between batches and blackout are over', async () => {
    const worker = await platform.startTestWorker();
    const { action, letGo } = untilLetGo();
    const rollout = { batches: [{ count: 1 }, { percent: 100 }], between_batches: { seconds: 1 } };
    const { serial } = await runJob(platform, targets, [action], { settings: { rollout } });
    await untilEvents(platform, serial, 1, saysLine('begun'));
    await platform.db.query(
      `WITH schedule AS (
         INSERT INTO job_schedules (job_id, name, schedule_type, execute_at, schedule_config, definition_hash, temporal_schedule_id, created_by)
         SELECT e.job_id, 'nightly', 'once', now(), '{"calendars": ["Plan"]}', repeat('0', 64), 'job-schedule/test', j.created_by
         FROM job_executions e JOIN jobs j ON j.id = e.job_id WHERE e.execution_serial = $1 RETURNING id)
       INSERT INTO schedule_executions (job_schedule_id, job_execution_id, scheduled_at, status, workflow_id)
       SELECT s.id, e.id, now(), 'running', 'test' FROM schedule s, job_executions e WHERE e.execution_serial = $1`,
      { bind: [serial] },
    );
    await put('plan', { windows: ENDLESS });
    await reconcile();
    expect((await platform.api('GET', `/api/v1/executions/${serial}`)).body).toMatchObject({ hold_reason: 'blackout', resumes_at: null });
    letGo();
    await untilEvents(platform, serial, 1, completedBranch);
    const { end, windows } = blackoutOf(2);
    await put('plan', { windows });
    await reconcile();
    expect((await platform.untilEnded(serial)).status).toBe('completed');
    const begun = (await resultsOf(platform, serial)).map((row) => row.started_at).toSorted();
    expect((begun[0] ?? '') < end).toBe(true);
    expect((begun[1] ?? '') >= new Date(Date.parse(end) + 1_000).toISOString()).toBe(true);
    await worker.stop();
  });

  test('with calendars that are open a branch has the history of one without', async () => {
    const worker = await platform.startTestWorker();
    await put('rack', { windows: [], target_selector: 'name=host-1' });
    const [target = ''] = targets;
    const { serial } = await runJob(platform, [target], [command('true')], { settings: { calendars: ['freeze'] } });
    await reconcile();
    expect((await platform.untilEnded(serial)).status).toBe('completed');
    const { historyLength } = await platform.client.workflow.getHandle(`${serial}/b/${target}`).describe();
    expect(historyLength).toBe(13);
    await worker.stop();
  });

  test('a firing asks the calendars of its schedule, of its job, and those that have all of its targets', async () => {
    const { db } = platform;
    await put('freeze', { windows: [], holds_runs: false });
    const { job } = await runJob(platform, targets, [command('true')], { settings: { calendars: ['freeze'] } });
    const row = await selectRow<{ id: number }>(db, 'SELECT id FROM jobs WHERE job_serial = $1', [job.job_serial]);
    const uuids = await selectRow<{ one: string; other: string }>(
      db,
      'SELECT (SELECT target_uuid FROM universal_targets WHERE target_serial = $1) AS one, (SELECT target_uuid FROM universal_targets WHERE target_serial = $2) AS other',
      targets,
    );
    const at = new Date('2025-03-03T12:00:00Z');
    const ask = (calendars: string[] = [], targetSelection = {}, when = at) =>
      findBlackout(db, { calendars, jobId: row?.id ?? 0, targetSelection }, when);
    const from = (hour: string, to: string) => [{ kind: 'blackout', summary: hour, weekly: { days: [1], from: hour, to } }];
    expect(await ask(['gone'])).toBeUndefined();

    await put('freeze', { windows: from('11:00', '13:00'), firing_effect: 'postpone' });
    expect(await ask()).toEqual({ calendar: 'freeze', summary: '11:00', effect: 'postpone', until: new Date('2025-03-03T13:00:00Z') });
    await put('schedule', { windows: from('12:00', '14:00'), firing_effect: 'postpone' });
    expect(await ask(['SCHEDULE'])).toMatchObject({ effect: 'postpone', until: new Date('2025-03-03T14:00:00Z') });
    await put('strict', { windows: from('12:00', '12:30'), firing_effect: 'skip' });
    expect(await ask(['strict', 'schedule'])).toMatchObject({ calendar: 'strict', effect: 'skip' });
    expect(await ask([], {}, new Date('2025-03-03T13:00:00Z'))).toBeUndefined();

    await put('freeze', { windows: [] });
    await put('rack', { windows: ENDLESS, target_selector: 'name=host-1' });
    expect(await ask()).toBeUndefined();
    expect(await ask([], { target_uuids: [uuids?.one] })).toEqual({ calendar: 'rack', summary: null, effect: 'skip', until: null });
    expect(await ask([], { target_uuids: [uuids?.one, uuids?.other] })).toBeUndefined();
    expect(await ask([], { selector: 'name=host-1' })).toMatchObject({ calendar: 'rack' });
    expect(await ask([], { selector: 'name=nobody' })).toBeUndefined();
    await put('rack', { windows: ENDLESS, target_selector: 'type=system' });
    expect(await ask()).toMatchObject({ calendar: 'rack' });
    await put('rack', { windows: [], target_selector: 'name=host-1' });
  });
});
