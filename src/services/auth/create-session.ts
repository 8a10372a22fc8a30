import type { Transaction } from 'sequelize';
import type { Settings } from '../../contracts/settings.ts';
import { UserSessionModel } from '../../db/models/identity/user-sessions.ts';
import type { RequestFacts } from '../../db/record-audit.ts';
import { newToken, tokenHash } from '../tokens.ts';

export interface NewSession {
  /** Shown once. */
  token: string;
  expiresAt: Date;
}

/** Begins a session of an account that has just shown who it is. */
export const createSession = async (
  userId: number,
  { session_timeout_seconds: longest }: Pick<Settings, 'session_timeout_seconds'>,
  request: RequestFacts,
  now: Date,
  transaction: Transaction,
): Promise<NewSession> => {
  const token = newToken('session');
  const expiresAt = new Date(now.getTime() + longest * 1_000);
  await UserSessionModel.create(
    {
      userId,
      sessionTokenHash: tokenHash(token),
      ipAddress: request.ipAddress ?? null,
      userAgent: request.userAgent ?? null,
      expiresAt,
    },
    { transaction },
  );
  return { token, expiresAt };
};
