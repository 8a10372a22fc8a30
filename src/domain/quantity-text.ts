const KIB = 1_024;
const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;
const counts = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

/** `512 B`, `1.5 MiB`, `120 GiB`. */
export const sizeText = (bytes: number): string => {
  const power = bytes < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / KIB ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[power]}`;
};

/** `1,234,567`. */
export const countText = (count: number): string => counts.format(count);

/** A part of one as `37 %`. */
export const shareText = (share: number): string => `${Math.round(share * 100)} %`;

/** `1 index`, `2 indexes`. */
export const countOf = (count: number, one: string, many = `${one}s`): string => `${countText(count)} ${count === 1 ? one : many}`;

/** An age for a sentence: `40 seconds`, `12 minutes`, `5 hours`, `3 days`. */
export const ageText = (seconds: number): string => {
  if (seconds < 120) return countOf(Math.round(seconds), 'second');
  if (seconds < 7_200) return `${Math.round(seconds / 60)} minutes`;
  if (seconds < 172_800) return `${Math.round(seconds / 3_600)} hours`;
  return `${countText(seconds / 86_400)} days`;
};
