/** How much is filled in. */
export interface VolumeSize {
  /** Runs that have ended, each with a branch on every target; a few open ones come on top. */
  runs: number;
  targets: number;
  /** Lines that one branch of the run in the middle prints in addition. */
  loudLines: number;
}

/** A million branches, two million results, five million lines. */
export const FULL_VOLUME: VolumeSize = { runs: 5_000, targets: 200, loudLines: 100_000 };

export const LINES_PER_BRANCH = 5;
export const ACTIONS = ['restart the service', 'check the service'] as const;
export const JOBS = 20;
/** Runs often in the first days and then never again. */
export const OLD_JOB = JOBS - 2;
/** Has never run. */
export const NEW_JOB = JOBS - 1;
/** All are of jobs in turns; those of the first jobs are defined in code. */
export const SCHEDULES = 200;
export const CODE_JOBS = 4;
export const USERS = 50;
export const SESSIONS = 2_000;
export const API_TOKENS = 200;
/** Runs that go on, and runs that wait for a slot. */
export const RUNNING = 3;
export const WAITING = 3;

const DAY_MS = 86_400_000;

export interface FilledRun {
  id: number;
  /** Place in `jobs`. */
  job: number;
  serial: string;
  number: number;
  status: 'scheduled' | 'running' | 'completed' | 'failed' | 'cancelled';
  createdAt: number;
}

/** What is in a filled database, as far as the cases name it. Everything is the same at every fill, but for the times. */
export interface Filled {
  size: VolumeSize;
  targets: { id: number; serial: string; name: string }[];
  jobs: { id: number; serial: string; actionIds: number[] }[];
  /** Each has a ledger of eight days. */
  schedules: { id: number; serial: string; uuid: string; name: string; jobId: number; isCode: boolean; isExpired: boolean }[];
  /** Ended ones first, oldest first; then those that run, then those that wait. */
  runs: FilledRun[];
}

/** Numbers from 0 to 1 that are the same for the same seed (mulberry32). */
export const createRandom = (seed: number): (() => number) => {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
};

/** A month ago, or as far back as there are month partitions. */
export const startOfVolume = (now: Date): number =>
  Math.max(now.getTime() - 30 * DAY_MS, Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1, 1));

export const loudRunIndex = ({ runs }: VolumeSize): number => Math.floor(runs / 2);
