import type { Operation } from './operations.ts';

export type Schema = Readonly<Record<string, unknown>>;
type Path = readonly (string | number)[];

/** Somewhere in the body of a request where somebody may type, in a body that is right otherwise. */
export interface Place {
  operation: Operation;
  contentType: string;
  /** The schema of the text; of a key, that of the object which has it. */
  schema: Schema;
  isKey: boolean;
  /** Where in the body the text is; of a key, where the object is. */
  path: Path;
  /** A text that is right there. */
  right: string;
  /** A body with this text there. */
  bodyWith: (text: string) => unknown;
}

/** What the schemas do not say of a body that is right, by names of places: the first that fits counts. */
export interface Hints {
  values: readonly (readonly [place: RegExp, make: () => unknown])[];
  /** What has to stand beside a property; of several each is a way to the places below it. */
  beside: readonly (readonly [place: RegExp, ...ways: (() => Schema)[]])[];
}

const SAMPLES = [
  'plain',
  'a plain text',
  'PLAIN',
  '/plain',
  'https://plain.example.org/',
  'plain@example.org',
  'text/plain',
  '0640',
  '08:00',
  '18:00',
  '2026-01-01',
  '2026-01-01T00:00:00Z',
  '20260101',
  'FREQ=DAILY',
  'T20250001',
  'J20250001',
  '7c9e6679-7425-40de-944b-e07fc1f90ae7',
  '-----BEGIN CERTIFICATE-----',
  'a'.repeat(43),
  'a'.repeat(64),
  `SHA256:${'a'.repeat(43)}`,
];
const FORMATS: Readonly<Record<string, RegExp>> = {
  'date-time': /^\d{4}-\d\d-\d\dT/,
  uuid: /^[\da-f]{8}-/,
  email: /@/,
  binary: /^/,
};

export const isObject = (value: unknown): value is Schema => typeof value === 'object' && value !== null && !Array.isArray(value);
const schemasOf = (value: unknown): Schema[] => (Array.isArray(value) ? value.filter(isObject) : []);
export const typesOf = ({ type }: Schema): unknown[] => (Array.isArray(type) ? type : [type]);
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
export const fixedOf = (schema: Schema): unknown => (Array.isArray(schema['enum']) ? schema['enum'][0] : schema['const']);

/** A text that the schema takes. */
const rightText = (schema: Schema): string => {
  if (typeof schema['example'] === 'string') return schema['example'];
  const fits = (text: string): boolean =>
    text.length >= Number(schema['minLength'] ?? 0) &&
    text.length <= Number(schema['maxLength'] ?? Infinity) &&
    new RegExp(textOf(schema['pattern']), 'u').test(text) &&
    (FORMATS[textOf(schema['format'])] ?? /^/).test(text);
  const text = [...SAMPLES, 'A'.repeat(Number(schema['minLength'] ?? 0))].find(fits);
  if (text === undefined) throw new Error(`no sample fits ${JSON.stringify(schema)}`);
  return text;
};

interface At extends Omit<Place, 'schema' | 'right' | 'bodyWith'> {
  name: string;
  bodyWith: (value: unknown) => unknown;
  within: readonly string[];
}

/** All places of all bodies, by their names (`ActionInput.oneOf4.action_parameters.url`): one that several operations have in common is there once. */
export const placesOf = (document: Record<string, unknown>, operations: readonly Operation[], hints: Hints): Map<string, Place[]> => {
  const { schemas } = document['components'] as { schemas: Record<string, Schema> };
  const places = new Map<string, Place[]>();
  const nameOf = ({ $ref }: Schema): string | undefined => (typeof $ref === 'string' ? $ref.split('/').at(-1) : undefined);
  const targetOf = (name: string): Schema => schemas[name] ?? {};

  const hinted = (name: string): (() => unknown) | undefined => hints.values.find(([place]) => place.test(name))?.[1];

  const fieldsOf = (schema: Schema, name: string): Record<string, unknown> => {
    const properties = (schema['properties'] ?? {}) as Record<string, Schema>;
    const required = (schema['required'] ?? []) as string[];
    return Object.fromEntries(required.map((key) => [key, smallest(properties[key] ?? {}, `${name}.${key}`)]));
  };
  const smallest = (schema: Schema, name: string): unknown => {
    const made = hinted(name);
    if (made !== undefined) return made();
    const component = nameOf(schema);
    if (component !== undefined) return smallest(targetOf(component), component);
    if (fixedOf(schema) !== undefined) return fixedOf(schema);
    for (const kind of ['oneOf', 'anyOf']) {
      const [branch] = schemasOf(schema[kind]);
      if (branch !== undefined) return smallest(branch, `${name}.${kind}0`);
    }
    const types = typesOf(schema);
    if (types.includes('string')) return rightText(schema);
    if (types.includes('array')) return Number(schema['minItems'] ?? 0) > 0 ? [smallest(schema['items'] as Schema, `${name}[]`)] : [];
    if (types.includes('object')) return fieldsOf(schema, name);
    if (!('type' in schema)) return 'plain';
    return types.includes('boolean') ? false : types.includes('null') ? null : Number(schema['minimum'] ?? 1);
  };

  const add = (schema: Schema, { name, within: _, ...place }: At, usual = 'plain'): void => {
    const known = places.get(name) ?? [];
    places.set(name, known);
    known.push({ ...place, schema, right: textOf(hinted(name)?.()) || usual });
  };
  const walkObject = (schema: Schema, at: At): void => {
    for (const [key, child] of Object.entries((schema['properties'] ?? {}) as Record<string, Schema>)) {
      const name = `${at.name}.${key}`;
      const [, ...ways] = hints.beside.find(([place]) => place.test(name)) ?? [/^/, () => ({})];
      for (const beside of ways) {
        const bodyWith = (value: unknown) => at.bodyWith({ ...fieldsOf(schema, at.name), ...beside(), [key]: value });
        walk(child, { ...at, name, path: [...at.path, key], bodyWith });
      }
    }
    const more = schema['additionalProperties'];
    if (!isObject(more)) return;
    const name = `${at.name}.{key}`;
    const key = textOf(hinted(name)?.()) || 'WORD';
    add(schema, { ...at, name, isKey: true, bodyWith: (text) => at.bodyWith({ [String(text)]: smallest(more, `${at.name}.{}`) }) }, key);
    walk(more, { ...at, name: `${at.name}.{}`, path: [...at.path, key], bodyWith: (inner) => at.bodyWith({ [key]: inner }) });
  };
  const walk = (schema: Schema, at: At): void => {
    const component = nameOf(schema);
    if (component !== undefined) {
      if (!at.within.includes(component)) walk(targetOf(component), { ...at, name: component, within: [...at.within, component] });
      return;
    }
    for (const kind of ['oneOf', 'anyOf'])
      for (const [index, branch] of schemasOf(schema[kind]).entries()) walk(branch, { ...at, name: `${at.name}.${kind}${index}` });
    if (fixedOf(schema) !== undefined) return;
    const isAnything = !('type' in schema) && !('oneOf' in schema) && !('anyOf' in schema);
    if (isAnything) add(schema, at);
    if (typesOf(schema).includes('string')) add(schema, at, rightText(schema));
    if (isObject(schema['items']))
      walk(schema['items'], { ...at, name: `${at.name}[]`, path: [...at.path, 0], bodyWith: (value) => at.bodyWith([value]) });
    walkObject(schema, at);
  };

  for (const operation of operations) {
    const content = (operation.spec['requestBody'] as { content?: Record<string, { schema: Schema }> } | undefined)?.content ?? {};
    for (const [contentType, { schema }] of Object.entries(content)) {
      const name = `${operation.method} ${operation.path} ${contentType}`;
      walk(schema, { operation, contentType, isKey: false, name, path: [], bodyWith: (value) => value, within: [] });
    }
  }
  return places;
};
