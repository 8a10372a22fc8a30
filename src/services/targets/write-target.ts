import type { CreateTarget, Target } from '../../contracts/target.ts';
import { TargetModel } from '../../db/models/targets/universal-targets.ts';
import { nextSerials } from '../../db/next-serial.ts';
import { recordAudit } from '../../db/record-audit.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { authorize } from '../context.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { withConstraints } from '../constraint-errors.ts';
import { auditedProtection, methodChanges } from './method-changes.ts';
import type { Expected } from '../revision.ts';
import { readTarget } from './read-targets.ts';
import { keyColumn } from './target-key.ts';
import { assertTargetRevision } from './target-revision.ts';
import { addressOf, checkCredentials, insertMethods, nameMethods, settlePrimary } from './write-methods.ts';

/** What a violated constraint says of the request. */
export const TARGET_ERRORS = {
  ex_target_communication_methods_host_port: () =>
    new OpsError(
      'CONFLICT',
      'Another target has this host and port already. One endpoint belongs to one target: find it with `targets list --host`.',
      {
        fields: [{ path: 'methods', message: 'host and port belong to another target' }],
      },
    ),
  fk_universal_targets_os_type: () =>
    new OpsError('VALIDATION', 'There is no such device type.', {
      fields: [{ path: 'os_type', message: 'is not the value of a device type' }],
    }),
};

/** @throws OpsError VALIDATION, or CONFLICT when a live target has the same host and port. */
export const createTarget = async ({ db, keyRing }: ServiceDeps, caller: Caller, input: CreateTarget): Promise<Target> => {
  authorize(caller, 'targets.write');
  checkCredentials(caller, input.methods);
  const methods = nameMethods(input.methods);
  const serial = await withConstraints(TARGET_ERRORS, () =>
    db.transaction(async (transaction) => {
      const [targetSerial = ''] = await nextSerials(db, 'target', 1, transaction);
      const row = await TargetModel.create(
        {
          targetSerial,
          name: input.name,
          targetType: input.target_type,
          description: input.description,
          osType: input.os_type,
          environment: input.environment,
          location: input.location,
          dataCenter: input.data_center,
          region: input.region,
          labels: input.labels,
          status: input.status,
        },
        { transaction },
      );
      await insertMethods(keyRing, row.id, methods, transaction);
      await settlePrimary(db, row.id, transaction);
      const endpoints = methods.map(({ name, input }) => ({ ...addressOf(input), name, type: input.method_type }));
      const protection = auditedProtection(methodChanges([], methods));
      const event = {
        eventType: 'target_created',
        action: 'create_target',
        severity: protection.weakened === undefined ? 'low' : 'medium',
        actor: caller.actor,
        resourceType: 'universal_targets',
        resourceId: targetSerial,
        details: { name: input.name, endpoints, ...protection },
      } as const;
      await recordAudit(db, keyRing.auditKey, event, transaction);
      return targetSerial;
    }),
  );
  return readTarget(db, serial);
};

/** A target that is not deleted. @param key its serial or uuid. @throws OpsError NOT_FOUND */
export const liveTarget = async (
  key: string,
  options: Parameters<typeof TargetModel.findOne>[0],
): Promise<InstanceType<typeof TargetModel>> => {
  const named = keyColumn(key) === 'target_serial' ? { targetSerial: key } : { targetUuid: key };
  const row = await TargetModel.findOne({ ...options, where: { ...named, isActive: true } });
  if (row === null) throw new OpsError('NOT_FOUND', `There is no target ${key}.`);
  return row;
};

/** Soft delete: the record of its runs stays, its host and port are free again. @throws OpsError NOT_FOUND, REVISION_MISMATCH */
export const deleteTarget = async ({ db, keyRing }: ServiceDeps, caller: Caller, key: string, expected?: Expected): Promise<void> => {
  authorize(caller, 'targets.write');
  await db.transaction(async (transaction) => {
    const row = await liveTarget(key, { transaction, lock: true });
    await assertTargetRevision({ db }, row.targetSerial, expected, transaction);
    await row.update({ isActive: false, deletedAt: new Date() }, { transaction });
    const event = {
      eventType: 'target_deleted',
      action: 'delete_target',
      actor: caller.actor,
      resourceType: 'universal_targets',
      resourceId: row.targetSerial,
    } as const;
    await recordAudit(db, keyRing.auditKey, event, transaction);
  });
};
