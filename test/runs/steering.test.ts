import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createReconcileActivities } from '../../src/activities/reconcile.ts';
import { createRepeatSignals } from '../../src/activities/repeat-signals.ts';
import { execute, selectRow, selectRows } from '../../src/db/query.ts';
import { queueRetries } from '../../src/db/retry-branches.ts';
import { addTargets, command, runJob, startFleet, withoutSshd } from '../support/fleet.ts';
import type { Fleet } from '../support/fleet.ts';
import { saysLine, untilEvents } from '../support/follow.ts';
import { isIn, untilResults } from '../support/until-results.ts';
import { untilWaiting } from '../support/until-waiting.ts';
import { markedProcesses } from '../support/marked-processes.ts';
import { startTestPlatform } from '../support/platform.ts';
import type { TestPlatform } from '../support/platform.ts';

const TARGETS = 4;

describe.skipIf(withoutSshd)('steering a run (OpenSSH)', () => {
  let platform: TestPlatform;
  let fleet: Fleet;
  let targets: string[];
  let worker: { stop(): Promise<void> };
  let files = 0;
  beforeAll(async () => {
    [platform, fleet] = await Promise.all([startTestPlatform({ worker: false }), startFleet()]);
    worker = await platform.startTestWorker();
    targets = await addTargets(platform, fleet, TARGETS);
  });
  afterAll(async () => {
    await worker.stop();
    await platform[Symbol.asyncDispose]();
    await fleet[Symbol.asyncDispose]();
  });

  const post = (serial: string, path: string, body: unknown = {}) => platform.api('POST', `/api/v1/executions/${serial}/${path}`, body);
  const patch = (serial: string, body: unknown) => platform.api('PATCH', `/api/v1/executions/${serial}`, body);
  const branchesOf = async (serial: string) => (await platform.api('GET', `/api/v1/executions/${serial}/branches`)).body.data;
  /** Attempts of the first branch, `final` where they decide. */
  const attemptsOf = async (serial: string): Promise<string[]> => {
    const rows = await selectRows<{ text: string }>(
      platform.db,
      `SELECT concat_ws(' ', action_order, iteration, status, CASE WHEN is_final THEN 'final' END) AS text FROM job_action_results
       WHERE action_serial LIKE $1 ORDER BY action_order, iteration, attempt`,
      [`${serial}.0001.%`],
    );
    return rows.map((row) => row.text);
  };

  /** A run whose commands go on until they are let go. */
  const startHeld = async (window: number, on = targets) => {
    files += 1;
    const file = `${fleet.folder}/steer-${files}`;
    const { serial, run } = await runJob(platform, on, [command(`echo begun; while [ ! -e ${file} ]; do sleep 0.1; done`)], {
      settings: { max_concurrent_targets: window },
    });
    await untilEvents(platform, serial, Math.min(window, on.length), saysLine('begun'));
    return { serial, run, letGo: () => writeFileSync(file, '') };
  };

  test('a pause lets those at work go on and begins no other; a resume goes on', async () => {
    const { serial, letGo } = await startHeld(2);
    expect(await post(serial, 'pause', { note: 'odd load' })).toMatchObject({
      status: 200,
      body: { status: 'running', hold_reason: 'user', resumes_at: null, acknowledged: true },
    });
    letGo();
    await untilEvents(platform, serial, 2, (seen) =>
      seen.event === 'branch' && seen.data.status === 'completed' ? seen.data.branch_serial : undefined,
    );
    // The update after the next answers only when all before it was seen by the workflow.
    expect((await patch(serial, { max_concurrent_targets: 3 })).status).toBe(200);
    expect((await branchesOf(serial)).map((branch: { status: string }) => branch.status)).toEqual([
      'completed',
      'completed',
      'scheduled',
      'scheduled',
    ]);
    expect((await post(serial, 'pause')).status).toBe(409);
    expect(await post(serial, 'resume')).toMatchObject({ status: 200, body: { hold_reason: null, paused_at: null } });
    expect(await platform.untilEnded(serial)).toMatchObject({ status: 'completed', completed_branches: TARGETS });

    const { body: log } = await platform.api('GET', `/api/v1/executions/${serial}/logs?limit=5000`);
    const notes = log.data.map((line: { log_message: string }) => line.log_message).filter((text: string) => text.includes('by admin'));
    expect(notes).toEqual(['Paused by admin: odd load', '3 targets at once instead of 2 by admin.', 'Resumed by admin.']);
    const audit = await selectRows<{ action: string }>(
      platform.db,
      `SELECT action FROM audit_events WHERE event_type = 'execution_changed' AND resource_id = $1 ORDER BY id`,
      [serial],
    );
    expect(audit.map((row) => row.action)).toEqual(['pause_execution', 'change_execution', 'resume_execution']);
  });

  test('a wider window begins more targets at once, a smaller one ends none', async () => {
    const { serial, letGo } = await startHeld(1);
    expect(await patch(serial, { max_concurrent_targets: 3 })).toMatchObject({ status: 200, body: { max_concurrent_targets: 3 } });
    await untilEvents(platform, serial, 3, saysLine('begun'));
    expect((await patch(serial, { max_concurrent_targets: 1 })).status).toBe(200);
    expect((await branchesOf(serial)).filter((branch: { status: string }) => branch.status === 'running')).toHaveLength(3);
    letGo();
    expect((await platform.untilEnded(serial)).status).toBe('completed');
  });

  test('what makes no sense is refused and changes nothing', async () => {
    const { serial, letGo } = await startHeld(1, targets.slice(0, 1));
    const rowOf = () =>
      selectRow(platform.db, 'SELECT max_concurrent_targets, rollout, paused_at FROM job_executions WHERE execution_serial = $1', [serial]);
    const before = await rowOf();
    const lines = (await platform.api('GET', `/api/v1/executions/${serial}/logs`)).body.data.length;
    for (const body of [
      {},
      { max_concurrent_targets: 0 },
      { max_concurrent_targets: 201 },
      { max_concurrent_targets: '3' },
      { rollout: { stop_after_failures: { percent: 0 } } },
      { rollout: { stop_after: 1 } },
      { window: 3 },
    ])
      expect((await patch(serial, body)).status).toBe(400);
    expect((await patch(serial, { rollout: { batches: [{ count: 1 }] } })).status).toBe(409);
    expect((await post(serial, 'resume')).status).toBe(409);
    expect((await post(serial, 'approve', { answer: 'approved' })).status).toBe(409);
    expect((await post(serial, 'retry')).status).toBe(409);
    expect((await post(serial, 'retry', { new_run: true })).status).toBe(409);
    expect((await post(serial, 'retry', { branches: [`${serial}.0001`] })).status).toBe(409);
    expect((await post(serial, 'retry', { new_run: true, from: 'failed_action' })).status).toBe(400);
    expect((await post(serial, `branches/${serial}.0009/cancel`)).status).toBe(404);
    expect((await post('J20250001.0001', 'pause')).status).toBe(404);
    expect(await rowOf()).toEqual(before);
    expect((await platform.api('GET', `/api/v1/executions/${serial}/logs`)).body.data).toHaveLength(lines);
    letGo();
    await platform.untilEnded(serial);
    expect((await post(serial, 'pause')).status).toBe(409);
    expect((await patch(serial, { max_concurrent_targets: 3 })).status).toBe(409);
  });

  test('one branch is cancelled, at work or not begun; the others go on', async () => {
    const { serial, letGo } = await startHeld(2);
    const taken = { status: 200, body: { acknowledged: true } };
    expect(await post(serial, `branches/${serial}.0001/cancel`, { note: 'wrong host' })).toMatchObject(taken);
    expect(await post(serial, `branches/${serial}.0004/cancel`)).toMatchObject(taken);
    await untilEvents(platform, serial, 2, (seen) =>
      seen.event === 'branch' && seen.data.status === 'cancelled' ? seen.data.branch_serial : undefined,
    );
    expect((await post(serial, `branches/${serial}.0001/cancel`)).status).toBe(409);
    letGo();
    expect(await platform.untilEnded(serial)).toMatchObject({ status: 'completed', completed_branches: 2, cancelled_branches: 2 });
    const ended = await branchesOf(serial);
    expect(ended.map((branch: { status: string }) => branch.status)).toEqual(['cancelled', 'completed', 'completed', 'cancelled']);
    expect(ended[3]).toMatchObject({ started_at: null, result_error: 'Cancelled before it began.' });
  });

  test('a cancel of a run says who asked and why, in its log and in the audit, and whether its workflow has taken it', async () => {
    const { serial } = await startHeld(2);
    expect(await post(serial, 'cancel', { note: 'wrong release' })).toMatchObject({
      status: 202,
      body: { acknowledged: true, cancel_requested_at: expect.any(String) },
    });
    expect((await platform.untilEnded(serial)).status).toBe('cancelled');
    expect((await post(serial, 'cancel')).status).toBe(409);
    expect((await post(serial, 'cancel', { why: 'x' })).status).toBe(400);
    const { body: log } = await platform.api('GET', `/api/v1/executions/${serial}/logs?limit=500`);
    expect(log.data.map((line: { log_message: string }) => line.log_message)).toContain('Cancelled by admin: wrong release');
    const audit = await selectRows<{ action: string; details: object }>(
      platform.db,
      `SELECT action, details FROM audit_events WHERE event_type = 'execution_cancelled' AND resource_id = $1`,
      [serial],
    );
    expect(audit).toEqual([{ action: 'cancel_execution', details: { note: 'wrong release' } }]);
  });

  test('a cancel that no worker has taken says so, of a run and of a branch', async () => {
    const { serial } = await startHeld(2);
    await worker.stop();
    const asked = { body: { acknowledged: false } };
    const [branch, run] = [await post(serial, `branches/${serial}.0001/cancel`), await post(serial, 'cancel')];
    worker = await platform.startTestWorker();
    expect(branch).toMatchObject({ status: 200, ...asked });
    expect(run).toMatchObject({ status: 202, ...asked });
    expect((await platform.untilEnded(serial)).status).toBe('cancelled');
  });

  test('an action that waits for its next try is skipped: the try that failed stays on the record', async () => {
    const actions = [command('exit 3', { retry_count: 2, retry_delay_seconds: 300 }), command('echo after')];
    const { serial } = await runJob(platform, targets.slice(0, 1), actions);
    await untilResults(platform, serial, (rows) => rows.some((row) => row.status === 'failed'));
    const skipped = await post(serial, `branches/${serial}.0001/skip`, { action_order: 1 });
    expect(skipped).toMatchObject({ status: 200, body: { acknowledged: true } });
    expect((await platform.untilEnded(serial)).status).toBe('completed');
    expect(await attemptsOf(serial)).toEqual(['1 1 failed', '1 1 skipped final', '2 1 completed final']);
  });

  test('a change while no worker is there is written down, and passed on when one has come', async () => {
    const { serial, run, letGo } = await startHeld(1, targets.slice(0, 2));
    await worker.stop();
    expect(await post(serial, 'pause')).toMatchObject({ status: 200, body: { hold_reason: 'user', acknowledged: false } });
    await anHourPasses();
    worker = await platform.startTestWorker();
    const { reconcile } = createReconcileActivities(platform.activities);
    await reconcile();
    await reconcile();
    letGo();
    await untilEvents(platform, serial, 1, (seen) =>
      seen.event === 'branch' && ['completed', 'failed'].includes(seen.data.status) ? seen.id : undefined,
    );
    expect((await patch(serial, { max_concurrent_targets: 2 })).status).toBe(200);
    expect((await branchesOf(serial))[1].status).toBe('scheduled');
    expect((await post(serial, 'resume')).status).toBe(200);
    await platform.untilEnded(serial);
    const { events } = await platform.client.workflow.getHandle(run.workflow_id).fetchHistory();
    const signals = (events ?? []).flatMap(({ workflowExecutionSignaledEventAttributes: signal }) => signal?.signalName ?? []);
    expect(signals.filter((name) => name === 'steered')).toHaveLength(1);
  });

  /** All that is on record was written an hour before. */
  const anHourPasses = () =>
    platform.db.transaction(async (transaction) => {
      await execute(platform.db, 'SET LOCAL session_replication_role = replica', [], transaction);
      await execute(platform.db, `UPDATE audit_events SET occurred_at = occurred_at - interval '1 hour'`, [], transaction);
    });

  test('a branch that is run again at the last moment, when its run is being closed, ends with a cancel of the run', async () => {
    const file = `${fleet.folder}/late`;
    const fails = `[ -e ${file}-again ] || { touch ${file}-again; exit 3; }`;
    const text = `echo begun; while [ ! -e ${file} ]; do sleep 0.1; done; ${fails}; echo again; sleep 317`;
    const { serial } = await runJob(platform, targets.slice(0, 1), [command(text)]);
    await untilEvents(platform, serial, 1, saysLine('begun'));
    await platform.db.transaction(async (transaction) => {
      const row = `SELECT id FROM job_executions WHERE execution_serial = $1 FOR NO KEY UPDATE`;
      const run = await selectRow<{ id: number }>(platform.db, row, [serial], transaction);
      writeFileSync(file, '');
      // The statement with which a run begins to be closed.
      await untilWaiting(platform.database.url, 'SELECT job_id, status, cancel_requested_at');
      await queueRetries(platform.db, run?.id ?? 0, undefined, 'restart', false, transaction);
    });
    await untilEvents(platform, serial, 1, saysLine('again'));
    expect(await post(serial, 'cancel')).toMatchObject({ status: 202, body: { acknowledged: true } });
    expect(await platform.untilEnded(serial)).toMatchObject({ status: 'cancelled', cancelled_branches: 1 });
    expect(markedProcesses(`${serial}.0001.0001/2/1`)).toEqual([]);
  });

  test('an action that hangs is skipped: its program is ended, and the branch goes on behind it', async () => {
    const { serial } = await runJob(platform, targets.slice(0, 1), [command('echo begun; sleep 313'), command('echo after')]);
    await untilEvents(platform, serial, 1, saysLine('begun'));
    const skip = (order: number) => post(serial, `branches/${serial}.0001/skip`, { action_order: order, note: 'hangs' });
    expect((await skip(2)).status).toBe(409);
    expect((await skip(0)).status).toBe(400);
    expect(await skip(1)).toMatchObject({ status: 200, body: { acknowledged: true } });
    expect((await platform.untilEnded(serial)).status).toBe('completed');
    expect((await skip(1)).status).toBe(409);
    expect(await attemptsOf(serial)).toEqual(['1 1 skipped final', '2 1 completed final']);
    const { body: results } = await platform.api('GET', `/api/v1/executions/${serial}/results`);
    expect(results.data[0]).toMatchObject({ skip_reason: 'user', error_code: null });
    expect(markedProcesses(`${serial}.0001.0001/1/1`)).toEqual([]);
  });

  test('a skip that comes when the try has failed by itself: that stays on the record, the next try is skipped, and the branch has not failed', async () => {
    const { serial } = await runJob(platform, targets.slice(0, 1), [
      command('exit 5', { action_name: 'fails', retry_count: 1, retry_delay_seconds: 300 }),
      command('echo ${JOB_RESULT}', { action_name: 'after' }),
    ]);
    await untilResults(platform, serial, isIn('fails', 'failed'));
    const [{ workflow_id: workflow }] = await branchesOf(serial);
    // The service has seen it running a moment ago.
    expect(await platform.services.skipAction(workflow, { order: 1, iteration: 1 })).toBe(true);
    expect((await platform.untilEnded(serial)).status).toBe('completed');
    const { body: results } = await platform.api('GET', `/api/v1/executions/${serial}/results`);
    expect(results.data).toMatchObject([
      { status: 'failed', is_final: false, attempt: 1, exit_code: 5, error_code: 'COMMAND_FAILED' },
      { status: 'skipped', skip_reason: 'user', is_final: true, attempt: 2 },
      { status: 'completed', result_output: 'completed\n' },
    ]);
  });

  const notesOf = async (serial: string): Promise<string[]> =>
    (await platform.api('GET', `/api/v1/executions/${serial}/logs?limit=500`)).body.data.map(
      (line: { log_message: string }) => line.log_message,
    );
  const waiting = { action_type: 'wait', action_name: 'waits', action_parameters: { seconds: 3_600 } };

  test('a skip that no worker has taken is on record as asked for, and is told again until the action has ended', async () => {
    const { serial } = await runJob(platform, targets.slice(0, 1), [waiting, command('echo after')]);
    await untilResults(platform, serial, isIn('waits', 'running'));
    await worker.stop();
    const asked = await post(serial, `branches/${serial}.0001/skip`, { action_order: 1, note: 'no time' });
    expect(asked).toMatchObject({ status: 200, body: { acknowledged: false } });
    expect(await notesOf(serial)).toContain(`Skip of action 1 (waits) of branch ${serial}.0001 (host-1) asked for by admin: no time`);
    worker = await platform.startTestWorker();
    await createReconcileActivities(platform.activities).reconcile();
    expect((await platform.untilEnded(serial)).status).toBe('completed');
    expect(await attemptsOf(serial)).toEqual(['1 1 skipped final', '2 1 completed final']);
  });

  test('a wish that is on its row, its caller lost behind the commit, is told by the reconciler: of a skip and of a branch to cancel', async () => {
    const { serial } = await runJob(platform, targets.slice(0, 2), [waiting, command('echo after')]);
    await untilResults(platform, serial, (rows) => rows.filter((row) => row.status === 'running').length === 2);
    const [skip, cancel] = [`${serial}.0001`, `${serial}.0002`];
    await selectRow(platform.db, 'UPDATE job_action_results SET skip_requested_at = now() WHERE action_serial = $1 RETURNING id', [
      `${skip}.0001`,
    ]);
    await selectRow(platform.db, 'UPDATE job_execution_branches SET cancel_requested_at = now() WHERE branch_serial = $1 RETURNING id', [
      cancel,
    ]);
    await createReconcileActivities(platform.activities).reconcile();
    expect(await platform.untilEnded(serial)).toMatchObject({ completed_branches: 1, cancelled_branches: 1 });
    expect((await branchesOf(serial)).map((branch: { status: string }) => branch.status)).toEqual(['completed', 'cancelled']);
  });

  test('branches that the cancel of their run has not reached are told of it a minute later', async () => {
    const { serial } = await runJob(platform, targets.slice(0, 2), [waiting]);
    await untilResults(platform, serial, (rows) => rows.filter((row) => row.status === 'running').length === 2);
    await selectRow(
      platform.db,
      `UPDATE job_executions SET cancel_requested_at = now() - interval '61 seconds' WHERE execution_serial = $1 RETURNING id`,
      [serial],
    );
    await createRepeatSignals(platform.activities)();
    expect(await platform.untilEnded(serial)).toMatchObject({ status: 'cancelled', cancelled_branches: 2 });
  });

  test('what cannot be written down is not done: a skip and a cancel whose audit event is refused change nothing', async () => {
    const { serial } = await runJob(platform, targets.slice(0, 1), [waiting, command('echo after')]);
    await untilResults(platform, serial, isIn('waits', 'running'));
    const refuse = `ALTER TABLE audit_events ADD CONSTRAINT refuses CHECK (action NOT IN ('skip_action', 'cancel_branch')) NOT VALID`;
    await execute(platform.db, refuse);
    const answers = [
      await post(serial, `branches/${serial}.0001/skip`, { action_order: 1 }),
      await post(serial, `branches/${serial}.0001/cancel`),
    ];
    await execute(platform.db, 'ALTER TABLE audit_events DROP CONSTRAINT refuses');
    expect(answers.map(({ status }) => status)).toEqual([500, 500]);
    // Answered by the workflow of the run behind whatever it was told.
    expect((await patch(serial, { max_concurrent_targets: 3 })).body).toMatchObject({ acknowledged: true });
    expect(await attemptsOf(serial)).toEqual(['1 1 running']);
    expect((await post(serial, `branches/${serial}.0001/skip`, { action_order: 1 })).body).toMatchObject({ acknowledged: true });
    expect((await platform.untilEnded(serial)).status).toBe('completed');
  });

  test('a target that a run names and that was switched off meanwhile is left out by name, and refused by a retry that names it', async () => {
    await worker.stop();
    const [first = '', second = ''] = targets;
    const { body: job } = await platform.api('POST', '/api/v1/jobs', { name: 'names targets', actions: [command('exit 3')] });
    const { body: started } = await platform.api('POST', `/api/v1/jobs/${job.job_serial}/executions`, { targets: [first, second] });
    const serial: string = started.execution_serial;
    const turn = async (status: string) => expect((await platform.api('PATCH', `/api/v1/targets/${second}`, { status })).status).toBe(200);
    await turn('maintenance');
    worker = await platform.startTestWorker();
    expect(await platform.untilEnded(serial)).toMatchObject({ status: 'failed', total_branches: 1 });
    expect(await notesOf(serial)).toContain(
      `1 target(s) that the run names are left out: they were switched off or deleted since. (${second})`,
    );
    await turn('active');
    const both = await runJob(platform, [first, second], [command('exit 3')]);
    await platform.untilEnded(both.serial);
    await turn('maintenance');
    const named = await post(both.serial, 'retry', { new_run: true, branches: [`${both.serial}.0001`, `${both.serial}.0002`] });
    expect(named).toMatchObject({ status: 422, body: { code: 'TARGET_NOT_ACTIVE', detail: expect.stringContaining(second) } });
    const all = await post(both.serial, 'retry', { new_run: true });
    expect(await platform.untilEnded(all.body.execution_serial)).toMatchObject({ total_branches: 1 });
    expect(await notesOf(all.body.execution_serial)).toEqual(
      expect.arrayContaining([
        `Repeats 1 target(s) of ${both.serial}, by admin.`,
        `1 target(s) that failed in ${both.serial} are left out: they are switched off or deleted (${second}).`,
      ]),
    );
    await turn('active');
  });

  /** A run that fails on its first target at its second action, and goes on with the last one. */
  const startFailing = async () => {
    files += 1;
    const file = `${fleet.folder}/fails-${files}`;
    const [first = '', , , last = ''] = targets;
    const { serial } = await runJob(
      platform,
      [first, last],
      [
        command(`echo one; [ "$TARGET_SERIAL" = ${first} ] || { echo begun; while [ ! -e ${file} ]; do sleep 0.1; done; }`),
        command(`[ "$TARGET_SERIAL" = ${last} ] || [ -e ${file}-mended ]`),
        command('echo three'),
      ],
    );
    await untilEvents(platform, serial, 1, saysLine('begun'));
    await untilEvents(platform, serial, 1, (seen) => (seen.event === 'branch' && seen.data.status === 'failed' ? seen.id : undefined));
    return { serial, first, mend: () => writeFileSync(`${file}-mended`, ''), letGo: () => writeFileSync(file, '') };
  };
  const untilRetried = (serial: string) =>
    untilEvents(platform, serial, 1, (seen) =>
      seen.event === 'branch' && seen.data.retry_number > 0 && seen.data.status === 'completed' ? seen.id : undefined,
    );

  test('failed branches are run again in the same run, from their first action', async () => {
    const { serial, first, mend, letGo } = await startFailing();
    mend();
    expect((await post(serial, 'retry')).status).toBe(200);
    await untilRetried(serial);
    letGo();
    expect(await platform.untilEnded(serial)).toMatchObject({ status: 'completed', completed_branches: 2, failed_branches: 0 });
    expect((await branchesOf(serial))[0]).toMatchObject({ status: 'completed', retry_number: 1, workflow_id: `${serial}/b/${first}/r1` });
    expect(await attemptsOf(serial)).toEqual([
      '1 1 completed',
      '1 2 completed final',
      '2 1 failed',
      '2 2 completed final',
      '3 1 completed final',
    ]);
  });

  test('a failed branch is resumed at the action that failed: what came before is not done again', async () => {
    const { serial, mend, letGo } = await startFailing();
    mend();
    expect((await post(serial, 'retry', { branches: [`${serial}.0001`], from: 'failed_action' })).status).toBe(200);
    await untilRetried(serial);
    letGo();
    expect((await platform.untilEnded(serial)).status).toBe('completed');
    expect(await attemptsOf(serial)).toEqual(['1 1 completed final', '2 1 failed', '2 2 completed final', '3 1 completed final']);
  });

  test('a branch may be run again more than once, and may fail again', async () => {
    const { serial, mend, letGo } = await startFailing();
    expect((await post(serial, 'retry')).status).toBe(200);
    await untilEvents(platform, serial, 1, (seen) =>
      seen.event === 'branch' && seen.data.retry_number === 1 && seen.data.status === 'failed' ? seen.id : undefined,
    );
    expect(await attemptsOf(serial)).toEqual([
      '1 1 completed',
      '1 2 completed final',
      '2 1 failed',
      '2 2 failed final',
      '3 1 skipped final',
    ]);
    mend();
    expect((await post(serial, 'retry', { from: 'failed_action' })).status).toBe(200);
    letGo();
    expect(await platform.untilEnded(serial)).toMatchObject({ status: 'completed', failed_branches: 0 });
    expect((await branchesOf(serial))[0]).toMatchObject({ status: 'completed', retry_number: 2 });
  });

  /** A run whose first target does these actions, while another keeps it going. `add` is a command that writes a line into one file. */
  const startOnFirst = async (actionsOf: (tools: Tools) => object[]) => {
    files += 1;
    const file = `${fleet.folder}/resumes-${files}`;
    const [first = '', , , last = ''] = targets;
    const mended = `${file}-mended`;
    const tools: Tools = {
      add: (text, fields = {}) => command(`echo "${text}" >> ${file}`, { action_name: `add ${text}`, ...fields }),
      failsAt: (item, fields = {}) =>
        command(`[ "$LOOP_ITEM" != ${item} ] || [ -e ${mended} ]`, { action_name: `fails at ${item}`, ...fields }),
      mended,
    };
    const hold = command(`echo begun; while [ ! -e ${file}-go ]; do sleep 0.1; done`);
    const { serial } = await runJob(
      platform,
      [first, last],
      // oxlint-disable-next-line unicorn/no-thenable -- a list of actions is nothing that `await` would call
      [nest('either', { conditionType: 'if', expression: `TARGET_SERIAL == "${first}"`, then: actionsOf(tools), else: [hold] })],
    );
    const until = (status: string, retry: number) =>
      untilEvents(platform, serial, 1, (seen) =>
        seen.event === 'branch' && seen.data.target_serial === first && seen.data.status === status && seen.data.retry_number === retry
          ? seen.id
          : undefined,
      );
    await untilEvents(platform, serial, 1, saysLine('begun'));
    return {
      serial,
      until,
      resume: () => post(serial, 'retry', { branches: [`${serial}.0001`], from: 'failed_action' }),
      mend: () => writeFileSync(mended, ''),
      lines: () => readFileSync(file, 'utf8').trim().split('\n'),
      async end() {
        writeFileSync(`${file}-go`, '');
        return platform.untilEnded(serial);
      },
    };
  };
  interface Tools {
    add: (text: string, fields?: object) => object;
    failsAt: (item: string, fields?: object) => object;
    mended: string;
  }
  const nest = (name: string, parameters: object, type = 'condition') => ({
    action_type: type,
    action_name: name,
    action_parameters: parameters,
  });
  const over = (expression: string, loop: object[]) => nest('loop', { conditionType: 'for', expression, loop });
  const parallel = (actions: object[], parameters: object = {}) => nest('block', { actions, ...parameters }, 'parallel');

  test('a failure in the lane of a turn is resumed there: completed turns and lanes are not done again, however often', async () => {
    const run = await startOnFirst(({ add, failsAt }) => [
      over('["1", "2", "3"]', [
        add('begin $LOOP_ITEM'),
        parallel([
          add('left $LOOP_ITEM'),
          over('["a", "b", "c"].map(letter, LOOP_ITEM + letter)', [add('right $LOOP_ITEM'), failsAt('2b'), add('behind $LOOP_ITEM')]),
        ]),
        add('end $LOOP_ITEM'),
      ]),
      add('last'),
    ]);
    await run.until('failed', 0);
    expect((await run.resume()).status).toBe(200);
    await run.until('failed', 1);
    run.mend();
    expect((await run.resume()).status).toBe(200);
    await run.until('completed', 2);
    const turns = ['1', '2', '3'].flatMap((turn) => [
      `begin ${turn}`,
      `left ${turn}`,
      `end ${turn}`,
      ...['a', 'b', 'c'].flatMap((letter) => [`right ${turn}${letter}`, `behind ${turn}${letter}`]),
    ]);
    expect(run.lines().toSorted()).toEqual([...turns, 'last'].toSorted());
    expect(await run.end()).toMatchObject({ status: 'completed', failed_branches: 0 });
    // The block and the loops around the failure have a row for each time that they were gone on with.
    const rows = (await attemptsOf(run.serial)).filter((row) => /^[248] /.test(row));
    expect(rows).toEqual([
      '2 1 failed',
      '2 2 failed',
      '2 3 completed final',
      '4 1 completed final',
      '4 2 failed',
      '4 3 failed',
      '4 4 completed final',
      '4 5 completed final',
      ...[1, 2, 3, 4].map((turn) => `8 ${turn} completed final`),
      '8 5 failed',
      '8 6 failed',
      ...[7, 8, 9, 10, 11].map((turn) => `8 ${turn} completed final`),
    ]);
  });

  test('a lane that another one cut short goes on where it was, and so does a loop that goes on by its own results', async () => {
    const run = await startOnFirst(({ add, mended }) => [
      parallel(
        [
          add('whole', { action_key: 'whole' }),
          nest('again', {
            conditionType: 'while',
            expression: '!("count" in actions) || actions.count.output != "3"',
            loop: [
              command(`echo x >> ${mended}-count; grep -c x ${mended}-count`, { action_key: 'count', action_name: 'count' }),
              command(`[ "$(grep -c x ${mended}-count)" != 2 ] || [ -e ${mended} ] || { touch ${mended}-hangs; sleep 314; }`, {
                action_name: 'hangs',
              }),
            ],
          }),
          command(`while [ ! -e ${mended}-hangs ]; do sleep 0.1; done; [ -e ${mended} ]`, { action_name: 'cuts', action_key: 'cuts' }),
        ],
        { waitForAll: false },
      ),
      add('because', { action_name: 'because', dependencies: [{ action_key: 'cuts', status: 'failure' }] }),
      add('after'),
    ]);
    await run.until('failed', 0);
    run.mend();
    expect((await run.resume()).status).toBe(200);
    await run.until('completed', 1);
    expect(run.lines().toSorted()).toEqual(['after', 'because', 'whole']);
    expect(await run.end()).toMatchObject({ status: 'completed' });
    const rows = await attemptsOf(run.serial);
    expect(rows.filter((row) => row.startsWith('5 '))).toEqual(['5 1 completed final', '5 2 completed final', '5 3 completed final']);
    expect(rows.filter((row) => row.startsWith('8 '))).toEqual(['8 1 completed', '8 2 skipped final']);
  });

  test('a branch that was cancelled in the midst of a turn goes on with the action that it was in', async () => {
    const run = await startOnFirst(({ add, mended }) => [
      over('["1", "2", "3"]', [
        add('begin $LOOP_ITEM'),
        command(`[ "$LOOP_ITEM" != 2 ] || [ -e ${mended} ] || { echo hangs; sleep 315; }`, { action_name: 'hangs' }),
        add('end $LOOP_ITEM'),
      ]),
    ]);
    await untilEvents(platform, run.serial, 1, saysLine('hangs'));
    expect((await post(run.serial, `branches/${run.serial}.0001/cancel`)).status).toBe(200);
    await run.until('cancelled', 0);
    run.mend();
    expect((await run.resume()).status).toBe(200);
    await run.until('completed', 1);
    expect(run.lines()).toEqual(['1', '2', '3'].flatMap((turn) => [`begin ${turn}`, `end ${turn}`]));
    expect(await run.end()).toMatchObject({ status: 'completed', cancelled_branches: 0 });
  });

  test('a rollback after a resume undoes what ran before it, each turn once; after a rollback nothing is resumed', async () => {
    const run = await startOnFirst(({ add, failsAt, mended }) => [
      over('["1", "2"]', [
        add('do $LOOP_ITEM', { rollback: [add('undo $LOOP_ITEM')] }),
        failsAt('2', { rollback: [add('undo failed $LOOP_ITEM')] }),
      ]),
      command(`[ -e ${mended}-not ]`, { action_name: 'bad', on_failure: 'rollback' }),
    ]);
    await run.until('failed', 0);
    run.mend();
    expect((await run.resume()).status).toBe(200);
    await run.until('failed', 1);
    expect(run.lines()).toEqual(['do 1', 'do 2', 'undo failed 2', 'undo 2', 'undo failed 1', 'undo 1']);
    const before = await attemptsOf(run.serial);
    expect(await run.resume()).toMatchObject({ status: 409, body: { detail: expect.stringContaining('was rolled back') } });
    expect(await attemptsOf(run.serial)).toEqual(before);
    expect((await post(run.serial, 'retry', { branches: [`${run.serial}.0001`] })).status).toBe(200);
    await run.until('failed', 2);
    expect(run.lines().slice(6)).toEqual(['do 1', 'do 2', 'undo failed 2', 'undo 2', 'undo failed 1', 'undo 1']);
    await run.end();
  });

  /** The target's side of the connection dies with the program under way. */
  const DIES = 'p=$$; while [ "$(ps -o comm= -p $p)" != sshd ]; do p=$(ps -o ppid= -p $p | tr -d " "); done; kill -9 $p';
  const lost = (mended: string) => command(`[ -e ${mended} ] || { ${DIES}; }`, { action_name: 'lost' });
  const resolve = (serial: string, order: string, outcome: string) =>
    post(serial, `actions/${serial}.0001.${order}/resolve`, { outcome, note: 'seen on the target' });

  test('a resume at an action of which nobody knows whether it ran is refused; behind it when a person says that it had succeeded', async () => {
    const run = await startOnFirst(({ add, mended }) => [
      over('["1", "2"]', [
        add('begin $LOOP_ITEM'),
        command(`[ "$LOOP_ITEM" != 2 ] || [ -e ${mended} ] || { ${DIES}; }`, { action_name: 'lost', action_key: 'lost' }),
        add('end $LOOP_ITEM ${actions.lost.status} ${JOB_RESULT}'),
      ]),
      parallel([add('left'), lost(`${mended}-never`)]),
      add('after'),
    ]);
    await run.until('failed', 0);
    const before = await attemptsOf(run.serial);
    const said = 'Nobody knows whether action 4 (lost)';
    expect(await run.resume()).toMatchObject({ status: 409, body: { detail: expect.stringContaining(said) } });
    expect(await attemptsOf(run.serial)).toEqual(before);
    expect((await resolve(run.serial, '0004', 'succeeded')).status).toBe(200);
    expect((await run.resume()).status).toBe(200);
    await run.until('failed', 1);
    expect(run.lines()).toEqual(['begin 1', 'end 1 completed completed', 'begin 2', 'end 2 completed completed', 'left']);
    // The lane of a block, too.
    expect((await run.resume()).status).toBe(409);
    expect((await resolve(run.serial, '0008', 'succeeded')).status).toBe(200);
    expect((await run.resume()).status).toBe(200);
    await run.until('completed', 2);
    expect(run.lines().slice(4)).toEqual(['left', 'after']);
    const rows = await attemptsOf(run.serial);
    expect(rows.filter((row) => /^[48] /.test(row))).toEqual(['4 1 completed final', '4 2 failed final', '8 1 failed final']);
    expect(await run.end()).toMatchObject({ status: 'completed' });
  });

  test('an action of which nobody knows whether it ran is done again when a person says so: it had not run, or never mind', async () => {
    const run = await startOnFirst(({ mended, add }) => [lost(mended), add('after')]);
    await run.until('failed', 0);
    expect((await resolve(run.serial, '0002', 'not_run')).status).toBe(200);
    expect((await run.resume()).status).toBe(200);
    await run.until('failed', 1);
    run.mend();
    const again = { branches: [`${run.serial}.0001`], from: 'failed_action', repeat_unknown: true };
    expect((await post(run.serial, 'retry', { ...again, from: 'first_action' })).status).toBe(400);
    expect((await post(run.serial, 'retry', again)).status).toBe(200);
    await run.until('completed', 2);
    expect((await attemptsOf(run.serial)).filter((row) => row.startsWith('2 '))).toEqual([
      '2 1 failed',
      '2 2 failed',
      '2 3 completed final',
    ]);
    await run.end();
  });

  test('failed branches of a run that has ended are run again in a new run, which is linked to it', async () => {
    const { serial, first, mend, letGo } = await startFailing();
    letGo();
    expect((await platform.untilEnded(serial)).status).toBe('failed');
    expect((await post(serial, 'retry')).status).toBe(409);
    mend();
    const next = await post(serial, 'retry', { new_run: true });
    expect(next).toMatchObject({ status: 200, body: { retry_of: serial, acknowledged: true } });
    const run = await platform.untilEnded(next.body.execution_serial);
    expect(run).toMatchObject({ status: 'completed', total_branches: 1, retry_of: serial });
    expect((await branchesOf(run.execution_serial))[0].target_serial).toBe(first);
  });
});
