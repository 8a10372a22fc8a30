import type { Transaction } from 'sequelize';
import { CommunicationMethodModel } from '../../../db/models/targets/target-communication-methods.ts';
import type { TargetModel } from '../../../db/models/targets/universal-targets.ts';
import { recordAudit } from '../../../db/record-audit.ts';
import { OpsError } from '../../../domain/ops-error.ts';
import type { Caller, ServiceDeps } from '../../context.ts';
import { withConstraints } from '../../constraint-errors.ts';
import type { MethodChange } from '../method-changes.ts';
import { auditedMethods, auditedProtection } from '../method-changes.ts';
import { settlePrimary } from '../write-methods.ts';
import { liveTarget, TARGET_ERRORS } from '../write-target.ts';

/** A method, as Sequelize gives it. */
export type MethodModelRow = InstanceType<typeof CommunicationMethodModel>;

const METHOD_ERRORS = {
  ...TARGET_ERRORS,
  uq_target_communication_methods_target_id_method_name: () =>
    new OpsError('CONFLICT', 'The target has another method of this name.', {
      fields: [{ path: 'method_name', message: 'is the name of another method of the target' }],
    }),
};

/** A method of a target that is locked. @throws OpsError NOT_FOUND */
export const methodOfTarget = async (
  { id, targetSerial }: InstanceType<typeof TargetModel>,
  name: string,
  transaction: Transaction,
): Promise<MethodModelRow> => {
  const row = await CommunicationMethodModel.findOne({ where: { targetId: id, methodName: name }, transaction });
  if (row === null) throw new OpsError('NOT_FOUND', `Target ${targetSerial} has no method ${name}.`);
  return row;
};

/** At no moment may a target have two primary methods: before one becomes it, none is. */
export const clearPrimary = (targetId: number, transaction: Transaction): Promise<unknown> =>
  CommunicationMethodModel.update({ isPrimary: false }, { where: { targetId, isPrimary: true }, transaction });

/**
 * Changes methods of a target, whose row is locked until the end; then exactly one of those that are switched on is primary.
 * @param write makes the change, and says what it is for the audit. @param action verb of the audit event
 * @throws OpsError NOT_FOUND, CONFLICT
 */
export const changeMethods = async (
  { db, keyRing }: ServiceDeps,
  caller: Caller,
  key: string,
  action: 'add_method' | 'update_method' | 'remove_method',
  write: (target: InstanceType<typeof TargetModel>, transaction: Transaction) => Promise<MethodChange>,
): Promise<void> =>
  withConstraints(METHOD_ERRORS, () =>
    db.transaction(async (transaction) => {
      const target = await liveTarget(key, { transaction, lock: true });
      const change = await write(target, transaction);
      const promoted = await settlePrimary(db, target.id, transaction);
      const protection = auditedProtection([change]);
      const event = {
        eventType: 'target_updated',
        action,
        severity: protection.weakened === undefined ? 'low' : 'medium',
        actor: caller.actor,
        resourceType: 'universal_targets',
        resourceId: target.targetSerial,
        details: { method: change.name, ...auditedMethods([change]), ...protection, ...(promoted !== undefined && { promoted }) },
      } as const;
      await recordAudit(db, keyRing.auditKey, event, transaction);
    }),
  );
