import { randomUUID } from 'node:crypto';
import { getConnInfo } from '@hono/node-server/conninfo';
import { createMiddleware } from 'hono/factory';
import { clientAddress, plainAddress } from '../client-address.ts';
import type { IsTrusted } from '../client-address.ts';
import type { ApiEnv } from '../env.ts';

const GIVEN_ID = /^[\w.-]{1,64}$/;
const AGENT_LENGTH = 500;

const peerOf = (c: Parameters<typeof getConnInfo>[0]): string | undefined => {
  try {
    return getConnInfo(c).remote.address;
  } catch {
    return undefined; // a request without a socket, as in tests
  }
};

/** Gives every request an id (that of the caller, if it is a plain one) and notes where it came from, through which proxies. */
export const requestFacts = (isTrusted: IsTrusted) =>
  createMiddleware<ApiEnv>(async (c, next) => {
    const given = c.req.header('x-request-id');
    const requestId = given !== undefined && GIVEN_ID.test(given) ? given : randomUUID();
    const peer = peerOf(c);
    const ofProxy = plainAddress(peer);
    c.set('requestId', requestId);
    c.set('request', {
      requestId,
      ipAddress: clientAddress(peer, c.req.header('x-forwarded-for'), isTrusted),
      userAgent: c.req.header('user-agent')?.replaceAll('\u0000', '').slice(0, AGENT_LENGTH),
    });
    c.set('isEncrypted', ofProxy !== undefined && isTrusted(ofProxy) && c.req.header('x-forwarded-proto')?.toLowerCase() === 'https');
    c.header('X-Request-Id', requestId);
    await next();
  });
