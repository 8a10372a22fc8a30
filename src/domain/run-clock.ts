interface Spent {
  workedMs: number;
  idleMs: number;
}

const LONGEST_LOOK_MS = 30 * 60_000;

/**
 * After how many milliseconds to look again whether a run has had its time; 0: it has. While everything of a run waits its clock stands still, and
 * how long it will is not known: the longer it has, the later the next look, half an hour at most.
 */
export const nextLookMs = (limitMs: number, { workedMs, idleMs }: Spent): number => {
  const leftMs = Math.ceil(limitMs - workedMs);
  if (leftMs <= 0) return 0;
  return idleMs === 0 ? leftMs : Math.max(leftMs, Math.min(LONGEST_LOOK_MS, Math.ceil(Math.max(idleMs / 8, limitMs / 10))));
};
