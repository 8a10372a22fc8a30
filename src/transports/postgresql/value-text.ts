import { exactJson, integerValue } from '../sql/json-value.ts';

const BOOL = 16;
const BYTEA = 17;
const INTEGERS: ReadonlySet<number> = new Set([20, 21, 23, 26]);
const FLOATS: ReadonlySet<number> = new Set([700, 701]);
const JSONS: ReadonlySet<number> = new Set([114, 3802]);

/** A value from the server's text: numbers, booleans and JSON as such, bytes as base64, all else (numeric, dates, arrays, …) as the server writes it. */
export const fromPostgresText = (type: number | undefined, text: string | null): unknown => {
  if (text === null || type === undefined) return text;
  if (type === BOOL) return text === 't';
  if (INTEGERS.has(type)) return integerValue(text);
  if (FLOATS.has(type)) return Number(text);
  if (JSONS.has(type)) return exactJson(text);
  if (type === BYTEA && text.startsWith('\\x')) return Buffer.from(text.slice(2), 'hex');
  return text;
};
