import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withCleanup } from '../bench/support/cleanup.ts';
import { say } from '../bench/support/say.ts';
import { startBenchSshd } from '../bench/support/sshd.ts';
import { table } from '../bench/support/table.ts';
import { tempFolder } from '../bench/support/temp-folder.ts';
import { connectDatabase } from '../src/db/connect.ts';
import { keepApprovingBatches, keepSteering } from './keep-steering.ts';
import type { Steered } from './keep-steering.ts';
import { killAtRandom } from './kill-at-random.ts';
import { defineJobs, markerFolder } from './jobs.ts';
import { keepAnswering, keepRunning, registerFleet, untilEnded } from './load.ts';
import type { GivenAnswer, StartedRun } from './load.ts';
import { readMarkers } from './read-markers.ts';
import { startPlatform } from './start-platform.ts';
import type { SteadyApi } from './steady-api.ts';
import { countEndings, verify } from './verify.ts';
import type { Finding } from './verify.ts';

export interface ChaosOptions {
  targets: number;
  minutes: number;
  /** Of the order and moments of the kills. */
  seed: number;
  /** Leaves the folder with the logs of all parts and the database. */
  keep: boolean;
}

/** Retries, lost heartbeats and the reconciler's minute need some time after the last kill. */
const SETTLE_MS = 10 * 60_000;
const SHOWN_VIOLATIONS = 10;

const print = (
  happened: Readonly<Record<string, ReadonlyMap<string, number>>>,
  endings: readonly { ending: string; attempts: number }[],
  findings: readonly Finding[],
): void => {
  const ended = endings.map(({ ending, attempts }) => [ending, attempts] as const);
  const rows = findings.map(({ promise, checked, violations }) => [promise, checked, violations.length] as const);
  const shown = findings.flatMap(({ violations }) => violations.slice(0, SHOWN_VIOLATIONS));
  for (const [what, times] of Object.entries(happened)) process.stdout.write(`\n${table([what, 'times'], [...times])}\n`);
  process.stdout.write(`\n${table(['attempts ended', 'number'], ended)}\n`);
  process.stdout.write(`\n${table(['promise', 'checked', 'broken'], rows)}\n${shown.map((line) => `  ${line}\n`).join('')}`);
};

const untilSettled = async (api: SteadyApi, runs: readonly StartedRun[]): Promise<void> => {
  const begun = Date.now();
  say(`${runs.length} runs were started; waiting for their ends …`);
  for (const { serial } of runs) await untilEnded(api, serial, begun + SETTLE_MS);
  say(`All was quiet ${Math.round((Date.now() - begun) / 1_000)} s after the last kill.`);
};

interface Happened {
  runs: readonly StartedRun[];
  answers: readonly GivenAnswer[];
  steered: Steered;
  kills: ReadonlyMap<string, number>;
}

const judge = async (databaseUrl: string, folder: string, { runs, answers, steered, kills }: Happened): Promise<boolean> => {
  const db = connectDatabase({ url: databaseUrl, poolSize: 2, applicationName: 'chaos' });
  try {
    const serials = runs.map(({ serial }) => serial);
    const findings = await verify(db, await readMarkers(markerFolder(folder)), { runs: serials, answers });
    print({ killed: kills, 'done to runs': steered }, await countEndings(db), findings);
    return findings.every(({ violations }) => violations.length === 0);
  } finally {
    await db.close();
  }
};

/** @returns did every promise hold? */
export const runChaos = async ({ targets, minutes, seed, keep }: ChaosOptions): Promise<boolean> => {
  let isKept = false;
  await withCleanup(async (stack) => {
    const folder = keep ? await mkdtemp(join(tmpdir(), 'opsc-chaos-')) : await tempFolder(stack);
    if (keep) {
      await chmod(folder, 0o755);
      say(`Folder: ${folder}`);
    }
    const sshd = await startBenchSshd(join(folder, 'ssh'), stack);
    const { parts, api, databaseUrl } = await startPlatform(folder, stack);
    const jobs = await defineJobs(api, await registerFleet(api, sshd, targets), markerFolder(folder));
    const runs: StartedRun[] = [];
    const until = Date.now() + minutes * 60_000;
    say(`${targets} targets, ${jobs.length} jobs, ${minutes} minutes, seed ${seed} …`);
    const answers: GivenAnswer[] = [];
    let isOver = false;
    let isCutOff = false;
    stack.defer(() => {
      isCutOff = true;
    });
    const steered: Steered = new Map();
    const answering = Promise.all([keepAnswering(api, answers, () => isOver), keepApprovingBatches(api, steered, () => isOver)]);
    const [kills] = await Promise.all([
      killAtRandom(parts, until, seed, () => isCutOff),
      keepSteering(api, runs, steered, until),
      ...jobs.map((job) => keepRunning(api, job, until, runs)),
    ]);
    await untilSettled(api, runs);
    isOver = true;
    await answering;
    isKept = await judge(databaseUrl, folder, { runs, answers, steered, kills });
  });
  return isKept;
};
