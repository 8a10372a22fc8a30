import { COMMAND } from './contestants/contestant.ts';
import { measureRun } from './contestants/opsconductor.ts';
import { logIn } from './support/api-client.ts';
import { withCleanup } from './support/cleanup.ts';
import { defineJob, registerTargets } from './support/fleet.ts';
import { describeMachine, machineLine } from './support/machine.ts';
import { say } from './support/say.ts';
import { loopbackAddress, startBenchSshd } from './support/sshd.ts';
import { startPlatform } from './support/start-platform.ts';
import { table } from './support/table.ts';
import { tempFolder } from './support/temp-folder.ts';
import { readMemory } from './support/usage.ts';

export interface GrowthOptions {
  /** Targets of the runs, in this order. */
  sizes: number[];
  window: number;
  nodeArgs: string[];
}

const WARM_UP_TARGETS = 300;
const CPU_PARTS = ['worker+API', 'Temporal', 'Postgres'] as const;

/** Whether a branch costs the same in a large run as in a small one: one run of each size, on one platform. @throws BenchFailure when a result is not complete. */
export const growth = ({ sizes, window, nodeArgs }: GrowthOptions): Promise<void> =>
  withCleanup(async (stack) => {
    const machine = describeMachine();
    const folder = await tempFolder(stack);
    const sshd = await startBenchSshd(`${folder}/ssh`, stack);
    const platform = await startPlatform(folder, stack, nodeArgs);
    const api = await logIn(platform.url, platform.password);
    const targets = await registerTargets(api, sshd, Math.max(...sizes));
    say(`${targets.length} targets are registered`);
    const parts = [...platform.parts, { name: 'sshd', pid: sshd.pid, tree: true }];
    const runOn = async (count: number) => {
      const addresses = Array.from({ length: count }, (_, index) => loopbackAddress(index));
      const job = await defineJob(api, targets.slice(0, count), [COMMAND], window);
      const run = await measureRun(api, job, parts, { addresses, actions: 1 });
      const result = { targets: count, targetsPerSecond: count / run.seconds, ...run, memoryMib: readMemory(platform.parts) };
      say(`  ${count} targets: ${run.seconds.toFixed(1)} s`);
      return result;
    };
    await runOn(Math.min(WARM_UP_TARGETS, targets.length));
    const results: Awaited<ReturnType<typeof runOn>>[] = [];
    for (const size of sizes) results.push(await runOn(size));
    const rows = results.map(({ targets: count, targetsPerSecond, seconds, cpuMsPerTarget, memoryMib }) => [
      String(count),
      targetsPerSecond,
      seconds,
      ...CPU_PARTS.map((part) => cpuMsPerTarget[part]),
      ...CPU_PARTS.map((part) => memoryMib[part]?.now),
      memoryMib['worker+API']?.peak,
    ]);
    const columns = [
      'targets',
      'targets/s',
      'seconds',
      ...CPU_PARTS.map((part) => `${part} ms`),
      ...CPU_PARTS.map((part) => `${part} MiB`),
    ];
    process.stdout.write(
      `\ngrowth: 1 action each, window ${window}\n${machineLine(machine)}\n\n${table([...columns, 'worker+API peak'], rows)}\n`,
    );
    process.stdout.write('(ms: CPU for one target; MiB: after the run, what processes share counted once)\n\n');
    process.stdout.write(`${JSON.stringify({ bench: 'growth', at: new Date().toISOString(), window, machine, results })}\n`);
  });
