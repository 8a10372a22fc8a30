import type { Method, MethodInput } from '../../../contracts/target.ts';
import { recordAudit } from '../../../db/record-audit.ts';
import { OpsError } from '../../../domain/ops-error.ts';
import { authorize } from '../../context.ts';
import type { Caller, ServiceDeps } from '../../context.ts';
import { methodChanges, readMethodStates } from '../method-changes.ts';
import type { MethodState } from '../method-changes.ts';
import { insertMethods, keyProblems } from '../write-methods.ts';
import type { NamedMethod } from '../write-methods.ts';
import { changeMethods, clearPrimary } from './change-methods.ts';
import { readMethod } from './read-methods.ts';

/** Those that are written with the whole target are no more either. */
const MOST_METHODS = 20;

const freeName = (type: string, known: readonly MethodState[]): string => {
  const names = new Set(known.map(({ name }) => name));
  let number = known.length + 1;
  while (names.has(`${type}_${number}`)) number += 1;
  return `${type}_${number}`;
};

const nameMethod = (input: MethodInput, known: readonly MethodState[]): NamedMethod => ({
  name: input.method_name ?? freeName(input.method_type, known),
  isPrimary: input.is_primary === true,
  priority: input.priority ?? Math.max(0, ...known.map(({ priority }) => priority)) + 1,
  input,
});

const checkInput = (caller: Caller, { credential, is_primary: isPrimary, is_active: isActive }: MethodInput): void => {
  if (credential !== undefined) authorize(caller, 'credentials.write');
  const fields = keyProblems(credential, 'credential');
  if (isPrimary === true && isActive === false)
    fields.push({ path: 'is_primary', message: 'a method that is switched off cannot be primary' });
  if (fields.length > 0) throw new OpsError('VALIDATION', 'The method cannot be added as it is.', { fields });
};

/**
 * Adds a method to a target, behind those that it has.
 * @param key serial or uuid. @throws OpsError NOT_FOUND, VALIDATION, FORBIDDEN, CONFLICT for a name or an endpoint that is taken, or one too many
 */
export const addMethod = async (deps: ServiceDeps, caller: Caller, key: string, input: MethodInput): Promise<Method> => {
  authorize(caller, 'targets.write');
  checkInput(caller, input);
  const { db, keyRing } = deps;
  let name = '';
  await changeMethods(deps, caller, key, 'add_method', async (target, transaction) => {
    const known = await readMethodStates(db, target.id, transaction);
    if (known.length >= MOST_METHODS)
      throw new OpsError('CONFLICT', `Target ${target.targetSerial} has ${MOST_METHODS} methods; that is the most.`);
    const named = nameMethod(input, known);
    ({ name } = named);
    if (named.isPrimary) await clearPrimary(target.id, transaction);
    await insertMethods(keyRing, [{ targetId: target.id, method: named }], transaction);
    if (input.credential !== undefined) {
      const event = { eventType: 'credential_changed', action: 'add_credential', severity: 'medium', actor: caller.actor } as const;
      const where = { resourceType: 'universal_targets', resourceId: target.targetSerial, details: { methods: [name] } };
      await recordAudit(db, keyRing.auditKey, { ...event, ...where }, transaction);
    }
    const [change] = methodChanges([], [named]);
    if (change === undefined) throw new Error('a method that was added is a change');
    return change;
  });
  return readMethod(db, key, name);
};
