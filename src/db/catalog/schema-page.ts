import type { ColumnSpec } from '../models/columns.ts';
import type { ForeignKey, Table } from '../models/table.ts';
import { catalogConstraints, catalogIndex } from './model-catalog.ts';

interface Area {
  title: string;
  tables: readonly Table[];
}

const HEAD = `# The schema

Every table of the database, from the declarations in \`src/db/models/\`. This page is written by \`npm run schema-page\`; a test compares it with the code.
Types and expressions are spelled as Postgres prints them. Times are UTC. Rows are addressed from outside by uuid or serial, never by id.
`;

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
const code = (text: string): string => `\`${text}\``;

const SHORT_TYPES: readonly (readonly [RegExp, string])[] = [
  [/^character varying/, 'varchar'],
  [/^character/, 'char'],
  [/^timestamp with time zone$/, 'timestamptz'],
  [/^time without time zone$/, 'time'],
];

const typeText = ({ type, json }: ColumnSpec): string => {
  const short = SHORT_TYPES.reduce((text, [pattern, name]) => text.replace(pattern, name), type);
  return json === null || json.form === 'any' ? short : `${short} ${json.form}`;
};

const defaultText = (column: ColumnSpec): string => {
  if (column.isIdentity) return 'identity';
  if (column.generated !== null) return 'generated';
  return column.default === null ? '' : code(column.default.replace(/::[a-z ]+$/, ''));
};

const meaningText = ({ meaning, oneOf }: ColumnSpec): string =>
  oneOf === null ? meaning : `${meaning} One of ${oneOf.map(code).join(', ')}.`;

const columnRow = ([name, column]: [string, ColumnSpec]): string =>
  `| ${code(name)} | ${typeText(column)} | ${column.isNullable ? 'yes' : 'no'} | ${cell(defaultText(column))} | ${cell(meaningText(column))} |`;

const keyText = ({ columns, table, to, onDelete, onUpdate }: ForeignKey): string =>
  `${code(columns.join(', '))} → [${table}](#${table}) (${to.join(', ')}), on delete ${onDelete.toLowerCase()}${onUpdate === undefined ? '' : `, on update ${onUpdate.toLowerCase()}`}`;

const bullets = (title: string, items: readonly string[]): string[] =>
  items.length === 0 ? [] : ['', `${title}:`, ...items.map((item) => `- ${item}`)];

const referencesTo = (name: string, all: readonly Table[]): string[] =>
  all.flatMap((table) =>
    (table.foreignKeys ?? [])
      .filter((key) => key.table === name)
      .map((key) => `[${table.name}](#${table.name}) ${code(key.columns.join(', '))}`),
  );

const tableText = (table: Table, all: readonly Table[]): string => {
  const indexes = (table.indexes ?? []).map((index) => {
    const { name, isUnique, definition } = catalogIndex(table.name, index);
    return `${code(name)} ${isUnique ? 'unique ' : ''}${code(definition)}: ${index.why}`;
  });
  const constraints = catalogConstraints(table).filter(({ kind }) => kind !== 'foreign key');
  return [
    `### ${table.name}`,
    '',
    `${table.meaning}${table.partitionBy === undefined ? '' : ` Partitioned by UTC month of ${code(table.partitionBy)}.`}`,
    '',
    '| column | type | null | default | meaning |',
    '|---|---|---|---|---|',
    ...Object.entries(table.columns).map(columnRow),
    ...bullets('Refers to', (table.foreignKeys ?? []).map(keyText)),
    ...bullets('Referred to by', referencesTo(table.name, all)),
    ...bullets('Indexes', indexes),
    ...bullets(
      'Constraints',
      constraints.map(({ name, definition }) => `${code(name)} ${code(definition)}`),
    ),
    '',
  ].join('\n');
};

/** Entities with their keys, and a line for each foreign key that leaves or stays in the area. */
const diagram = ({ tables }: Area): string => {
  const entity = ({ name, primaryKey, foreignKeys = [], columns }: Table): string[] => {
    const foreign = foreignKeys.flatMap((key) => key.columns);
    const shown = [...new Set([...primaryKey, ...foreign])];
    const line = (column: string): string => {
      const marks = [...(primaryKey.includes(column) ? ['PK'] : []), ...(foreign.includes(column) ? ['FK'] : [])].join(', ');
      return `    ${(columns[column]?.type ?? '').split(/[ (]/)[0]} ${column} ${marks}`;
    };
    return [`  ${name} {`, ...shown.map(line), '  }'];
  };
  const relations = tables.flatMap(({ name, foreignKeys = [], columns }) =>
    foreignKeys.map((key) => {
      const isOptional = key.columns.some((column) => columns[column]?.isNullable === true);
      return `  ${key.table} ${isOptional ? '|o' : '||'}--o{ ${name} : "${key.columns.join(', ')}"`;
    }),
  );
  return ['```mermaid', 'erDiagram', ...tables.flatMap(entity), ...relations, '```'].join('\n');
};

/** docs/schema.md: columns, meaning, relations of every table, with a diagram for each area. */
export const schemaPage = (areas: readonly Area[]): string => {
  const all = areas.flatMap(({ tables }) => tables);
  const contents = areas.map(({ title, tables }) => `- **${title}**: ${tables.map(({ name }) => `[${name}](#${name})`).join(', ')}`);
  const chapters = areas.map((area) =>
    [`## ${area.title}`, '', diagram(area), '', ...area.tables.map((table) => tableText(table, all))].join('\n'),
  );
  return `${[HEAD, ...contents, '', ...chapters].join('\n').trimEnd()}\n`;
};
