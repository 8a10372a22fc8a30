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

/** Kills parts at random moments, also while others are still away, and starts each again after some seconds. @returns how often each was killed. */
export const killAtRandom = async (
  parts: readonly KillablePart[],
  until: number,
  seed: number,
  isCutOff: () => boolean,
): Promise<Map<string, number>> => {
  const random = seededRandom(seed);
  const kills = new Map<string, number>();
  const away = new Map<KillablePart, Promise<void>>();
  const killAndStart = async (part: KillablePart, awayMs: number): Promise<void> => {
    await part.kill();
    await pause(awayMs);
    if (isCutOff()) return;
    await part.start();
    away.delete(part);
  };
  for (;;) {
    await pause(2_000 + random() * 8_000);
    const part = parts[Math.floor(random() * parts.length)];
    const awayMs = 500 + random() * 6_000;
    if (Date.now() > until || isCutOff()) break;
    if (part === undefined || away.has(part)) continue;
    say(`  kill ${part.name}`);
    kills.set(part.name, (kills.get(part.name) ?? 0) + 1);
    away.set(part, killAndStart(part, awayMs));
  }
  await Promise.all(away.values());
  return kills;
};
