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

export const operationsOf = (platform: TestPlatform): Operation[] =>
  Object.entries(documentOf(platform)['paths'] as Record<string, Record<string, Record<string, unknown>>>).flatMap(([path, item]) =>
    Object.entries(item)
      .filter(([method]) => METHODS.has(method))
      .map(([method, spec]) => ({ method: method.toUpperCase(), path, access: spec['x-permission'] as Access | undefined, spec })),
  );

const PLACEHOLDERS: readonly (readonly [RegExp, string])[] = [
  [/^(\/api\/v1\/targets\/)\{serial\}/, '$1T20259999'],
  [/^(\/api\/v1\/jobs\/)\{serial\}/, '$1J20259999'],
  [/^(\/api\/v1\/executions\/)\{serial\}/, '$1J20259999.0001'],
  [/\{branch\}/, 'J20259999.0001.0001'],
  [/\{action\}/, 'J20259999.0001.0001.0001'],
  [/\{uuid\}/, '00000000-0000-4000-8000-000000000000'],
];

/** A path with well-formed names of nothing. */
export const fillPath = (path: string): string => PLACEHOLDERS.reduce((filled, [pattern, value]) => filled.replace(pattern, value), path);
