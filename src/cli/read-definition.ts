import { readFile } from 'node:fs/promises';
import { LineCounter, isNode, parseDocument } from 'yaml';
import { OpsError } from '../domain/ops-error.ts';
import { readStdin } from './ask.ts';

/** What a file holds, for messages. */
export interface Defined {
  what: string;
  has: string;
}

const JOB: Defined = { what: 'a job', has: 'a name and actions' };

/** A definition that was read from a file, and where its parts stand in there. */
export interface Definition {
  /** Of the file. */
  name: string;
  /** Such as `a job`. */
  what: string;
  value: unknown;
  /** Line of a field such as `actions.0.action_name`, or of the nearest part around it. */
  lineOf(path: string): number | undefined;
}

const keysOf = (path: string): (string | number)[] =>
  path === '' ? [] : path.split('.').map((key) => (/^\d+$/.test(key) ? Number(key) : key));

/** Reads YAML, and so JSON. @param name of the file, for messages. @throws OpsError VALIDATION with one field for each mistake: its line */
export const parseDefinition = (text: string, name: string, { what, has } = JOB): Definition => {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const fields = document.errors.map((error) => {
    const { line, col } = lines.linePos(error.pos[0]);
    return { path: `${name}:${line}:${col}`, message: error.message };
  });
  if (fields.length > 0) throw new OpsError('VALIDATION', `${name} is neither YAML nor JSON.`, { fields });
  const value: unknown = document.toJS();
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new OpsError('VALIDATION', `${name} does not hold ${what}: it must be a mapping with ${has}.`);
  return {
    name,
    what,
    value,
    lineOf(path) {
      for (let keys = keysOf(path); keys.length > 0; keys = keys.slice(0, -1)) {
        const node = document.getIn(keys, true);
        if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
      }
      return undefined;
    },
  };
};

/** Reads a definition from a file, `-` being stdin. @throws OpsError VALIDATION */
export const readDefinition = async (file: string, stdin: NodeJS.ReadStream, defined = JOB): Promise<Definition> => {
  if (file === '-') return parseDefinition(await readStdin(stdin), 'stdin', defined);
  const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new OpsError('VALIDATION', `${file} cannot be read (${cause.code ?? 'unknown reason'}).`, { cause });
  });
  return parseDefinition(text, file, defined);
};

/** Adds the lines of the file to what the server says about fields of its definition. */
export const withLines = <Answer>(definition: Definition, answer: Promise<Answer>): Promise<Answer> =>
  answer.catch((error: unknown) => {
    if (!(error instanceof OpsError) || error.fields.length === 0) throw error;
    const fields = error.fields.map(({ path, message }) => {
      const line = definition.lineOf(path);
      return { path, message: line === undefined ? message : `${message} (line ${line})` };
    });
    const { retryAfterSeconds } = error;
    const isFirstField = error.fields.some(({ path, message }) => error.message === `${path}: ${message}`);
    throw new OpsError(
      error.code,
      isFirstField ? `${definition.name} does not hold ${definition.what} that can be taken.` : error.message,
      {
        cause: error,
        fields,
        ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
      },
    );
  });
