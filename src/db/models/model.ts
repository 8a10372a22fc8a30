import { DataTypes, Model } from 'sequelize';
import type { ModelAttributeColumnOptions, ModelStatic, ModelValidateOptions, Sequelize } from 'sequelize';
import type { Column, ColumnSpec } from './columns.ts';
import type { Table, TableKeys } from './table.ts';

type Camel<S extends string> = S extends `${infer Head}_${infer Tail}` ? `${Head}${Capitalize<Camel<Tail>>}` : S;
type Columns = Readonly<Record<string, Column>>;
type ValueOf<C> = C extends Column<infer T> ? T : never;
type OptionalKeys<C extends Columns> = { [K in keyof C]: C[K] extends Column<unknown, true> ? K : never }[keyof C];

/** A row, its columns in camel case. */
export type RowOf<C extends Columns> = { [K in keyof C & string as Camel<K>]: ValueOf<C[K]> };
/** What an insert must and may give. */
export type NewRowOf<C extends Columns> = { [K in Exclude<keyof C & string, OptionalKeys<C>> as Camel<K>]: ValueOf<C[K]> } & {
  [K in OptionalKeys<C> & string as Camel<K>]?: ValueOf<C[K]>;
};

/** The Sequelize model of a table, and the declaration that it was made from. */
export type TableModel<C extends Columns = Columns> = ModelStatic<Model<RowOf<C>, NewRowOf<C>> & RowOf<C>> & {
  readonly table: Table;
  /** Binds the model to a connection. */
  define(sequelize: Sequelize): void;
};

/** `job_serial` as `jobSerial`. */
export const camel = (name: string): string => name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

const SIMPLE_TYPES = {
  bigint: DataTypes.BIGINT,
  integer: DataTypes.INTEGER,
  smallint: DataTypes.SMALLINT,
  'double precision': DataTypes.DOUBLE,
  numeric: DataTypes.DECIMAL,
  boolean: DataTypes.BOOLEAN,
  text: DataTypes.TEXT,
  uuid: DataTypes.UUID,
  inet: DataTypes.INET,
  macaddr: DataTypes.MACADDR,
  bytea: DataTypes.BLOB,
  jsonb: DataTypes.JSONB,
  tsvector: DataTypes.TSVECTOR,
  'timestamp with time zone': DataTypes.DATE,
  'time without time zone': DataTypes.TIME,
} as const;

const sequelizeType = (type: string): ModelAttributeColumnOptions['type'] => {
  const sized = /^character( varying)?\((\d+)\)$/.exec(type);
  if (sized !== null) return sized[1] === undefined ? DataTypes.CHAR(Number(sized[2])) : DataTypes.STRING(Number(sized[2]));
  const simple = SIMPLE_TYPES[type as keyof typeof SIMPLE_TYPES];
  if (simple === undefined) throw new Error(`no Sequelize type for ${type}`);
  return simple;
};

const validators = ({ oneOf, json }: ColumnSpec): ModelValidateOptions => ({
  ...(oneOf !== null && { isIn: [oneOf as string[]] }),
  ...(json !== null && { shape: (value: unknown) => void json.schema.parse(value) }),
});

const isRequired = ({ isNullable, default: value, isIdentity, generated }: ColumnSpec): boolean =>
  !isNullable && value === null && !isIdentity && generated === null;

const attributeOf = (name: string, column: ColumnSpec, isKey: boolean): ModelAttributeColumnOptions => ({
  type: sequelizeType(column.type),
  field: name,
  ...(isKey && { primaryKey: true }),
  ...(column.isIdentity && { autoIncrement: true }),
  ...(isRequired(column) && { allowNull: false }),
  ...(column.generated !== null && {
    set() {
      throw new Error(`Postgres computes ${name}; it cannot be set`);
    },
  }),
  validate: validators(column),
});

/**
 * Declares a table once: its columns with types, defaults, values and meaning, and its keys, checks and indexes. From it come the Sequelize model,
 * the comparison with live databases (`db check`), new migrations (`db diff`) and docs/schema.md. Expressions are spelled as Postgres prints them.
 */
export const defineTable = <const C extends Columns>(name: string, meaning: string, columns: C, keys: TableKeys): TableModel<C> => {
  const table: Table = { name, meaning, columns, ...keys };
  // Sequelize takes no part of a key on trust: rows of partitioned tables are addressed by id, too.
  const isKey = (column: string): boolean => (columns['id'] === undefined ? keys.primaryKey.includes(column) : column === 'id');
  class TableRow extends Model {
    static readonly table = table;
    static define(sequelize: Sequelize): void {
      TableRow.init(
        Object.fromEntries(Object.entries(columns).map(([column, spec]) => [camel(column), attributeOf(column, spec, isKey(column))])),
        {
          sequelize,
          tableName: name,
          modelName: camel(name),
        },
      );
    }
  }
  return TableRow as unknown as TableModel<C>;
};
