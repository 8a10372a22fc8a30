import { createMiddleware } from 'hono/factory';
import { OpsError } from '../../domain/ops-error.ts';
import type { ApiEnv } from '../env.ts';
import { holdsToken } from '../url-tokens.ts';

const PARAMETERS: ReadonlySet<string> = new Set(['token', 'access_token', 'api_key', 'apikey', 'auth', 'authorization', 'bearer']);

/** Refuses a token in the address, before anybody looks at who calls: addresses stand in the logs of proxies and browsers. */
export const refuseUrlToken = createMiddleware<ApiEnv>(async (c, next) => {
  const query = c.req.url.includes('?') ? c.req.query() : {};
  const isNamed = Object.keys(query).some((name) => PARAMETERS.has(name.toLowerCase()));
  if (isNamed || holdsToken(c.req.url))
    throw new OpsError(
      'TOKEN_IN_URL',
      'A token does not belong into an address, which others log: send `Authorization: Bearer …`. If it was a real token, revoke it now.',
    );
  await next();
});
