import { isDeepStrictEqual } from 'node:util';
import type { Transaction } from 'sequelize';
import type { Target, UpdateTarget } from '../../contracts/target.ts';
import type { TargetModel } from '../../db/models/targets/universal-targets.ts';
import { recordAudit } from '../../db/record-audit.ts';
import { authorize } from '../context.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { withConstraints } from '../constraint-errors.ts';
import { authorizeExposure, checkKeptCredentials } from './check-kept-credentials.ts';
import { auditedMethods, auditedProtection, methodChanges, readMethodStates } from './method-changes.ts';
import type { Expected } from '../revision.ts';
import { readTarget } from './read-targets.ts';
import { assertTargetRevision } from './target-revision.ts';
import { checkCredentials, nameMethods, replaceMethods, settlePrimary } from './write-methods.ts';
import { liveTarget, TARGET_ERRORS } from './write-target.ts';

type TargetRow = InstanceType<typeof TargetModel>;

const COLUMNS = {
  name: 'name',
  target_type: 'targetType',
  description: 'description',
  os_type: 'osType',
  environment: 'environment',
  location: 'location',
  data_center: 'dataCenter',
  region: 'region',
  labels: 'labels',
  status: 'status',
} as const satisfies Partial<Record<keyof UpdateTarget, keyof TargetRow>>;

/** For the audit: each given field that differs, before and after. */
const fieldChanges = (row: TargetRow, input: UpdateTarget): Record<string, { from: unknown; to: unknown }> =>
  Object.fromEntries(
    (Object.keys(COLUMNS) as (keyof typeof COLUMNS)[]).flatMap((field) => {
      const [from, to] = [row[COLUMNS[field]] as unknown, input[field] as unknown];
      return to === undefined || isDeepStrictEqual(from, to) ? [] : [[field, { from, to }] as const];
    }),
  );

/** As updateTarget, inside a transaction. */
export const saveTarget = async (
  { db, keyRing }: Pick<ServiceDeps, 'db' | 'keyRing'>,
  caller: Caller,
  key: string,
  input: UpdateTarget,
  expected: Expected,
  transaction: Transaction,
): Promise<InstanceType<typeof TargetModel>> => {
  checkCredentials(caller, input.methods ?? []);
  const methods = input.methods === undefined ? undefined : nameMethods(input.methods);
  const row = await liveTarget(key, { transaction, lock: true });
  const serial = row.targetSerial;
  await assertTargetRevision({ db }, serial, expected, transaction);
  const changes = methods === undefined ? [] : methodChanges(await readMethodStates(db, row.id, transaction), methods);
  authorizeExposure(caller, changes);
  checkKeptCredentials(changes);
  const fields = fieldChanges(row, input);
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
  if (methods !== undefined) {
    await replaceMethods(keyRing, row.id, methods, transaction);
    await settlePrimary(db, row.id, transaction);
  }
  const protection = auditedProtection(changes);
  const event = {
    eventType: 'target_updated',
    action: 'update_target',
    severity: protection.weakened === undefined ? 'low' : 'medium',
    actor: caller.actor,
    resourceType: 'universal_targets',
  } as const;
  const details = { ...(Object.keys(fields).length > 0 && { changed: fields }), ...auditedMethods(changes), ...protection };
  await recordAudit(db, keyRing.auditKey, { ...event, resourceId: serial, details }, transaction);
  const renewed = methods?.filter(({ input: { credential } }) => credential !== undefined).map(({ name }) => name) ?? [];
  if (renewed.length === 0) return row;
  const change = { ...event, eventType: 'credential_changed', action: 'change_credential', severity: 'medium' } as const;
  await recordAudit(db, keyRing.auditKey, { ...change, resourceId: serial, details: { methods: renewed } }, transaction);
  return row;
};

/**
 * Fields that are left out stay as they are.
 * @throws OpsError NOT_FOUND, VALIDATION, CONFLICT, REVISION_MISMATCH, FORBIDDEN when a stored credential would go to another place and the caller may not handle
 * credentials
 */
export const updateTarget = async (
  deps: ServiceDeps,
  caller: Caller,
  key: string,
  input: UpdateTarget,
  expected?: Expected,
): Promise<Target> => {
  authorize(caller, 'targets.write');
  return withConstraints(TARGET_ERRORS, () =>
    deps.db.transaction(async (transaction) => {
      const { targetSerial } = await saveTarget(deps, caller, key, input, expected, transaction);
      return readTarget(deps.db, targetSerial, transaction);
    }),
  );
};
