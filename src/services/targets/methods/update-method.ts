import type { Transaction } from 'sequelize';
import type { UpdateMethod } from '../../../contracts/target-method.ts';
import { MethodInput } from '../../../contracts/target.ts';
import type { Method } from '../../../contracts/target.ts';
import { OpsError } from '../../../domain/ops-error.ts';
import { authorize } from '../../context.ts';
import type { Caller, ServiceDeps } from '../../context.ts';
import { assertRevision } from '../../revision.ts';
import type { Expected } from '../../revision.ts';
import { authorizeExposure, checkKeptCredentials } from '../check-kept-credentials.ts';
import { methodChange, readMethodStates } from '../method-changes.ts';
import type { MethodState } from '../method-changes.ts';
import { methodRevision } from '../target-revision.ts';
import { addressOf } from '../write-methods.ts';
import { changeMethods, clearPrimary, methodOfTarget } from './change-methods.ts';
import { readMethod } from './read-methods.ts';

const mergeConfig = (config: MethodState['config'], changes: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries({ ...config, ...changes }).filter(([, value]) => value !== null));

/** The method as it shall be, checked as a new one is. @throws OpsError VALIDATION */
const mergedInput = (before: MethodState, { host, port, config = {} }: UpdateMethod): MethodInput => {
  const address = { host: host ?? before.host, port: port ?? before.port };
  const hasAddress = before.type !== 'sqlite' || host !== undefined || port !== undefined;
  const merged = { method_type: before.type, config: mergeConfig(before.config, config), ...(hasAddress && address) };
  const checked = MethodInput.safeParse(merged);
  if (checked.success) return checked.data;
  const fields = checked.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }));
  throw new OpsError('VALIDATION', `The method ${before.name} would not be valid.`, { fields });
};

const stateAfter = (before: MethodState, change: UpdateMethod): MethodState => {
  const input = mergedInput(before, change);
  const isActive = change.is_active ?? before.is_active;
  if (change.is_primary === true && !isActive)
    throw new OpsError('VALIDATION', `The method ${before.name} is switched off.`, {
      fields: [{ path: 'is_primary', message: 'a method that is switched off cannot be primary' }],
    });
  return {
    ...before,
    ...addressOf(input),
    name: change.method_name ?? before.name,
    is_active: isActive,
    is_primary: isActive && (change.is_primary ?? before.is_primary),
    priority: change.priority ?? before.priority,
    config: { ...input.config },
  };
};

/**
 * Fields that are left out stay as they are. A changed endpoint forgets the pinned host key.
 * @param key serial or uuid of the target. @throws OpsError NOT_FOUND, VALIDATION, REVISION_MISMATCH, CONFLICT for a name or an endpoint that is taken
 * and when no method would be switched on, FORBIDDEN when the stored credential would go to another place and the caller may not handle credentials
 */
export const updateMethod = async (
  deps: ServiceDeps,
  caller: Caller,
  key: string,
  name: string,
  change: UpdateMethod,
  expected?: Expected,
): Promise<Method> => {
  authorize(caller, 'targets.write');
  const { db } = deps;
  await changeMethods(deps, caller, key, 'update_method', async (target, transaction) => {
    const row = await methodOfTarget(target, name, transaction);
    await assertMethodRevision(deps, target.targetSerial, name, expected, transaction);
    const before = (await readMethodStates(db, target.id, transaction)).find((state) => state.name === name);
    if (before === undefined) throw new Error('a method that was found is among those of its target');
    const after = stateAfter(before, change);
    const changed = methodChange(before, after, true);
    authorizeExposure(caller, [changed]);
    checkKeptCredentials([changed], () => 'config');
    if (after.is_primary && !before.is_primary) await clearPrimary(target.id, transaction);
    const moved = before.host !== after.host || before.port !== after.port;
    await row.update(
      {
        methodName: after.name,
        host: after.host,
        port: after.port,
        isPrimary: after.is_primary,
        isActive: after.is_active,
        priority: after.priority,
        config: after.config,
        ...(moved && { hostKeyFingerprint: null }),
      },
      { transaction },
    );
    return changed;
  });
  return readMethod(db, key, change.method_name ?? name);
};

/** Reads only when the caller expects something. The row of its target is locked. @throws OpsError REVISION_MISMATCH */
export const assertMethodRevision = async (
  { db }: Pick<ServiceDeps, 'db'>,
  serial: string,
  name: string,
  expected: Expected,
  transaction: Transaction,
): Promise<void> => {
  if (expected === undefined) return;
  assertRevision(expected, methodRevision(await readMethod(db, serial, name, transaction)), `The method ${name} of target ${serial}`);
};
