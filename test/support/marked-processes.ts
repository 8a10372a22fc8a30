import { readFileSync, readdirSync } from 'node:fs';

const hasMarker = (pid: string, marker: string): boolean => {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(`OPSCONDUCTOR_ACTION=${marker}`);
  } catch {
    return false;
  }
};

/** Command lines of the living processes of this machine that carry the marker. */
export const markedProcesses = (marker: string): string[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && hasMarker(name, marker))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
      } catch {
        return '';
      }
    })
    .filter((line) => line !== '');
