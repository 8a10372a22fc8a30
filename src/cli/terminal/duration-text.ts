const two = (number: number): string => String(number).padStart(2, '0');

/** A duration for people: `0.4 s`, `12 s`, `3 min 05 s`, `2 h 07 min`, `4 d 03 h`. */
export const durationText = (durationMs: number): string => {
  const ms = Math.max(0, durationMs);
  if (ms < 9_950) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${two(seconds % 60)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1_440) return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
  return `${Math.floor(minutes / 1_440)} d ${two(Math.floor((minutes % 1_440) / 60))} h`;
};
