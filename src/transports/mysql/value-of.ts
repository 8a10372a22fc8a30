import { Types } from 'mysql2';
import type { FieldPacket } from 'mysql2';
import { exactJson, integerValue } from '../sql/json-value.ts';

const SHORTEST = 6;
const LONGEST = 9;

/** A number of four bytes by the fewest digits that mean it: 0.1, not 0.10000000149011612. */
const shortestFloat = (value: number): number => {
  for (let digits = SHORTEST; digits < LONGEST; digits += 1) {
    const candidate = Number(value.toPrecision(digits));
    if (Math.fround(candidate) === value) return candidate;
  }
  return value;
};

const isJson = (field: FieldPacket): boolean => field.columnType === Types.JSON || Reflect.get(field, 'extendedFormat') === 'json';

/** A value as the driver gives it: whole numbers from their digits, JSON with its numbers as written; all else stays. */
export const valueOf = (field: FieldPacket | undefined, value: unknown): unknown => {
  if (field === undefined) return value;
  if (typeof value === 'number') return field.columnType === Types.FLOAT ? shortestFloat(value) : value;
  if (typeof value !== 'string') return value;
  if (field.columnType === Types.LONGLONG) return integerValue(value);
  return isJson(field) ? exactJson(value) : value;
};
