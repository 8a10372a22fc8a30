import { setTimeout as sleep } from 'node:timers/promises';
import type { Sequelize } from 'sequelize';
import { startPlatform } from '../chaos/start-platform.ts';
import type { Platform } from '../chaos/start-platform.ts';
import { connectDatabase } from '../src/db/connect.ts';
import { execute } from '../src/db/query.ts';
import { readLedger, readRuns } from './schedules/ledger.ts';
import type { LedgerReport } from './schedules/ledger.ts';
import { makeJob, makeSchedules } from './schedules/make.ts';
import { withCleanup } from './support/cleanup.ts';
import { describeMachine, machineLine } from './support/machine.ts';
import { check, say } from './support/say.ts';
import { table } from './support/table.ts';
import { tempFolder } from './support/temp-folder.ts';

export interface SchedulesOptions {
  schedules: number;
  minutes: number;
  jitter: number;
  /** Worker, API and Temporal are killed once each. */
  kills: boolean;
  /** So many schedules are due in the same second instead; 0: none. */
  atOnce: number;
}

const MINUTE_MS = 60_000;
const AWAY_MS = 20_000;
const INTO_MINUTE_MS = 5_000;
const LOOK_MS = 5_000;
/** The reconciler decides what did not start two minutes after its instant, at its next turn. */
const MOST_WAITED_MS = 10 * MINUTE_MS;
const P99_LIMIT_MS = 2_000;

interface Ground {
  platform: Platform;
  db: Sequelize;
  job: string;
}

const killOnce = async ({ parts }: Platform, names: readonly string[]): Promise<void> => {
  const killed = parts.filter(({ name }) => names.some((wanted) => name.startsWith(wanted)));
  say(`killing ${killed.map(({ name }) => name).join(', ')} for ${AWAY_MS / 1_000} s`);
  await Promise.all(killed.map((part) => part.kill()));
  await sleep(AWAY_MS);
  await Promise.all(killed.map((part) => part.start()));
};

/** At a quarter, the half and three quarters of the time, soon after a full minute: when the most is due. */
const killInTurn = async (platform: Platform, from: number, minutes: number): Promise<void> => {
  for (const [index, names] of [['worker'], ['API'], ['Temporal']].entries()) {
    const minute = Math.floor(((index + 1) * minutes) / 4);
    await sleep(Math.max(0, from + minute * MINUTE_MS + INTO_MINUTE_MS - Date.now()));
    await killOnce(platform, names);
  }
};

const untilDecided = async (db: Sequelize, from: Date, to: Date): Promise<LedgerReport> => {
  const end = Date.now() + MOST_WAITED_MS;
  for (;;) {
    const report = await readLedger(db, from, to);
    if (report.undecided === 0 || Date.now() > end) return report;
    await sleep(LOOK_MS);
  }
};

const everyMinute = async ({ platform, db, job }: Ground, options: SchedulesOptions): Promise<LedgerReport> => {
  const { schedules, minutes, jitter } = options;
  await makeSchedules(platform.api, schedules, { job, when: { every: '1m' }, jitter_seconds: jitter });
  // From the next full minute on, whose instants are all to come.
  const from = Math.ceil((Date.now() + 1_000) / MINUTE_MS) * MINUTE_MS;
  const to = from + minutes * MINUTE_MS;
  say(`${schedules} schedules, each every minute, for ${minutes} minutes from ${new Date(from).toISOString()}`);
  const kills = options.kills ? killInTurn(platform, from, minutes) : Promise.resolve();
  await Promise.all([kills, sleep(to - Date.now() + MINUTE_MS)]);
  // Jitter is less than a minute: an instant of the minute before `from` comes before it, those of the last minute before `to`.
  const report = await untilDecided(db, new Date(from - 1), new Date(to - 1));
  check(report.rows === schedules * minutes, `the ledger has ${report.rows} rows for ${schedules * minutes} instants`);
  return report;
};

const atOnce = async ({ platform, db, job }: Ground, { atOnce: schedules }: SchedulesOptions): Promise<LedgerReport> => {
  const due = Math.ceil((Date.now() + schedules * 120 + 30_000) / 1_000) * 1_000;
  await makeSchedules(platform.api, schedules, { job, when: { once: new Date(due).toISOString() } });
  check(Date.now() < due - 1_000, 'the schedules were made too slowly for their instant');
  say(`${schedules} schedules, all due at ${new Date(due).toISOString()}`);
  await sleep(due - Date.now());
  const report = await untilDecided(db, new Date(due - 1), new Date(due));
  check(report.rows === schedules, `the ledger has ${report.rows} rows for ${schedules} instants`);
  check(report.outcomes['completed'] === schedules, `not all started and completed: ${JSON.stringify(report.outcomes)}`);
  return report;
};

const openGround = async (folder: string, stack: AsyncDisposableStack): Promise<Ground> => {
  const platform = await startPlatform(folder, stack);
  const db = connectDatabase({ url: platform.databaseUrl, poolSize: 2, applicationName: 'bench' });
  stack.defer(() => db.close());
  // More runs at once than most installations allow: what is measured is when they start.
  await execute(db, `UPDATE system_settings SET setting_value = '1000' WHERE setting_key = 'max_concurrent_jobs'`);
  await execute(db, `UPDATE system_settings SET setting_value = '0' WHERE setting_key LIKE 'rate\\_limit\\_%'`);
  return { platform, db, job: await makeJob(platform.api) };
};

/**
 * Fires many schedules and holds their ledger against what should be: each instant one row and one run, or the reason why it has none.
 * @throws BenchFailure when an instant is there twice, is not accounted for, or starts too late.
 */
export const schedules = (options: SchedulesOptions): Promise<void> =>
  withCleanup(async (stack) => {
    check(!options.kills || options.minutes >= 4, '--kills needs four minutes, one after each kill');
    const machine = describeMachine();
    const ground = await openGround(await tempFolder(stack), stack);
    const report = options.atOnce > 0 ? await atOnce(ground, options) : await everyMinute(ground, options);
    const runs = await readRuns(ground.db);
    const rows: [string, number | undefined][] = [
      ['instants', report.rows],
      ...Object.entries(report.outcomes).map(([outcome, count]): [string, number] => [outcome, count]),
      ['instants or runs twice', report.twice],
      ['runs without a row', runs.unaccounted],
      ['ms from the instant to the start, median', report.p50Ms],
      ['ms, 99 of 100', report.p99Ms],
      ['ms, longest', report.maxMs],
    ];
    const what =
      options.atOnce > 0 ? `${options.atOnce} due at once` : `${options.schedules} every minute${options.kills ? ', parts killed' : ''}`;
    process.stdout.write(`\nschedules: ${what}\n${machineLine(machine)}\n\n${table(['', ''], rows)}\n\n`);
    process.stdout.write(
      `${JSON.stringify({ bench: 'schedules', at: new Date().toISOString(), ...options, machine, ...report, ...runs })}\n`,
    );
    check(report.undecided === 0, `${report.undecided} instants are not decided`);
    check(report.twice === 0 && runs.unaccounted === 0, 'an instant or a run is there twice, or has no row');
    const isTimely = options.kills || options.atOnce > 0 || (report.p99Ms ?? Infinity) < P99_LIMIT_MS;
    check(isTimely, `99 of 100 started within ${report.p99Ms} ms, not ${P99_LIMIT_MS}`);
  });
