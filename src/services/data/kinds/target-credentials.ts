import type { Sequelize, Transaction } from 'sequelize';
import type { CredentialType } from '../../../contracts/enums.ts';
import type { CredentialSecret } from '../../../contracts/target.ts';
import { CredentialModel } from '../../../db/models/targets/target-credentials.ts';
import { CommunicationMethodModel } from '../../../db/models/targets/target-communication-methods.ts';
import { selectRows } from '../../../db/query.ts';
import { recordAudit } from '../../../db/record-audit.ts';
import { openBytes } from '../../../db/seal.ts';
import type { KeyRing } from '../../../db/seal.ts';
import { OpsError } from '../../../domain/ops-error.ts';
import { insertCredential, sealSecret } from '../../targets/write-credential.ts';
import type { ImportContext } from './kind.ts';

/** A credential as it is stored. */
export interface StoredCredential {
  target_id: number;
  method_name: string;
  credential_uuid: string;
  credential_name: string;
  credential_type: CredentialType;
  is_primary: boolean;
  is_active: boolean;
  ciphertext: Buffer;
  nonce: Buffer;
  key_id: string;
}

/** The credentials of targets. */
export const storedCredentials = (db: Sequelize, targetIds: readonly number[], transaction?: Transaction): Promise<StoredCredential[]> =>
  selectRows<StoredCredential>(
    db,
    `SELECT m.target_id, m.method_name, c.credential_uuid, c.credential_name, c.credential_type, c.is_primary, c.is_active, c.ciphertext, c.nonce, c.key_id
     FROM target_communication_methods m JOIN target_credentials c ON c.communication_method_id = m.id WHERE m.target_id = ANY($1::bigint[])`,
    [targetIds],
    transaction,
  );

/** The secret as it was sealed: JSON. Undefined: the key ring does not open it. */
export const openedText = (
  keyRing: KeyRing,
  { credential_uuid: uuid, key_id: keyId, nonce, ciphertext }: StoredCredential,
): string | undefined => {
  try {
    return openBytes(keyRing, { keyId, nonce, ciphertext }, { table: 'target_credentials', uuid, column: 'ciphertext' });
  } catch (error) {
    if (error instanceof OpsError && error.code === 'CREDENTIAL_UNREADABLE') return undefined;
    throw error;
  }
};

/** A secret of a method, with what is said of it. */
export interface GivenCredential {
  method: string;
  name: string;
  isPrimary: boolean;
  isActive: boolean;
  secret: CredentialSecret;
}

const put = async (keyRing: KeyRing, methodId: number, given: GivenCredential, transaction: Transaction): Promise<void> => {
  const { name, isPrimary, isActive, secret } = given;
  const where = { communicationMethodId: methodId, credentialName: name };
  const known = await CredentialModel.findOne({ where, transaction });
  if (known !== null) {
    await known.update({ isPrimary, isActive, ...sealSecret(keyRing, known.credentialUuid, secret) }, { transaction });
    return;
  }
  const uuid = await insertCredential(keyRing, methodId, { name, isPrimary: false, secret }, transaction);
  await CredentialModel.update({ isPrimary, isActive }, { where: { credentialUuid: uuid }, transaction });
};

/** Gives methods of a target credentials besides those with which they log in. */
export const putCredentials = async (
  { deps: { db, keyRing }, caller }: ImportContext,
  target: { id: number; serial: string },
  given: readonly GivenCredential[],
  transaction: Transaction,
): Promise<void> => {
  if (given.length === 0) return;
  const methods = await CommunicationMethodModel.findAll({ where: { targetId: target.id }, transaction });
  for (const one of given) {
    const method = methods.find(({ methodName }) => methodName === one.method);
    if (method !== undefined) await put(keyRing, method.id, one, transaction);
  }
  const event = { eventType: 'credential_changed', action: 'import_credentials', severity: 'medium', actor: caller.actor } as const;
  const details = { methods: [...new Set(given.map(({ method }) => method))], credentials: given.length };
  await recordAudit(db, keyRing.auditKey, { ...event, resourceType: 'universal_targets', resourceId: target.serial, details }, transaction);
};
