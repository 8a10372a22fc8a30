import type { Sequelize } from 'sequelize';
import { recordAudit } from '../../db/record-audit.ts';
import type { KeyRing } from '../../db/seal.ts';
import { selectRow } from '../../db/query.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { keepTrying } from './keep-trying.ts';
import type { BranchContext, BranchMethod } from './load-branch-context.ts';
import type { Lease, SessionPool } from './session-pool.ts';

/**
 * Gets the branch's connection. That a new one uses a credential is on record before the secret is sent, as a login that is refused, or a connection that
 * breaks, has used it too; the host key of a first contact is pinned.
 */
export const openLease = async (
  db: Sequelize,
  keyRing: KeyRing,
  pool: SessionPool,
  branch: string,
  context: BranchContext,
  method: BranchMethod,
  signal: AbortSignal,
): Promise<Lease> => {
  const noteUse = async (): Promise<void> => {
    try {
      await keepTrying(() => auditCredentialUse(db, keyRing, branch, context, method), signal);
    } catch (error) {
      // Ended while the database was away: nothing was sent.
      signal.throwIfAborted();
      throw error;
    }
  };
  const lease = await pool.acquire(`${branch}/${method.methodId}`, method.endpoint, signal, noteUse);
  if (!lease.isNew) return lease;
  try {
    await keepTrying(() => pinHostKey(db, method, lease.session.hostKeyFingerprint), signal);
    return lease;
  } catch (error) {
    await lease.release(false);
    throw error;
  }
};

const auditCredentialUse = async (
  db: Sequelize,
  keyRing: KeyRing,
  branch: string,
  context: BranchContext,
  method: BranchMethod,
): Promise<void> => {
  if (method.credentialUuid === null) return;
  await recordAudit(db, keyRing.auditKey, {
    eventType: 'credential_accessed',
    action: 'open_session',
    actor: { type: 'system' },
    resourceType: 'target_credentials',
    resourceId: method.credentialUuid,
    details: { branch, target: context.targetSerial, method: method.name },
  });
};

/** A method that was moved meanwhile is not pinned: this is the key of where it was. @throws OpsError HOST_KEY_CHANGED when another branch met another key first. */
const pinHostKey = async (db: Sequelize, { endpoint, methodId }: BranchMethod, shown: string | undefined): Promise<void> => {
  if (shown === undefined || endpoint.hostKeyFingerprint !== undefined) return;
  const pinned = await selectRow<{ host_key_fingerprint: string }>(
    db,
    `UPDATE target_communication_methods SET host_key_fingerprint = coalesce(host_key_fingerprint, $2) WHERE id = $1 AND host = $3 AND port = $4 RETURNING host_key_fingerprint`,
    [methodId, shown, endpoint.host, endpoint.port],
  );
  // A reconnect of the same branch must meet the same host.
  endpoint.hostKeyFingerprint = pinned?.host_key_fingerprint ?? shown;
  if (pinned !== undefined && pinned.host_key_fingerprint !== shown) {
    throw new OpsError(
      'HOST_KEY_CHANGED',
      `${endpoint.host}:${endpoint.port} showed the host key ${shown}, but ${pinned.host_key_fingerprint} was pinned a moment ago. One of the two hosts is not the target; find out which before you go on.`,
    );
  }
};
