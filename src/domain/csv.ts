/** What a spreadsheet takes for the beginning of a formula, also in full width; apostrophes before it would be lost when one is taken off again. */
const FORMULA = /^'*[=+\-@\t\r\n＝＋－＠]/;
const NEEDS_QUOTES = /[",\r\n]/;

const fieldOf = (value: unknown): string => {
  if (value === null || value === undefined) return '';
  if (value === '') return '""';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  // A number is no formula; a text that looks like one is shown as text.
  const safe = typeof value === 'string' && FORMULA.test(text) ? `'${text}` : text;
  return NEEDS_QUOTES.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
};

/**
 * A line of CSV (RFC 4180). Texts that a spreadsheet would take for a formula have an apostrophe before them; objects are JSON. Nothing is an empty
 * cell, an empty text one in quotes.
 */
export const csvLine = (values: readonly unknown[]): string => `${values.map(fieldOf).join(',')}\r\n`;

const GUARDED = /^'+[=+\-@\t\r\n＝＋－＠]/;

/** Takes the apostrophe off again that `csvLine` has put before a text. */
const unguard = (text: string): string => (GUARDED.test(text) ? text.slice(1) : text);

/** @returns the end of a quoted cell: the place behind its last quote, or undefined when there is none. */
const endOfQuoted = (text: string, start: number): number | undefined => {
  for (let at = text.indexOf('"', start + 1); at >= 0; at = text.indexOf('"', at + 2)) if (text[at + 1] !== '"') return at + 1;
  return undefined;
};

const BREAKS = new Set([',', '\r', '\n']);
const BREAK = /[,\r\n]/g;

const endOfPlain = (text: string, start: number): number => {
  BREAK.lastIndex = start;
  return BREAK.exec(text)?.index ?? text.length;
};

/** A record, and what is wrong with it if it cannot be read; nothing behind such a one is. */
export interface CsvRecord {
  /** null: an empty cell. */
  cells: (string | null)[];
  problem?: string;
}

/** Records of CSV (RFC 4180), as `csvLine` writes them; line ends may be those of Windows or of others. Empty lines are no records. */
export function* parseCsv(text: string): Generator<CsvRecord, void> {
  let cells: (string | null)[] = [];
  for (let at = text.startsWith('\uFEFF') ? 1 : 0; at < text.length;) {
    const isQuoted = text[at] === '"';
    const end = isQuoted ? endOfQuoted(text, at) : endOfPlain(text, at);
    if (end === undefined) {
      yield { cells, problem: 'a quote is not closed' };
      return;
    }
    const raw = text.slice(at, end);
    cells.push(isQuoted ? unguard(raw.slice(1, -1).replaceAll('""', '"')) : raw === '' ? null : unguard(raw));
    const sign = text[end];
    if (sign !== undefined && !BREAKS.has(sign)) {
      yield { cells, problem: 'text follows the closing quote of a cell' };
      return;
    }
    at = end + 1;
    if (sign === ',') {
      if (at === text.length) cells.push(null);
      else continue;
    }
    if (sign === '\r' && text[at] === '\n') at += 1;
    if (cells.length > 1 || cells[0] !== null) yield { cells };
    cells = [];
  }
}
