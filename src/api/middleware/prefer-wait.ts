import { createMiddleware } from 'hono/factory';
import { OpsError } from '../../domain/ops-error.ts';
import type { ApiEnv } from '../env.ts';

/** Below the time after which a repeat with the same Idempotency-Key takes over. */
const MAX_SECONDS = 50;

/**
 * Waits until what an answer tells of has ended, or the time is over.
 * @param answer the body as it would be sent without waiting. @param signal ends with the connection of the caller, or when the server is to stop.
 * @returns the body as it is then.
 */
export type WaitFor = (answer: unknown, seconds: number, signal: AbortSignal) => Promise<unknown>;

const secondsOf = (prefer: string | undefined): number | undefined => {
  const [, seconds] = /(?:^|[,;])\s*wait\s*=\s*"?([^",;\s]*)"?/i.exec(prefer ?? '') ?? [];
  if (seconds === undefined) return undefined;
  if (!/^\d{1,9}$/.test(seconds))
    throw new OpsError('VALIDATION', 'Prefer: wait takes whole seconds.', {
      fields: [{ path: 'Prefer', message: 'must be wait=SECONDS' }],
    });
  return Math.min(Number(seconds), MAX_SECONDS);
};

/**
 * `Prefer: wait=SECONDS` (RFC 7240): the answer is held back. It stands around the middleware of keys: the answer is kept before the wait begins, and a
 * repeat waits again. `Preference-Applied` says fewer seconds when the server stops meanwhile, and nothing when it could not be waited. @param stopping ends the waiting. @returns nothing else than without it when the answer is a problem.
 */
export const preferWait = (waitFor: WaitFor, stopping: AbortSignal) =>
  createMiddleware<ApiEnv>(async (c, next) => {
    const seconds = secondsOf(c.req.header('prefer'));
    await next();
    const { status } = c.res;
    if (seconds === undefined || seconds === 0 || status >= 400) return;
    const begunAt = performance.now();
    // The answer stands, whatever becomes of the waiting: it was done.
    const body = await waitFor(await c.res.clone().json(), seconds, AbortSignal.any([c.req.raw.signal, stopping])).catch(() => undefined);
    if (body === undefined) return;
    const waited = stopping.aborted ? Math.min(seconds, Math.floor((performance.now() - begunAt) / 1_000)) : seconds;
    c.header('Preference-Applied', `wait=${waited}`);
    c.res = new Response(JSON.stringify(body), { status, headers: c.res.headers });
  });
