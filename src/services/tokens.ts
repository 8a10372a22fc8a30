import { createHash, randomBytes } from 'node:crypto';

const TOKEN_BYTES = 32;

/** A new opaque token: `ops_s_…` for sessions, `ops_t_…` for API tokens; the prefix lets secret scanners find it. */
export const newToken = (kind: 'session' | 'api'): string =>
  `ops_${kind === 'session' ? 's' : 't'}_${randomBytes(TOKEN_BYTES).toString('base64url')}`;

/** Tokens are stored as this hash only. They are random, so a fast hash is enough. */
export const tokenHash = (token: string): Buffer => createHash('sha256').update(token).digest();
