/** Of values that are sorted; undefined of none. */
export const quantile = (sorted: readonly number[], part: number): number | undefined => sorted[Math.floor((sorted.length - 1) * part)];
