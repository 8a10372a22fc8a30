import { readFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { ticksToMs } from '../support/process-stat.ts';
import { table } from '../support/table.ts';
import { cpuBetween, readCpu } from '../support/usage.ts';
import type { CpuReading, MeasuredPart } from '../support/usage.ts';
import type { LoadResult } from './load.ts';

/** The process that answers, whichever it is. */
export const SERVER_PART = 'server';

/** One load that was measured. */
export interface LoadRow extends Omit<LoadResult, 'serials' | 'cpuMs'> {
  name: string;
  perSecond: number;
  /** Milliseconds of a request, by part. */
  cpuMs: CpuReading;
  /** Of the last minute, at its end. */
  loadAverage: number;
  /** Cores that were busy with what is not part of this. */
  otherCores: number | undefined;
}

/** What one part of the benchmark gives. */
export interface PartResult {
  part: string;
  rows: LoadRow[];
  facts: Record<string, string | number>;
  /** Aims that were missed, each a sentence. */
  problems: string[];
}

const BUSY = { user: 1, nice: 2, system: 3, irq: 6, softirq: 7, steal: 8 } as const;

/** Milliseconds that the cores of this machine were busy; undefined without /proc. */
const busyMs = (): number | undefined => {
  try {
    const fields = (readFileSync('/proc/stat', 'utf8').split('\n', 1)[0] ?? '').split(/\s+/).map(Number);
    return ticksToMs(Object.values(BUSY).reduce((sum, at) => sum + (fields[at] ?? 0), 0));
  } catch {
    return undefined;
  }
};

const ownMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
};

/** @param parts whose CPU is told, and counts as ours */
export const measureLoad = async (name: string, parts: readonly MeasuredPart[], work: () => Promise<LoadResult>): Promise<LoadRow> => {
  const [startedAt, busy, own, before] = [performance.now(), busyMs(), ownMs(), readCpu(parts)];
  const { serials: _, cpuMs: ofLoad, ...result } = await work();
  const used = cpuBetween(before, readCpu(parts));
  const busyNow = busyMs();
  const ours = Object.values(used).reduce<number>((sum, ms) => sum + (ms ?? 0), ofLoad + ownMs() - own);
  const others = busy === undefined || busyNow === undefined ? undefined : Math.max(0, busyNow - busy - ours);
  return {
    name,
    ...result,
    perSecond: result.requests / result.seconds,
    cpuMs: Object.fromEntries(Object.entries(used).map(([part, ms]) => [part, ms === undefined ? undefined : ms / result.requests])),
    loadAverage: loadavg()[0] ?? 0,
    otherCores: others === undefined ? undefined : others / (performance.now() - startedAt),
  };
};

export const loadTable = (rows: readonly LoadRow[]): string => {
  const parts = [...new Set(rows.flatMap(({ cpuMs }) => Object.keys(cpuMs)))];
  return table(
    [
      '',
      'requests',
      'a second',
      'p50 ms',
      'p95',
      'p99',
      'longest',
      'errors',
      ...parts.map((part) => `CPU ms ${part}`),
      'load',
      'cores of others',
    ],
    rows.map((row) => [
      row.name,
      row.requests,
      row.perSecond,
      row.p50,
      row.p95,
      row.p99,
      row.longest,
      row.errors,
      ...parts.map((part) => row.cpuMs[part]),
      row.loadAverage,
      row.otherCores,
    ]),
  );
};
