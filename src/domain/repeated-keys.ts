import type { FieldProblem } from './ops-error.ts';

const MAX_PROBLEMS = 20;
const SHOWN_LEVELS = 8;

/** An object or list that is open: where it is, and the keys that it has had so far. */
interface Open {
  keys: Set<string> | undefined;
  at: string | number;
  isKeyNext: boolean;
}

const endOfText = (json: string, start: number): number => {
  let end = start + 1;
  while (json[end] !== '"') end += json[end] === '\\' ? 2 : 1;
  return end + 1;
};

/** Keys that an object of this JSON has twice: readers of JSON keep the last one, without a word about the others. @param json is valid */
export const repeatedKeys = (json: string): FieldProblem[] => {
  const problems: FieldProblem[] = [];
  const open: Open[] = [];
  for (let index = 0; index < json.length && problems.length < MAX_PROBLEMS; index += 1) {
    const sign = json[index];
    const inner = open.at(-1);
    if (sign === '{') open.push({ keys: new Set(), at: '', isKeyNext: true });
    else if (sign === '[') open.push({ keys: undefined, at: 0, isKeyNext: false });
    else if (sign === '}' || sign === ']') open.pop();
    else if (sign === ',' && inner !== undefined) next(inner);
    else if (sign === '"') {
      const end = endOfText(json, index);
      if (inner?.isKeyNext === true && takeKey(inner, JSON.parse(json.slice(index, end))))
        problems.push({ path: pathOf(open), message: 'occurs twice in the same object' });
      index = end - 1;
    }
  }
  return problems;
};

const next = (inner: Open): void => {
  if (typeof inner.at === 'number') inner.at += 1;
  else inner.isKeyNext = true;
};

/** @returns has the object had the key before? */
const takeKey = (inner: Open, key: string): boolean => {
  const isDouble = inner.keys?.has(key) === true;
  inner.keys?.add(key);
  inner.at = key;
  inner.isKeyNext = false;
  return isDouble;
};

const pathOf = (open: readonly Open[]): string =>
  open
    .map(({ at }) => at)
    .slice(0, SHOWN_LEVELS)
    .join('.')
    .replaceAll('\u0000', '')
    .toWellFormed();
