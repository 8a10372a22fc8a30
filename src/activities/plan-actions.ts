import type { PlannedAction, PlannedControl } from '../contracts/run.ts';
import type { DefinedAction, Definition } from '../db/load-definition.ts';

interface StoredControl {
  conditionType: 'if' | 'switch' | 'while' | 'for';
  cases: Record<string, string[]>;
  maxIterations: number;
  maxConcurrency: number;
  waitForAll: boolean;
  seconds: number;
  until: string;
  timeoutSeconds: number;
  onTimeout: 'fail' | 'approve' | 'skip';
}

type Orders = ReadonlyMap<string, number>;

const ordersOf = (keys: readonly string[], orders: Orders): number[] => keys.flatMap((key) => orders.get(key) ?? []);

const conditionOf = ({ conditionType, cases, maxIterations }: StoredControl, orders: Orders): PlannedControl => {
  if (conditionType === 'if') return { type: 'if' };
  if (conditionType !== 'switch') return { type: conditionType, maxIterations };
  return { type: 'switch', cases: Object.fromEntries(Object.entries(cases).map(([value, keys]) => [value, ordersOf(keys, orders)])) };
};

const controlOf = ({ type, parameters }: DefinedAction, orders: Orders): PlannedControl | undefined => {
  const stored = parameters as unknown as StoredControl;
  if (type === 'condition') return conditionOf(stored, orders);
  if (type === 'parallel') return { type, maxConcurrency: stored.maxConcurrency, waitForAll: stored.waitForAll };
  if (type === 'wait') return stored.until === undefined ? { type, seconds: stored.seconds } : { type, until: stored.until };
  return type === 'approval' ? { type, timeoutSeconds: stored.timeoutSeconds, onTimeout: stored.onTimeout } : undefined;
};

/** The control data of a version's actions. What says nothing is left out: it would be in the history of every branch. */
export const planActions = (definition: Definition, backoffCoefficient: number): PlannedAction[] => {
  const orders = new Map(definition.actions.map(({ key, order }) => [key, order]));
  return definition.actions.map((action) => {
    const dependencies = action.dependencies.flatMap(({ action_key: key, status }) => {
      const order = orders.get(key);
      return order === undefined ? [] : [{ order, status }];
    });
    const control = controlOf(action, orders);
    return {
      order: action.order,
      name: action.name,
      type: action.type,
      isEnabled: action.isEnabled,
      timeoutMs: action.timeoutSeconds * 1_000,
      retryCount: action.retryCount ?? definition.retryCount,
      retryDelayMs: action.retryDelaySeconds * 1_000,
      backoffCoefficient,
      onFailure: action.onFailure,
      ...(action.parent !== null && action.slot !== null && { parent: action.parent, slot: action.slot }),
      ...(dependencies.length > 0 && { dependencies }),
      ...((action.conditions.length > 0 || action.config['target_compatibility'] !== undefined) && { hasConditions: true }),
      ...(action.config['delivery'] === 'at_least_once' && { isRepeatable: true }),
      ...(control !== undefined && { control }),
    };
  });
};
