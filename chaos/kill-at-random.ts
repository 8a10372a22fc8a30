import { say } from '../bench/support/say.ts';
import type { KillablePart } from './killable-parts.ts';

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** The same seed gives the same numbers, from 0 to 1. */
const seededRandom = (seed: number): (() => number) => {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
};

/** Kills one part after another at random moments and starts it again after some seconds. @returns how often each was killed. */
export const killAtRandom = async (parts: readonly KillablePart[], until: number, seed: number): Promise<Map<string, number>> => {
  const random = seededRandom(seed);
  const kills = new Map<string, number>();
  for (;;) {
    await pause(4_000 + random() * 8_000);
    if (Date.now() > until) return kills;
    const part = parts[Math.floor(random() * parts.length)];
    if (part === undefined) continue;
    say(`  kill ${part.name}`);
    kills.set(part.name, (kills.get(part.name) ?? 0) + 1);
    await part.kill();
    await pause(500 + random() * 4_000);
    await part.start();
  }
};
