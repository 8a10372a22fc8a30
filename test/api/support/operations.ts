import { openApiDocument } from '../../../src/api/routes/docs.ts';
import type { Access } from '../../../src/api/middleware/require-permission.ts';
import type { TestPlatform } from '../../support/platform.ts';

/** One operation of the OpenAPI document. */
export interface Operation {
  method: string;
  /** As declared: `/api/v1/jobs/{serial}`. */
  path: string;
  access: Access | undefined;
  spec: Record<string, unknown>;
}

const METHODS = new Set(['get', 'put', 'post', 'delete', 'patch', 'options', 'head', 'trace']);

/** The document as clients get it. */
export const documentOf = ({ app }: TestPlatform): Record<string, unknown> => JSON.parse(JSON.stringify(openApiDocument(app, 'test')));

export const operationsIn = (document: Record<string, unknown>): Operation[] =>
  Object.entries(document['paths'] as Record<string, Record<string, Record<string, unknown>>>).flatMap(([path, item]) =>
    Object.entries(item)
      .filter(([method]) => METHODS.has(method))
      .map(([method, spec]) => ({ method: method.toUpperCase(), path, access: spec['x-permission'] as Access | undefined, spec })),
  );

export const operationsOf = (platform: TestPlatform): Operation[] => operationsIn(documentOf(platform));

interface Parameter {
  name: string;
  in: string;
  required?: boolean;
  schema: { example?: unknown };
}

export const parametersOf = ({ spec }: Operation, place: string): Parameter[] =>
  ((spec['parameters'] ?? []) as Parameter[]).filter((parameter) => parameter.in === place);

/** The path with the examples of its parameters: well-formed names of nothing. */
export const fillPath = (operation: Operation): string =>
  parametersOf(operation, 'path').reduce(
    (path, { name, schema }) => path.replace(`{${name}}`, encodeURIComponent(String(schema.example))),
    operation.path,
  );
