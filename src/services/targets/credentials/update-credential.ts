import type { Credential, UpdateCredential } from '../../../contracts/target-method.ts';
import { OpsError } from '../../../domain/ops-error.ts';
import type { Caller, ServiceDeps } from '../../context.ts';
import type { Expected } from '../../revision.ts';
import { sealSecret } from '../write-credential.ts';
import { assertCredentialRevision } from './assert-credential-revision.ts';
import { changeCredentials, checkSecret, clearPrimaryCredential, credentialOfMethod } from './change-credentials.ts';
import type { CredentialModelRow } from './change-credentials.ts';
import { readCredential } from './read-credentials.ts';

/** The row as it shall be, its secret left out. @throws OpsError VALIDATION */
const fieldsAfter = (row: CredentialModelRow, { credential_name, is_primary, is_active }: UpdateCredential) => {
  const isActive = is_active ?? row.isActive;
  if (is_primary === true && !isActive)
    throw new OpsError('VALIDATION', `The credential ${row.credentialName} is switched off.`, {
      fields: [{ path: 'is_primary', message: 'a credential that is switched off cannot be primary' }],
    });
  return { credentialName: credential_name ?? row.credentialName, isActive, isPrimary: isActive && (is_primary ?? row.isPrimary) };
};

/**
 * Fields that are left out stay as they are, the secret too. It keeps its uuid.
 * @param place of the credential: serial or uuid of the target, name of the method, uuid.
 * @throws OpsError NOT_FOUND, FORBIDDEN, VALIDATION, REVISION_MISMATCH, CONFLICT for a name that is taken
 */
export const updateCredential = async (
  deps: ServiceDeps,
  caller: Caller,
  place: { key: string; method: string; uuid: string },
  change: UpdateCredential,
  expected?: Expected,
): Promise<Credential> => {
  const { key, method, uuid } = place;
  const { secret } = change;
  await changeCredentials(deps, caller, place, 'update_credential', async ({ target, method: owner, transaction }) => {
    const row = await credentialOfMethod(owner, uuid, transaction);
    await assertCredentialRevision(deps, { ...place, key: target.targetSerial }, expected, transaction);
    if (secret !== undefined) checkSecret(owner, secret);
    const after = fieldsAfter(row, change);
    const changed = (Object.keys(after) as (keyof typeof after)[]).filter((field) => row[field] !== after[field]);
    const audited = changed.map((field) => [field, { from: row[field], to: after[field] }] as const);
    if (after.isPrimary && !row.isPrimary) await clearPrimaryCredential(owner.id, transaction);
    await row.update({ ...after, ...(secret !== undefined && sealSecret(deps.keyRing, row.credentialUuid, secret)) }, { transaction });
    return {
      credential: uuid,
      name: row.credentialName,
      ...(audited.length > 0 && { changed: Object.fromEntries(audited) }),
      ...(secret !== undefined && { secret: `replaced (${secret.credential_type})` }),
    };
  });
  return readCredential(deps.db, key, method, uuid);
};
