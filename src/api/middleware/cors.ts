import { createMiddleware } from 'hono/factory';
import type { CrossOriginHeaders } from '../cross-origin-headers.ts';
import type { ApiEnv } from '../env.ts';
import type { Methods } from '../methods.ts';

const PREFLIGHT_SECONDS = '600';

/**
 * Pages of these origins may call; those of others are told nothing, so that their browser refuses. There are no cookies, so credentials are never allowed:
 * a page sends its token itself.
 * @param headersOf asked once, when all routes are there.
 */
export const cors = (origins: readonly string[], methods: Methods, headersOf: () => CrossOriginHeaders) => {
  let headers: CrossOriginHeaders | undefined;
  const allowed = new Set(origins);
  return createMiddleware<ApiEnv>(async (c, next) => {
    if (allowed.size === 0) return next();
    const origin = c.req.header('origin');
    const isAllowed = origin !== undefined && allowed.has(origin);
    const isPreflight = c.req.method === 'OPTIONS' && c.req.header('access-control-request-method') !== undefined;
    c.header('Vary', 'Origin', { append: true });
    if (!isAllowed) return next();
    headers ??= headersOf();
    c.header('Access-Control-Allow-Origin', origin);
    if (!isPreflight) {
      c.header('Access-Control-Expose-Headers', headers.read);
      return next();
    }
    const known = methods.at(c.req.path);
    if (known.length === 0) return next();
    c.header('Access-Control-Allow-Methods', known.join(', '));
    c.header('Access-Control-Allow-Headers', headers.sent);
    c.header('Access-Control-Max-Age', PREFLIGHT_SECONDS);
    return c.body(null, 204);
  });
};
