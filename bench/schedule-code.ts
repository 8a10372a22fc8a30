import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { startPlatform } from '../chaos/start-platform.ts';
import type { Platform } from '../chaos/start-platform.ts';
import { makeJob } from './schedules/make.ts';
import { withCleanup } from './support/cleanup.ts';
import { describeMachine, machineLine } from './support/machine.ts';
import { mapLimit } from './support/map-limit.ts';
import { runChild } from './support/run-child.ts';
import { check, say } from './support/say.ts';
import { MAIN } from './support/start-platform.ts';
import { median, ratioText, table } from './support/table.ts';
import { tempFolder } from './support/temp-folder.ts';

export interface ScheduleCodeOptions {
  schedules: number;
  repeat: number;
}

const IN_ONE_FILE = 100;
/** As many as a plan asks Temporal for at once. */
const AT_ONCE = 16;
const PLAN_LIMIT_MS = 20_000;

/** Definitions that never fire while this goes on. */
const writeDefinitions = async (folder: string, job: string, count: number): Promise<void> => {
  await mkdir(folder);
  for (let first = 0; first < count; first += IN_ONE_FILE) {
    const definitions = Array.from({ length: Math.min(IN_ONE_FILE, count - first) }, (_, index) => {
      const n = first + index;
      const at = `${String(n % 24).padStart(2, '0')}:${String(n % 60).padStart(2, '0')}`;
      return `  - name: schedule ${n + 1}\n    job: ${job}\n    when: { weekly: { on: [monday, thursday], at: '${at}' } }\n    timezone: Europe/Berlin\n    start_date: '2040-01-01T00:00:00Z'\n`;
    });
    await writeFile(join(folder, `part-${first / IN_ONE_FILE}.yaml`), `schedules:\n${definitions.join('')}`);
  }
};

const describeAll = async ({ temporalAddress }: Platform, count: number): Promise<number> => {
  const connection = await Connection.connect({ address: temporalAddress });
  try {
    const { schedule } = new Client({ connection, namespace: 'default' });
    const ids: string[] = [];
    for await (const { scheduleId } of schedule.list()) if (scheduleId.includes('job-schedule')) ids.push(scheduleId);
    check(ids.length === count, `Temporal lists ${ids.length} of ${count} schedules`);
    const startedAt = performance.now();
    await mapLimit(ids, AT_ONCE, (id) => schedule.getHandle(id).describe());
    return performance.now() - startedAt;
  } finally {
    await connection.close();
  }
};

/** Times `opsconductor schedules plan` of schedules that are all as their files say. @throws BenchFailure when it finds a change, or takes too long */
export const scheduleCode = ({ schedules, repeat }: ScheduleCodeOptions): Promise<void> =>
  withCleanup(async (stack) => {
    const machine = describeMachine();
    const folder = await tempFolder(stack);
    const platform = await startPlatform(folder, stack);
    const files = join(folder, 'schedules');
    await writeDefinitions(files, await makeJob(platform.api), schedules);
    const env = { PATH: process.env['PATH'], HOME: folder, OPSCONDUCTOR_URL: platform.url, OPSCONDUCTOR_TOKEN: platform.token };
    const cli = (...args: string[]) =>
      runChild({
        command: process.execPath,
        args: [MAIN, 'schedules', ...args, '-f', files],
        env,
        outputFile: join(folder, 'cli.log'),
        stack,
      });
    const applied = await cli('apply', '--yes');
    check(applied.code === 0, `apply ended with ${applied.code}: ${applied.output}`);
    say(`${schedules} definitions were applied in ${(applied.ms / 1_000).toFixed(1)} s`);
    const plans: number[] = [];
    const bare: number[] = [];
    for (let round = 0; round < repeat; round += 1) {
      const plan = await cli('plan');
      check(plan.code === 0, `plan ended with ${plan.code}: ${plan.output}`);
      plans.push(plan.ms);
      bare.push(await describeAll(platform, schedules));
    }
    const again = await cli('apply', '--yes');
    check(again.code === 0, `the second apply ended with ${again.code}: ${again.output}`);
    check(again.output.includes(`${schedules} unchanged`), `the second apply changed something: ${again.output}`);
    const planMs = median(plans);
    const bareMs = median(bare);
    const rows = [
      ['apply of new ones, seconds', applied.ms / 1_000],
      ['plan, unchanged, seconds', planMs / 1_000],
      ['  the longest', Math.max(...plans) / 1_000],
      ['apply, unchanged, seconds', again.ms / 1_000],
      ['bare client that describes each, seconds', bareMs / 1_000],
      ['plan beside it', ratioText(planMs, bareMs)],
    ];
    process.stdout.write(`\nschedule-code: ${schedules} definitions\n${machineLine(machine)}\n\n${table(['', ''], rows)}\n\n`);
    const result = { schedules, plans, bare, appliedMs: applied.ms, againMs: again.ms };
    process.stdout.write(`${JSON.stringify({ bench: 'schedule-code', at: new Date().toISOString(), machine, ...result })}\n`);
    check(Math.max(...plans) < PLAN_LIMIT_MS, `a plan took longer than ${PLAN_LIMIT_MS / 1_000} s`);
  });
