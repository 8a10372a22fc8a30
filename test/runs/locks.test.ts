import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createReconcileActivities } from '../../src/activities/reconcile.ts';
import { addTargets, command, runJob, startFleet, withoutSshd } from '../support/fleet.ts';
import type { Fleet } from '../support/fleet.ts';
import { endMarked } from '../support/end-marked.ts';
import { startWorkerProcess } from '../support/cli-process.ts';
import { saysLine, untilEvents } from '../support/follow.ts';
import { startTestPlatform } from '../support/platform.ts';
import type { TestPlatform } from '../support/platform.ts';

const holds = (seen: { event: string; data: { hold_reason?: unknown; branch_serial: string } }): string | undefined =>
  seen.event === 'branch' && seen.data.hold_reason === 'lock' ? seen.data.branch_serial : undefined;

describe.skipIf(withoutSshd)('locks of targets (OpenSSH)', () => {
  let platform: TestPlatform;
  let fleet: Fleet;
  let targets: string[];
  let files = 0;
  beforeAll(async () => {
    [platform, fleet] = await Promise.all([startTestPlatform({ worker: false }), startFleet()]);
    targets = await addTargets(platform, fleet, 4);
  });
  afterAll(async () => {
    await platform[Symbol.asyncDispose]();
    await fleet[Symbol.asyncDispose]();
  });

  /** A command that goes on until it is let go. */
  const untilLetGo = () => {
    files += 1;
    const file = `${fleet.folder}/go-${files}`;
    return { action: command(`echo begun; while [ ! -e ${file} ]; do sleep 0.1; done`), letGo: () => writeFileSync(file, '') };
  };

  const branchOf = async (serial: string) => (await platform.api('GET', `/api/v1/executions/${serial}/branches`)).body.data[0];
  const eventsOf = async (serial: string, target = '') =>
    (await platform.client.workflow.getHandle(`${serial}/b/${target}`).describe()).historyLength;

  test('the next run waits for the target, says who holds it, and begins when the holder has ended', async () => {
    const worker = await platform.startTestWorker();
    const [target = ''] = targets;
    const { action, letGo } = untilLetGo();
    const first = await runJob(platform, [target], [action]);
    await untilEvents(platform, first.serial, 1, saysLine('begun'));
    const second = await runJob(platform, [target], [command('true')]);
    await untilEvents(platform, second.serial, 1, holds);
    expect(await branchOf(second.serial)).toMatchObject({ status: 'running', hold_reason: 'lock', waits_for: `${first.serial}.0001` });
    const { body: locks } = await platform.api('GET', `/api/v1/executions/locks?target=${target}`);
    expect(locks.data).toMatchObject([
      { target_serial: target, branch_serial: `${first.serial}.0001`, state: 'holds' },
      { target_serial: target, branch_serial: `${second.serial}.0001`, state: 'waits' },
    ]);

    letGo();
    const [one, two] = await Promise.all([first, second].map(({ serial }) => platform.untilEnded(serial)));
    expect([one.status, two.status]).toEqual(['completed', 'completed']);
    const [held, waited] = [await branchOf(first.serial), await branchOf(second.serial)];
    expect(waited).toMatchObject({ hold_reason: null, waits_for: null });
    expect(waited.lock_acquired_at >= held.completed_at).toBe(true);
    expect((await platform.api('GET', `/api/v1/executions/locks?target=${target}`)).body.data).toEqual([]);
    // The one that found its target free paid nothing for the lock.
    expect(await eventsOf(first.serial, target)).toBe(13);
    await worker.stop();
  });

  test('waiting runs get the target in the order in which they asked; one that is cancelled leaves the queue', async () => {
    const worker = await platform.startTestWorker();
    const [, target = ''] = targets;
    const { action, letGo } = untilLetGo();
    const first = await runJob(platform, [target], [action]);
    await untilEvents(platform, first.serial, 1, saysLine('begun'));
    const waiting: string[] = [];
    for (let n = 0; n < 3; n += 1) {
      const { serial } = await runJob(platform, [target], [command('true')]);
      await untilEvents(platform, serial, 1, holds);
      waiting.push(serial);
    }
    await platform.api('POST', `/api/v1/executions/${waiting[0]}/cancel`);
    expect((await platform.untilEnded(waiting[0] ?? '')).status).toBe('cancelled');
    letGo();
    const ended = await Promise.all(waiting.slice(1).map((serial) => platform.untilEnded(serial)));
    expect(ended.map((run) => run.status)).toEqual(['completed', 'completed']);
    const [second, third] = [await branchOf(waiting[1] ?? ''), await branchOf(waiting[2] ?? '')];
    expect(third.lock_acquired_at >= second.completed_at).toBe(true);
    await worker.stop();
  });

  test('a job that allows shared targets neither waits nor holds', async () => {
    const worker = await platform.startTestWorker();
    const [, , target = ''] = targets;
    const { action, letGo } = untilLetGo();
    const first = await runJob(platform, [target], [action]);
    await untilEvents(platform, first.serial, 1, saysLine('begun'));
    const shared = await runJob(platform, [target], [command('true')], { settings: { allow_shared_targets: true } });
    expect((await platform.untilEnded(shared.serial)).status).toBe('completed');
    expect(await branchOf(shared.serial)).toMatchObject({ lock_acquired_at: null });
    letGo();
    await platform.untilEnded(first.serial);
    await worker.stop();
  });

  test('a holder that was killed holds nothing: the reconciler closes its branch, and the waiting run goes on', async () => {
    const worker = await startWorkerProcess(platform);
    const [, , , target = ''] = targets;
    const first = await runJob(platform, [target], [command('echo begun; sleep 312')]);
    await untilEvents(platform, first.serial, 1, saysLine('begun'));
    const second = await runJob(platform, [target], [command('true')]);
    await untilEvents(platform, second.serial, 1, holds);
    await worker.end('SIGKILL');
    const { workflow } = platform.client;
    await workflow.getHandle(first.run.workflow_id).terminate('an operator');
    await workflow.getHandle(`${first.serial}/b/${target}`).terminate('an operator');

    const { reconcile } = createReconcileActivities(platform.activities);
    await reconcile();
    expect(await branchOf(first.serial)).toMatchObject({ status: 'failed', failure_category: 'lost', closed_by: 'reconciler' });
    const next = await platform.startTestWorker();
    expect((await platform.untilEnded(second.serial)).status).toBe('completed');
    endMarked(`${first.serial}.0001.0001/1/1`);
    await next.stop();
  });
});
