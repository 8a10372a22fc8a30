import type { OpenAPIHono } from '@hono/zod-openapi';
import { ERROR_MEANINGS } from '../domain/error-meanings.ts';
import { OpsError } from '../domain/ops-error.ts';
import type { ErrorCode } from '../domain/ops-error.ts';
import type { ApiEnv } from './env.ts';
import { problemOf } from './problems.ts';

const REQUEST = '9f1c2d3e-1111-4222-8333-444455556666';
const TOO_BIG = { path: 'limit', message: 'Too big: expected number to be <=500' };

const exampleOf = (code: ErrorCode) => {
  const error =
    code === 'VALIDATION'
      ? new OpsError(code, `${TOO_BIG.path}: ${TOO_BIG.message}`, { fields: [TOO_BIG] })
      : new OpsError(code, ERROR_MEANINGS[code]);
  return { summary: ERROR_MEANINGS[code], value: problemOf(error, REQUEST) };
};

/** The examples of a problem with one of these codes, each a component of the document. */
export const problemExamples = (codes: readonly ErrorCode[]) =>
  Object.fromEntries(codes.map((code) => [code, { $ref: `#/components/examples/${code}` }]));

/** Makes an example of each problem that the routes of an app declare. */
export const registerProblemExamples = ({ openAPIRegistry }: OpenAPIHono<ApiEnv>): void => {
  const declared = openAPIRegistry.definitions.flatMap((definition) =>
    definition.type === 'route' ? ((definition.route as { 'x-problems'?: ErrorCode[] })['x-problems'] ?? []) : [],
  );
  for (const code of [...new Set(declared)].toSorted()) openAPIRegistry.registerComponent('examples', code, exampleOf(code));
};
