import pg from 'pg';
import type { Sequelize } from 'sequelize';
import { execute } from '../../src/db/query.ts';
import { childSerial } from '../../src/domain/serials.ts';
import { copyRows } from './copy-rows.ts';
import { createRunRows } from './run-rows.ts';
import type { RunRows } from './run-rows.ts';
import { fillFromRuns, fillSmallRows } from './small-rows.ts';
import { createRandom, NEW_JOB, OLD_JOB, RUNNING, startOfVolume, WAITING } from './volume.ts';
import type { Filled, FilledRun, VolumeSize } from './volume.ts';

const BRANCHES_PER_COPY = 5_000;
const FIRST_DAYS = 0.1;

/** Some jobs run often, others seldom. */
const jobOf = (place: number, runs: number, random: () => number): number => {
  if (place < runs * FIRST_DAYS && place % 5 === 0) return OLD_JOB;
  return Math.floor(OLD_JOB * random() ** 2);
};

const statusOf = (place: number, runs: number, random: () => number): FilledRun['status'] => {
  if (place >= runs + RUNNING) return 'scheduled';
  if (place >= runs) return 'running';
  const chance = random();
  if (chance < 0.02) return 'cancelled';
  return chance < 0.12 ? 'failed' : 'completed';
};

const planRuns = (size: VolumeSize, jobs: Filled['jobs'], now: Date): FilledRun[] => {
  const random = createRandom(1);
  const start = startOfVolume(now);
  const total = size.runs + RUNNING + WAITING;
  const everyMs = (now.getTime() - start) / total;
  const numbers = new Map<number, number>();
  return Array.from({ length: total }, (_, place): FilledRun => {
    const job = jobOf(place, size.runs, random);
    const number = (numbers.get(job) ?? 0) + 1;
    numbers.set(job, number);
    const serial = childSerial(jobs[job]?.serial ?? '', number);
    const status = statusOf(place, size.runs, random);
    return { id: place + 1, job, number, serial, status, createdAt: Math.round(start + place * everyMs) };
  });
};

const copyAll = async (client: pg.Client, rows: readonly RunRows[]): Promise<void> => {
  await copyRows(
    client,
    'job_executions',
    rows.flatMap((run) => run.executions),
  );
  await copyRows(
    client,
    'job_execution_branches',
    rows.flatMap((run) => run.branches),
  );
  await copyRows(
    client,
    'job_action_results',
    rows.flatMap((run) => run.results),
  );
  await copyRows(
    client,
    'job_execution_logs',
    rows.flatMap((run) => run.lines),
  );
};

/** Fills a migrated, empty database by COPY with all keys and checks on, and leaves it vacuumed and analyzed. @param say hears how far it is. */
export const fillVolume = async (db: Sequelize, url: string, size: VolumeSize, say: (text: string) => void): Promise<Filled> => {
  const now = new Date();
  const small = await fillSmallRows(db, size.targets, now.getUTCFullYear());
  const filled: Filled = { size, ...small, runs: planRuns(size, small.jobs, now) };
  const rowsOf = createRunRows(filled);
  const runsPerCopy = Math.max(1, Math.floor(BRANCHES_PER_COPY / size.targets));
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (let from = 0; from < filled.runs.length; from += runsPerCopy) {
      await copyAll(client, filled.runs.slice(from, from + runsPerCopy).map(rowsOf));
      if (from % (runsPerCopy * 20) === 0) say(`filled in ${from} of ${filled.runs.length} runs …`);
    }
  } finally {
    await client.end();
  }
  await fillFromRuns(db);
  await execute(db, 'VACUUM (ANALYZE)');
  return filled;
};

/** The newest job, which has no run. */
export const unusedJob = ({ jobs }: Filled): string => jobs[NEW_JOB]?.serial ?? '';
