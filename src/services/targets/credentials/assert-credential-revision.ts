import type { Transaction } from 'sequelize';
import type { ServiceDeps } from '../../context.ts';
import { assertRevision } from '../../revision.ts';
import type { Expected } from '../../revision.ts';
import { readMethod } from '../methods/read-methods.ts';
import { credentialRevision } from '../target-revision.ts';

/** Reads only when the caller expects something. The row of its target is locked, and has the credential. @throws OpsError REVISION_MISMATCH */
export const assertCredentialRevision = async (
  { db }: Pick<ServiceDeps, 'db'>,
  { key, method, uuid }: { key: string; method: string; uuid: string },
  expected: Expected,
  transaction: Transaction,
): Promise<void> => {
  if (expected === undefined) return;
  const { credentials } = await readMethod(db, key, method, transaction);
  const found = credentials.find(({ credential_uuid: known }) => known === uuid.toLowerCase());
  if (found !== undefined)
    assertRevision(expected, credentialRevision(found), `The credential ${found.credential_name} of the method ${method}`);
};
