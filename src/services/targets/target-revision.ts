import type { Transaction } from 'sequelize';
import type { CredentialInfo, Method, Target } from '../../contracts/target.ts';
import type { ServiceDeps } from '../context.ts';
import { assertRevision, revisionOf } from '../revision.ts';
import type { Expected } from '../revision.ts';
import { readTarget } from './read-targets.ts';

/** What people can change of a method: not its tests, or the key that a login has pinned. A new secret has another time of change. */
const editable = ({
  host_key_fingerprint: _,
  last_tested_at: __,
  last_test_result: ___,
  last_test_message: ____,
  weaknesses: _____,
  ...method
}: Method): object => method;

/** Names what people can change of a method, its credentials too. */
export const methodRevision = (method: Method): string => revisionOf(editable(method));

/** Names what people can change of a credential. */
export const credentialRevision = (credential: CredentialInfo): string => revisionOf(credential);

/** Names what people can change of a target, its methods too; not its health. */
export const targetRevision = (target: Target): string => {
  const { name, target_type, description, os_type, environment, location, data_center, region, labels, status, methods } = target;
  const head = { name, target_type, description, os_type, environment, location, data_center, region, labels, status };
  return revisionOf({ ...head, methods: methods.map(editable) });
};

/** Reads only when the caller expects something. Its row is locked. @throws OpsError REVISION_MISMATCH */
export const assertTargetRevision = async (
  { db }: Pick<ServiceDeps, 'db'>,
  serial: string,
  expected: Expected,
  transaction: Transaction,
): Promise<void> => {
  if (expected !== undefined) assertRevision(expected, targetRevision(await readTarget(db, serial, transaction)), `Target ${serial}`);
};
