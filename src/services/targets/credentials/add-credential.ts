import type { AddCredential, Credential } from '../../../contracts/target-method.ts';
import { CredentialModel } from '../../../db/models/targets/target-credentials.ts';
import { OpsError } from '../../../domain/ops-error.ts';
import type { Caller, ServiceDeps } from '../../context.ts';
import { insertCredential } from '../write-credential.ts';
import { changeCredentials, checkSecret, clearPrimaryCredential } from './change-credentials.ts';
import { readCredential } from './read-credentials.ts';

const MOST_CREDENTIALS = 20;

/**
 * Seals a secret and adds it to a method. The first one is logged in with; a further one waits, unless it is to be primary.
 * @param key serial or uuid of the target. @throws OpsError NOT_FOUND, FORBIDDEN, VALIDATION, CONFLICT for a name that is taken, or one too many
 */
export const addCredential = async (
  deps: ServiceDeps,
  caller: Caller,
  key: string,
  method: string,
  { credential_name: name, is_primary: isPrimary, secret }: AddCredential,
): Promise<Credential> => {
  let uuid = '';
  await changeCredentials(deps, caller, { key, method }, 'add_credential', async ({ method: row, transaction }) => {
    checkSecret(row, secret);
    const known = await CredentialModel.count({ where: { communicationMethodId: row.id }, transaction });
    if (known >= MOST_CREDENTIALS)
      throw new OpsError('CONFLICT', `The method ${method} has ${MOST_CREDENTIALS} credentials; that is the most.`);
    if (isPrimary) await clearPrimaryCredential(row.id, transaction);
    uuid = await insertCredential(deps.keyRing, row.id, { name, isPrimary, secret }, transaction);
    return { credential: uuid, name, type: secret.credential_type, is_primary: isPrimary || known === 0 };
  });
  return readCredential(deps.db, key, method, uuid);
};
