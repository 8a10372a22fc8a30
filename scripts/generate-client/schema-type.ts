import { refName } from './openapi.ts';
import type { Schema } from './openapi.ts';

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;

const quoted = (text: string): string => `'${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;

/** A key as it stands in a type. */
export const keyText = (name: string): string => (IDENTIFIER.test(name) ? name : quoted(name));

/** A value as a literal type. */
const literal = (value: unknown): string => (typeof value === 'string' ? quoted(value) : JSON.stringify(value));

/** A doc comment with these lines; nothing for none. */
export const comment = (lines: readonly (string | undefined)[], margin: string): string => {
  const said = lines.flatMap((line) => (line === undefined || line === '' ? [] : line.replaceAll('*/', '* /').split('\n')));
  if (said.length === 0) return '';
  const [only = ''] = said;
  return said.length === 1
    ? `${margin}/** ${only} */\n`
    : `${margin}/**\n${said.map((line) => `${margin} * ${line}\n`).join('')}${margin} */\n`;
};

const isPart = (schema: Schema, item: Schema): boolean => schema.$ref !== undefined && schema.$ref === `${item.$ref}Part`;

/** A thing that is whole, or has only the `fields` that were asked for. */
export const wholeOf = ({ anyOf: [whole, part] = [] }: Schema): string | undefined =>
  whole?.$ref === undefined || part === undefined || !isPart(part, whole) ? undefined : refName(whole.$ref);

/** What the items of a page are: lists answer with items that are whole, or have only the `fields` that were asked for. */
export const pageItem = ({ properties }: Schema): string | undefined => {
  const { data, next } = properties ?? {};
  return next === undefined ? undefined : wholeOf(data?.items ?? {});
};

const union = (types: readonly string[]): string => [...new Set(types)].join(' | ');

const nested = (type: string): string => (/[|&]/.test(type) ? `(${type})` : type);

/** The fields of an object, a line each, with the comments of those that have one. */
export const fieldLines = (schema: Schema, margin: string): string =>
  Object.entries(schema.properties ?? {})
    .map(([name, field]) => {
      const isRequired = schema.required?.includes(name) === true;
      const type = typeOf(field, margin);
      const optional = !isRequired && type !== 'unknown' ? ' | undefined' : '';
      return `${comment([field.description], margin)}${margin}${keyText(name)}${isRequired ? '' : '?'}: ${type}${optional};\n`;
    })
    .join('');

const objectType = (schema: Schema, margin: string): string => {
  const fields = fieldLines(schema, `${margin}  `);
  const { additionalProperties: more } = schema;
  const rest = typeof more === 'object' ? `Record<string, ${typeOf(more, margin)}>` : undefined;
  if (fields === '') return rest ?? (more === false ? 'Record<string, never>' : 'Record<string, unknown>');
  const own = `{\n${fields}${margin}}`;
  return rest === undefined ? own : `${own} & ${rest}`;
};

const arrayType = ({ items, prefixItems }: Schema, margin: string): string =>
  prefixItems === undefined
    ? `${items === undefined ? 'unknown' : nested(typeOf(items, margin))}[]`
    : `[${prefixItems.map((item) => typeOf(item, margin)).join(', ')}]`;

const SIMPLE: Readonly<Record<string, string>> = {
  string: 'string',
  integer: 'number',
  number: 'number',
  boolean: 'boolean',
  null: 'null',
};

const namedType = (type: string, schema: Schema, margin: string): string => {
  if (type === 'object') return objectType(schema, margin);
  if (type === 'array') return arrayType(schema, margin);
  return schema.format === 'binary' ? 'Blob' : (SIMPLE[type] ?? 'unknown');
};

/** The type of what a schema takes. @param margin of the line in which the type begins. */
export const typeOf = (schema: Schema, margin = ''): string => {
  if (schema.$ref !== undefined) return refName(schema.$ref);
  if (schema.const !== undefined) return literal(schema.const);
  if (schema.enum !== undefined) return union(schema.enum.map(literal));
  const alternatives = schema.anyOf ?? schema.oneOf;
  if (alternatives !== undefined) return union(alternatives.map((one) => typeOf(one, margin)));
  if (schema.allOf !== undefined) return schema.allOf.map((one) => nested(typeOf(one, margin))).join(' & ');
  const types = schema.type === undefined ? [] : [schema.type].flat();
  if (types.length === 0) return schema.properties === undefined ? 'unknown' : objectType(schema, margin);
  return union(types.map((type) => namedType(type, schema, margin)));
};
