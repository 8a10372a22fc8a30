import { assertComplete } from '../contestants/opsconductor.ts';
import { defineJob, readRun, startJob } from '../support/fleet.ts';
import { followRun } from '../support/follow-run.ts';
import { check, say } from '../support/say.ts';
import { startLoad } from './load.ts';
import type { Load, LoadResult } from './load.ts';
import { measureLoad } from './part.ts';
import type { LoadRow, PartResult } from './part.ts';
import { serversOf } from './setting.ts';
import type { Setting } from './setting.ts';

const AIMS = { perSecond: 200, p99: 300, slowed: 0.25 };
const COMMAND = 'echo ok';
export interface BesideOptions {
  window: number;
  /** Asked for; somewhat more than the aim, as a load is never kept up to its last request. */
  rate: number;
  connections: number;
}

/** Runs the job to its end. @returns its seconds @param beside is begun with the run and stopped when it has ended */
const fanOut = async ({ api, targets }: Setting, job: string, beside?: (serial: string) => Load): Promise<number> => {
  const startedAt = Date.now();
  const { execution_serial: serial } = await startJob(api, job);
  const load = beside?.(serial);
  await followRun(api, serial);
  load?.stop();
  const run = await readRun(api, serial);
  check(run.status === 'completed', `${serial} is ${run.status}: ${run.error_code} ${run.error_message}`);
  await load?.finished;
  await assertComplete(api, serial, { addresses: targets, actions: 1 });
  return (Date.parse(run.completed_at ?? '') - startedAt) / 1_000;
};

const besideLoad = async (setting: Setting, job: string, options: BesideOptions): Promise<[row: LoadRow, seconds: number]> => {
  const { api, platform, sshd, stack } = setting;
  let seconds = 0;
  const parts = [...serversOf(platform), { name: 'sshd', pid: sshd.pid, tree: true }];
  const row = await measureLoad('OpsConductor, beside a fan-out', parts, async () => {
    let finished: Promise<LoadResult> | undefined;
    seconds = await fanOut(setting, job, (serial) => {
      const load = startLoad({ url: platform.url, token: api.token, paths: [`/api/v1/executions/${serial}`], ...options }, stack);
      finished = load.finished;
      return load;
    });
    check(finished !== undefined, 'beside: nothing was sent');
    return finished;
  });
  return [row, seconds];
};

/** A fan-out alone, then with readers of it, then alone again: what is slowed is held against the mean of the two. */
export const measureBeside = async (setting: Setting, options: BesideOptions): Promise<PartResult> => {
  const job = await defineJob(setting.api, setting.targets, [COMMAND], options.window);
  say('beside: warm-up');
  await fanOut(setting, job);
  const before = await fanOut(setting, job);
  say(`beside: the fan-out alone takes ${before.toFixed(1)} s`);
  const [row, seconds] = await besideLoad(setting, job, options);
  say(`beside: with ${row.perSecond.toFixed(0)} reads a second ${seconds.toFixed(1)} s`);
  const after = await fanOut(setting, job);
  const slowed = seconds / ((before + after) / 2) - 1;
  return {
    part: 'beside',
    rows: [row],
    facts: {
      targets: setting.targets.length,
      'seconds alone, before': before,
      'seconds alone, after': after,
      'seconds with readers': seconds,
      'slowed by': `${(slowed * 100).toFixed(0)} %`,
    },
    problems: [
      ...(row.perSecond >= AIMS.perSecond ? [] : [`beside: ${row.perSecond.toFixed(0)} reads a second, not ${AIMS.perSecond}.`]),
      ...(row.p99 < AIMS.p99 ? [] : [`beside: p99 ${row.p99.toFixed(0)} ms, not under ${AIMS.p99}.`]),
      ...(row.errors === 0 ? [] : [`beside: ${row.errors} errors.`]),
      ...(slowed < AIMS.slowed
        ? []
        : [`beside: the fan-out is slowed by ${(slowed * 100).toFixed(0)} %, not by less than ${AIMS.slowed * 100}.`]),
    ],
  };
};
