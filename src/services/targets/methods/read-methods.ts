import type { Sequelize, Transaction } from 'sequelize';
import type { MethodList } from '../../../contracts/target-method.ts';
import type { Method } from '../../../contracts/target.ts';
import { OpsError } from '../../../domain/ops-error.ts';
import { authorize } from '../../context.ts';
import type { Caller, ServiceDeps } from '../../context.ts';
import { readTarget } from '../read-targets.ts';

/** @param key serial or uuid of the target. @throws OpsError NOT_FOUND */
export const readMethod = async (db: Sequelize, key: string, name: string, transaction?: Transaction): Promise<Method> => {
  const { methods } = await readTarget(db, key, transaction);
  const method = methods.find(({ method_name: known }) => known === name);
  if (method !== undefined) return method;
  const names = methods.map(({ method_name: known }) => known).join(', ');
  throw new OpsError('NOT_FOUND', `Target ${key} has no method ${name}; it has ${names}.`);
};

/** All methods of a target, the primary one first. @throws OpsError NOT_FOUND */
export const listMethods = async ({ db }: ServiceDeps, caller: Caller, key: string): Promise<MethodList> => {
  authorize(caller, 'targets.read');
  return { data: (await readTarget(db, key)).methods };
};

/** @throws OpsError NOT_FOUND */
export const getMethod = async ({ db }: ServiceDeps, caller: Caller, key: string, name: string): Promise<Method> => {
  authorize(caller, 'targets.read');
  return readMethod(db, key, name);
};
