import { readFileSync, readdirSync } from 'node:fs';

const readQuietly = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return ''; // It ended meanwhile.
  }
};

/** Ids of the living processes of this machine that carry the marker. */
export const markedPids = (marker: string): string[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => readQuietly(`/proc/${pid}/environ`).split('\0').includes(`OPSCONDUCTOR_ACTION=${marker}`));

/** Command lines of the living processes of this machine that carry the marker. */
export const markedProcesses = (marker: string): string[] =>
  markedPids(marker)
    .map((pid) => readQuietly(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim())
    .filter((line) => line !== '');
