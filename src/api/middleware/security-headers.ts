import { createMiddleware } from 'hono/factory';
import type { ApiEnv } from '../env.ts';

const YEAR_SECONDS = 31_536_000;

/** Of every answer: nothing is sniffed, framed, embedded elsewhere or told to others, and what is no page may load nothing. */
const ALWAYS = {
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), geolocation=(), microphone=()',
} as const;

/** Unless the answer says otherwise. */
const DEFAULTS = {
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Cache-Control': 'no-store',
} as const;

export const securityHeaders = createMiddleware<ApiEnv>(async (c, next) => {
  await next();
  const { headers } = c.res;
  for (const [name, value] of Object.entries(ALWAYS)) headers.set(name, value);
  for (const [name, value] of Object.entries(DEFAULTS)) if (!headers.has(name)) headers.set(name, value);
  // Said over plain HTTP it means nothing, and without a proxy that encrypts there is only that.
  if (c.get('isEncrypted')) headers.set('Strict-Transport-Security', `max-age=${YEAR_SECONDS}`);
});
