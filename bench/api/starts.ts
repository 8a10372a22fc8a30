import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { ExecutionCounts } from '../../src/contracts/execution-summary.ts';
import { Execution } from '../../src/contracts/execution.ts';
import type { ApiClient } from '../support/api-client.ts';
import { defineJob } from '../support/fleet.ts';
import { readPages } from '../support/pages.ts';
import { check, say } from '../support/say.ts';
import { ratioText } from '../support/table.ts';
import { cpuBetween, readCpu } from '../support/usage.ts';
import { startLoad } from './load.ts';
import { measureLoad } from './part.ts';
import type { LoadRow, PartResult } from './part.ts';
import { serversOf } from './setting.ts';
import type { Setting } from './setting.ts';

const AIM_PER_SECOND = 60;
const POLL_MS = 2_000;
/** Nothing ends any more: what is open then will not end. */
const STILL_MS = 180_000;
/** As many as OpsConductor has on their way to Temporal at once. */
const AT_ONCE = 16;

export interface StartsOptions {
  seconds: number;
  connections: number;
  /** Sent in a second; undefined: each connection sends the next when it has its answer. */
  rate: number | undefined;
  bareSeconds: number;
}

/** Waits until no run of the job is open. @throws BenchFailure when none ends any more. */
const untilAllEnded = async (api: ApiClient, job: string): Promise<void> => {
  let [open, since] = [Infinity, Date.now()];
  for (;;) {
    const counts = await api.get(`/executions/counts?job=${job}`, ExecutionCounts);
    const now = counts.scheduled + counts.running;
    if (now === 0) return;
    if (now !== open) [open, since] = [now, Date.now()];
    check(Date.now() - since < STILL_MS, `starts: ${now} runs do not end`);
    await sleep(POLL_MS);
  }
};

/** Each accepted run is in the record and was completed, and so is whatever was accepted behind the end of the load. @returns how many there are */
const assertNoneLost = async (api: ApiClient, job: string, accepted: readonly string[]): Promise<number> => {
  const runs = new Set<string>();
  for await (const page of readPages(api, `/executions?job=${job}&limit=500`, Execution))
    for (const { execution_serial: serial, status } of page) {
      check(status === 'completed', `starts: ${serial} is ${status}`);
      runs.add(serial);
    }
  const lost = accepted.filter((serial) => !runs.has(serial));
  check(lost.length === 0, `starts: ${lost.length} runs were accepted and are not in the record: ${lost.slice(0, 5).join(', ')}`);
  check(new Set(accepted).size === accepted.length, 'starts: one run was given to two');
  return runs.size;
};

/** The client of Temporal alone starts workflows of a queue that nobody works for. @returns starts a second */
const bareStarts = async (address: string, seconds: number): Promise<number> => {
  const connection = await Connection.connect({ address });
  const { workflow } = new Client({ connection });
  const startedAt = performance.now();
  let started = 0;
  const starter = async (): Promise<void> => {
    while (performance.now() - startedAt < seconds * 1_000) {
      started += 1;
      await workflow.start('empty', { taskQueue: 'nobody', workflowId: `bare/${started}`, args: [{ execution: 'none' }] });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, starter));
  const perSecond = started / ((performance.now() - startedAt) / 1_000);
  await connection.close();
  return perSecond;
};

const problemsOf = ({ perSecond, errors }: LoadRow): string[] => [
  ...(perSecond >= AIM_PER_SECOND ? [] : [`starts: ${perSecond.toFixed(0)} a second, not ${AIM_PER_SECOND}.`]),
  ...(errors === 0 ? [] : [`starts: ${errors} errors.`]),
];

/** Runs of one job, each on another of its targets, are started, each with an Idempotency-Key, while the worker beside runs them; then all of them must end. */
export const measureStarts = async (setting: Setting, { bareSeconds, rate, ...how }: StartsOptions): Promise<PartResult> => {
  const { api, platform, targets, stack } = setting;
  const job = await defineJob(api, targets, ['echo ok'], 1);
  const bodies = targets.map((target) => JSON.stringify({ targets: [target] }));
  let accepted: string[] = [];
  const before = readCpu(serversOf(platform));
  const load = {
    url: platform.url,
    token: api.token,
    paths: [`/api/v1/jobs/${job}/executions`],
    bodies,
    ...how,
    ...(rate !== undefined && { rate }),
  };
  const row = await measureLoad('OpsConductor', serversOf(platform), async () => {
    const result = await startLoad(load, stack).finished;
    accepted = result.serials;
    return result;
  });
  say(`starts: ${row.perSecond.toFixed(1)} a second, p99 ${row.p99.toFixed(0)} ms, ${row.errors} errors; now they end …`);
  const acceptedAt = performance.now();
  await untilAllEnded(api, job);
  const endedSeconds = (performance.now() - acceptedAt) / 1_000;
  const runs = await assertNoneLost(api, job, accepted);
  const ofRun = Object.entries(cpuBetween(before, readCpu(serversOf(platform)), runs));
  say(`starts: all ${runs} have ended after ${endedSeconds.toFixed(0)} s; now the client of Temporal alone …`);
  const bare = await bareStarts(setting.address, bareSeconds);
  return {
    part: 'starts',
    rows: [row],
    facts: {
      accepted: accepted.length,
      'in the record, all completed': runs,
      'seconds until all had ended': endedSeconds,
      ...Object.fromEntries(ofRun.map(([part, ms]) => [`CPU ms of a run, ${part}`, ms ?? '-'])),
      'bare Temporal client, starts a second': bare,
      'OpsConductor / bare': ratioText(row.perSecond, bare),
    },
    problems: problemsOf(row),
  };
};
