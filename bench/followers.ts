import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { logIn } from './support/api-client.ts';
import type { ApiClient } from './support/api-client.ts';
import { withCleanup } from './support/cleanup.ts';
import { defineJob, readRun, registerTargets, startJob } from './support/fleet.ts';
import { followLags } from './support/follow-lags.ts';
import { describeMachine, machineLine } from './support/machine.ts';
import { quantile } from './support/quantile.ts';
import { check, say } from './support/say.ts';
import { startBenchSshd } from './support/sshd.ts';
import { startPlatform } from './support/start-platform.ts';
import { table } from './support/table.ts';
import { tempFolder } from './support/temp-folder.ts';
import { cpuBetween, memoryMib, readCpu } from './support/usage.ts';
import type { MeasuredPart } from './support/usage.ts';

export interface FollowersOptions {
  followers: number;
  lines: number;
  nodeArgs: string[];
}

const PAUSE_SECONDS = 0.2;
const POLL_MS = 200;

/** Waits for the file, then says the time again and again. */
const commandOf = (go: string, lines: number): string =>
  `while [ ! -e ${go} ]; do sleep 0.1; done; for i in $(seq ${lines}); do echo "at $(date +%s%3N)"; sleep ${PAUSE_SECONDS}; done`;

const untilRunning = async (api: ApiClient, serial: string): Promise<void> => {
  while ((await readRun(api, serial)).started_at === null) await sleep(POLL_MS);
};

const measure = async (api: ApiClient, target: string, parts: readonly MeasuredPart[], go: string, options: FollowersOptions) => {
  const { execution_serial: serial } = await startJob(api, await defineJob(api, [target], [commandOf(go, options.lines)], 1));
  await untilRunning(api, serial);
  const pid = parts[0]?.pid ?? 0;
  const memoryBefore = memoryMib(pid, 'VmRSS');
  let open = 0;
  const allOpen = Promise.withResolvers<void>();
  const startedAt = performance.now();
  const followers = Array.from({ length: options.followers }, () =>
    followLags(api, serial, () => {
      open += 1;
      if (open === options.followers) allOpen.resolve();
    }),
  );
  await Promise.race([allOpen.promise, Promise.all(followers)]);
  const openSeconds = (performance.now() - startedAt) / 1_000;
  const before = readCpu(parts);
  writeFileSync(go, '');
  const followed = await Promise.all(followers);
  const cpuMs = cpuBetween(before, readCpu(parts));
  const memoryAfter = memoryMib(pid, 'VmRSS');
  check(
    followed.every(({ lags, hasEnd }) => hasEnd && lags.length === options.lines),
    'a follower did not get every line and the end',
  );
  const lags = followed.flatMap((one) => one.lags).toSorted((a, b) => a - b);
  return { openSeconds, p50Ms: quantile(lags, 0.5), p99Ms: quantile(lags, 0.99), maxMs: lags.at(-1), cpuMs, memoryBefore, memoryAfter };
};

/** Measures how late many followers of one run, on one process, get its lines. @throws BenchFailure when one of them lacks any. */
export const followers = (options: FollowersOptions): Promise<void> =>
  withCleanup(async (stack) => {
    const machine = describeMachine();
    const folder = await tempFolder(stack);
    const sshd = await startBenchSshd(`${folder}/ssh`, stack);
    const platform = await startPlatform(folder, stack, options.nodeArgs);
    const api = await logIn(platform.url, platform.password);
    const [target = ''] = await registerTargets(api, sshd, 1);
    say(`${options.followers} followers …`);
    const measured = await measure(api, target, platform.parts, `${folder}/go`, options);
    await platform.stop();
    const rows: [string, number | undefined][] = [
      ['seconds until all were open', measured.openSeconds],
      ['ms from a line to a follower, median', measured.p50Ms],
      ['ms, 99 of 100', measured.p99Ms],
      ['ms, longest', measured.maxMs],
      ...Object.entries(measured.cpuMs).map(([name, ms]): [string, number | undefined] => [`CPU ms, ${name}`, ms]),
      ['memory of worker+API before, MiB', measured.memoryBefore],
      ['memory of worker+API after, MiB', measured.memoryAfter],
    ];
    process.stdout.write(
      `\nfollowers: ${options.followers} of one run, ${options.lines} lines each\n${machineLine(machine)}\n\n${table(['', ''], rows)}\n\n`,
    );
    process.stdout.write(`${JSON.stringify({ bench: 'followers', at: new Date().toISOString(), ...options, machine, ...measured })}\n`);
  });
