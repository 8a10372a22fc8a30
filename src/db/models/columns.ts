import type { z } from 'zod';

/** What a table's declaration says of a column. Types and expressions are spelled as Postgres prints them. */
export interface ColumnSpec {
  /** As format_type prints it. */
  type: string;
  isNullable: boolean;
  isIdentity: boolean;
  default: string | null;
  /** Expression of a stored generated column; such columns are read-only. */
  generated: string | null;
  /** What the column holds, for docs/schema.md. */
  meaning: string;
  /** The values of an enum: the CHECK of the column says the same. */
  oneOf: readonly string[] | null;
  /** Shape of a JSON column, validated on write; `form` is also its CHECK. */
  json: { schema: z.ZodType; form: 'object' | 'array' | 'any' } | null;
}

/** A column with the type of its values, and whether an insert may leave it out. */
export interface Column<T = unknown, Optional extends boolean = boolean> extends ColumnSpec {
  readonly valueType?: T;
  readonly optional?: Optional;
}

interface Options {
  null?: true;
  /** Expression, as Postgres prints it. */
  default?: string;
}

interface OneOfOptions<V extends string> {
  null?: true;
  default?: V;
}

type Nullable<T, O> = O extends { null: true } ? T | null : T;
type Typed<T, O> = Column<Nullable<T, O>, O extends { null: true } | { default: string } ? true : false>;

const NOTHING = { isIdentity: false, generated: null, oneOf: null, json: null } as const;

const spec = (type: string, meaning: string, options: Options): ColumnSpec => ({
  ...NOTHING,
  type,
  meaning,
  isNullable: options.null === true,
  default: options.default ?? null,
});

const ofType =
  <T>(type: string) =>
  <const O extends Options>(meaning: string, options?: O): Typed<T, O> =>
    spec(type, meaning, options ?? {});

export const bigint = ofType<number>('bigint');
export const integer = ofType<number>('integer');
export const smallint = ofType<number>('smallint');
export const double = ofType<number>('double precision');
export const boolean = ofType<boolean>('boolean');
export const text = ofType<string>('text');
export const uuid = ofType<string>('uuid');
export const inet = ofType<string>('inet');
export const macaddr = ofType<string>('macaddr');
export const bytea = ofType<Buffer>('bytea');
export const timestamptz = ofType<Date>('timestamp with time zone');
export const time = ofType<string>('time without time zone');

/** Text of at most `length` characters. */
export const varchar = <const O extends Options>(length: number, meaning: string, options?: O): Typed<string, O> =>
  spec(`character varying(${length})`, meaning, options ?? {});

/** Text of exactly `length` characters. */
export const char = <const O extends Options>(length: number, meaning: string, options?: O): Typed<string, O> =>
  spec(`character(${length})`, meaning, options ?? {});

/** The key that Postgres counts up. */
export const identity = (meaning: string): Column<number, true> => ({ ...spec('bigint', meaning, {}), isIdentity: true });

/** Text that is one of the values of an enum (data model 1.4). */
export const oneOf = <V extends string, const O extends OneOfOptions<V>>(
  values: { readonly options: readonly V[] },
  meaning: string,
  options?: O,
): Typed<V, O> => {
  const set = options?.default === undefined ? {} : { default: `'${options.default}'::text` };
  const column = spec('text', meaning, { ...(options?.null === true && { null: true as const }), ...set });
  return { ...column, oneOf: values.options };
};

const json =
  <T>(form: 'object' | 'array' | 'any') =>
  <const O extends Options>(schema: z.ZodType<T>, meaning: string, options?: O): Typed<T, O> => ({
    ...spec('jsonb', meaning, options ?? {}),
    json: { schema, form },
  });

export const jsonObject = json<Record<string, unknown>>('object');
export const jsonArray = json<readonly unknown[]>('array');
/** JSON of any form. */
export const jsonAny = json<unknown>('any');

/** A stored column that Postgres computes from the others of its row. */
export const generated = (type: string, expression: string, meaning: string, isNullable = false): Column<string | null, true> => ({
  ...spec(type, meaning, {}),
  isNullable,
  generated: expression,
});
