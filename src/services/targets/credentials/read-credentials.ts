import type { Credential, CredentialList } from '../../../contracts/target-method.ts';
import { OpsError } from '../../../domain/ops-error.ts';
import type { Caller, ServiceDeps } from '../../context.ts';
import { getMethod } from '../methods/read-methods.ts';

/** What is known of the credentials of a method, the primary one first. @throws OpsError NOT_FOUND */
export const listCredentials = async (deps: ServiceDeps, caller: Caller, key: string, method: string): Promise<CredentialList> => ({
  data: (await getMethod(deps, caller, key, method)).credentials,
});

/** @throws OpsError NOT_FOUND */
export const getCredential = async (deps: ServiceDeps, caller: Caller, key: string, method: string, uuid: string): Promise<Credential> => {
  const { data } = await listCredentials(deps, caller, key, method);
  const credential = data.find(({ credential_uuid: known }) => known === uuid.toLowerCase());
  if (credential === undefined) throw new OpsError('NOT_FOUND', `The method ${method} of target ${key} has no credential ${uuid}.`);
  return credential;
};
