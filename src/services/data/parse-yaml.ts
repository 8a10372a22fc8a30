import { LineCounter, parseAllDocuments } from 'yaml';
import type { FieldProblem } from '../../domain/ops-error.ts';

/** Of all aliases together, those inside what they stand for counted again: enough for people, too little for a bomb. */
const MOST_ALIASES = 100;
const PROBLEMS_SHOWN = 20;

/** The documents of a file, or why it cannot be read. */
export type ParsedYaml = { values: unknown[] } | { message: string; fields: FieldProblem[] };

/** Reads YAML. No unknown tag is taken for text, and no alias for more than it should be. */
export const parseYaml = (text: string): ParsedYaml => {
  const lines = new LineCounter();
  const documents = [...parseAllDocuments(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true })];
  // What is only a warning to the reader is an unknown tag: its value would silently be taken for text.
  const fields = documents
    .flatMap(({ errors, warnings }) => [...errors, ...warnings])
    .slice(0, PROBLEMS_SHOWN)
    .map(({ pos, code }) => {
      const { line, col } = lines.linePos(pos[0]);
      return { path: `line ${line}, column ${col}`, message: code.toLowerCase().replaceAll('_', ' ') };
    });
  const [first] = fields;
  if (first !== undefined) return { message: `The document is not YAML as it is read here: ${first.path}: ${first.message}.`, fields };
  try {
    return {
      values: documents.map((document): unknown => document.toJS({ maxAliasCount: MOST_ALIASES })).filter((value) => value !== null),
    };
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
    const message = `The document repeats parts by more than ${MOST_ALIASES} aliases (*name), or by one that is not there. Write them out.`;
    return { message, fields: [] };
  }
};
