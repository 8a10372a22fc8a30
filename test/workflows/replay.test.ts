import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRunActivities } from '../../src/activities/run-activities.ts';
import { execute, selectRows } from '../../src/db/query.ts';
import { endMarked } from '../support/end-marked.ts';
import { startWorkerProcess } from '../support/cli-process.ts';
import { addTargets, command, runJob, startFleet, withoutSshd } from '../support/fleet.ts';
import type { Fleet } from '../support/fleet.ts';
import { saysLine, untilEvents } from '../support/follow.ts';
import { startTestPlatform } from '../support/platform.ts';
import type { TestPlatform } from '../support/platform.ts';
import { FOLDER, historyOf as historyIn, keep, replay, untilTaskStarted } from './support/histories.ts';

describe('workflow histories that were recorded', () => {
  const names = readdirSync(FOLDER).filter((name) => name.endsWith('.json'));

  test('there is one for each workflow type in each way to end', () => {
    expect(names.map((name) => name.slice(0, -'.json'.length)).toSorted()).toEqual(
      ['job', 'shard', 'branch']
        .flatMap((type) => ['success', 'failure', 'cancel', 'lost'].map((end) => `${type}-${end}`))
        .concat(['success', 'failure', 'cancel'].map((end) => `scheduled-run-${end}`))
        .concat(
          'job-cancel-at-start',
          'reconcile-success',
          'partition-maintenance-success',
          'retention-success',
          'retention-failure',
          'audit-seal-success',
        )
        .toSorted(),
    );
  });

  test('all replay with today’s code', async () => {
    const histories = names.map((name) => ({
      workflowId: name,
      history: historyFromJSON(JSON.parse(readFileSync(`${FOLDER}${name}`, 'utf8'))),
    }));
    expect(await replay(histories)).toEqual([]);
  });
});

describe.skipIf(withoutSshd)('workflow histories recorded now (OpenSSH)', () => {
  let platform: TestPlatform;
  let fleet: Fleet;
  let targets: string[];
  beforeAll(async () => {
    [platform, fleet] = await Promise.all([startTestPlatform({ worker: false }), startFleet()]);
    targets = await addTargets(platform, fleet, 3);
    // Three branches of a shard are enough to record one; real ones begin at 501 targets.
  });
  afterAll(async () => {
    await platform[Symbol.asyncDispose]();
    await fleet[Symbol.asyncDispose]();
  });

  const historyOf = (workflowId: string) => historyIn(platform.client, workflowId);

  /** Runs a job until it has ended, its branches also through a shard of their own. */
  const record = async (end: string, text: string, during: (serial: string, workflowId: string) => Promise<void>): Promise<string[]> => {
    const { serial, run } = await runJob(platform, targets, [command(text), command('echo after')]);
    await during(serial, run.workflow_id);
    await platform.untilEnded(serial);
    const [job, branch] = await Promise.all([historyOf(run.workflow_id), historyOf(`${serial}/b/${targets[0]}`)]);
    keep(`job-${end}`, job.history);
    keep(`branch-${end}`, branch.history);
    return replay([job, branch]);
  };

  test('success, failure, cancel and lost replay', async () => {
    let worker = await startWorkerProcess(platform);
    expect(await record('success', 'true', async () => {})).toEqual([]);
    expect(await record('failure', 'exit 9', async () => {})).toEqual([]);
    expect(
      await record('cancel', 'echo begun; sleep 308', async (serial) => {
        await untilEvents(platform, serial, 3, saysLine('begun'));
        await platform.api('POST', `/api/v1/executions/${serial}/cancel`);
      }),
    ).toEqual([]);
    expect(
      await record('lost', 'echo begun; sleep 309', async (serial) => {
        await untilEvents(platform, serial, 3, saysLine('begun'));
        await worker.end('SIGKILL');
        worker = await startWorkerProcess(platform);
        for (const number of [1, 2, 3]) endMarked(`${serial}.000${number}.0001/1/1`);
      }),
    ).toEqual([]);
    await worker.end('SIGTERM');
  });

  test('lanes of parallel blocks replay, in whatever order their rows came to be written', async () => {
    const act = (type: string, parameters: object) => ({ action_type: type, action_name: type, action_parameters: parameters });
    const ask = act('approval', { approvers: [{ type: 'role', value: 'admin' }], timeoutSeconds: 1, onTimeout: 'approve' });
    const turns = act('condition', { conditionType: 'for', expression: '3', loop: [command('true'), act('wait', { seconds: 1 })] });
    // oxlint-disable-next-line unicorn/no-thenable -- a list of actions is nothing that `await` would call
    const either = act('condition', { conditionType: 'if', expression: 'TARGET_OS == "linux"', then: [command('true')] });
    const lanes = [turns, ask, either, act('wait', { seconds: 1 }), turns, command('true'), either, ask];
    const worker = await startWorkerProcess(platform);
    const { serial, run } = await runJob(platform, targets, [act('parallel', { actions: lanes, maxConcurrency: 8 })]);
    expect((await platform.untilEnded(serial)).status).toBe('completed');
    const histories = [run.workflow_id, ...targets.map((target) => `${serial}/b/${target}`)].map(historyOf);
    expect(await replay(await Promise.all(histories))).toEqual([]);
    await worker.end('SIGTERM');
  });

  test('a row that was written slowly, while another lane went on, does not put the lanes into another order', async () => {
    const { db } = platform;
    await execute(
      db,
      `CREATE FUNCTION hold_waits() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_advisory_xact_lock(308); RETURN NEW; END';
       CREATE TRIGGER hold_waits BEFORE INSERT ON job_action_results FOR EACH ROW WHEN (NEW.action_type = 'wait') EXECUTE FUNCTION hold_waits()`,
    );
    const act = (type: string, parameters: object) => ({ action_type: type, action_name: type, action_parameters: parameters });
    const file = join(tmpdir(), `turn-${platform.taskQueuePrefix}`);
    const turns = act('condition', {
      conditionType: 'for',
      expression: '2',
      loop: [command(`until [ -e ${file} ]; do sleep 0.05; done`)],
    });
    // oxlint-disable-next-line unicorn/no-thenable -- a list of actions is nothing that `await` would call
    const rests = act('condition', { conditionType: 'if', expression: 'true', then: [command('true'), act('wait', { seconds: 1 })] });
    const worker = await startWorkerProcess(platform);
    const serial = await db.transaction(async (transaction) => {
      await selectRows(db, 'SELECT pg_advisory_xact_lock(308)', [], transaction);
      const begun = await runJob(platform, targets.slice(0, 1), [act('parallel', { actions: [turns, rests] })]);
      const branch = `${begun.serial}/b/${targets[0]}`;
      await untilEvents(platform, begun.serial, 1, (seen) =>
        seen.event === 'branch' && seen.data.status === 'running' ? seen.id : undefined,
      );
      // The second workflow task waits for the row in vain, for eight seconds; the third begins with the end of the first turn.
      await untilTaskStarted(platform.client, branch, 2);
      writeFileSync(file, '');
      await untilTaskStarted(platform.client, branch, 3);
      return begun.serial;
    });
    expect((await platform.untilEnded(serial)).status).toBe('completed');
    expect(await replay([await historyOf(`${serial}/b/${targets[0]}`)])).toEqual([]);
    await execute(db, 'DROP TRIGGER hold_waits ON job_action_results');
    rmSync(file);
    await worker.end('SIGTERM');
  });

  test('shards replay', async () => {
    let worker = await startWorkerProcess(platform);
    const taskQueue = `${platform.taskQueuePrefix}-wf`;
    for (const end of ['success', 'failure', 'cancel', 'lost'] as const) {
      const text = { success: 'true', failure: 'exit 9', cancel: 'echo begun; sleep 310', lost: 'echo begun; sleep 311' }[end];
      // The job itself waits without a worker for its queue; its branches are planned by hand and run by the shard.
      const { serial } = await planWithoutRunning(platform, targets, text);
      const handle = await platform.client.workflow.start('shardWorkflow', {
        workflowId: `${serial}/s1`,
        taskQueue,
        args: [{ execution: serial, from: 1, to: 3, window: 2 }],
      });
      if (end === 'cancel' || end === 'lost') await untilEvents(platform, serial, 2, saysLine('begun'));
      if (end === 'cancel') await handle.cancel();
      if (end === 'lost') {
        await worker.end('SIGKILL');
        worker = await startWorkerProcess(platform);
        for (const number of [1, 2]) endMarked(`${serial}.000${number}.0001/1/1`);
        await untilEvents(platform, serial, 3, saysLine('begun'));
        endMarked(`${serial}.0003.0001/1/1`);
      }
      await handle.result().catch(() => undefined);
      const shard = await historyOf(`${serial}/s1`);
      keep(`shard-${end}`, shard.history);
      expect(await replay([shard])).toEqual([]);
    }
    const reconcile = await platform.client.workflow.start('reconcileWorkflow', {
      workflowId: `reconcile-${platform.taskQueuePrefix}`,
      taskQueue,
    });
    await reconcile.result();
    const history = await historyOf(`reconcile-${platform.taskQueuePrefix}`);
    keep('reconcile-success', history.history);
    expect(await replay([history])).toEqual([]);
    await worker.end('SIGTERM');
  });
});

/** A run whose rows stand as if its root had planned it; the root is on a queue that nobody serves, so that the reconciler finds it running. */
const planWithoutRunning = async (platform: TestPlatform, targets: readonly string[], text: string): Promise<{ serial: string }> => {
  const { startRun } = platform.services;
  platform.services.startRun = () => Promise.resolve();
  const { serial, run } = await runJob(platform, targets, [command(text)]);
  platform.services.startRun = startRun;
  await platform.client.workflow.start('jobWorkflow', {
    workflowId: run.workflow_id,
    taskQueue: `${platform.taskQueuePrefix}-nobody`,
    args: [{ execution: serial }],
  });
  await platform.db.query(`UPDATE job_executions SET status = 'running', run_id = 'none' WHERE execution_serial = $1`, { bind: [serial] });
  const { planTargets } = createRunActivities(platform.activities);
  await planTargets({ execution: serial });
  return { serial };
};
