import { DocumentHead } from '../../contracts/data-document.ts';
import type { DocumentHead as Head } from '../../contracts/data-document.ts';
import type { DataFormat } from '../../contracts/data-transfer.ts';
import { schemaProblems } from '../../contracts/schema-problems.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { repeatedKeys } from '../../domain/repeated-keys.ts';
import { unstorableValues } from '../../domain/unstorable-values.ts';
import { readCsv } from './read-csv.ts';
import { readYaml } from './read-yaml.ts';
import type { RawRow } from './sheets/sheet.ts';

/** A document that was read: its head, and its things, of whatever kind. */
export interface ReadDocument {
  head: Head;
  rows: RawRow[];
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

const headOf = (fields: Record<string, unknown>): Head => {
  const parsed = DocumentHead.safeParse(fields);
  if (parsed.success) return parsed.data;
  const problems = schemaProblems(parsed.error).slice(0, 20);
  throw new OpsError(
    'VALIDATION',
    `The head of the document is not one: ${problems[0]?.path}: ${problems[0]?.message}. Nothing was imported.`,
    {
      fields: problems,
    },
  );
};

const NO_DOCUMENT = 'holds nothing that can be imported: it must have a list of items, be such a list, or be one thing with its kind';

/** Head and things of one of the documents of a file: `{items: […]}`, a list of things, or one thing. */
const partsOf = (value: unknown): { head: Head; items: unknown[] } => {
  if (Array.isArray(value)) return { head: {}, items: value };
  if (isObject(value) && 'items' in value && !('kind' in value)) {
    const { items, ...head } = value;
    // In YAML a list without items is nothing.
    if (Array.isArray(items) || items === null) return { head: headOf(head), items: items ?? [] };
  }
  if (isObject(value) && 'kind' in value) return { head: {}, items: [value] };
  throw new OpsError('VALIDATION', `The document ${NO_DOCUMENT}. Nothing was imported. See docs/export.md.`);
};

const rowOf = (item: unknown, row: number): RawRow => {
  if (!isObject(item)) return { row, item: {}, problem: new OpsError('VALIDATION', 'This is no thing with fields.') };
  const fields = unstorableValues(item);
  if (fields.length === 0) return { row, item };
  return { row, item, problem: new OpsError('VALIDATION', `${fields[0]?.path}: ${fields[0]?.message}.`, { fields }) };
};

const readJson = (text: string): unknown[] => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // What the parser says quotes the document, which may hold a password.
    throw new OpsError('MALFORMED_REQUEST', 'The document is not valid JSON. Nothing was imported.');
  }
  const fields = repeatedKeys(text);
  if (fields.length > 0) throw new OpsError('VALIDATION', `${fields[0]?.path} ${fields[0]?.message}. Nothing was imported.`, { fields });
  return [value];
};

/** Reads a document of any form. @throws OpsError MALFORMED_REQUEST, VALIDATION when it is none; what is wrong with one thing is said of that one */
export const readDocument = async (text: string, format: DataFormat): Promise<ReadDocument> => {
  if (format === 'csv') return { head: {}, rows: readCsv(text) };
  const values = format === 'json' ? readJson(text) : await readYaml(text);
  if (values.length === 0) throw new OpsError('VALIDATION', 'The document is empty. Nothing was imported.');
  const parts = values.map(partsOf);
  const items = parts.flatMap((part) => part.items);
  const seals = parts.flatMap(({ head }) => (head.seal === undefined ? [] : [head.seal]));
  if (seals.length > 1) throw new OpsError('VALIDATION', 'Two of the documents have sealed secrets. Import them one after the other.');
  return { head: { ...parts[0]?.head, seal: seals[0] }, rows: items.map((item, index) => rowOf(item, index + 1)) };
};
