import type { RouteConfig } from '@hono/zod-openapi';
import { z } from 'zod';

type Etag = 'gives' | 'takes' | 'needs' | undefined;

const KEY = z.string().max(200).optional().meta({
  description: 'A repeat with the same key is answered as the first time, not done again.',
});
const KEY_OF_NOTHING = KEY.meta({
  description: 'Taken as everywhere. A repeat with the same key is answered anew: nothing is changed, and nothing kept.',
});
const MATCH = z.string().max(1_000).meta({
  description: 'ETag of what was read: when it has been changed since, nothing is changed and the answer is 412.',
});
const PREFER = z.string().max(100).optional().meta({ description: '`wait=SECONDS`: answer when it has ended, or after that time.' });

/** The headers of a request: those of the route itself and those that follow from what it is. */
export const routeHeaders = (
  own: unknown,
  { takesKey, keepsAnswer, etag, waits }: { takesKey: boolean; keepsAnswer: boolean; etag: Etag; waits: boolean },
): z.ZodObject | undefined => {
  const shape = {
    ...(own instanceof z.ZodObject && own.shape),
    ...(takesKey && { 'idempotency-key': keepsAnswer ? KEY : KEY_OF_NOTHING }),
    ...(etag === 'takes' && { 'if-match': MATCH.optional() }),
    ...(etag === 'needs' && { 'if-match': MATCH }),
    ...(waits && { prefer: PREFER }),
  };
  return Object.keys(shape).length === 0 ? undefined : z.object(shape);
};

const ref = (name: keyof typeof SHARED_HEADERS) => ({ $ref: `#/components/headers/${name}` });

/** Headers that many answers have, as components of the document. */
export const SHARED_HEADERS = {
  RateLimitLimit: { description: 'Requests of this minute; nothing when there is no limit.', schema: { type: 'integer' as const } },
  RateLimitRemaining: {
    description: 'Of them left: of the limits that hold, the one that ends first.',
    schema: { type: 'integer' as const },
  },
  RateLimitReset: { description: 'Seconds until the next minute.', schema: { type: 'integer' as const } },
  RetryAfter: { description: 'Seconds after which a repeat may succeed.', schema: { type: 'integer' as const } },
};

const RATE_LIMIT = {
  'RateLimit-Limit': ref('RateLimitLimit'),
  'RateLimit-Remaining': ref('RateLimitRemaining'),
  'RateLimit-Reset': ref('RateLimitReset'),
};

const header = (description: string) => ({ description, schema: { type: 'string' as const } });

const RANGE_HEADER = { 'Content-Range': header('Which bytes these are, and of how many.') };
/** Of what is saved as a file. */
export const FILE_HEADERS = { 'Content-Disposition': header('The name that it is saved under.') };
/** Of a file that can be read in parts. */
export const CONTENT_HEADERS = {
  ...FILE_HEADERS,
  'Accept-Ranges': header('`bytes`: parts may be asked for.'),
  ETag: header('Names these bytes, for If-Range.'),
  'Repr-Digest': header('SHA-256 of the whole, as in RFC 9530.'),
};
/** Of a part of it. */
export const PART_HEADERS = { ...CONTENT_HEADERS, ...RANGE_HEADER };

/** The headers of a problem, by its status. */
export const problemHeaders = (status: number) => ({
  ...(status === 429 && RATE_LIMIT),
  ...(status === 416 && RANGE_HEADER),
  ...((status === 429 || status === 503) && { 'Retry-After': ref('RetryAfter') }),
});

/** The answers of success with the headers that they have; the others as they are. */
export const successHeaders = (
  responses: RouteConfig['responses'],
  { etag, keepsAnswer, waits, isLimited }: { etag: Etag; keepsAnswer: boolean; waits: boolean; isLimited: boolean },
): RouteConfig['responses'] =>
  Object.fromEntries(
    Object.entries(responses).map(([status, response]) => {
      const hasEtag = etag !== undefined && status === '200';
      const headers = {
        ...(isLimited && RATE_LIMIT),
        ...(hasEtag && { ETag: header('Names this state of it, for If-Match.') }),
        ...(keepsAnswer && { 'Idempotent-Replayed': header('`true` when this is the answer of an earlier request with the same key.') }),
        ...(waits && { 'Preference-Applied': header('`wait=SECONDS`: the answer was held back as was asked for.') }),
      };
      const isSuccess = /^[23]/.test(status) && Object.keys(headers).length > 0;
      if (!isSuccess || '$ref' in response) return [status, response];
      return [status, { ...response, headers: { ...(response as { headers?: object }).headers, ...headers } }];
    }),
  );
