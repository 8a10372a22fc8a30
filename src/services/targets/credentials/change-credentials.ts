import type { Sequelize, Transaction } from 'sequelize';
import { MethodInput } from '../../../contracts/target.ts';
import type { CredentialSecret } from '../../../contracts/target.ts';
import type { TargetModel } from '../../../db/models/targets/universal-targets.ts';
import { CredentialModel } from '../../../db/models/targets/target-credentials.ts';
import { execute } from '../../../db/query.ts';
import { recordAudit } from '../../../db/record-audit.ts';
import { OpsError } from '../../../domain/ops-error.ts';
import { authorize } from '../../context.ts';
import type { Caller, ServiceDeps } from '../../context.ts';
import { withConstraints } from '../../constraint-errors.ts';
import { methodOfTarget } from '../methods/change-methods.ts';
import type { MethodModelRow } from '../methods/change-methods.ts';
import { keyProblems } from '../write-methods.ts';
import { liveTarget } from '../write-target.ts';

/** A credential, as Sequelize gives it. */
export type CredentialModelRow = InstanceType<typeof CredentialModel>;

const CREDENTIAL_ERRORS = {
  uq_target_credentials_credential_name_communication_method_id: () =>
    new OpsError('CONFLICT', 'The method has another credential of this name.', {
      fields: [{ path: 'credential_name', message: 'is the name of another credential of the method' }],
    }),
};

/** A secret must be one that the method can log in with. @throws OpsError VALIDATION that never shows it */
export const checkSecret = (method: MethodModelRow, secret: CredentialSecret): void => {
  const { methodType, host, port, config } = method;
  const address = methodType === 'sqlite' ? {} : { host, port };
  const credential = { ...secret, credential_name: '-' };
  const checked = MethodInput.safeParse({ method_type: methodType, ...address, config, credential });
  const issues = checked.success ? [] : checked.error.issues;
  const fields = [
    ...issues.map(({ path: [first, ...rest], message }) => ({
      path: [first === 'credential' ? 'secret' : first, ...rest].join('.'),
      message,
    })),
    ...keyProblems(credential, 'secret'),
  ];
  if (fields.length > 0) throw new OpsError('VALIDATION', `The method ${method.methodName} cannot log in with this secret.`, { fields });
};

/** A credential of a method; its target is locked. @throws OpsError NOT_FOUND */
export const credentialOfMethod = async (
  { id, methodName }: MethodModelRow,
  uuid: string,
  transaction: Transaction,
): Promise<CredentialModelRow> => {
  const row = await CredentialModel.findOne({ where: { communicationMethodId: id, credentialUuid: uuid }, transaction });
  if (row === null) throw new OpsError('NOT_FOUND', `The method ${methodName} has no credential ${uuid}.`);
  return row;
};

/** At no moment may a method have two primary credentials: before one becomes it, none is. */
export const clearPrimaryCredential = (methodId: number, transaction: Transaction): Promise<unknown> =>
  CredentialModel.update({ isPrimary: false }, { where: { communicationMethodId: methodId, isPrimary: true }, transaction });

/** Of those that are switched on the primary one, else the oldest, is primary. */
const settlePrimaryCredential = (db: Sequelize, methodId: number, transaction: Transaction): Promise<void> =>
  execute(
    db,
    `UPDATE target_credentials SET is_primary = true WHERE NOT is_primary AND id = (SELECT id FROM target_credentials
       WHERE communication_method_id = $1 AND is_active ORDER BY is_primary DESC, id LIMIT 1)`,
    [methodId],
    transaction,
  );

interface Place {
  target: InstanceType<typeof TargetModel>;
  method: MethodModelRow;
  transaction: Transaction;
}

/**
 * Changes credentials of a method, whose target is locked until the end; then one of those that are switched on is primary.
 * @param key serial or uuid of the target. @param write makes the change, and says what it is for the audit, without a secret
 * @throws OpsError NOT_FOUND, FORBIDDEN, CONFLICT
 */
export const changeCredentials = async (
  { db, keyRing }: ServiceDeps,
  caller: Caller,
  { key, method: name }: { key: string; method: string },
  action: 'add_credential' | 'update_credential' | 'remove_credential',
  write: (place: Place) => Promise<Record<string, unknown>>,
): Promise<void> => {
  authorize(caller, 'credentials.write');
  return withConstraints(CREDENTIAL_ERRORS, () =>
    db.transaction(async (transaction) => {
      const target = await liveTarget(key, { transaction, lock: true });
      const method = await methodOfTarget(target, name, transaction);
      const change = await write({ target, method, transaction });
      await settlePrimaryCredential(db, method.id, transaction);
      const event = { eventType: 'credential_changed', action, severity: 'medium', actor: caller.actor } as const;
      const where = { resourceType: 'universal_targets', resourceId: target.targetSerial, details: { method: name, ...change } };
      await recordAudit(db, keyRing.auditKey, { ...event, ...where }, transaction);
    }),
  );
};
