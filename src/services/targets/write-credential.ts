import { randomUUID } from 'node:crypto';
import { Op } from 'sequelize';
import type { Transaction } from 'sequelize';
import type { CredentialInput, CredentialSecret } from '../../contracts/target.ts';
import { CredentialModel } from '../../db/models/targets/target-credentials.ts';
import { sealBytes } from '../../db/seal.ts';
import type { KeyRing } from '../../db/seal.ts';

/** What of a credential is sealed. */
export const plainSecret = (credential: CredentialSecret & { credential_name?: string }): object => {
  const { credential_type: _, credential_name: __, ...secret } = credential;
  return secret;
};

/** The columns of a sealed secret. It belongs to the row of this uuid: elsewhere it cannot be opened. */
export const sealSecret = (
  keyRing: KeyRing,
  credentialUuid: string,
  secret: CredentialSecret,
): { credentialType: CredentialSecret['credential_type']; ciphertext: Buffer; nonce: Buffer; keyId: string } => {
  const place = { table: 'target_credentials', uuid: credentialUuid, column: 'ciphertext' } as const;
  const { ciphertext, nonce, keyId } = sealBytes(keyRing, JSON.stringify(plainSecret(secret)), place);
  return { credentialType: secret.credential_type, ciphertext, nonce, keyId };
};

/** Adds a credential to a method. @returns its uuid */
export const insertCredential = async (
  keyRing: KeyRing,
  methodId: number,
  { name, isPrimary, secret }: { name: string; isPrimary: boolean; secret: CredentialSecret },
  transaction: Transaction,
): Promise<string> => {
  const credentialUuid = randomUUID();
  await CredentialModel.create(
    {
      credentialUuid,
      communicationMethodId: methodId,
      credentialName: name,
      isPrimary,
      ...sealSecret(keyRing, credentialUuid, secret),
    },
    { transaction },
  );
  return credentialUuid;
};

/** Gives methods that have none yet the credential that they log in with. */
export const insertFirstCredentials = async (
  keyRing: KeyRing,
  credentials: readonly { methodId: number; credential: CredentialInput }[],
  transaction: Transaction,
): Promise<void> => {
  if (credentials.length === 0) return;
  const rows = credentials.map(({ methodId, credential }) => {
    const credentialUuid = randomUUID();
    const sealed = sealSecret(keyRing, credentialUuid, credential);
    return { credentialUuid, communicationMethodId: methodId, credentialName: credential.credential_name, isPrimary: true, ...sealed };
  });
  await CredentialModel.bulkCreate(rows, { transaction });
};

/** Makes this the credential that a method logs in with: the one of its name, else the primary one, gets the secret; the others stay. */
export const writeCredential = async (
  keyRing: KeyRing,
  methodId: number,
  credential: CredentialInput,
  transaction: Transaction,
): Promise<void> => {
  const known = await CredentialModel.findAll({ where: { communicationMethodId: methodId }, transaction });
  const name = credential.credential_name;
  const row = known.find(({ credentialName }) => credentialName === name) ?? known.find(({ isPrimary, isActive }) => isPrimary && isActive);
  const others = { communicationMethodId: methodId, ...(row !== undefined && { id: { [Op.ne]: row.id } }) };
  await CredentialModel.update({ isPrimary: false }, { where: others, transaction });
  if (row === undefined) {
    await insertCredential(keyRing, methodId, { name, isPrimary: true, secret: credential }, transaction);
    return;
  }
  const sealed = sealSecret(keyRing, row.credentialUuid, credential);
  await row.update({ credentialName: name, isPrimary: true, isActive: true, ...sealed }, { transaction });
};
