import { canonicalJson } from './canonical-json.ts';

/** One thing in which two versions of a definition differ. */
export interface Difference {
  /** Such as `settings.tags`, `variables.RELEASE.value`, `actions.fetch.action_parameters.command`. */
  path: string;
  change: 'added' | 'removed' | 'changed' | 'moved';
  before: unknown;
  after: unknown;
}

type Fields = Readonly<Record<string, unknown>>;

/** A thing in a list that has a name of its own. */
export interface NamedPart {
  key: string;
  fields: Fields;
}

const isEqual = (one: unknown, other: unknown): boolean => canonicalJson(one) === canonicalJson(other);

/** Differences of two objects, field by field. */
export const fieldDifferences = (before: Fields, after: Fields, path = ''): Difference[] =>
  [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((field): Difference[] => {
    const [was, is] = [before[field], after[field]];
    if (isEqual(was, is)) return [];
    const change = was === undefined ? 'added' : is === undefined ? 'removed' : 'changed';
    return [{ path: path === '' ? field : `${path}.${field}`, change, before: was ?? null, after: is ?? null }];
  });

/** The fewest keys that have to be moved to come from one order to the other: all but a longest common order. */
const movedKeys = (before: readonly string[], after: readonly string[]): Set<string> => {
  const placeOf = new Map(before.map((key, place) => [key, place]));
  const common = after.filter((key) => placeOf.has(key));
  const best: { length: number; from: number }[] = [];
  let last = -1;
  common.forEach((key, index) => {
    best.push({ length: 1, from: -1 });
    for (let earlier = 0; earlier < index; earlier += 1) {
      const isBehind = (placeOf.get(common[earlier] ?? '') ?? 0) < (placeOf.get(key) ?? 0);
      const length = (best[earlier]?.length ?? 0) + 1;
      if (isBehind && length > (best[index]?.length ?? 0)) best[index] = { length, from: earlier };
    }
    if (last < 0 || (best[index]?.length ?? 0) > (best[last]?.length ?? 0)) last = index;
  });
  const stay = new Set<string>();
  for (let at = last; at >= 0; at = best[at]?.from ?? -1) stay.add(common[at] ?? '');
  return new Set(common.filter((key) => !stay.has(key)));
};

/**
 * Differences of two lists whose parts have names: what came, what went, what is another, and what stands elsewhere.
 * @param path of the list, such as `actions`
 */
export const partDifferences = (
  before: readonly NamedPart[],
  after: readonly NamedPart[],
  path: string,
  differencesOf: (before: Fields, after: Fields, path: string) => Difference[] = fieldDifferences,
): Difference[] => {
  const [was, is] = [new Map(before.map((part) => [part.key, part.fields])), new Map(after.map((part) => [part.key, part.fields]))];
  const places = [Array.from(was.keys()), Array.from(is.keys())] as const;
  const moved = movedKeys(...places);
  return [...new Set(places.flat())].flatMap((key): Difference[] => {
    const [old, now, at] = [was.get(key), is.get(key), `${path}.${key}`];
    if (old === undefined) return [{ path: at, change: 'added', before: null, after: now ?? null }];
    if (now === undefined) return [{ path: at, change: 'removed', before: old, after: null }];
    const place = [places[0].indexOf(key) + 1, places[1].indexOf(key) + 1];
    const move: Difference[] = moved.has(key) ? [{ path: at, change: 'moved', before: place[0], after: place[1] }] : [];
    return [...move, ...differencesOf(old, now, at)];
  });
};
