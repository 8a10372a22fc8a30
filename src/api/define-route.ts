import { createRoute } from '@hono/zod-openapi';
import type { RouteConfig } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { createMiddleware } from 'hono/factory';
import { z } from 'zod';
import type { RateLimits } from '../db/rate-limits.ts';
import type { ErrorCode } from '../domain/ops-error.ts';
import type { ServiceDeps } from '../services/context.ts';
import type { ApiEnv, Rate, RouteFacts, Streams } from './env.ts';
import { checkJson } from './middleware/check-json.ts';
import { checkKey, idempotency } from './middleware/idempotency.ts';
import { ifMatch } from './middleware/if-match.ts';
import { DEFAULT_BODY_BYTES, limitBody } from './middleware/limit-body.ts';
import { watchCommits } from '../db/note-commits.ts';
import { preferWait } from './middleware/prefer-wait.ts';
import type { WaitFor } from './middleware/prefer-wait.ts';
import { limitLogin, limitToken } from './middleware/rate-limit.ts';
import type { LimitDeps } from './middleware/rate-limit.ts';
import { createPlaces, takePlace } from './middleware/take-place.ts';
import type { PlaceLimits, Places } from './middleware/take-place.ts';
import { refuseUrlToken } from './middleware/refuse-url-token.ts';
import { requirePermission } from './middleware/require-permission.ts';
import type { Access, PasswordRule } from './middleware/require-permission.ts';
import { DEFAULT_SECONDS, timeLimit } from './middleware/time-limit.ts';
import { routeHeaders, successHeaders } from './route-headers.ts';
import { codesOf, problemResponses } from './route-problems.ts';
import { pickAnswer, thingOf, withFields, withPart } from './sparse-reads.ts';

/** For what connects to targets: the longest that a method may take to connect, and some more. */
export const CONNECTING_SECONDS = 330;

/** Makes the response or body of a route from a schema. @param example of what is sent; a test parses it. */
export const json = <Schema extends z.ZodType>(schema: Schema, description: string, example?: z.input<Schema>) => ({
  content: { 'application/json': { schema, ...(example !== undefined && { example }) } },
  description,
});

/** A JSON body that must be there. */
export const body = <Schema extends z.ZodType>(schema: Schema, example?: z.input<Schema>) => ({
  body: { required: true, ...json(schema, '', example) },
});

/** Sets the ETag of an answer: `c.json(tagged(c, target, targetRevision), 200)`. */
export const tagged = <Thing>(c: Context<ApiEnv>, thing: Thing, revisionOf: (thing: Thing) => string): Thing => {
  c.header('ETag', `"${revisionOf(thing)}"`);
  return thing;
};

export type RouteOptions<Path extends string> = Omit<RouteConfig, 'responses' | 'path' | 'middleware' | 'operationId'> & {
  path: Path;
  /** Name of the operation, and of the method of generated clients: a verb and its object, `listTargets`. */
  operationId: string;
  access: Access;
  passwordRule?: PasswordRule;
  /** An API token will not do: what concerns logins, a stolen token of a program must not change. */
  needsSession?: true;
  /** False: the request does not keep its session from ending by inactivity. */
  isActivity?: false;
  /** Problems besides those that follow from what is declared here (404 from a parameter in the path, 409 and 422 of the key …). */
  problems?: readonly ErrorCode[];
  /** `gives`: the answer has an ETag (`tagged`). `takes`: If-Match is read into `expected`, which goes to the service; `needs`: it must be there. */
  etag?: 'gives' | 'takes' | 'needs';
  /** Top-level fields of the answer that are shown only once: a repeat with the same key does not have them, so they are optional in its schema. */
  once?: readonly string[];
  /** The handler itself does its work once for an Idempotency-Key. */
  knowsKeys?: true;
  /** Why a repeat of this POST is answered anew, whatever its Idempotency-Key: nothing of its answer is kept. */
  answersAnew?: string;
  /** The body is no JSON and may be large: the handler reads it as it comes. */
  streamsBody?: boolean;
  streams?: Streams;
  /**
   * `seconds`: until it must be answered, once the body is there; streamed bodies and answers have no limit but their pace.
   * `places`: how many are answered at once; streamed answers have common ones without it.
   */
  limits?: { bodyBytes?: number; seconds?: number; places?: Places };
  rate?: Rate;
  /** `Prefer: wait=SECONDS` is obeyed: how what was begun is waited for. */
  waitFor?: WaitFor;
};

/** What follows from what a route declares. */
const deriveFrom = (options: RouteOptions<string>): { takesKey: boolean; keepsAnswer: boolean; codes: ErrorCode[] } => {
  const { method, path, access, passwordRule, needsSession, request, answersAnew, etag, problems = [] } = options;
  // Public ones have nobody whose key it could be.
  const takesKey = method === 'post' && access !== 'public';
  const keepsAnswer = takesKey && answersAnew === undefined;
  const codes = codesOf(problems, {
    method,
    isPublic: access === 'public',
    isProbe: path.endsWith('z') && access === 'public',
    hasPermission: needsSession === true || (access !== 'public' && access !== 'authenticated'),
    mayNeedPassword: access !== 'public' && passwordRule === undefined,
    hasPathParameter: path.includes('{'),
    hasBody: request?.body !== undefined,
    keepsAnswer,
    etag,
  });
  return { takesKey, keepsAnswer, codes };
};

/** Knows of what the handler has committed, should the database go away before the answer. */
const watchChanges = createMiddleware<ApiEnv>(async (c, next) => {
  const commits = { hasCommitted: false };
  c.set('commits', commits);
  await watchCommits(commits, next);
});

const middlewareOf = (
  deps: RouteDeps,
  streamPlaces: Places,
  options: RouteOptions<string>,
  derived: ReturnType<typeof deriveFrom> & { readsThing: boolean },
) => {
  const { takesKey, keepsAnswer, readsThing, codes } = derived;
  const { method, access, operationId, once = [], streams, streamsBody = false, knowsKeys = false, etag, limits, rate, waitFor } = options;
  const places = limits?.places ?? (streams === 'ndjson' || streams === 'bytes' ? streamPlaces : undefined);
  const facts: RouteFacts = { operationId, problems: codes, once, streams, rate };
  const services = deps.services;
  const limitDeps: LimitDeps = { limits: deps.limits, readSettings: () => services.readSettings() };
  const note = createMiddleware<ApiEnv>(async (c, next) => {
    c.set('route', facts);
    await next();
  });
  return [
    note,
    refuseUrlToken,
    ...(rate === 'login' ? [limitLogin(limitDeps)] : []),
    requirePermission(services, access, options),
    ...(access === 'public' ? [] : [limitToken(limitDeps)]),
    ...(etag === 'takes' || etag === 'needs' ? [ifMatch(etag === 'needs')] : []),
    ...(waitFor === undefined ? [] : [preferWait(waitFor, deps.stopping)]),
    ...(method === 'get' || streamsBody ? [] : [limitBody({ bytes: limits?.bodyBytes ?? DEFAULT_BODY_BYTES })]),
    ...(streamsBody ? [] : [timeLimit(limits?.seconds ?? DEFAULT_SECONDS)]),
    ...(places === undefined ? [] : [takePlace(places)]),
    ...(takesKey ? [keepsAnswer ? idempotency(services, { once, streamsBody, knowsKeys }) : checkKey] : []),
    ...(method === 'get' || streamsBody ? [] : [checkJson]),
    ...(readsThing ? [pickAnswer] : []),
    ...(method === 'get' ? [] : [watchChanges]),
  ];
};

export interface RouteDeps {
  services: ServiceDeps;
  limits: RateLimits;
  /** Aborted: nobody is kept waiting any more. */
  stopping: AbortSignal;
}

/** Whoever opens them without taking them must not hold what they need; live events have limits of their own. */
const STREAMS: PlaceLimits = { what: 'downloads, exports and other streamed answers', inAll: 200, ofOneUser: 20 };

const NO_QUERY = z.strictObject({});

/**
 * A route with its access declared: there is no way to define one without. The access is enforced before the body is read, and stands in the
 * OpenAPI document as `x-permission`. Problems are documented here but thrown by handlers, so their types are left out of the route's.
 */
export const defineRouteFor = (deps: RouteDeps) => {
  const streamPlaces = createPlaces(() => STREAMS);
  return <Path extends string, Options extends RouteOptions<Path>, Responses extends RouteConfig['responses']>(
    options: Options,
    responses: Responses,
  ) => {
    const {
      access,
      passwordRule: _,
      needsSession,
      isActivity: ______,
      problems: __,
      etag,
      once,
      answersAnew,
      streamsBody: ___,
      knowsKeys: ________,
      streams: ____,
      limits: _____,
      rate: _______,
      waitFor,
      ...route
    } = options;
    const derived = deriveFrom(options);
    const { takesKey, keepsAnswer, codes } = derived;
    const thing = thingOf(options, responses);
    const { query = NO_QUERY } = route.request ?? {};
    const headers = routeHeaders(route.request?.headers, { takesKey, keepsAnswer, etag, waits: waitFor !== undefined });
    const config = {
      ...route,
      request: {
        ...route.request,
        query: thing === undefined ? query : withFields(query as z.ZodObject, thing),
        ...(headers !== undefined && { headers }),
      },
      middleware: middlewareOf(deps, streamPlaces, options, { ...derived, readsThing: thing !== undefined }),
      security: access === 'public' ? [] : [{ bearer: [] }],
      'x-permission': access,
      ...(needsSession === true && { 'x-needs-session': true }),
      'x-problems': codes.toSorted(),
      ...(once !== undefined && { 'x-shown-once': once }),
      ...(answersAnew !== undefined && { 'x-answers-anew': answersAnew }),
      responses: {
        ...problemResponses(codes),
        ...successHeaders(thing === undefined ? responses : withPart(responses, thing), {
          etag,
          keepsAnswer,
          waits: waitFor !== undefined,
          isLimited: codes.includes('RATE_LIMITED'),
        }),
      },
    };
    return createRoute(config as unknown as Options & { responses: Responses });
  };
};
export type DefineRoute = ReturnType<typeof defineRouteFor>;
