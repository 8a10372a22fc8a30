import { readFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { LineCounter, isNode, parseAllDocuments } from 'yaml';
import type { Document } from 'yaml';
import { OpsError } from '../domain/ops-error.ts';
import { readStdin } from './ask.ts';
import type { PlaceOf } from './import-report.ts';

const DEFINITION = /\.(?:ya?ml|json)$/i;
const MOST_ALIASES = 100;
const PROBLEMS_SHOWN = 20;

/** What files define, as one document for the API. */
export interface Documents {
  seal?: unknown;
  items: unknown[];
  placeOf: PlaceOf;
}

type Key = string | number;

interface Found {
  item: unknown;
  lineOf: (path: string) => string;
}

const keysOf = (path: string): Key[] => (path === '' ? [] : path.split('.').map((key) => (/^\d+$/.test(key) ? Number(key) : key)));

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Files that `jobs create` and `targets` take say not what they are; one can tell. */
const withKind = (item: unknown): unknown => {
  if (!isObject(item) || 'kind' in item) return item;
  if ('actions' in item) return { kind: 'job', ...item };
  return 'methods' in item ? { kind: 'target', ...item } : item;
};

/** Items of one document, each with the keys that lead to it. */
const partsOf = (value: unknown): { keys: Key[]; item: unknown }[] => {
  if (Array.isArray(value)) return value.map((item, index) => ({ keys: [index], item }));
  if (isObject(value) && !('kind' in value) && Array.isArray(value['items']))
    return value['items'].map((item, index) => ({ keys: ['items', index], item }));
  return [{ keys: [], item: value }];
};

const sealOf = (value: unknown): unknown => (isObject(value) && !('kind' in value) ? value['seal'] : undefined);

const lineFinder =
  (name: string, document: Document, lines: LineCounter, base: readonly Key[]) =>
  (path: string): string => {
    for (let keys = [...base, ...keysOf(path)]; keys.length > 0; keys = keys.slice(0, -1)) {
      const node = document.getIn(keys, true);
      if (isNode(node) && node.range) return `${name}:${lines.linePos(node.range[0]).line}`;
    }
    return isNode(document.contents) && document.contents.range ? `${name}:${lines.linePos(document.contents.range[0]).line}` : name;
  };

const toValue = (document: Document, name: string): unknown => {
  try {
    return document.toJS({ maxAliasCount: MOST_ALIASES });
  } catch (cause) {
    throw new OpsError('VALIDATION', `${name} repeats parts by too many aliases (*name), or by one that is not there. Write them out.`, {
      cause,
    });
  }
};

/** @throws OpsError VALIDATION with the line and column of each mistake */
const parse = (text: string, name: string): { found: Found[]; seal: unknown } => {
  const lines = new LineCounter();
  const documents = [...parseAllDocuments(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true })];
  const fields = documents
    .flatMap(({ errors, warnings }) => [...errors, ...warnings])
    .slice(0, PROBLEMS_SHOWN)
    .map(({ pos, message }) => {
      const { line, col } = lines.linePos(pos[0]);
      return { path: `${name}:${line}:${col}`, message };
    });
  if (fields.length > 0) throw new OpsError('VALIDATION', `${name} is neither YAML nor JSON.`, { fields });
  const values = documents.map((document) => ({ document, value: toValue(document, name) })).filter(({ value }) => value !== null);
  const found = values.flatMap(({ document, value }) =>
    partsOf(value).map(({ keys, item }) => ({ item: withKind(item), lineOf: lineFinder(name, document, lines, keys) })),
  );
  return { found, seal: values.map(({ value }) => sealOf(value)).find((seal) => seal !== undefined) };
};

const cannotRead = (name: string) => (cause: NodeJS.ErrnoException) => {
  throw new OpsError('VALIDATION', `${name} cannot be read (${cause.code ?? 'unknown reason'}).`, { cause });
};

/** The files of a folder that define something, by name. */
const filesOf = async (path: string): Promise<string[]> => {
  if (path === '-' || !(await stat(path).catch(cannotRead(path))).isDirectory()) return [path];
  const names = (await readdir(path)).filter((name) => DEFINITION.test(name)).toSorted();
  if (names.length === 0) throw new OpsError('VALIDATION', `The folder ${path} has no file that ends with .yaml, .yml or .json.`);
  return names.map((name) => join(path, name));
};

/** Reads what files, folders and stdin (`-`) define: each one thing, a list, or what an export wrote. @throws OpsError VALIDATION */
export const readDocuments = async (paths: readonly string[], stdin: NodeJS.ReadStream): Promise<Documents> => {
  const files = (await Promise.all(paths.map(filesOf))).flat();
  const parsed = [];
  for (const file of files)
    parsed.push(file === '-' ? parse(await readStdin(stdin), 'stdin') : parse(await readFile(file, 'utf8').catch(cannotRead(file)), file));
  const seals = parsed.flatMap(({ seal }) => (seal === undefined ? [] : [seal]));
  if (seals.length > 1) throw new OpsError('VALIDATION', 'Two of the files have sealed secrets. Apply them one after the other.');
  const found = parsed.flatMap((one) => one.found);
  if (found.length === 0) throw new OpsError('VALIDATION', `Nothing is defined in ${paths.join(', ')}.`);
  return {
    ...(seals[0] !== undefined && { seal: seals[0] }),
    items: found.map(({ item }) => item),
    placeOf: (row, path) => (row === null ? '' : (found[row - 1]?.lineOf(path) ?? `thing ${row}`)),
  };
};
