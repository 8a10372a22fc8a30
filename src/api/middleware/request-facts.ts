import { randomUUID } from 'node:crypto';
import { getConnInfo } from '@hono/node-server/conninfo';
import { createMiddleware } from 'hono/factory';
import type { ApiEnv } from '../env.ts';

const GIVEN_ID = /^[\w.-]{1,64}$/;

const remoteAddress = (c: Parameters<typeof getConnInfo>[0]): string | undefined => {
  try {
    return getConnInfo(c).remote.address?.replace(/%.*$/, ''); // the zone of a link-local address is no part of an `inet`
  } catch {
    return undefined; // a request without a socket, as in tests
  }
};

/** Gives every request an id (that of the caller, if it is a plain one) and notes where it came from. */
export const requestFacts = createMiddleware<ApiEnv>(async (c, next) => {
  const given = c.req.header('x-request-id');
  const requestId = given !== undefined && GIVEN_ID.test(given) ? given : randomUUID();
  c.set('requestId', requestId);
  c.set('request', {
    requestId,
    ipAddress: remoteAddress(c),
    userAgent: c.req.header('user-agent')?.replaceAll('\u0000', '').slice(0, 500),
  });
  c.header('X-Request-Id', requestId);
  await next();
});
