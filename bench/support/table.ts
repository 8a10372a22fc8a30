type Cell = string | number | undefined;

const show = (value: Cell): string => {
  if (value === undefined) return '-';
  if (typeof value === 'string') return value;
  return Number.isInteger(value) ? String(value) : value.toFixed(Math.abs(value) < 10 ? 2 : 1);
};

/** Columns of text: the first one to the left, numbers to the right, `-` for what was not measured. */
export const table = (head: readonly string[], rows: readonly (readonly Cell[])[]): string => {
  const cells = [[...head], ...rows.map((row) => row.map(show))];
  const widths = head.map((_, column) => Math.max(...cells.map((row) => (row[column] ?? '').length)));
  const line = (row: string[]): string =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join('  ');
  return cells.map(line).join('\n');
};

/** `0.62 x` for how fast one is compared with another; `-` when one of them was not measured. */
export const ratioText = (ours: number | undefined, theirs: number | undefined): string => {
  const ratio = ratioOf(ours, theirs);
  return ratio === undefined ? '-' : `${ratio.toFixed(2)} x`;
};

export const ratioOf = (ours: number | undefined, theirs: number | undefined): number | undefined =>
  ours === undefined || theirs === undefined || !(theirs > 0) || !Number.isFinite(ours) ? undefined : ours / theirs;

/** The middle one; of an even number the mean of the two in the middle. @throws Error for no values. */
export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  if (low === undefined || high === undefined) throw new Error('There is no median of no values.');
  return (low + high) / 2;
};
