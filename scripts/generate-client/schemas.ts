import { endpointsOf } from './openapi.ts';
import type { Document, Schema } from './openapi.ts';
import { comment, fieldLines, pageItem, typeOf } from './schema-type.ts';

const isInterface = ({ type, properties, additionalProperties }: Schema): boolean =>
  type === 'object' && properties !== undefined && typeof additionalProperties !== 'object';

const declaration = (name: string, schema: Schema): string => {
  const item = pageItem(schema);
  const doc = comment([schema.description], '');
  if (item !== undefined) return `${doc}export type ${name} = Page<${item}>;\n`;
  if (isInterface(schema)) return `${doc}export interface ${name} {\n${fieldLines(schema, '  ')}}\n`;
  return `${doc}export type ${name} = ${typeOf(schema)};\n`;
};

/** What has only some fields: `Pick` says that better. */
const isPart = (name: string, schemas: Document['components']['schemas']): boolean =>
  name.endsWith('Part') && schemas[name.slice(0, -'Part'.length)] !== undefined;

/** src/client/generated/schemas.ts: a type for each component, and the codes of problems. */
export const schemasText = (document: Document, head: string): string => {
  const { schemas } = document.components;
  const codes = [...new Set(endpointsOf(document).flatMap(({ operation }) => operation['x-problems'] ?? []))].toSorted();
  const declarations = Object.entries(schemas)
    .filter(([name]) => !isPart(name, schemas))
    .map(([name, schema]) => declaration(name, schema));
  const codeType = `/** Codes of problems; they are stable. */\nexport type ProblemCode =\n${codes.map((code) => `  | '${code}'`).join('\n')};\n`;
  return [`${head}import type { Page } from '../page.ts';\n`, ...declarations, codeType].join('\n');
};
