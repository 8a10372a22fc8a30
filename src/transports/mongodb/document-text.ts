import { BSON } from 'mongodb';
import type { Document } from 'mongodb';

/** Whole numbers too large for JSON readers keep all their digits. */
const keepDigits = (value: unknown): unknown => {
  if (value instanceof BSON.Long) return { $numberLong: value.toString() };
  if (Array.isArray(value)) return value.map(keepDigits);
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, keepDigits(item)]));
};

/** A document as one line of relaxed Extended JSON. */
export const documentText = (document: Document): string => `${BSON.EJSON.stringify(keepDigits(document), { relaxed: true })}\n`;
