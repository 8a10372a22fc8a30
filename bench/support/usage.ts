import { readFileSync } from 'node:fs';
import { listProcesses, readProcessStat, ticksToMs, treeOf } from './process-stat.ts';

/** A server whose use of the machine is measured. */
export interface MeasuredPart {
  name: string;
  pid: number;
  /** With all processes below it; without: only the process, since others that are measured are below it. */
  tree: boolean;
}

/** CPU milliseconds since the start of each part, by name; undefined without /proc. */
export type CpuReading = Record<string, number | undefined>;

const cpuMsOf = ({ pid, tree }: MeasuredPart): number | undefined => {
  if (!tree) {
    const own = readProcessStat(pid);
    return own === undefined ? undefined : ticksToMs(own.ownTicks);
  }
  const processes = treeOf([pid], listProcesses());
  if (processes.length === 0) return undefined;
  return ticksToMs(processes.reduce((sum, { ownTicks, reapedTicks }) => sum + ownTicks + reapedTicks, 0));
};

export const readCpu = (parts: readonly MeasuredPart[]): CpuReading => Object.fromEntries(parts.map((part) => [part.name, cpuMsOf(part)]));

/** What each part used between two readings, divided by `count`. */
export const cpuBetween = (before: CpuReading, after: CpuReading, count = 1): CpuReading =>
  Object.fromEntries(
    Object.entries(after).map(([name, end]) => {
      const start = before[name];
      return [name, start === undefined || end === undefined ? undefined : (end - start) / count];
    }),
  );

/** CPU milliseconds of the children of this process that have ended and were waited for. */
export const reapedCpuMs = (): number | undefined => {
  const own = readProcessStat(process.pid);
  return own === undefined ? undefined : ticksToMs(own.reapedTicks);
};

/** One line of /proc/<pid>/status in MiB: `VmHWM` is the peak since the start of the process, `VmRSS` is now. */
export const memoryMib = (pid: number, line: 'VmHWM' | 'VmRSS'): number | undefined => {
  try {
    const found = new RegExp(`^${line}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return found === null ? undefined : Number(found[1]) / 1_024;
  } catch {
    return undefined;
  }
};

/** Memory that is of no other process, and of what is shared a fair part, in MiB: what sums up over processes that share much. */
const fairMib = (pid: number): number | undefined => {
  try {
    const found = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'));
    return found === null ? undefined : Number(found[1]) / 1_024;
  } catch {
    return undefined;
  }
};

const sumOf = (values: readonly (number | undefined)[]): number | undefined => {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : known.reduce((sum, value) => sum + value, 0);
};

/** Memory of a part in MiB. */
export interface PartMemory {
  /** Sum of the peaks of its processes since their start: what they share counts once for each. */
  peak: number | undefined;
  /** Now, with what they share counted once. */
  now: number | undefined;
}

export const readMemory = (parts: readonly MeasuredPart[]): Record<string, PartMemory> => {
  const all = listProcesses();
  const memoryOf = ({ pid, tree }: MeasuredPart): PartMemory => {
    const pids = tree ? treeOf([pid], all).map((found) => found.pid) : [pid];
    return { peak: sumOf(pids.map((one) => memoryMib(one, 'VmHWM'))), now: sumOf(pids.map(fairMib)) };
  };
  return Object.fromEntries(parts.map((part) => [part.name, memoryOf(part)]));
};
