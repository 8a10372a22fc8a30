/** What a spreadsheet takes for the beginning of a formula. */
const FORMULA = /^[=+\-@\t\r]/;
const NEEDS_QUOTES = /[",\r\n]/;

const fieldOf = (value: unknown): string => {
  if (value === null || value === undefined) return '';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  // A number is no formula; a text that looks like one is shown as text.
  const safe = typeof value === 'string' && FORMULA.test(text) ? `'${text}` : text;
  return NEEDS_QUOTES.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
};

/** A line of CSV (RFC 4180). Texts that a spreadsheet would take for a formula have an apostrophe before them; objects are JSON. */
export const csvLine = (values: readonly unknown[]): string => `${values.map(fieldOf).join(',')}\r\n`;
