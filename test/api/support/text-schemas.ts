import { fixedOf, isObject, typesOf } from './places.ts';
import type { Schema } from './places.ts';

const NO_SCHEMAS = new Set(['example', 'default', 'enum', 'const']);

/**
 * The schemas of all texts, and of all objects with free keys, in the bodies of requests. They are found without an idea of what stands around them: what
 * `placesOf` does not understand is among them all the same.
 */
export const textSchemasOf = (document: Record<string, unknown>): Set<Schema> => {
  const { schemas } = document['components'] as { schemas: Record<string, Schema> };
  const found = new Set<Schema>();
  const seen = new Set<unknown>();
  const look = (value: unknown, isMap = false): void => {
    if (typeof value !== 'object' || value === null || seen.has(value)) return;
    seen.add(value);
    if (isObject(value) && !isMap) {
      if (typeof value['$ref'] === 'string') return look(schemas[value['$ref'].split('/').at(-1) ?? '']);
      const isText = typesOf(value).includes('string') && fixedOf(value) === undefined;
      if (isText || isObject(value['additionalProperties'])) found.add(value);
    }
    for (const [key, inner] of Object.entries(value)) if (isMap || !NO_SCHEMAS.has(key)) look(inner, !isMap && key === 'properties');
  };
  for (const item of Object.values(document['paths'] as Record<string, Record<string, { requestBody?: { content: object } }>>))
    for (const { requestBody } of Object.values(item)) look(requestBody?.content, true);
  return found;
};
