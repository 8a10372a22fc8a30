/** What of an action a text may use. */
export const ACTION_FIELDS = ['output', 'error', 'exit_code', 'status', 'artifact'] as const;
export type ActionField = (typeof ACTION_FIELDS)[number];

/** What a reference names. `path` leads into the JSON of an output. */
export type Reference =
  | { kind: 'variable'; name: string }
  | { kind: 'action'; key: string; field: ActionField; path: readonly (string | number)[] }
  | { kind: 'param'; name: string };

export interface ReferencePart {
  kind: 'reference';
  reference: Reference;
  /** `${raw:…}`: put into the text as it is. */
  isRaw: boolean;
  /** As it is written, with `${` and `}`. */
  source: string;
}

export type TemplatePart = { kind: 'text'; text: string } | ReferencePart;

/** A `${` that looks like a reference and is none. */
export interface TemplateProblem {
  source: string;
  message: string;
}

export interface Template {
  parts: readonly TemplatePart[];
  problems: readonly TemplateProblem[];
  /** Each `${` that is no reference and was left alone: a shell's own, or a mistake where no shell reads the text. */
  leftAlone: readonly string[];
}

const MARK = /\$\$\{|\$\{/g;
const NAME = /^[A-Z][A-Z0-9_]*$/;
const PARAM = /^params\.([a-z][a-z0-9_]*)$/;
const ACTION = /^actions\.([a-z][a-z0-9_]*)\.([A-Za-z_]+)((?:\.[A-Za-z_][A-Za-z0-9_-]*|\[\d{1,9}\])*)$/;
const STEP = /\.([A-Za-z_][A-Za-z0-9_-]*)|\[(\d+)\]/g;
const OWN_WORDS = /^(raw:|actions\.|params\.)/;

const isField = (text: string): text is ActionField => ACTION_FIELDS.some((field) => field === text);

const stepsOf = (text: string): (string | number)[] =>
  Array.from(text.matchAll(STEP), ([, field, index]) => (field === undefined ? Number(index) : field));

const actionReference = (body: string): Reference | string => {
  const [, key, field, steps] = ACTION.exec(body) ?? [];
  if (key === undefined || field === undefined) return 'is written as ${actions.KEY.FIELD}, then .field or [0] into its JSON';
  if (!isField(field)) return `has no field "${field}"; there are ${ACTION_FIELDS.join(', ')}`;
  const path = stepsOf(steps ?? '');
  if (path.length > 0 && field !== 'output' && field !== 'error') return `leads into ${field}, which is no JSON`;
  return { kind: 'action', key, field, path };
};

/** A reference, why it is none, or undefined: not meant as one. */
const readReference = (body: string): Reference | string | undefined => {
  if (NAME.test(body)) return { kind: 'variable', name: body };
  if (body.startsWith('actions.')) return actionReference(body);
  if (!body.startsWith('params.')) return undefined;
  const [, name] = PARAM.exec(body) ?? [];
  return name === undefined ? 'is written as ${params.name}, in lower case letters, digits and _' : { kind: 'param', name };
};

const RAW = 'raw:';

const readBody = (text: string, from: number): { body: string; end: number } | undefined => {
  const end = text.indexOf('}', from);
  return end === -1 ? undefined : { body: text.slice(from, end), end: end + 1 };
};

type Read = { end: number } & ({ part: ReferencePart } | { problem: TemplateProblem } | { leftAlone: string });

const SHOWN = 60;

const readAt = (text: string, at: number): Read => {
  const found = readBody(text, at + 2);
  const rest = text.slice(at, at + SHOWN);
  if (found === undefined) {
    if (!OWN_WORDS.test(text.slice(at + 2))) return { end: at + 2, leftAlone: rest };
    return { end: at + 2, problem: { source: rest, message: 'has no closing }' } };
  }
  const isRaw = found.body.startsWith(RAW);
  const reference = readReference(isRaw ? found.body.slice(RAW.length) : found.body);
  const source = text.slice(at, found.end);
  if (typeof reference === 'object') return { end: found.end, part: { kind: 'reference', reference, isRaw, source } };
  if (reference === undefined && !isRaw) return { end: at + 2, leftAlone: source.slice(0, SHOWN) };
  return { end: found.end, problem: { source: source.slice(0, SHOWN), message: reference ?? 'does not name a variable after raw:' } };
};

/**
 * Reads a text with references: `${NAME}`, `${actions.key.output.field[0]}`, `${params.name}`, each also as `${raw:…}`; `$${` is a literal `${`.
 * Everything else that begins with `$` stays as it is. Never throws: what looks like a reference and is none is in `problems`, and stays text.
 */
export const parseTemplate = (text: string): Template => {
  const parts: TemplatePart[] = [];
  const problems: TemplateProblem[] = [];
  const leftAlone: string[] = [];
  let pending = '';
  let from = 0;
  for (;;) {
    MARK.lastIndex = from;
    const mark = MARK.exec(text);
    if (mark === null) break;
    pending += text.slice(from, mark.index);
    if (mark[0] === '$${') {
      pending += '${';
      from = mark.index + 3;
      continue;
    }
    const read = readAt(text, mark.index);
    from = read.end;
    if ('part' in read) {
      if (pending !== '') parts.push({ kind: 'text', text: pending });
      parts.push(read.part);
      pending = '';
      continue;
    }
    pending += text.slice(mark.index, read.end);
    if ('problem' in read) problems.push(read.problem);
    else leftAlone.push(read.leftAlone);
  }
  pending += text.slice(from);
  if (pending !== '') parts.push({ kind: 'text', text: pending });
  return { parts, problems, leftAlone };
};

/** What a template refers to, in its order. */
export const referencesOf = (template: Template): ReferencePart[] => template.parts.filter((part) => part.kind === 'reference');
