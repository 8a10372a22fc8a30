import { recordAudit } from '../../../db/record-audit.ts';
import type { RequestFacts } from '../../../db/record-audit.ts';
import type { OpsError } from '../../../domain/ops-error.ts';
import type { ServiceDeps } from '../../context.ts';

const SUBJECT_LENGTH = 255;

/**
 * Keeps on record that a login at a provider let nobody in.
 * @param who the provider, and whom it named, if it did.
 */
export const noteRefusal = async (
  { db, keyRing }: Pick<ServiceDeps, 'db' | 'keyRing'>,
  { issuer, subject }: { issuer: string; subject: string | undefined },
  { code }: OpsError,
  request: RequestFacts,
): Promise<void> => {
  const event = { eventType: 'user_login_failed', action: 'login', severity: 'medium', actor: { type: 'anonymous', request } } as const;
  const details = { method: 'oidc', issuer, ...(subject !== undefined && { subject: subject.slice(0, SUBJECT_LENGTH) }), code };
  await recordAudit(db, keyRing.auditKey, { ...event, resourceType: 'users', details });
};
