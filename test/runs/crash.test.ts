import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startWorkerProcess } from '../support/cli-process.ts';
import { addTargets, command, runJob, startFleet, withoutSshd } from '../support/fleet.ts';
import type { Fleet } from '../support/fleet.ts';
import { saysLine, untilEvents } from '../support/follow.ts';
import { endMarked } from '../support/end-marked.ts';
import { markedProcesses } from '../support/marked-processes.ts';
import { openClient } from '../support/open-client.ts';
import { startTestPlatform } from '../support/platform.ts';
import type { TestPlatform } from '../support/platform.ts';
import { untilWaiting } from '../support/until-waiting.ts';

const linesOf = (path: string): string[] => readFileSync(path, 'utf8').trim().split('\n').toSorted();

describe.skipIf(withoutSshd)('a worker process that dies or stops (OpenSSH)', () => {
  let platform: TestPlatform;
  let fleet: Fleet;
  let targets: string[];
  beforeAll(async () => {
    [platform, fleet] = await Promise.all([startTestPlatform({ worker: false }), startFleet()]);
    targets = await addTargets(platform, fleet, 4);
  });
  afterAll(async () => {
    await platform[Symbol.asyncDispose]();
    await fleet[Symbol.asyncDispose]();
  });

  test('killed in the middle of a command: the action is lost, ran once, and the other branches finish on the next worker', async () => {
    const ran = join(fleet.folder, 'ran');
    const go = join(fleet.folder, 'go');
    const first = await startWorkerProcess(platform);
    const { serial } = await runJob(
      platform,
      targets,
      [command(`echo "$TARGET_SERIAL" >> ${ran}; echo begun; [ -e ${go} ] || sleep 300`), command('echo after')],
      {
        settings: { max_concurrent_targets: 2 },
      },
    );
    await untilEvents(platform, serial, 2, saysLine('begun'));
    await first.end('SIGKILL');
    writeFileSync(go, '');
    const second = await startWorkerProcess(platform);
    const run = await platform.untilEnded(serial);
    await second.end('SIGTERM');

    expect(run).toMatchObject({ status: 'failed', total_branches: 4, completed_branches: 2, failed_branches: 2 });
    const { body: results } = await platform.api('GET', `/api/v1/executions/${serial}/results`);
    const lost = results.data.filter((row: { error_code: string }) => row.error_code === 'OUTCOME_UNKNOWN');
    expect(lost).toHaveLength(2);
    expect(lost[0]).toMatchObject({ status: 'failed', failure_category: 'lost', fault: 'us', is_final: true, attempt: 1 });
    expect(results.data).toHaveLength(8);
    expect(linesOf(ran)).toEqual(targets.toSorted());
    for (const row of lost) endMarked(`${row.action_serial}/1/1`);
  });

  test('killed while it plans a run: the next worker plans it long before the limit of five minutes', async () => {
    const { serial } = await runJob(platform, targets, [command('true')]);
    await using blocker = await openClient(platform.database.url);
    await blocker.query('BEGIN');
    await blocker.query('LOCK TABLE job_execution_branches IN EXCLUSIVE MODE');
    const first = await startWorkerProcess(platform);
    await untilWaiting(platform.database.url, '');
    await first.end('SIGKILL');
    await blocker.query('ROLLBACK');
    const second = await startWorkerProcess(platform);
    const run = await platform.untilEnded(serial);
    await second.end('SIGTERM');
    expect(run).toMatchObject({ status: 'completed', total_branches: 4, completed_branches: 4 });
  }, 120_000);

  test('stopped with SIGTERM: what ends within the grace completes, the rest is interrupted and leaves no process behind', async () => {
    const [patient = '', endless = ''] = targets;
    const go = join(fleet.folder, 'go-on');
    const first = await startWorkerProcess(platform);
    const { serial } = await runJob(
      platform,
      [patient, endless],
      [command(`echo begun; if [ "$TARGET_SERIAL" = ${patient} ]; then until [ -e ${go} ]; do sleep 0.05; done; else sleep 300; fi`)],
    );
    await untilEvents(platform, serial, 2, saysLine('begun'));
    const ended = first.end('SIGTERM');
    writeFileSync(go, '');
    await ended;
    const second = await startWorkerProcess(platform);
    const run = await platform.untilEnded(serial);
    await second.end('SIGTERM');

    expect(run).toMatchObject({ completed_branches: 1, failed_branches: 1 });
    const { body: results } = await platform.api('GET', `/api/v1/executions/${serial}/results`);
    const byTarget = new Map(results.data.map((row: { target_serial: string }) => [row.target_serial, row]));
    expect(byTarget.get(patient)).toMatchObject({ status: 'completed', exit_code: 0 });
    expect(byTarget.get(endless)).toMatchObject({ status: 'failed', failure_category: 'interrupted', error_code: 'WORKER_STOPPED' });
    expect(results.data.flatMap((row: { action_serial: string }) => markedProcesses(`${row.action_serial}/1/1`))).toEqual([]);
  });
});
