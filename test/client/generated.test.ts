import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { generateClient } from '../../scripts/generate-client/generate-client.ts';
import { endpointsOf } from '../../scripts/generate-client/openapi.ts';
import type { Document, Schema } from '../../scripts/generate-client/openapi.ts';
import { typeOf } from '../../scripts/generate-client/schema-type.ts';
import { createClient } from '../../src/client/index.ts';

const textOf = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const document = JSON.parse(textOf('openapi.json')) as Document;

test('the client is that of openapi.json (npm run client makes it)', () => {
  for (const [path, text] of Object.entries(generateClient(document))) expect(textOf(path)).toBe(text);
});

test('every operation can be called', () => {
  const client = createClient({ url: 'http://127.0.0.1:4680' });
  const callable = Object.entries(client).flatMap(([name, call]) => (typeof call === 'function' ? [name] : []));
  expect(callable).toEqual(endpointsOf(document).map(({ operation }) => operation.operationId));
});

test.each<[Schema, string]>([
  [{}, 'unknown'],
  [{ type: ['string', 'null'] }, 'string | null'],
  [{ type: 'array', items: { type: ['integer', 'null'] } }, '(number | null)[]'],
  [{ enum: ["it's", 'a\rb', 1, null] }, String.raw`'it\'s' | 'a\rb' | 1 | null`],
  [{ type: 'object', additionalProperties: { type: 'string' } }, 'Record<string, string>'],
  [{ type: 'object', additionalProperties: false }, 'Record<string, never>'],
  [{ type: 'object', properties: { 'a-b': { type: 'boolean' } }, required: ['a-b'] }, "{\n  'a-b': boolean;\n}"],
  [{ type: 'object', properties: { a: { $ref: '#/components/schemas/Job' } } }, '{\n  a?: Job | undefined;\n}'],
  [{ anyOf: [{ const: 'x' }, { $ref: '#/components/schemas/Job' }] }, "'x' | Job"],
  [{ allOf: [{ $ref: '#/components/schemas/Job' }, { type: ['string', 'null'] }] }, 'Job & (string | null)'],
  [{ type: 'array', prefixItems: [{ type: 'string' }, { type: 'number' }] }, '[string, number]'],
  [{ type: 'string', format: 'binary' }, 'Blob'],
])('%j is typed', (schema, type) => expect(typeOf(schema)).toBe(type));
