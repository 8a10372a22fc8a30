import { createHmac } from 'node:crypto';
import type { Context } from 'hono';
import { createMiddleware } from 'hono/factory';
import { isDatabaseAway, isOutcomeUnknown } from '../../db/database-away.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { beginRequest, completeRequest, forgetRequest, inProgress, renewClaim } from '../../services/idempotency.ts';
import type { ServiceDeps } from '../../services/context.ts';
import type { ApiEnv } from '../env.ts';
import { watchBody } from '../watch-body.ts';

const KEY = /^[\x21-\x7e]{1,200}$/;
const PATH_LENGTH = 500;

export interface IdempotencyOptions {
  /** Fields of the answer that are shown only in the first one: they are not kept. */
  once: readonly string[];
  /** The body is read by the handler as it comes: what the headers say of it stands for it. */
  streamsBody: boolean;
  /** The handler does its work once for a key, whatever becomes of the answer. */
  knowsKeys: boolean;
}

const OF_A_STREAM = ['content-type', 'content-length', 'content-digest', 'repr-digest', 'x-passphrase'];
const NDJSON = 'application/x-ndjson';
const PROBLEM = { 'Content-Type': 'application/problem+json' };
/** While the database is away, and for as long as it may take to come back. */
const [KEEP_AGAIN_MS, MOST_KEEPS] = [1_000, 600];

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

/** Lines are kept as one text, under their type. */
const keptLines = (body: unknown): string | undefined => {
  const text: unknown = typeof body === 'object' && body !== null ? Reflect.get(body, NDJSON) : undefined;
  return typeof text === 'string' ? text : undefined;
};

const replay = (c: Context<ApiEnv>, { status, body }: { status: number; body: unknown }): Response => {
  c.header('Idempotent-Replayed', 'true');
  if (status === 204) return c.body(null, 204);
  if (status >= 400) return c.json(body ?? null, status as 503, PROBLEM);
  const lines = keptLines(body);
  return lines === undefined ? c.json(body ?? null, status as 200) : c.body(lines, status as 200, { 'Content-Type': NDJSON });
};

/** Passes an answer on as it comes. @param end gets all of it when it was taken whole, undefined when it was broken off */
const watched = (body: ReadableStream, end: (text: string | undefined) => Promise<void>): ReadableStream => {
  const decoder = new TextDecoder();
  let text = '';
  return watchBody(body, {
    onChunk: (chunk) => void (text += decoder.decode(chunk, { stream: true })),
    onEnd: (isWhole) => end(isWhole ? text : undefined),
  });
};

/** @throws OpsError VALIDATION */
const keyOf = (c: Context<ApiEnv>): string | undefined => {
  const key = c.req.header('idempotency-key');
  if (key === undefined || KEY.test(key)) return key;
  const fields = [{ path: 'Idempotency-Key', message: 'must be 1–200 printable ASCII characters without spaces' }];
  throw new OpsError('VALIDATION', 'The Idempotency-Key header is not usable.', { fields });
};

/** For what changes nothing: every client may send its key, and nothing is kept under it. */
export const checkKey = createMiddleware<ApiEnv>(async (c, next) => {
  keyOf(c);
  await next();
});

/** Keys of this process whose answers are still to be kept: nobody takes them over, however long the database was away. */
const unkept = new Set<string>();

interface Keeping {
  keep: () => Promise<void>;
  /** Called before each further try, and at the end. */
  onLater: () => void;
  onEnd: () => void;
}

/**
 * Keeps what must be kept though the database may be away. @returns when the first try is over; others follow, while the process lives.
 * @throws what is no database that is away
 */
const keepAtLast = (keeping: Keeping, tries = MOST_KEEPS): Promise<void> => {
  const { keep, onLater, onEnd } = keeping;
  return keep().then(onEnd, (error: unknown) => {
    if (!isDatabaseAway(error)) {
      onEnd();
      throw error;
    }
    if (tries === 1) return onEnd();
    onLater();
    setTimeout(() => void keepAtLast(keeping, tries - 1).catch(() => undefined), KEEP_AGAIN_MS).unref();
  });
};

/**
 * A POST that is sent again with the same `Idempotency-Key` gets the answer of the first one (for 24 hours) instead of being done again;
 * while the first is being answered, however long that takes, it gets 409 with `Retry-After`. An answer that is a problem is not
 * kept, but for one: that nobody knows whether the request was done. A repeat must not do it a second time.
 */
export const idempotency = (deps: ServiceDeps, options: IdempotencyOptions) =>
  createMiddleware<ApiEnv>(async (c, next) => {
    const { db } = deps;
    const key = keyOf(c);
    if (key === undefined) return next();
    const { pathname } = new URL(c.req.url);
    const requestHash = await digestOf(deps, c, options);
    const request = { userId: c.get('caller').userId, key, method: c.req.method, path: pathname.slice(0, PATH_LENGTH), requestHash };
    const place = `${request.userId} ${key}`;
    if (unkept.has(place)) throw inProgress();
    const begun = await beginRequest(db, request);
    if (begun.state === 'completed') return replay(c, begun);
    const { claim } = begun;
    const endRenewing = renewClaim(db, claim);
    // It was done: that its answer cannot be kept now is no reason to tell the client otherwise.
    const keep = (status: number, body: unknown): Promise<void> =>
      keepAtLast({
        keep: () => completeRequest(db, request, claim, status, body),
        onLater: () => void unkept.add(place),
        onEnd: () => {
          unkept.delete(place);
          endRenewing();
        },
      });
    // Should the database be away now, the claim ends by itself; the answer is told as it is.
    const forget = (): Promise<void> =>
      forgetRequest(db, request, claim)
        .catch((error: unknown) => {
          if (!isDatabaseAway(error)) throw error;
        })
        .finally(endRenewing);
    try {
      await next();
    } catch (error) {
      await forget();
      throw error;
    }
    const { status } = c.res;
    // Hono turns a thrown error into a response before this point: only answers that stand are kept.
    if (status >= 400) {
      const isInDoubt = isOutcomeUnknown(c.error, c.get('commits')) && !options.knowsKeys;
      await (isInDoubt ? keep(status, await c.res.clone().json()) : forget());
    } else if (c.res.body !== null && c.res.headers.get('Content-Type') === NDJSON) {
      const end = (text: string | undefined): Promise<void> => (text === undefined ? forget() : keep(status, { [NDJSON]: text }));
      c.res = new Response(watched(c.res.body, end), c.res);
    } else await keep(status, status === 204 ? null : without(await c.res.clone().json(), options.once));
    return undefined;
  });
