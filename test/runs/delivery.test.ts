import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startWorkerProcess } from '../support/cli-process.ts';
import { endMarked } from '../support/end-marked.ts';
import { addTargets, command, runJob, startFleet, withoutSshd } from '../support/fleet.ts';
import type { Fleet } from '../support/fleet.ts';
import { saysLine, untilEvents } from '../support/follow.ts';
import { startTestPlatform } from '../support/platform.ts';
import type { TestPlatform } from '../support/platform.ts';

const AT_LEAST_ONCE = { action_config: { delivery: 'at_least_once' }, retry_delay_seconds: 1 };

interface ResultRow {
  action_serial: string;
  action_name: string;
  attempt: number;
  status: string;
  failure_category: string | null;
  is_final: boolean;
}

describe.skipIf(withoutSshd)('delivery of actions (OpenSSH)', () => {
  let platform: TestPlatform;
  let fleet: Fleet;
  let target: string;
  beforeAll(async () => {
    [platform, fleet] = await Promise.all([startTestPlatform({ worker: false }), startFleet()]);
    [target = ''] = await addTargets(platform, fleet, 1);
  });
  afterAll(async () => {
    await platform[Symbol.asyncDispose]();
    await fleet[Symbol.asyncDispose]();
  });

  const attemptsOf = async (serial: string): Promise<ResultRow[]> =>
    (await platform.api('GET', `/api/v1/executions/${serial}/results`)).body.data;
  const shown = (rows: readonly ResultRow[]): string[] =>
    rows.map((row) => `${row.action_name} ${row.attempt} ${row.failure_category ?? row.status}${row.is_final ? ' final' : ''}`).toSorted();
  /** Writes a line each time that it begins, and ends only when it is let go. */
  const held = (name: string, fields: object = {}) => {
    const [ran, go] = [join(fleet.folder, `${name}-ran`), join(fleet.folder, `${name}-go`)];
    return {
      action: command(`echo "$OPSCONDUCTOR_ACTION" >> ${ran}; echo begun ${name}; [ -e ${go} ] || sleep 300`, {
        action_key: name,
        action_name: name,
        ...fields,
      }),
      letGo: () => writeFileSync(go, ''),
      ran: () => (existsSync(ran) ? readFileSync(ran, 'utf8').trim().split('\n').length : 0),
    };
  };

  /** Has the worker die while the actions run, and another one take over. */
  const killDuring = async (actions: object[], ...names: string[]) => {
    const first = await startWorkerProcess(platform);
    const { serial } = await runJob(platform, [target], actions);
    for (const name of names) await untilEvents(platform, serial, 1, saysLine(`begun ${name}`));
    await first.end('SIGKILL');
    const second = await startWorkerProcess(platform);
    return {
      serial,
      end: async () => {
        const run = await platform.untilEnded(serial);
        await second.end('SIGTERM');
        const rows = await attemptsOf(serial);
        for (const row of rows) endMarked(`${row.action_serial}/1/${row.attempt}`);
        return { run, rows };
      },
    };
  };

  test('a worker dies in the middle: at_most_once is lost after one run, at_least_once runs again and succeeds, its attempts numbered', async () => {
    const [once, again] = [held('once', { on_failure: 'continue' }), held('again', AT_LEAST_ONCE)];
    const block = { action_type: 'parallel', action_name: 'both', action_parameters: { actions: [once.action, again.action] } };
    const { end } = await killDuring([block], 'once', 'again');
    for (const each of [once, again]) each.letGo();
    const { run, rows } = await end();
    expect(run.status).toBe('completed');
    expect(shown(rows)).toEqual(['again 1 lost', 'again 2 completed final', 'both 1 completed final', 'once 1 lost final']);
    expect([once.ran(), again.ran()]).toEqual([1, 2]);
  });

  test('only what is lost is delivered again: a program that fails is not, without retries', async () => {
    const worker = await startWorkerProcess(platform);
    const { serial } = await runJob(platform, [target], [command('exit 3', { action_name: 'fails', ...AT_LEAST_ONCE })]);
    expect((await platform.untilEnded(serial)).status).toBe('failed');
    expect(shown(await attemptsOf(serial))).toEqual(['fails 1 command_execution final']);
    await worker.end('SIGTERM');
  });

  test('what is lost each time is delivered four times, then it is lost', async () => {
    const worker = await startWorkerProcess(platform);
    // The target's side of the connection dies with the program under way.
    const dies = 'p=$$; while [ "$(ps -o comm= -p $p)" != sshd ]; do p=$(ps -o ppid= -p $p | tr -d " "); done; kill -9 $p; sleep 30';
    const { serial } = await runJob(platform, [target], [command(dies, { action_name: 'dies', ...AT_LEAST_ONCE })]);
    expect((await platform.untilEnded(serial)).status).toBe('failed');
    const rows = await attemptsOf(serial);
    expect(shown(rows)).toEqual([1, 2, 3, 4].map((attempt) => `dies ${attempt} communication${attempt === 4 ? ' final' : ''}`));
    for (const row of rows) endMarked(`${row.action_serial}/1/${row.attempt}`);
    await worker.end('SIGTERM');
  });
});
