import { setTimeout as sleep } from 'node:timers/promises';
import { logIn } from './support/api-client.ts';
import type { ApiClient } from './support/api-client.ts';
import { withCleanup } from './support/cleanup.ts';
import { defineJob, readRun, registerTargets, startJob } from './support/fleet.ts';
import { followRun } from './support/follow-run.ts';
import { describeMachine, machineLine } from './support/machine.ts';
import { sampleMemory } from './support/sample-memory.ts';
import { check, say } from './support/say.ts';
import { startBenchSshd } from './support/sshd.ts';
import { startPlatform } from './support/start-platform.ts';
import { table } from './support/table.ts';
import { tempFolder } from './support/temp-folder.ts';
import { cpuBetween, readCpu } from './support/usage.ts';
import type { MeasuredPart } from './support/usage.ts';
import { actionSeconds, verifyLines } from './support/verify-lines.ts';

export interface LogsOptions {
  lines: number;
  /** Somebody reads the run live meanwhile. */
  follow: boolean;
  /** Goes to the Node process of OpsConductor, for example `--cpu-prof`. */
  nodeArgs: string[];
}

const WARM_UP_LINES = 5_000;
const POLL_MS = 200;
const TEXT = ' the quick brown fox jumps over the lazy dog again';

/** About 60 bytes. */
const lineOf = (number: number): string => `line ${number}${TEXT}`;
const commandOf = (lines: number): string => `seq 1 ${lines} | sed 's/.*/line &${TEXT}/'`;

const untilEnded = async (api: ApiClient, serial: string): Promise<void> => {
  while ((await readRun(api, serial)).completed_at === null) await sleep(POLL_MS);
};

/** One run of the command on one target. @returns its serial. */
const runLines = async (api: ApiClient, target: string, { lines, follow }: LogsOptions): Promise<string> => {
  const { execution_serial: serial } = await startJob(api, await defineJob(api, [target], [commandOf(lines)], 1));
  const followed = follow ? await followRun(api, serial) : undefined;
  await untilEnded(api, serial);
  const run = await readRun(api, serial);
  check(run.status === 'completed', `${serial} is ${run.status}: ${run.error_code} ${run.error_message}`);
  check(
    followed === undefined || followed.outputLines === lines,
    `${serial}: a live reader got ${followed?.outputLines} lines instead of ${lines}`,
  );
  return serial;
};

const measure = async (api: ApiClient, target: string, parts: readonly MeasuredPart[], options: LogsOptions) => {
  using memory = sampleMemory(parts[0]?.pid ?? 0);
  const before = readCpu(parts);
  const serial = await runLines(api, target, options);
  const cpuMsPerThousandLines = cpuBetween(before, readCpu(parts), options.lines / 1_000);
  const peakWorkerMib = memory.peakMib();
  const seconds = await actionSeconds(api, serial);
  await verifyLines(api, serial, options.lines, lineOf);
  return { seconds, linesPerSecond: options.lines / seconds, cpuMsPerThousandLines, peakWorkerMib };
};

/** Measures how fast the output of one action gets into the record. @throws BenchFailure when the record is not complete. */
export const logs = (options: LogsOptions): Promise<void> =>
  withCleanup(async (stack) => {
    const machine = describeMachine();
    const folder = await tempFolder(stack);
    const sshd = await startBenchSshd(`${folder}/ssh`, stack);
    const platform = await startPlatform(folder, stack, options.nodeArgs);
    const api = await logIn(platform.url, platform.password);
    const [target = ''] = await registerTargets(api, sshd, 1);
    say('warm-up …');
    await runLines(api, target, { ...options, lines: Math.min(WARM_UP_LINES, options.lines) });
    say(`${options.lines} lines …`);
    const measured = await measure(api, target, platform.parts, options);
    await platform.stop();
    const rows: [string, number | undefined][] = [
      ['lines per second', measured.linesPerSecond],
      ['seconds', measured.seconds],
      ...Object.entries(measured.cpuMsPerThousandLines).map(([name, ms]): [string, number | undefined] => [
        `CPU ms a thousand lines, ${name}`,
        ms,
      ]),
      ['peak memory of worker+API while it ran, MiB', measured.peakWorkerMib],
    ];
    process.stdout.write(
      `\nlogs: ${options.lines} lines of one action, complete and in order\n${machineLine(machine)}\n\n${table(['', ''], rows)}\n\n`,
    );
    process.stdout.write(`${JSON.stringify({ bench: 'logs', at: new Date().toISOString(), ...options, machine, ...measured })}\n`);
  });
