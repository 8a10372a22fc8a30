import type { PlannedDifference } from '../../../contracts/schedule-code.ts';
import { canonicalJson } from '../../../domain/canonical-json.ts';

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Fields by their paths. A list of plain values is one field; one of objects, such as rules, is not. */
const leavesOf = (value: unknown, path = ''): [string, unknown][] => {
  const at = (key: string): string => (path === '' ? key : `${path}.${key}`);
  if (isObject(value)) return Object.entries(value).flatMap(([key, member]) => leavesOf(member, at(key)));
  if (Array.isArray(value) && value.some(isObject)) {
    if (value.length === 1) return leavesOf(value[0], path);
    return value.flatMap((member, index) => leavesOf(member, at(String(index))));
  }
  const isNothing = value === undefined || value === null || (Array.isArray(value) && value.length === 0);
  return isNothing ? [] : [[path, value]];
};

/** In which fields two definitions differ, by their paths; what one has not is null there. */
export const leafDifferences = (before: unknown, after: unknown): PlannedDifference[] => {
  const [was, is] = [new Map(leavesOf(before)), new Map(leavesOf(after))];
  return [...new Set([...was.keys(), ...is.keys()])]
    .toSorted()
    .map((path) => ({ path, before: was.get(path) ?? null, after: is.get(path) ?? null }))
    .filter((one) => canonicalJson(one.before) !== canonicalJson(one.after));
};
