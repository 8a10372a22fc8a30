import { createHmac } from 'node:crypto';
import { createMiddleware } from 'hono/factory';
import { OpsError } from '../../domain/ops-error.ts';
import { beginRequest, completeRequest, forgetRequest } from '../../services/idempotency.ts';
import type { ServiceDeps } from '../../services/context.ts';
import type { ApiEnv } from '../env.ts';

const KEY = /^[\x21-\x7e]{1,200}$/;
const PATH_LENGTH = 500;

/**
 * A POST that is sent again with the same `Idempotency-Key` gets the answer of the first one (for 24 hours) instead of being done again;
 * while the first is being answered it gets 409 with `Retry-After`. Answers of errors on our side are not kept.
 */
export const idempotency = ({ db, keyRing }: ServiceDeps) =>
  createMiddleware<ApiEnv>(async (c, next) => {
    const key = c.req.header('idempotency-key');
    if (key === undefined || c.req.method !== 'POST' || c.get('caller') === undefined) return next();
    if (!KEY.test(key)) {
      const fields = [{ path: 'Idempotency-Key', message: 'must be 1–200 printable ASCII characters without spaces' }];
      throw new OpsError('VALIDATION', 'The Idempotency-Key header is not usable.', { fields });
    }
    const { pathname, search } = new URL(c.req.url);
    // Keyed, because bodies hold passwords: a plain hash of one at rest could be guessed at.
    const hash = createHmac('sha256', keyRing.auditKey).update(`${pathname}${search}\n`);
    const requestHash = hash.update(new Uint8Array(await c.req.arrayBuffer())).digest();
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
    else await completeRequest(db, request, begun.claim, status, status === 204 ? null : await c.res.clone().json());
    return undefined;
  });
