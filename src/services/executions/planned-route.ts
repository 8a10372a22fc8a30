import { ACTION_NEEDS, canServe, METHODS } from '../../contracts/capabilities.ts';
import { commandShellOf, platformOf } from '../../domain/command-shell.ts';
import type { PlanAction, PlanRoute } from '../../domain/plan/plan-action.ts';
import { namesItsServer } from '../jobs/unable-targets.ts';
import { unfitness } from '../jobs/unfit.ts';
import type { PlannedMethod } from './plan-targets.ts';

/** The method over which an action would run: the one that it names, else the first that can do it. */
export const methodFor = ({ type, config }: PlanAction, methods: readonly PlannedMethod[]): PlannedMethod | undefined => {
  const wanted = config['method'];
  return methods.find(({ method_type: method }) => canServe(method, type) && (wanted === undefined || method === wanted));
};

/** How an action would get to its target, or why it cannot. */
export const routeOf = (action: PlanAction, methods: readonly PlannedMethod[], osType: string): PlanRoute => {
  const { type, parameters } = action;
  if (ACTION_NEEDS[type].length === 0 || namesItsServer(type, parameters)) return { method: null, place: 'posix_shell' };
  const method = methodFor(action, methods);
  const wanted = action.config['method'];
  if (method === undefined)
    return { problem: `the target has no active method ${typeof wanted === 'string' ? wanted : `that can do actions of type ${type}`}` };
  const { method_type: methodType, config } = method;
  const [unfit] = unfitness(action, { methodType, config, osType });
  if (unfit !== undefined) return { problem: unfit.message };
  if (method.credential_uuid === null && !METHODS[methodType].isCredentialOptional)
    return { problem: `the method ${method.method_name} of the target has no active credential` };
  return {
    method: method.method_name,
    place: commandShellOf({ methodType, config, platform: platformOf({ methodType, config }, osType) }),
  };
};
