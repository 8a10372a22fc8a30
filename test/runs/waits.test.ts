import { once } from 'node:events';
import { serve } from '@hono/node-server';
import type { ServerType } from '@hono/node-server';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startCli } from '../support/cli-process.ts';
import { addTargets, command, runJob, startFleet, withoutSshd } from '../support/fleet.ts';
import type { Fleet } from '../support/fleet.ts';
import { saysLine, untilEvents } from '../support/follow.ts';
import { markedProcesses } from '../support/marked-processes.ts';
import { startTestPlatform } from '../support/platform.ts';
import type { TestPlatform } from '../support/platform.ts';
import { isIn, resultsOf, untilResults } from '../support/until-results.ts';

const wait = (parameters: object, fields: object = {}) => ({
  action_type: 'wait',
  action_name: 'rest',
  action_parameters: parameters,
  ...fields,
});
const parallel = (actions: object[], parameters: object = {}) => ({
  action_type: 'parallel',
  action_name: 'block',
  action_parameters: { actions, ...parameters },
});
const approval = () => ({
  action_type: 'approval',
  action_name: 'ask',
  action_parameters: { approvers: [{ type: 'role', value: 'admin' }] },
});
const named = (name: string, text = 'true', fields: object = {}) => command(text, { action_name: name, action_key: name, ...fields });
const fromNow = (seconds: number): string => new Date(Date.now() + seconds * 1_000).toISOString();

describe.skipIf(withoutSshd)('waits, and what ends them (OpenSSH)', () => {
  let platform: TestPlatform;
  let fleet: Fleet;
  let target: string;
  let server: ServerType;
  let url: string;
  beforeAll(async () => {
    [platform, fleet] = await Promise.all([startTestPlatform(), startFleet()]);
    [target = ''] = await addTargets(platform, fleet, 1);
    await new Promise<void>((resolve) => {
      server = serve({ fetch: platform.app.fetch, hostname: '127.0.0.1', port: 0 }, (info) => {
        url = `http://127.0.0.1:${info.port}`;
        resolve();
      });
    });
  });
  afterAll(async () => {
    await new Promise((resolve) => server.close(resolve));
    await platform[Symbol.asyncDispose]();
    await fleet[Symbol.asyncDispose]();
  });

  const cli = async (...args: string[]): Promise<{ code: number; output: string }> => {
    const process = startCli(args, { OPSCONDUCTOR_URL: url, OPSCONDUCTOR_TOKEN: platform.token });
    const [code] = (await once(process.child, 'close')) as [number];
    return { code, output: process.output() };
  };
  const post = (serial: string, path: string, body: unknown = {}) => platform.api('POST', `/api/v1/executions/${serial}/${path}`, body);
  const skip = (serial: string, order: number) => post(serial, `branches/${serial}.0001/skip`, { action_order: order, note: 'too long' });
  /** Each result as `<name> <status> <why>`, in the order of the definition. */
  const rowsOf = async (serial: string): Promise<string[]> =>
    (await resultsOf(platform, serial))
      .toSorted((one, other) => one.action_order - other.action_order)
      .map((row) => [row.action_name, row.status, row.skip_reason ?? row.error_code].filter(Boolean).join(' '));
  const untilRow = (serial: string, name: string, status: string, iteration = 1) =>
    untilResults(platform, serial, isIn(name, status, iteration));

  test('a wait until an instant lets the branch go on then, not before', async () => {
    const instant = fromNow(5);
    const { serial } = await runJob(platform, [target], [wait({ until: instant }), named('after')]);
    expect((await platform.untilEnded(serial)).status).toBe('completed');
    const rest = (await resultsOf(platform, serial)).find((row) => row.action_name === 'rest');
    expect(Date.parse(rest?.completed_at ?? '')).toBeGreaterThanOrEqual(Date.parse(instant));
    expect(Date.parse(rest?.started_at ?? '')).toBeLessThan(Date.parse(instant));
  });

  test('an instant that is past is waited for no more', async () => {
    const { serial } = await runJob(platform, [target], [wait({ until: '2020-02-29T23:59:59+02:00' }), named('after')]);
    expect((await platform.untilEnded(serial)).status).toBe('completed');
    expect(await rowsOf(serial)).toEqual(['rest completed', 'after completed']);
  });

  test('a wait in each of several lanes of a parallel block takes its own time', async () => {
    const { serial } = await runJob(platform, [target], [parallel([wait({ seconds: 1 }), wait({ until: fromNow(1) }), named('work')])]);
    expect((await platform.untilEnded(serial)).status).toBe('completed');
    expect(await rowsOf(serial)).toEqual(['block completed', 'rest completed', 'rest completed', 'work completed']);
  });

  test('the clock of a run stands still while it waits, and goes on when it works again', async () => {
    const hangs = [wait({ seconds: 4 }), named('hangs', 'sleep 323')];
    const { serial } = await runJob(platform, [target], hangs, { timeout_seconds: 3 });
    expect(await platform.untilEnded(serial)).toMatchObject({ status: 'failed', error_code: 'RUN_TIMED_OUT' });
    expect(await rowsOf(serial)).toEqual(['rest completed', 'hangs cancelled']);
    expect(markedProcesses(`${serial}.0001.0002/1/1`)).toEqual([]);
  });

  test('a run that is cancelled during a wait ends at once: the wait is cancelled, what comes behind is, too', async () => {
    const { serial } = await runJob(platform, [target], [named('before'), wait({ seconds: 2_592_000 }), named('after')]);
    await untilRow(serial, 'rest', 'running');
    await post(serial, 'cancel');
    expect((await platform.untilEnded(serial)).status).toBe('cancelled');
    expect(await rowsOf(serial)).toEqual(['before completed', 'rest cancelled', 'after cancelled']);
  });

  test('a run that is cancelled inside a parallel block ends its programs on the target, its waits and its tries to come', async () => {
    const { serial } = await runJob(
      platform,
      [target],
      [
        parallel([
          named('left', 'echo begun; sleep 321'),
          named('right', 'echo begun too; sleep 322'),
          wait({ seconds: 1_000 }),
          approval(),
          named('tries', 'exit 1', { retry_count: 5, retry_delay_seconds: 300 }),
          named('late'),
        ]),
        named('after'),
      ],
    );
    await untilEvents(platform, serial, 2, (seen) => saysLine('begun')(seen) ?? (saysLine('begun too')(seen) && 'right'));
    await untilRow(serial, 'tries', 'failed');
    const markers = [2, 3].map((order) => `${serial}.0001.000${order}/1/1`);
    for (const marker of markers) expect(markedProcesses(marker)).not.toEqual([]);
    await post(serial, 'cancel');
    expect((await platform.untilEnded(serial)).status).toBe('cancelled');
    for (const marker of markers) expect(markedProcesses(marker)).toEqual([]);
    expect((await rowsOf(serial)).map((row) => row.replace(' COMMAND_FAILED', ''))).toEqual([
      'block cancelled',
      'left cancelled',
      'right cancelled',
      'rest cancelled',
      'ask cancelled',
      'tries failed',
      'late cancelled',
      'after cancelled',
    ]);
    expect((await resultsOf(platform, serial)).filter((row) => !row.is_final)).toEqual([]);
  });

  test('a wait is skipped by a person: it ends at once, and the branch goes on behind it', async () => {
    const after = { dependencies: [{ action_key: 'pause', status: 'skipped' }] };
    const { serial } = await runJob(
      platform,
      [target],
      [wait({ seconds: 1_000 }, { action_key: 'pause' }), named('after'), named('because', 'true', after)],
    );
    await untilRow(serial, 'rest', 'running');
    expect(await skip(serial, 1)).toMatchObject({ status: 200, body: { acknowledged: true } });
    expect((await platform.untilEnded(serial)).status).toBe('completed');
    expect(await rowsOf(serial)).toEqual(['rest skipped user', 'after completed', 'because completed']);
    expect((await skip(serial, 1)).status).toBe(409);
    const { body: log } = await platform.api('GET', `/api/v1/executions/${serial}/logs?limit=500`);
    expect(log.data.map((line: { log_message: string }) => line.log_message)).toContain(
      `Skip of action 1 (rest) of branch ${serial}.0001 (host-1) asked for by admin: too long`,
    );
  });

  test('a wait inside a loop and a parallel block is skipped from the command line; its other turns and lanes go on', async () => {
    const loop = {
      action_type: 'condition',
      action_name: 'loop',
      action_parameters: { conditionType: 'for', expression: '2', loop: [parallel([wait({ seconds: 1_000 }), named('beside')])] },
    };
    const { serial } = await runJob(platform, [target], [loop]);
    for (const turn of [1, 2]) {
      await untilRow(serial, 'rest', 'running', turn);
      expect(await cli('runs', 'skip', serial, '--target', 'host-1', '--action', '3')).toEqual({
        code: 0,
        output: 'Action 3 is being ended on host-1; the branch goes on behind it.\n',
      });
    }
    expect((await platform.untilEnded(serial)).status).toBe('completed');
    expect(await rowsOf(serial)).toEqual([
      'loop completed',
      'block completed',
      'block completed',
      'rest skipped user',
      'rest skipped user',
      'beside completed',
      'beside completed',
    ]);
  });

  test('an approval is not skipped but answered, and a block not but what is inside it: each refusal says so and changes nothing', async () => {
    const { serial } = await runJob(platform, [target], [parallel([approval(), wait({ seconds: 1_000 })])]);
    await untilRow(serial, 'ask', 'running');
    await untilRow(serial, 'rest', 'running');
    expect(await skip(serial, 2)).toMatchObject({ status: 409, body: { detail: expect.stringContaining('approve or reject it') } });
    expect(await skip(serial, 1)).toMatchObject({ status: 409, body: { detail: expect.stringContaining('skip the one inside it') } });
    const refused = await cli('runs', 'skip', serial, '--target', target, '--action', '2');
    expect(refused.code).toBe(2);
    expect(refused.output).toContain(`approve or reject it (opsconductor runs approve|reject ${serial}.0001.0002)`);
    expect((await rowsOf(serial)).filter((row) => !row.endsWith('running'))).toEqual([]);
    await post(serial, 'cancel');
    expect((await platform.untilEnded(serial)).status).toBe('cancelled');
  });

  const definitionOf = async (fields: object): Promise<string> => {
    const { status, body } = await platform.api('POST', '/api/v1/jobs', { name: 'started', ...fields });
    if (status !== 201) throw new Error(JSON.stringify(body));
    return body.job_serial;
  };
  const start = (job: string, body: object = {}, headers: Record<string, string> = {}) =>
    platform.api('POST', `/api/v1/jobs/${job}/executions`, body, headers);

  test('Prefer: wait holds the answer to a start back until the run has ended, but not longer than it says', async () => {
    const short = await definitionOf({ targets: [target], actions: [wait({ seconds: 1 })] });
    const waited = await start(short, {}, { prefer: 'wait=50', 'idempotency-key': 'waited' });
    expect([waited.status, waited.body.status, waited.headers.get('preference-applied')]).toEqual([202, 'completed', 'wait=50']);
    const again = await start(short, {}, { prefer: 'wait=50', 'idempotency-key': 'waited' });
    expect(again.body).toMatchObject({ execution_serial: waited.body.execution_serial, status: 'completed' });
    const long = await definitionOf({ targets: [target], actions: [approval()] });
    const early = await start(long, {}, { prefer: 'wait=1' });
    expect([early.status, early.body.completed_at]).toEqual([202, null]);
    await post(early.body.execution_serial, 'cancel');
    expect((await platform.untilEnded(early.body.execution_serial)).status).toBe('cancelled');
  });

  test('Prefer: wait holds the answer to a retry back, too', async () => {
    const job = await definitionOf({ targets: [target], actions: [named('fails', 'exit 3')] });
    const { execution_serial: first } = (await start(job, {}, { prefer: 'wait=50' })).body;
    const retry = await platform.api('POST', `/api/v1/executions/${first}/retry`, { new_run: true }, { prefer: 'wait=50' });
    expect([retry.status, retry.headers.get('preference-applied')]).toEqual([200, 'wait=50']);
    expect(retry.body).toMatchObject({ execution_serial: `${job}.0002`, status: 'failed', acknowledged: true });
  });

  test('a run by a selector goes over the targets that match when it starts; one that matches none fails as wrongly configured', async () => {
    await platform.api('PATCH', `/api/v1/targets/${target}`, { labels: { team: 'waits' } });
    const job = await definitionOf({ target_selector: 'team=waits', actions: [named('hi', 'echo "$TARGET_SERIAL"')] });
    const run = await start(job, {}, { prefer: 'wait=50' });
    expect(run.body).toMatchObject({ status: 'completed', total_branches: 1 });
    const serial = run.body.execution_serial;
    expect((await platform.api('GET', `/api/v1/executions/${serial}/branches`)).body.data).toMatchObject([{ target_serial: target }]);
    const { data } = (await platform.api('GET', `/api/v1/executions/${serial}/logs`)).body;
    expect(data.map((line: { log_message: string }) => line.log_message)).toContain(
      '1 target(s) are chosen by the list and the selector (team=waits) of the job as the run starts.',
    );
    expect((await platform.api('GET', `/api/v1/executions/${serial}`)).body.target_selection).toEqual({
      source: 'job',
      selector: 'team=waits',
    });
    const none = await start(job, { selector: 'team=nobody' }, { prefer: 'wait=50' });
    expect(none.body).toMatchObject({ status: 'failed', failure_category: 'configuration', total_branches: 0 });
  });

  test('starts are accepted while Temporal takes none; it gets them later, and all of them run', async () => {
    const { startRun } = platform.services;
    const gate = Promise.withResolvers<void>();
    platform.services.startRun = (...run) => gate.promise.then(() => startRun(...run));
    const settings = { allow_shared_targets: true };
    const jobs = await Promise.all(
      Array.from({ length: 3 }, () => definitionOf({ targets: [target], settings, actions: [named('quick')] })),
    );
    const answers = await Promise.all(Array.from({ length: 12 }, (_, index) => start(jobs[index % jobs.length] ?? '')));
    expect(new Set(answers.map(({ status, body }) => `${status} ${body.status} ${body.run_id}`))).toEqual(new Set(['202 scheduled null']));
    gate.resolve();
    await platform.startsDone();
    platform.services.startRun = startRun;
    const ended = await Promise.all(answers.map(({ body }) => platform.untilEnded(body.execution_serial)));
    expect(ended.map(({ status }) => status)).toEqual(ended.map(() => 'completed'));
  });
});
