import { createHash, randomUUID, timingSafeEqual } from 'node:crypto';
import type { Sequelize } from 'sequelize';
import { z } from 'zod';
import type { SessionCreated } from '../../../contracts/auth.ts';
import type { ExchangeCode } from '../../../contracts/oidc.ts';
import { selectRow } from '../../../db/query.ts';
import type { RequestFacts } from '../../../db/record-audit.ts';
import type { KeyRing } from '../../../db/seal.ts';
import { OpsError } from '../../../domain/ops-error.ts';
import type { ServiceDeps } from '../../context.ts';
import { enterSession } from './enter-by-oidc.ts';
import { openNote, sealNote } from './sealed-note.ts';

const CODE_SECONDS = 60;
const REFUSED = 'The code of this login is wrong, was used before, or is older than a minute. Begin again: opsconductor login --oidc.';

const Code = z.strictObject({ id: z.uuid(), userId: z.number().int(), challenge: z.string() });

/** A code that is worth a session, for a minute, to the program that knows what the challenge was made of. */
export const createCode = (keyRing: KeyRing, userId: number, challenge: string, now: Date): string =>
  sealNote(keyRing, 'code', { id: randomUUID(), userId, challenge }, CODE_SECONDS, now);

/**
 * Takes a code for the first and only time, whichever process is asked. It is kept beside the keys of requests, which are such things as well; no
 * key of a request has a space.
 */
const claimCode = async (db: Sequelize, { id, userId }: z.infer<typeof Code>): Promise<boolean> => {
  const claimed = await selectRow(
    db,
    `INSERT INTO idempotency_keys (user_id, idempotency_key, method, path, request_hash, state, response_status, expires_at)
     VALUES ($1, $2, 'POST', '/api/v1/auth/oidc/token', $3, 'completed', 200, now() + interval '10 minutes')
     ON CONFLICT (user_id, idempotency_key) DO NOTHING RETURNING id`,
    [userId, `oidc ${id}`, createHash('sha256').update(id).digest()],
  );
  return claimed !== undefined;
};

const challengeOf = (verifier: string): Buffer => createHash('sha256').update(verifier).digest();

const fits = (challenge: string, verifier: string): boolean => {
  const expected = Buffer.from(challenge, 'base64url');
  const given = challengeOf(verifier);
  return expected.length === given.length && timingSafeEqual(expected, given);
};

/** Gives the session for a code. @throws OpsError UNAUTHENTICATED when the code is no (longer a) good one; FORBIDDEN when the account is deactivated */
export const exchangeCode = async (
  deps: Pick<ServiceDeps, 'db' | 'keyRing' | 'readSettings'>,
  { code, code_verifier: verifier }: ExchangeCode,
  request: RequestFacts,
): Promise<SessionCreated> => {
  const opened = openNote(deps.keyRing, 'code', code, Code, new Date(), REFUSED);
  // Tried before it is taken: a stranger who saw the code cannot spoil it.
  if (!fits(opened.challenge, verifier) || !(await claimCode(deps.db, opened))) throw new OpsError('UNAUTHENTICATED', REFUSED);
  return enterSession(deps, opened.userId, request);
};
