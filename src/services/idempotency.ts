import type { Sequelize } from 'sequelize';
import { execute, selectPrepared } from '../db/query.ts';
import { OpsError } from '../domain/ops-error.ts';

const TAKE_OVER_SECONDS = 60;
/** Some of them may fail before a claim is taken over. */
const RENEW_EVERY_MS = 15_000;
const RETRY_AFTER_SECONDS = 1;

export interface KeyedRequest {
  userId: number;
  key: string;
  method: string;
  path: string;
  requestHash: Buffer;
}

/** `claim` is the row's id: whoever takes the key over gives it another one. `created_at` is when the claim was made or renewed. */
type Begun = { state: 'new'; claim: string } | { state: 'completed'; status: number; body: unknown };

interface KeyRow {
  state: 'in_progress' | 'completed';
  request_hash: Buffer;
  method: string;
  path: string;
  response_status: number | null;
  response_body: unknown;
}

/**
 * Claims a key. One that was not renewed for over a minute (its server died) may be taken over.
 * @throws OpsError IDEMPOTENCY_MISMATCH when the key was used for another request, IN_PROGRESS while the first one is being answered.
 */
export const beginRequest = async (db: Sequelize, request: KeyedRequest): Promise<Begun> => {
  const claimed = await selectPrepared<{ claim: string }>(
    db,
    'claim_key',
    `INSERT INTO idempotency_keys AS k (user_id, idempotency_key, method, path, request_hash, expires_at)
     VALUES ($1, $2, $3, $4, $5, now() + interval '24 hours')
     ON CONFLICT (user_id, idempotency_key) DO UPDATE SET id = DEFAULT, method = excluded.method, path = excluded.path, request_hash = excluded.request_hash,
       state = 'in_progress', response_status = NULL, response_body = NULL, created_at = now(), expires_at = excluded.expires_at
       WHERE k.expires_at < now() OR (k.state = 'in_progress' AND k.created_at < now() - make_interval(secs => ${TAKE_OVER_SECONDS})
         AND k.request_hash = excluded.request_hash AND k.path = excluded.path AND k.method = excluded.method)
     RETURNING id::text AS claim`,
    [request.userId, request.key, request.method, request.path, request.requestHash],
  );
  if (claimed !== undefined) return { state: 'new', claim: claimed.claim };
  const known = await selectPrepared<KeyRow>(
    db,
    'key_of_request',
    'SELECT state, request_hash, method, path, response_status, response_body FROM idempotency_keys WHERE user_id = $1 AND idempotency_key = $2',
    [request.userId, request.key],
  );
  if (known === undefined) throw inProgress();
  if (known.path !== request.path || known.method !== request.method || !known.request_hash.equals(request.requestHash)) {
    throw new OpsError('IDEMPOTENCY_MISMATCH', 'This Idempotency-Key was used for another request. Use a new key for a new request.');
  }
  if (known.state === 'in_progress' || known.response_status === null) throw inProgress();
  return { state: 'completed', status: known.response_status, body: known.response_body };
};

/** Somebody answers the request already. */
export const inProgress = (): OpsError =>
  new OpsError('IN_PROGRESS', 'The first request with this Idempotency-Key is still being answered. Ask again in a second.', {
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  });

/** Has the claim last as long as its request is being answered here. @returns what ends that; call it once the answer is kept or the key given free. */
export const renewClaim = (db: Sequelize, claim: string): (() => void) => {
  const renew = (): void => {
    // A database that is away may be back before the claim ends.
    execute(db, `UPDATE idempotency_keys SET created_at = now() WHERE id = $1 AND state = 'in_progress'`, [claim]).catch(() => undefined);
  };
  const timer = setInterval(renew, RENEW_EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
};

/** Keeps the answer for repeats, unless the key was taken over meanwhile. `body` must not hold what is shown only once. */
export const completeRequest = async (
  db: Sequelize,
  request: KeyedRequest,
  claim: string,
  status: number,
  body: unknown,
): Promise<void> => {
  await selectPrepared(
    db,
    'complete_key',
    `UPDATE idempotency_keys SET state = 'completed', response_status = $4, response_body = $5::jsonb
     WHERE user_id = $1 AND idempotency_key = $2 AND id = $3 AND state = 'in_progress' RETURNING id`,
    [request.userId, request.key, claim, status, JSON.stringify(body)],
  );
};

/** Gives the key free again, unless it was taken over meanwhile: the request did not succeed and may be repeated. */
export const forgetRequest = async (db: Sequelize, request: KeyedRequest, claim: string): Promise<void> => {
  await selectPrepared(
    db,
    'free_key',
    `DELETE FROM idempotency_keys WHERE user_id = $1 AND idempotency_key = $2 AND id = $3 AND state = 'in_progress' RETURNING id`,
    [request.userId, request.key, claim],
  );
};
