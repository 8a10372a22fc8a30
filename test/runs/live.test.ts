import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addTargets, command, runJob, startFleet, withoutSshd } from '../support/fleet.ts';
import type { Fleet } from '../support/fleet.ts';
import { follow } from '../support/follow.ts';
import type { SeenEvent } from '../support/follow.ts';
import { startTestPlatform } from '../support/platform.ts';
import type { TestPlatform } from '../support/platform.ts';

const BRANCHES = 6;
const LINES = 40;

describe.skipIf(withoutSshd)('the live events of a run (OpenSSH)', () => {
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

  const chatter = () => runJob(platform, targets, [command(`for i in $(seq ${LINES}); do echo line $i; sleep 0.02; done`)]);
  const outputKey = (seen: SeenEvent): string[] =>
    seen.event === 'line' && seen.data.stream === 'stdout' ? [`${seen.data.branch_serial}#${seen.data.line_number}`] : [];
  const collect = async (serial: string, lastEventId?: string): Promise<SeenEvent[]> => {
    const events: SeenEvent[] = [];
    for await (const seen of follow(platform, serial, lastEventId)) events.push(seen);
    return events;
  };

  test('tell states and every line while it runs, each branch in the order of its numbers, and end with the run', async () => {
    const { serial } = await chatter();
    const events = await collect(serial);
    expect(events.at(-1)).toMatchObject({ event: 'end', data: { status: 'completed' } });
    expect(new Set(events.map((seen) => seen.event))).toEqual(new Set(['execution', 'branch', 'line', 'end']));
    const keys = events.flatMap(outputKey);
    expect(keys).toHaveLength(BRANCHES * LINES);
    expect(new Set(keys).size).toBe(BRANCHES * LINES);
    for (const number of Array.from({ length: BRANCHES }, (_, index) => index + 1)) {
      const lines = events.flatMap((seen) =>
        seen.event === 'line' && seen.data.branch_serial === `${serial}.000${number}` ? [seen.data.line_number] : [],
      );
      expect(lines).toEqual(lines.map((_, index) => index + 1));
    }
    const firstLine = events.findIndex((seen) => seen.event === 'line');
    const lastBranch = events.findLastIndex((seen) => seen.event === 'branch');
    expect(firstLine).toBeLessThan(lastBranch);
    expect(events.filter((seen) => seen.event === 'execution').at(-1)?.data).toMatchObject({
      status: 'completed',
      completed_branches: BRANCHES,
    });
  });

  test('resumed from the id of any event nothing is missing', async () => {
    const { serial } = await chatter();
    const seen = new Set<string>();
    let lastEventId: string | undefined;
    let ended = false;
    for (let cut = 15; !ended; cut += 25) {
      let count = 0;
      for await (const event of follow(platform, serial, lastEventId)) {
        for (const key of outputKey(event)) seen.add(key);
        lastEventId = event.id;
        ended = event.event === 'end';
        count += 1;
        if (count >= cut) break;
      }
    }
    expect(seen.size).toBe(BRANCHES * LINES);
  });

  test('tell what was noted of the run itself, each once, also to a follower who was away', async () => {
    const go = `${fleet.folder}/go`;
    const { serial } = await runJob(platform, targets, [command(`while [ ! -e ${go} ]; do sleep 0.1; done`)]);
    const steer = (how: string) => platform.api('POST', `/api/v1/executions/${serial}/${how}`, { note: 'a look' });
    const noteOf = (seen: SeenEvent): string[] =>
      seen.event === 'line' && seen.data.branch_serial === null ? [seen.data.log_message] : [];
    let before = '';
    for await (const seen of follow(platform, serial)) {
      if (before === '' && seen.event === 'branch' && seen.data.status === 'running') {
        before = seen.id;
        await steer('pause');
      }
      if (noteOf(seen).length > 0) break;
    }
    await steer('resume');
    writeFileSync(go, '');
    const notes = (await collect(serial, before)).flatMap(noteOf);
    expect(notes).toEqual([expect.stringMatching(/pause/i), expect.stringMatching(/(resume|goes on)/i)]);
    expect((await collect(serial)).flatMap(noteOf)).toEqual(notes);
  });

  test('and what was measured meanwhile is what Prometheus takes', async () => {
    const endedOf = (text: string): number =>
      Number(/^opsconductor_branches_ended_total\{status="completed"\} (\d+)$/m.exec(text)?.[1] ?? 0);
    const before = endedOf((await platform.api('GET', '/metrics')).body);
    const { serial } = await chatter();
    const followed = collect(serial);
    await platform.untilEnded(serial);
    const { status, body, headers } = await platform.api('GET', '/metrics');
    expect(endedOf(body) - before).toBe(BRANCHES);
    await followed;
    expect([status, headers.get('content-type')]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8']);
    const promtool = spawnSync('promtool', ['check', 'metrics'], { input: body, encoding: 'utf8' });
    expect([promtool.status, promtool.stderr, promtool.stdout]).toEqual([0, '', '']);
    const names = new Set(
      String(body)
        .matchAll(/^# TYPE (\S+)/gm)
        .map(([, name]) => name),
    );
    for (const name of [
      'opsconductor_http_requests_total',
      'opsconductor_http_request_duration_seconds',
      'opsconductor_runs',
      'opsconductor_branches',
      'opsconductor_run_slots',
      'opsconductor_task_queue_backlog',
      'opsconductor_database_pool_connections',
      'opsconductor_live_followers',
      'temporal_num_pollers',
      'temporal_activity_execution_latency_seconds',
      'temporal_workflow_completed_total',
      'process_cpu_seconds_total',
    ])
      expect(names).toContain(name);
    expect(body).toMatch(/^opsconductor_http_requests_total\{method="GET",operation="getExecution",status="200"\} \d+$/m);
    expect(body).not.toContain(serial);
  });

  test('of a run that has ended are the whole record, at once', async () => {
    const { serial } = await chatter();
    await platform.untilEnded(serial);
    const events = await collect(serial);
    expect(events.flatMap(outputKey)).toHaveLength(BRANCHES * LINES);
    expect(events.at(-1)?.event).toBe('end');
  });
});
