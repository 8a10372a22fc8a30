import type { RouteConfig } from '@hono/zod-openapi';
import { createMiddleware } from 'hono/factory';
import { z } from 'zod';
import { FieldNames } from '../contracts/list.ts';
import { partOf } from '../contracts/page.ts';
import { pickFields } from '../services/pick-fields.ts';
import type { ApiEnv } from './env.ts';
import type { Access } from './middleware/require-permission.ts';

const JSON_TYPE = 'application/json';
type Responses = RouteConfig['responses'];

const mediaOf = (responses: Responses) => {
  const { 200: ok } = responses;
  const media = ok === undefined || '$ref' in ok ? undefined : ok.content?.[JSON_TYPE];
  return media === undefined || '$ref' in media ? undefined : media;
};

/** The schema of the one thing that a route reads; undefined: it reads none, or several, whose `fields` are those of each of them. */
export const thingOf = ({ method, access }: { method: string; access: Access }, responses: Responses): z.ZodObject | undefined => {
  if (method !== 'get' || access === 'public') return undefined;
  const schema = mediaOf(responses)?.schema;
  return schema instanceof z.ZodObject && !('data' in schema.shape) ? schema : undefined;
};

/** The query of a read with `fields`. */
export const withFields = (query: z.ZodObject, thing: z.ZodObject): z.ZodObject =>
  query.safeExtend({ fields: FieldNames(Object.keys(thing.shape), 'Only these fields, separated by commas.').optional() });

/** The answers of a read that may be cut to `fields`. */
export const withPart = (responses: Responses, thing: z.ZodObject): Responses => {
  const media = { ...mediaOf(responses), schema: z.union([thing, partOf(thing)]) };
  return { ...responses, 200: { description: '', ...responses[200], content: { [JSON_TYPE]: media } } };
};

/** Shows only the `fields` that were asked for. The ETag stays: it names the state of the thing, not what is shown of it. */
export const pickAnswer = createMiddleware<ApiEnv>(async (c, next) => {
  await next();
  const fields = c.req.query('fields');
  if (fields === undefined || c.res.status !== 200) return;
  const { headers } = c.res;
  const thing = (await c.res.json()) as object;
  c.res = undefined;
  c.res = new Response(JSON.stringify(pickFields(thing, fields)), { headers });
});
