import { authorize } from '../../context.ts';
import type { Caller, ServiceDeps } from '../../context.ts';
import type { Expected } from '../../revision.ts';
import { methodChange, readMethodStates } from '../method-changes.ts';
import { changeMethods, methodOfTarget } from './change-methods.ts';
import { assertMethodRevision } from './update-method.ts';

/**
 * Removes a method with its credentials. When it was the primary one, the next by priority becomes it.
 * @param key serial or uuid of the target. @throws OpsError NOT_FOUND, REVISION_MISMATCH, CONFLICT for the last method that is switched on
 */
export const removeMethod = async (deps: ServiceDeps, caller: Caller, key: string, name: string, expected?: Expected): Promise<void> => {
  authorize(caller, 'targets.write');
  await changeMethods(deps, caller, key, 'remove_method', async (target, transaction) => {
    const row = await methodOfTarget(target, name, transaction);
    await assertMethodRevision(deps, target.targetSerial, name, expected, transaction);
    const before = (await readMethodStates(deps.db, target.id, transaction)).find((state) => state.name === name);
    await row.destroy({ transaction });
    return methodChange(before, undefined, false);
  });
};
