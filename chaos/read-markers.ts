import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What the targets themselves say of one attempt: how often it began and how often it came to its end. */
export interface Marks {
  begun: number;
  ended: number;
}

/** Reads what the commands left on their targets. Keys: `<action serial>/<iteration>/<attempt>`. */
export const readMarkers = async (folder: string): Promise<Map<string, Marks>> => {
  const marks = new Map<string, Marks>();
  for (const name of await readdir(folder)) {
    for (const line of (await readFile(join(folder, name), 'utf8')).split('\n')) {
      const [word, key] = line.split(' ');
      if (key === undefined) continue;
      const seen = marks.get(key) ?? { begun: 0, ended: 0 };
      if (word === 'begin') seen.begun += 1;
      if (word === 'end') seen.ended += 1;
      marks.set(key, seen);
    }
  }
  return marks;
};
