import { cleanText } from './clean-text.ts';
import { padText, textWidth } from './text-width.ts';

const GAP = '  ';
const LEAST_WIDTH = 8;

export interface TableOptions {
  /** Columns of the terminal: wider tables are cut. Undefined: nothing is cut. */
  width?: number | undefined;
  /** Numbers of columns (from 0) that are aligned right. */
  right?: readonly number[];
  /** Colours a cell; it gets the text of the cell and its column, and must not change its width. */
  paint?: (text: string, column: number, row: readonly string[]) => string;
}

const naturalWidths = (rows: readonly (readonly string[])[]): number[] => {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, column) => (widths[column] = Math.max(widths[column] ?? 0, textWidth(cell))));
  return widths;
};

/** Takes columns away from the widest cells first. */
const shrink = (natural: readonly number[], width: number): number[] => {
  const widths = [...natural];
  let excess = widths.reduce((sum, one) => sum + one, GAP.length * (widths.length - 1)) - width;
  while (excess > 0) {
    const widest = Math.max(...widths);
    if (widest <= LEAST_WIDTH) break;
    widths[widths.indexOf(widest)] = widest - 1;
    excess -= 1;
  }
  return widths;
};

/** A table as text, its first row the headings; cells lose line ends and control sequences. */
export const renderTable = (
  rows: readonly (readonly string[])[],
  { width, right = [], paint = (text) => text }: TableOptions = {},
): string => {
  const cleaned = rows.map((row) => row.map(cleanText));
  const widths = width === undefined ? naturalWidths(cleaned) : shrink(naturalWidths(cleaned), width);
  const lines = cleaned.map((row, index) => {
    const cells = row.map((cell, column) => {
      const padded = padText(cell, widths[column] ?? 0, right.includes(column) ? 'left' : 'right');
      const isLast = column === row.length - 1;
      const shown = isLast ? padded.trimEnd() : padded;
      return index === 0 ? shown : paint(shown, column, row);
    });
    return `${cells.join(GAP)}\n`;
  });
  return lines.join('');
};
