import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import type { Context } from 'hono';
import { createMiddleware } from 'hono/factory';
import type { ApiEnv, RouteFacts } from '../env.ts';

const compressed = promisify(gzip);
/** Smaller ones fit into one packet anyway. */
const LEAST_BYTES = 1_024;
const TEXT = /^(application\/([\w.-]+\+)?json|text\/)/;

const takesGzip = (header: string | undefined): boolean =>
  (header ?? '').split(',').some((part) => {
    const [name = '', ...parameters] = part.toLowerCase().split(';');
    return name.trim() === 'gzip' && !parameters.some((parameter) => /^\s*q\s*=\s*0(\.0*)?\s*$/.test(parameter));
  });

/** A secret beside text that others choose must not be compressed: the length would tell of it (BREACH). */
const holdsSecret = (route: RouteFacts | undefined): boolean => route !== undefined && (route.once.length > 0 || route.rate === 'login');

const isFit = (c: Context<ApiEnv>, route: RouteFacts | undefined): boolean =>
  c.req.method !== 'HEAD' &&
  route?.streams === undefined &&
  !holdsSecret(route) &&
  !c.res.headers.has('Content-Encoding') &&
  TEXT.test(c.res.headers.get('Content-Type') ?? '');

/** In place of the answer that is there. Hono would otherwise write the headers of both together, one by one. */
const replace = (c: Context<ApiEnv>, body: Uint8Array<ArrayBuffer>): void => {
  const { status, headers } = c.res;
  c.res = undefined;
  c.res = new Response(body, { status, headers });
};

/** Sends JSON and texts as gzip to those who take it. The ETag stays: it names the state of a thing, not bytes, and is sent back as If-Match. */
export const compress = createMiddleware<ApiEnv>(async (c, next) => {
  await next();
  const route = c.get('route') as RouteFacts | undefined;
  if (!isFit(c, route)) return;
  // `c.header` would make a stream of an answer that is there already, which costs more than all the rest.
  c.res.headers.append('Vary', 'Accept-Encoding');
  if (!takesGzip(c.req.header('accept-encoding'))) return;
  const whole = new Uint8Array(await c.res.arrayBuffer());
  if (whole.length < LEAST_BYTES) {
    replace(c, whole);
    return;
  }
  c.res.headers.set('Content-Encoding', 'gzip');
  c.res.headers.delete('Content-Length');
  replace(c, new Uint8Array(await compressed(whole, { level: constants.Z_BEST_SPEED })));
});
