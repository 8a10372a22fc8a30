import { createHmac } from 'node:crypto';
import type { Context } from 'hono';
import { createMiddleware } from 'hono/factory';
import { OpsError } from '../../domain/ops-error.ts';
import { beginRequest, completeRequest, forgetRequest } from '../../services/idempotency.ts';
import type { ServiceDeps } from '../../services/context.ts';
import type { ApiEnv } from '../env.ts';

const KEY = /^[\x21-\x7e]{1,200}$/;
const PATH_LENGTH = 500;

export interface IdempotencyOptions {
  /** Fields of the answer that are shown only in the first one: they are not kept. */
  once: readonly string[];
  /** The body is read by the handler as it comes: what the headers say of it stands for it. */
  streamsBody: boolean;
}

const OF_A_STREAM = ['content-type', 'content-length', 'content-digest', 'repr-digest'];

/** What makes the request another one: its address, and its body or what is said of it. */
const digestOf = async ({ keyRing }: ServiceDeps, c: Context<ApiEnv>, { streamsBody }: IdempotencyOptions): Promise<Buffer> => {
  const { pathname, search } = new URL(c.req.url);
  // Keyed, because bodies hold passwords: a plain hash of one at rest could be guessed at.
  const hash = createHmac('sha256', keyRing.auditKey).update(`${pathname}${search}\n`);
  if (streamsBody) return hash.update(JSON.stringify(OF_A_STREAM.map((name) => c.req.header(name) ?? null))).digest();
  return hash.update(new Uint8Array(await c.req.arrayBuffer())).digest();
};

const without = (body: unknown, once: readonly string[]): unknown =>
  typeof body === 'object' && body !== null && once.length > 0
    ? Object.fromEntries(Object.entries(body).filter(([name]) => !once.includes(name)))
    : body;

/**
 * A POST that is sent again with the same `Idempotency-Key` gets the answer of the first one (for 24 hours) instead of being done again;
 * while the first is being answered it gets 409 with `Retry-After`. Answers of errors on our side are not kept.
 */
export const idempotency = (deps: ServiceDeps, options: IdempotencyOptions) =>
  createMiddleware<ApiEnv>(async (c, next) => {
    const { db } = deps;
    const key = c.req.header('idempotency-key');
    if (key === undefined) return next();
    if (!KEY.test(key)) {
      const fields = [{ path: 'Idempotency-Key', message: 'must be 1–200 printable ASCII characters without spaces' }];
      throw new OpsError('VALIDATION', 'The Idempotency-Key header is not usable.', { fields });
    }
    const { pathname } = new URL(c.req.url);
    const requestHash = await digestOf(deps, c, options);
    const request = { userId: c.get('caller').userId, key, method: c.req.method, path: pathname.slice(0, PATH_LENGTH), requestHash };
    const begun = await beginRequest(db, request);
    if (begun.state === 'completed') {
      c.header('Idempotent-Replayed', 'true');
      return begun.status === 204 ? c.body(null, 204) : c.json(begun.body ?? null, begun.status as 200);
    }
    try {
      await next();
    } catch (error) {
      await forgetRequest(db, request, begun.claim);
      throw error;
    }
    const { status } = c.res;
    // Hono turns a thrown error into a response before this point: only answers that stand are kept.
    if (status >= 400) await forgetRequest(db, request, begun.claim);
    else {
      const body = status === 204 ? null : without(await c.res.clone().json(), options.once);
      await completeRequest(db, request, begun.claim, status, body);
    }
    return undefined;
  });
