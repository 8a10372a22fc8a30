import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';

/** What /proc tells of one process. */
export interface ProcessStat {
  pid: number;
  /** Name of its program, cut to 15 characters by the kernel. */
  name: string;
  parent: number;
  /** CPU of the process itself, in clock ticks. */
  ownTicks: number;
  /** CPU of all below it that has ended and was waited for, in clock ticks. */
  reapedTicks: number;
}

const FIELD = { parent: 1, utime: 11, stime: 12, cutime: 13, cstime: 14 } as const;

/** Parses /proc/<pid>/stat. The name may hold spaces and parentheses, so it ends at the last one. @throws Error when it is no such text. */
export const parseProcessStat = (text: string): ProcessStat => {
  const open = text.indexOf('(');
  const close = text.lastIndexOf(')');
  const fields = text
    .slice(close + 1)
    .trim()
    .split(/\s+/);
  if (open < 0 || close < open || fields.length <= FIELD.cstime) throw new Error(`This is not /proc/<pid>/stat: ${text.slice(0, 80)}`);
  const number = (at: number): number => Number(fields[at]);
  return {
    pid: Number(text.slice(0, open)),
    name: text.slice(open + 1, close),
    parent: number(FIELD.parent),
    ownTicks: number(FIELD.utime) + number(FIELD.stime),
    reapedTicks: number(FIELD.cutime) + number(FIELD.cstime),
  };
};

/** A process, or undefined when it is gone or the machine has no /proc. */
export const readProcessStat = (pid: number): ProcessStat | undefined => {
  try {
    return parseProcessStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return undefined;
  }
};

/** All processes of this machine; empty without /proc. */
export const listProcesses = (): ProcessStat[] => {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((name) => readProcessStat(Number(name)))
      .filter((found) => found !== undefined);
  } catch {
    return [];
  }
};

/** The given processes and all that descend from them, as far as they are in the list. */
export const treeOf = (roots: readonly number[], all: readonly ProcessStat[]): ProcessStat[] => {
  const tree = all.filter(({ pid }) => roots.includes(pid));
  for (const parent of tree) tree.push(...all.filter((child) => child.parent === parent.pid && !tree.includes(child)));
  return tree;
};

let ticksASecond: number | undefined;

/** Clock ticks of /proc as milliseconds. */
export const ticksToMs = (ticks: number): number => {
  ticksASecond ??= Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' })) || 100;
  return (ticks * 1_000) / ticksASecond;
};
