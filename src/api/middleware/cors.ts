import { createMiddleware } from 'hono/factory';
import type { ApiEnv } from '../env.ts';
import type { Methods } from '../methods.ts';

const PREFLIGHT_SECONDS = '600';
const REQUEST_HEADERS = 'Authorization, Content-Type, Idempotency-Key, If-Match, Last-Event-ID, Prefer, X-Passphrase, X-Request-Id';
const EXPOSED =
  'Allow, Content-Disposition, ETag, Idempotent-Replayed, Preference-Applied, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, Retry-After, X-Request-Id';

/**
 * Pages of these origins may call; those of others are told nothing, so that their browser refuses. There are no cookies, so credentials are never allowed:
 * a page sends its token itself.
 */
export const cors = (origins: readonly string[], methods: Methods) => {
  const allowed = new Set(origins);
  return createMiddleware<ApiEnv>(async (c, next) => {
    if (allowed.size === 0) return next();
    const origin = c.req.header('origin');
    const isAllowed = origin !== undefined && allowed.has(origin);
    const isPreflight = c.req.method === 'OPTIONS' && c.req.header('access-control-request-method') !== undefined;
    c.header('Vary', 'Origin', { append: true });
    if (!isAllowed) return next();
    c.header('Access-Control-Allow-Origin', origin);
    if (!isPreflight) {
      c.header('Access-Control-Expose-Headers', EXPOSED);
      return next();
    }
    const known = methods.at(c.req.path);
    if (known.length === 0) return next();
    c.header('Access-Control-Allow-Methods', known.join(', '));
    c.header('Access-Control-Allow-Headers', REQUEST_HEADERS);
    c.header('Access-Control-Max-Age', PREFLIGHT_SECONDS);
    return c.body(null, 204);
  });
};
