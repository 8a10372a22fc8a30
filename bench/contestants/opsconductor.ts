import { Branch, LogLine } from '../../src/contracts/execution.ts';
import { logIn } from '../support/api-client.ts';
import type { ApiClient } from '../support/api-client.ts';
import { defineJob, readRun, registerTargets, startJob } from '../support/fleet.ts';
import { followRun } from '../support/follow-run.ts';
import { readPages } from '../support/pages.ts';
import { check, say } from '../support/say.ts';
import { startPlatform } from '../support/start-platform.ts';
import type { BenchPlatform } from '../support/start-platform.ts';
import { cpuBetween, readCpu, readMemory } from '../support/usage.ts';
import type { MeasuredPart } from '../support/usage.ts';
import { COMMAND, OUTPUT } from './contestant.ts';
import type { Contestant, FanoutWork, Measured } from './contestant.ts';

export const OPSCONDUCTOR = 'OpsConductor';

/** Every branch completed and every line of output is in the record, once, in order. @throws BenchFailure */
export const assertComplete = async (api: ApiClient, execution: string, work: Pick<FanoutWork, 'addresses' | 'actions'>): Promise<void> => {
  const serials = new Set<string>();
  for await (const branches of readPages(api, `/executions/${execution}/branches?limit=500`, Branch)) {
    for (const { branch_serial, target_name, status, error_code } of branches) {
      check(status === 'completed', `${execution}: the branch of ${target_name} is ${status} (${error_code})`);
      serials.add(branch_serial);
    }
  }
  check(serials.size === work.addresses.length, `${execution}: ${serials.size} branches instead of ${work.addresses.length}`);
  const lines = new Set<string>();
  for await (const page of readPages(api, `/executions/${execution}/logs?limit=5000&stream=stdout`, LogLine)) {
    for (const { branch_serial, line_number, log_message } of page) {
      check(log_message === OUTPUT, `${execution}: ${branch_serial} has the line "${log_message}"`);
      lines.add(`${branch_serial} ${line_number}`);
    }
  }
  const expected = work.addresses.length * work.actions;
  check(lines.size === expected, `${execution}: ${lines.size} lines of output in the record instead of ${expected}`);
};

/** From the request that starts the run until the time that its row gives as its end. @throws BenchFailure when anything is missing */
export const measureRun = async (
  api: ApiClient,
  job: string,
  parts: readonly MeasuredPart[],
  work: Pick<FanoutWork, 'addresses' | 'actions'>,
): Promise<Measured> => {
  const before = readCpu(parts);
  const startedAt = Date.now();
  const { execution_serial: serial } = await startJob(api, job);
  const followed = await followRun(api, serial);
  const after = readCpu(parts);
  const run = await readRun(api, serial);
  check(run.status === 'completed', `${serial} is ${run.status}: ${run.error_code} ${run.error_message}`);
  await assertComplete(api, serial, work);
  const expected = work.addresses.length * work.actions;
  check(followed.outputLines === expected, `${serial}: a live reader got ${followed.outputLines} lines instead of ${expected}`);
  const seconds = (Date.parse(run.completed_at ?? '') - startedAt) / 1_000;
  return { seconds, cpuMsPerTarget: cpuBetween(before, after, work.addresses.length) };
};

const compete = async (work: FanoutWork, platform: BenchPlatform): Promise<Contestant> => {
  const api = await logIn(platform.url, platform.password);
  const targets = await registerTargets(api, work.sshd, work.addresses.length);
  const commands = Array.from({ length: work.actions }, () => COMMAND);
  const job = await defineJob(api, targets, commands, work.window);
  const parts = [...platform.parts, { name: 'sshd', pid: work.sshd.pid, tree: true }, { name: 'client', pid: process.pid, tree: false }];
  say(`  ${targets.length} targets are registered; warm-up`);
  await measureRun(api, job, parts, work);
  const runs: Measured[] = [];
  for (let at = 0; at < work.repeat; at += 1) runs.push(await measureRun(api, job, parts, work));
  return { name: OPSCONDUCTOR, runs, memoryMib: readMemory(platform.parts) };
};

/** OpsConductor with all its servers, used as a program would: over HTTP, with a live reader of its events. @param nodeArgs for its process. */
export const runOpsConductor = async (work: FanoutWork, nodeArgs: readonly string[] = []): Promise<Contestant> => {
  const platform = await startPlatform(work.folder, work.stack, nodeArgs);
  try {
    return await compete(work, platform);
  } finally {
    await platform.stop();
  }
};
