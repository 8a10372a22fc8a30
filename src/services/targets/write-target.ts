import type { CreateTarget, Target, UpdateTarget } from '../../contracts/target.ts';
import { TargetModel } from '../../db/models/targets/universal-targets.ts';
import { nextSerials } from '../../db/next-serial.ts';
import { recordAudit } from '../../db/record-audit.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { authorize } from '../context.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { withConstraints } from '../constraint-errors.ts';
import { readTarget } from './read-targets.ts';
import { addressOf, checkCredentials, insertMethods, nameMethods, replaceMethods } from './write-methods.ts';

const TARGET_ERRORS = {
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
      // In the order in which jsonb keeps them: the signature of the event is checked against the row.
      const endpoints = methods.map(({ name, input }) => ({ ...addressOf(input), name, type: input.method_type }));
      const event = {
        eventType: 'target_created',
        action: 'create_target',
        actor: caller.actor,
        resourceType: 'universal_targets',
      } as const;
      await recordAudit(
        db,
        keyRing.auditKey,
        { ...event, resourceId: targetSerial, details: { name: input.name, endpoints } },
        transaction,
      );
      return targetSerial;
    }),
  );
  return readTarget(db, serial);
};

const liveTarget = async (
  serial: string,
  options: Parameters<typeof TargetModel.findOne>[0],
): Promise<InstanceType<typeof TargetModel>> => {
  const row = await TargetModel.findOne({ ...options, where: { targetSerial: serial, isActive: true } });
  if (row === null) throw new OpsError('NOT_FOUND', `There is no target ${serial}.`);
  return row;
};

/** Fields that are left out stay as they are. @throws OpsError NOT_FOUND, VALIDATION, CONFLICT */
export const updateTarget = async ({ db, keyRing }: ServiceDeps, caller: Caller, serial: string, input: UpdateTarget): Promise<Target> => {
  authorize(caller, 'targets.write');
  checkCredentials(caller, input.methods ?? []);
  const methods = input.methods === undefined ? undefined : nameMethods(input.methods);
  await withConstraints(TARGET_ERRORS, () =>
    db.transaction(async (transaction) => {
      const row = await liveTarget(serial, { transaction, lock: true });
      await row.update(
        {
          ...(input.name !== undefined && { name: input.name }),
          ...(input.target_type !== undefined && { targetType: input.target_type }),
          ...(input.description !== undefined && { description: input.description }),
          ...(input.os_type !== undefined && { osType: input.os_type }),
          ...(input.environment !== undefined && { environment: input.environment }),
          ...(input.location !== undefined && { location: input.location }),
          ...(input.data_center !== undefined && { dataCenter: input.data_center }),
          ...(input.region !== undefined && { region: input.region }),
          ...(input.labels !== undefined && { labels: input.labels }),
          ...(input.status !== undefined && { status: input.status }),
        },
        { transaction },
      );
      if (methods !== undefined) await replaceMethods(keyRing, row.id, methods, transaction);
      const changed = Object.keys(input).toSorted();
      const event = {
        eventType: 'target_updated',
        action: 'update_target',
        actor: caller.actor,
        resourceType: 'universal_targets',
      } as const;
      await recordAudit(db, keyRing.auditKey, { ...event, resourceId: serial, details: { changed } }, transaction);
      const renewed = methods?.filter(({ input: { credential } }) => credential !== undefined).map(({ name }) => name) ?? [];
      if (renewed.length === 0) return;
      const change = { ...event, eventType: 'credential_changed', action: 'change_credential', severity: 'medium' } as const;
      await recordAudit(db, keyRing.auditKey, { ...change, resourceId: serial, details: { methods: renewed } }, transaction);
    }),
  );
  return readTarget(db, serial);
};

/** Soft delete: the record of its runs stays, its host and port are free again. @throws OpsError NOT_FOUND */
export const deleteTarget = async ({ db, keyRing }: ServiceDeps, caller: Caller, serial: string): Promise<void> => {
  authorize(caller, 'targets.write');
  await db.transaction(async (transaction) => {
    const row = await liveTarget(serial, { transaction, lock: true });
    await row.update({ isActive: false, deletedAt: new Date() }, { transaction });
    const event = {
      eventType: 'target_deleted',
      action: 'delete_target',
      actor: caller.actor,
      resourceType: 'universal_targets',
      resourceId: serial,
    } as const;
    await recordAudit(db, keyRing.auditKey, event, transaction);
  });
};
