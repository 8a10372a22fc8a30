import type { Transaction } from 'sequelize';
import type { CreateTarget, Target } from '../../contracts/target.ts';
import { TargetModel } from '../../db/models/targets/universal-targets.ts';
import { nextSerials } from '../../db/next-serial.ts';
import { recordAudit, recordAudits } from '../../db/record-audit.ts';
import type { AuditEvent } from '../../db/record-audit.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { authorize } from '../context.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { withConstraints } from '../constraint-errors.ts';
import { auditedProtection, methodChanges } from './method-changes.ts';
import type { Expected } from '../revision.ts';
import { readTarget } from './read-targets.ts';
import { keyColumn } from './target-key.ts';
import { assertTargetRevision } from './target-revision.ts';
import { addressOf, assertPrimary, checkCredentials, insertMethods, nameMethods } from './write-methods.ts';
import type { NamedMethod } from './write-methods.ts';

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

const auditOfNew = (caller: Caller, serial: string, { input, methods }: NewTarget): AuditEvent => {
  const endpoints = methods.map(({ name, input: method }) => ({ ...addressOf(method), name, type: method.method_type }));
  const protection = auditedProtection(methodChanges([], methods));
  return {
    eventType: 'target_created',
    action: 'create_target',
    severity: protection.weakened === undefined ? 'low' : 'medium',
    actor: caller.actor,
    resourceType: 'universal_targets',
    resourceId: serial,
    details: { name: input.name, endpoints, ...protection },
  };
};

/** A target that may be made. */
export interface NewTarget {
  input: CreateTarget;
  methods: NamedMethod[];
}

/** @throws OpsError VALIDATION, FORBIDDEN when it brings credentials, and CONFLICT when no method of it is switched on */
export const prepareTarget = (caller: Caller, input: CreateTarget): NewTarget => {
  authorize(caller, 'targets.write');
  checkCredentials(caller, input.methods);
  const methods = nameMethods(input.methods);
  assertPrimary(methods);
  return { input, methods };
};

/** Makes targets, all or none. @returns their ids and serials, in order. @throws OpsError VALIDATION, CONFLICT */
export const insertTargets = (
  { db, keyRing }: Pick<ServiceDeps, 'db' | 'keyRing'>,
  caller: Caller,
  targets: readonly NewTarget[],
  transaction: Transaction,
): Promise<{ id: number; serial: string }[]> =>
  withConstraints(TARGET_ERRORS, async () => {
    const serials = await nextSerials(db, 'target', targets.length, transaction);
    const values = targets.map(({ input }, index) => ({
      targetSerial: serials[index] ?? '',
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
    }));
    const rows = await TargetModel.bulkCreate(values, { transaction, returning: ['id', 'targetSerial'] });
    const idOf = new Map(rows.map(({ id, targetSerial }) => [targetSerial, id]));
    const made = serials.map((serial) => ({ serial, id: idOf.get(serial) ?? 0 }));
    const methods = targets.flatMap((target, index) => target.methods.map((method) => ({ targetId: made[index]?.id ?? 0, method })));
    await insertMethods(keyRing, methods, transaction);
    const events = targets.map((target, index) => auditOfNew(caller, serials[index] ?? '', target));
    await recordAudits(db, keyRing.auditKey, events, transaction);
    return made;
  });

/** @throws OpsError VALIDATION, or CONFLICT when a live target has the same host and port. */
export const createTarget = async (deps: ServiceDeps, caller: Caller, input: CreateTarget): Promise<Target> => {
  const target = prepareTarget(caller, input);
  const [made] = await deps.db.transaction((transaction) => insertTargets(deps, caller, [target], transaction));
  return readTarget(deps.db, made?.serial ?? '');
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

/** As deleteTarget, inside a transaction. */
export const removeTarget = async (
  { db, keyRing }: Pick<ServiceDeps, 'db' | 'keyRing'>,
  caller: Caller,
  key: string,
  expected: Expected,
  transaction: Transaction,
): Promise<void> => {
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
};

/** Soft delete: the record of its runs stays, its host and port are free again. @throws OpsError NOT_FOUND, REVISION_MISMATCH */
export const deleteTarget = async (deps: ServiceDeps, caller: Caller, key: string, expected?: Expected): Promise<void> => {
  authorize(caller, 'targets.write');
  await deps.db.transaction((transaction) => removeTarget(deps, caller, key, expected, transaction));
};
