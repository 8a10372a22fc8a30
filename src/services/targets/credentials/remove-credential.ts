import type { Caller, ServiceDeps } from '../../context.ts';
import type { Expected } from '../../revision.ts';
import { assertCredentialRevision } from './assert-credential-revision.ts';
import { changeCredentials, credentialOfMethod } from './change-credentials.ts';

/**
 * Removes a credential; its secret is gone. When it was the primary one, the oldest of the others that are switched on becomes it.
 * @param place of the credential: serial or uuid of the target, name of the method, uuid. @throws OpsError NOT_FOUND, FORBIDDEN, REVISION_MISMATCH
 */
export const removeCredential = async (
  deps: ServiceDeps,
  caller: Caller,
  place: { key: string; method: string; uuid: string },
  expected?: Expected,
): Promise<void> =>
  changeCredentials(deps, caller, place, 'remove_credential', async ({ target, method, transaction }) => {
    const row = await credentialOfMethod(method, place.uuid, transaction);
    await assertCredentialRevision(deps, { ...place, key: target.targetSerial }, expected, transaction);
    await row.destroy({ transaction });
    return { credential: place.uuid, name: row.credentialName, type: row.credentialType };
  });
