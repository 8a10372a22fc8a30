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

/** Sends JSON and texts as gzip to those who take it. The ETag stays: it names the state of a thing, not bytes, and is sent back as If-Match. */
export const compress = createMiddleware<ApiEnv>(async (c, next) => {
  await next();
  const route = c.get('route') as RouteFacts | undefined;
  if (!isFit(c, route)) return;
  c.header('Vary', 'Accept-Encoding', { append: true });
  if (!takesGzip(c.req.header('accept-encoding'))) return;
  const whole = new Uint8Array(await c.res.arrayBuffer());
  if (whole.length < LEAST_BYTES) {
    c.res = new Response(whole, c.res);
    return;
  }
  c.res = new Response(new Uint8Array(await compressed(whole, { level: constants.Z_BEST_SPEED })), c.res);
  c.res.headers.set('Content-Encoding', 'gzip');
  c.res.headers.delete('Content-Length');
});
