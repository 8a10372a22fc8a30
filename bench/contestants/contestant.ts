import type { BenchSshd } from '../support/sshd.ts';
import type { CpuReading, PartMemory } from '../support/usage.ts';

/** The same work for all: each address once, `actions` commands on it, at most `window` addresses at a time. */
export interface FanoutWork {
  sshd: BenchSshd;
  addresses: readonly string[];
  actions: number;
  window: number;
  /** Measured runs after the warm-up; the median counts. */
  repeat: number;
  folder: string;
  stack: AsyncDisposableStack;
}

/** One measured run. */
export interface Measured {
  seconds: number;
  /** Milliseconds of CPU for one address, by part; what is undefined could not be read. */
  cpuMsPerTarget: CpuReading;
}

export interface Contestant {
  name: string;
  runs: Measured[];
  /** By part, after the last run, where the parts live longer than a run. */
  memoryMib?: Record<string, PartMemory>;
  /** Why it was left out. */
  skipped?: string;
}

export const COMMAND = 'echo ok';
export const OUTPUT = 'ok';

export const skip = (name: string, why: string): Contestant => ({ name, runs: [], skipped: why });

/** Addresses for the warm-up of clients that keep nothing between runs: one full window. */
export const warmUpOf = (work: FanoutWork): FanoutWork => ({ ...work, addresses: work.addresses.slice(0, work.window) });
