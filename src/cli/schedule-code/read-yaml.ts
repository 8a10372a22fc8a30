import { LineCounter, isAlias, isMap, isNode, isScalar, isSeq, parseAllDocuments, visit } from 'yaml';
import type { Document } from 'yaml';
import type { FileProblem, FoundDefinition, ReadFile } from './found-definition.ts';
import { wrongFile } from './found-definition.ts';

const MOST_ALIASES = 100;
const PROBLEMS_SHOWN = 20;

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

interface Step {
  /** Where what is stepped to begins: the key of a field, else the thing itself. */
  at: number | undefined;
  node: unknown;
}

const startOf = (node: unknown): number | undefined => (isNode(node) ? node.range?.[0] : undefined);

const stepInto = (document: Document, node: unknown, key: string): Step | undefined => {
  const inside: unknown = isAlias(node) ? node.resolve(document) : node;
  if (isSeq(inside)) {
    const item: unknown = inside.items[Number(key)];
    return item === undefined ? undefined : { at: startOf(item), node: item };
  }
  const pair = isMap(inside) ? inside.items.find(({ key: name }) => isScalar(name) && String(name.value) === key) : undefined;
  return pair && { at: startOf(pair.key), node: pair.value };
};

/** Lines of the fields below what these keys lead to. */
const lineFinder = (name: string, document: Document, lines: LineCounter, base: readonly string[]) => {
  const textOf = (at: number | undefined): string => (at === undefined ? name : `${name}:${lines.linePos(at).line}`);
  return (path: string): string => {
    let step: Step = { at: startOf(document.contents), node: document.contents };
    for (const key of [...base, ...(path === '' ? [] : path.split('.'))]) {
      const next = stepInto(document, step.node, key);
      if (next === undefined) break;
      step = next.at === undefined ? { at: step.at, node: next.node } : next;
    }
    return textOf(step.at);
  };
};

/** Definitions of one document, each with the keys that lead to it. */
const partsOf = (value: unknown): { keys: string[]; definition: unknown }[] => {
  if (Array.isArray(value)) return value.map((definition: unknown, index) => ({ keys: [String(index)], definition }));
  if (isObject(value) && 'schedules' in value && Array.isArray(value['schedules']) && Object.keys(value).length === 1)
    return value['schedules'].map((definition: unknown, index) => ({ keys: ['schedules', String(index)], definition }));
  return [{ keys: [], definition: value }];
};

const unknownAlias = (document: Document): { at: number; name: string } | undefined => {
  let found: { at: number; name: string } | undefined;
  visit(document, {
    Alias: (_key, alias) => {
      if (alias.resolve(document) !== undefined) return undefined;
      found = { at: alias.range?.[0] ?? 0, name: alias.source };
      return visit.BREAK;
    },
  });
  return found;
};

/** Reads the definitions of a file: one, a list, `schedules:` with a list, or several documents of these. @param name of the file, for people */
export const readYaml = (text: string, name: string): ReadFile => {
  const lines = new LineCounter();
  const documents = [...parseAllDocuments(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true })];
  const problems = documents
    .flatMap(({ errors, warnings }) => [...errors, ...warnings])
    .slice(0, PROBLEMS_SHOWN)
    .map(({ pos, message }): FileProblem => ({
      source: `${name}:${lines.linePos(pos[0]).line}`,
      message: `is not YAML: ${message.split('\n')[0] ?? ''}`,
    }));
  if (problems.length > 0) return { found: [], problems };
  const found: FoundDefinition[] = [];
  let isEmpty = true;
  for (const document of documents) {
    const missing = unknownAlias(document);
    if (missing !== undefined)
      return wrongFile(
        `${name}:${lines.linePos(missing.at).line}`,
        `is not YAML: there is no anchor &${missing.name} before *${missing.name}`,
      );
    let value: unknown;
    try {
      value = document.toJS({ maxAliasCount: MOST_ALIASES });
    } catch {
      return wrongFile(`${name}:1`, `repeats parts by more than ${MOST_ALIASES} aliases (*name): write them out`);
    }
    if (value === null) continue;
    isEmpty = false;
    for (const { keys, definition } of partsOf(value)) {
      const lineOf = lineFinder(name, document, lines, keys);
      found.push({ source: lineOf(''), definition, lineOf });
    }
  }
  return isEmpty
    ? wrongFile(`${name}:1`, 'defines nothing; a file that is to have no schedules says schedules: []')
    : { found, problems: [] };
};
