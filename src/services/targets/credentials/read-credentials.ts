import type { Sequelize } from 'sequelize';
import type { Credential, CredentialList } from '../../../contracts/target-method.ts';
import { OpsError } from '../../../domain/ops-error.ts';
import { authorize } from '../../context.ts';
import type { Caller, ServiceDeps } from '../../context.ts';
import { getMethod, readMethod } from '../methods/read-methods.ts';

/** What is known of the credentials of a method, the primary one first. @throws OpsError NOT_FOUND */
export const listCredentials = async (deps: ServiceDeps, caller: Caller, key: string, method: string): Promise<CredentialList> => ({
  data: (await getMethod(deps, caller, key, method)).credentials,
});

/** As getCredential, for whoever may know of it: who has just changed it is told what became of it. @throws OpsError NOT_FOUND */
export const readCredential = async (db: Sequelize, key: string, method: string, uuid: string): Promise<Credential> => {
  const { credentials } = await readMethod(db, key, method);
  const credential = credentials.find(({ credential_uuid: known }) => known === uuid.toLowerCase());
  if (credential === undefined) throw new OpsError('NOT_FOUND', `The method ${method} of target ${key} has no credential ${uuid}.`);
  return credential;
};

/** @throws OpsError NOT_FOUND, FORBIDDEN */
export const getCredential = async (
  { db }: Pick<ServiceDeps, 'db'>,
  caller: Caller,
  key: string,
  method: string,
  uuid: string,
): Promise<Credential> => {
  authorize(caller, 'targets.read');
  return readCredential(db, key, method, uuid);
};
