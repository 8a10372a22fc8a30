import { createRoute } from '@hono/zod-openapi';
import type { RouteConfig } from '@hono/zod-openapi';
import { z } from 'zod';
import { Problem } from '../contracts/problem.ts';
import type { ServiceDeps } from '../services/context.ts';
import { checkJson } from './middleware/check-json.ts';
import { idempotency } from './middleware/idempotency.ts';
import { limitBody } from './middleware/limit-body.ts';
import { requirePermission } from './middleware/require-permission.ts';
import type { Access, PasswordRule } from './middleware/require-permission.ts';

/** Makes the response or body of a route from a schema. */
export const json = <Schema extends z.ZodType>(schema: Schema, description: string) => ({
  content: { 'application/json': { schema } },
  description,
});

const problem = (description: string) => ({ content: { 'application/problem+json': { schema: Problem } }, description });

const PROBLEMS = {
  400: problem('The request is not valid; `errors` names the fields.'),
  401: problem('Not logged in.'),
  403: problem('The permission is missing.'),
  404: problem('There is no such thing.'),
  409: problem('It contradicts what is there, or the first request with this key is still being answered.'),
  413: problem('The body is larger than 1 MB.'),
  415: problem('The body is not JSON.'),
  422: problem('Understood, but it cannot be done; `code` says why.'),
  500: problem('OpsConductor failed.'),
  503: problem('A part of OpsConductor is away.'),
} as const;

const IdempotencyHeader = z.object({
  'idempotency-key': z
    .string()
    .max(200)
    .optional()
    .meta({ description: 'A repeat with the same key is answered as the first time, not done again.' }),
});

type ProblemStatus = keyof typeof PROBLEMS;

const problemsFor = (statuses: readonly ProblemStatus[]) => Object.fromEntries(statuses.map((status) => [status, PROBLEMS[status]]));

const EVERYWHERE: readonly ProblemStatus[] = [400, 401, 403, 413, 415, 500, 503];

type RouteOptions<Path extends string> = Omit<RouteConfig, 'responses' | 'path' | 'middleware'> & {
  path: Path;
  access: Access;
  passwordRule?: PasswordRule;
  /** The body is no JSON and may be large: the handler reads it as a stream, and a repeat is done again. */
  streamsBody?: boolean;
  /** Problems besides those that every route may answer. */
  problems?: readonly ProblemStatus[];
};

/**
 * A route with its access declared: there is no way to define one without. The access is enforced before the body is read, and stands in the
 * OpenAPI document as `x-permission`. Problems are documented here but thrown by handlers, so their types are left out of the route's.
 */
export const defineRouteFor =
  (deps: ServiceDeps) =>
  <Path extends string, Options extends RouteOptions<Path>, Responses extends RouteConfig['responses']>(
    options: Options,
    responses: Responses,
  ) => {
    const { access, passwordRule, streamsBody = false, problems = [], ...route } = options;
    const isKeyedPost = route.method === 'post' && access !== 'public' && !streamsBody;
    const guard = requirePermission(deps, access, passwordRule);
    const readers = route.method === 'get' || streamsBody ? [] : [limitBody, ...(isKeyedPost ? [idempotency(deps)] : []), checkJson];
    const config = {
      ...route,
      ...(isKeyedPost && { request: { ...route.request, headers: IdempotencyHeader } }),
      middleware: [guard, ...readers],
      security: access === 'public' ? [] : [{ bearer: [] }],
      'x-permission': access,
      responses: { ...problemsFor([...EVERYWHERE, ...problems, ...(isKeyedPost ? ([409, 422] as const) : [])]), ...responses },
    };
    return createRoute(config as unknown as Options & { responses: Responses });
  };
export type DefineRoute = ReturnType<typeof defineRouteFor>;
