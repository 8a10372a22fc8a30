import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { createMiddleware } from 'hono/factory';
import { TrieRouter } from 'hono/router/trie-router';
import { OpsError } from '../domain/ops-error.ts';
import type { ApiEnv } from './env.ts';

export interface Methods {
  /** The methods of an address, in the order of their names; none when there is nothing. */
  at(path: string): string[];
  /** Is it an address without parameters that knows other methods only? */
  lacks(path: string, method: string): boolean;
}

const withImplied = (methods: Iterable<string>): string[] => {
  const all = new Set([...methods, 'OPTIONS']);
  if (all.has('GET')) all.add('HEAD');
  return [...all].toSorted();
};

/** Knows all routes that the app has when it is first asked. An address without parameters is not also one of a route with them. */
export const methodsOf = (app: () => OpenAPIHono<ApiEnv>): Methods => {
  let made: { plain: Map<string, string[]>; router: TrieRouter<string> } | undefined;
  const make = (): NonNullable<typeof made> => {
    const routes = app().routes.filter(({ method }) => method !== 'ALL');
    const router = new TrieRouter<string>();
    for (const { method, path } of routes) router.add('ALL', path, method);
    const byPath = Map.groupBy(
      routes.filter(({ path }) => !/[:*]/.test(path)),
      ({ path }) => path,
    );
    return { router, plain: new Map([...byPath].map(([path, found]) => [path, withImplied(found.map(({ method }) => method))])) };
  };
  return {
    at(path) {
      made ??= make();
      const plain = made.plain.get(path);
      if (plain !== undefined) return plain;
      const found = made.router.match('ALL', path)[0].map(([method]) => method);
      return found.length === 0 ? [] : withImplied(found);
    },
    lacks(path, method) {
      made ??= make();
      return made.plain.get(path)?.includes(method) === false;
    },
  };
};

/** Answers OPTIONS, and everything that no route has taken. @throws OpsError METHOD_NOT_ALLOWED, NOT_FOUND */
export const answerMethod = (methods: Methods, c: Context<ApiEnv>): Response => {
  const { method, path } = c.req;
  const known = methods.at(path);
  if (known.length === 0) throw new OpsError('NOT_FOUND', `There is nothing at ${path}. /docs lists what there is.`);
  c.header('Allow', known.join(', '));
  if (method === 'OPTIONS') return c.body(null, 204);
  throw new OpsError('METHOD_NOT_ALLOWED', `${method} is not known here; what is: ${known.join(', ')}.`);
};

/** So that `GET /targets/test-method-config` does not look for a target of this name. */
export const knownMethods = (methods: Methods) =>
  createMiddleware<ApiEnv>(async (c, next) => {
    if (methods.lacks(c.req.path, c.req.method)) return answerMethod(methods, c);
    return next();
  });
