import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

const listProcesses = async (): Promise<[pid: number, parent: number][]> => {
  const { stdout } = await run('ps', ['-A', '-o', 'pid=', '-o', 'ppid=']);
  return stdout.split('\n').map((line) => {
    const [pid = '', parent = ''] = line.trim().split(/\s+/);
    return [Number(pid), Number(parent)];
  });
};

/** Ids of all that descend from the given processes, without these. Empty when the machine has no `ps`. */
export const childProcesses = async (pids: readonly number[]): Promise<number[]> => {
  const all = await listProcesses().catch((): [number, number][] => []);
  const found = new Set<number>();
  const grow = (parents: readonly number[]): void => {
    const children = all.filter(([pid, parent]) => parents.includes(parent) && !found.has(pid)).map(([pid]) => pid);
    for (const child of children) found.add(child);
    if (children.length > 0) grow(children);
  };
  grow(pids);
  return [...found];
};
