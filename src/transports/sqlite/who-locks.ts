import { readFileSync, statSync } from 'node:fs';

const nameOf = (pid: string): string => {
  try {
    return `process ${pid} (${readFileSync(`/proc/${pid}/comm`, 'utf8').trim()})`;
  } catch {
    return `process ${pid}`;
  }
};

const inodeOf = (path: string): string[] => {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat === undefined ? [] : [String(stat.ino)];
};

/** Other processes of this machine that hold a lock on the file, as Linux tells them; names of programs only, as arguments may hold secrets. */
export const whoLocks = (path: string): string[] => {
  try {
    const inodes = new Set([...inodeOf(path), ...inodeOf(`${path}-shm`)]);
    const pids = readFileSync('/proc/locks', 'utf8')
      .split('\n')
      .map((line) => line.split(/\s+/))
      .filter(([, , , , , place]) => inodes.has(place?.split(':')[2] ?? ''))
      .map(([, , , , pid]) => pid ?? '')
      .filter((pid) => Number(pid) > 0 && Number(pid) !== process.pid);
    return [...new Set(pids)].map(nameOf);
  } catch {
    return [];
  }
};
