import { createHash } from 'node:crypto';
import { canonicalJson } from '../domain/canonical-json.ts';
import { OpsError } from '../domain/ops-error.ts';

/** One part of a place: an id, or a time to the microsecond (`placeTime`). */
export type PlacePart = number | string;

const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z$/;

/** SQL of a time as a part of a place. */
export const placeTime = (column: string): string => `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;

/** Could the database have given it? Anything else would be an error of its own there. */
const isTime = (text: string): boolean => {
  const date = TIME.test(text) ? new Date(text) : new Date(Number.NaN);
  return !Number.isNaN(date.getTime()) && date.toISOString().slice(0, 19) === text.slice(0, 19);
};

const hashOf = (query: object): string => createHash('sha256').update(canonicalJson(query)).digest('base64url').slice(0, 11);

const isPart = (part: unknown): part is PlacePart =>
  typeof part === 'number' ? Number.isSafeInteger(part) && part >= 0 : typeof part === 'string' && isTime(part);

/**
 * The cursor of a list whose pages look at a bounded part of what there is, and may give few of it or nothing.
 * @param query what else decides the list; limit and cursor are no part of it.
 */
export const placeCursor = (query: object, place: readonly PlacePart[]): string =>
  Buffer.from(JSON.stringify([hashOf(query), ...place])).toString('base64url');

/** The place that a cursor names. @param shape one value of each part's kind. @throws OpsError VALIDATION for a cursor that no page of this list gave. */
export const readPlace = (query: object, cursor: string, shape: readonly PlacePart[]): PlacePart[] => {
  const refuse = (message: string): never => {
    throw new OpsError('VALIDATION', `The cursor ${message}. Leave it out to begin with the first page.`, {
      fields: [{ path: 'cursor', message }],
    });
  };
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    return refuse('is not one that a page of this list gave');
  }
  const [ofQuery, ...place] = Array.isArray(parts) ? (parts as unknown[]) : [];
  const known = place.filter(isPart);
  const fits =
    known.length === place.length && place.length === shape.length && known.every((part, at) => typeof part === typeof shape[at]);
  if (typeof ofQuery !== 'string' || !fits) return refuse('is not one that a page of this list gave');
  return ofQuery === hashOf(query) ? known : refuse('belongs to other filters');
};
