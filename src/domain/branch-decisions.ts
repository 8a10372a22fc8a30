import type { ActionSlot } from '../contracts/enums.ts';
import type { ActionEndState, ActionFailure, ActionOutcome, PlannedAction } from '../contracts/run.ts';

type Ends = ReadonlyMap<number, ActionEndState>;

const FITS = {
  success: ['completed'],
  failure: ['failed'],
  completed: ['completed', 'failed'],
  skipped: ['skipped'],
} as const satisfies Record<string, readonly ActionEndState[]>;

/** Has every action on which this one depends ended as it asks? One that was not reached has not. */
export const dependenciesMet = ({ dependencies = [] }: Pick<PlannedAction, 'dependencies'>, ends: Ends): boolean =>
  dependencies.every(({ order, status }) => {
    const end = ends.get(order);
    return end !== undefined && FITS[status].some((fit) => fit === end);
  });

/** Does an action still run after the failure that ends its list? Only one that asked for it, or for what ran because of it. */
export const followsFailure = (action: Pick<PlannedAction, 'dependencies'>, { causes, effect }: ActionFailure, ends: Ends): boolean =>
  effect !== 'skip_remaining' && action.dependencies?.some(({ order }) => causes.includes(order)) === true && dependenciesMet(action, ends);

/** The actions of one body; of a case, those that the case names. */
export const bodyOf = (
  actions: readonly PlannedAction[],
  parent: number | undefined,
  slot: ActionSlot | undefined,
  named?: readonly number[],
): PlannedAction[] =>
  actions.filter((action) => action.parent === parent && action.slot === slot && (named === undefined || named.includes(action.order)));

const RANK = { stop: 0, skip_remaining: 1, rollback: 2 } as const;

/** Of several failures at once, the one that decides: the one that asks for most, then the first. */
export const gravest = (failures: readonly ActionFailure[]): ActionFailure | undefined => {
  const [worst] = failures.toSorted((one, other) => RANK[other.effect] - RANK[one.effect]);
  return worst === undefined ? undefined : { ...worst, causes: failures.flatMap(({ causes }) => causes) };
};

/**
 * What the failure of an action means for the list in which it is; undefined: the list goes on.
 * A failure inside it that skips or undoes does so for all lists around, whatever the action says.
 */
export const failureOf = (
  { order, name, onFailure }: Pick<PlannedAction, 'order' | 'name' | 'onFailure'>,
  { failureCategory, errorCode }: ActionOutcome,
  inner: ActionFailure | undefined,
): ActionFailure | undefined => {
  const effect = inner === undefined || inner.effect === 'stop' ? onFailure : inner.effect;
  if (effect === 'continue') return undefined;
  const own = { order, name, failureCategory, errorCode };
  return { ...own, ...inner, effect, causes: [...(inner?.causes ?? []), order] };
};

/** May the branch go on after this action on the same connection? */
export const mayFollow = (actions: readonly PlannedAction[], action: PlannedAction): boolean =>
  action.parent !== undefined ||
  actions.some((other) => other.order > action.order && other.isEnabled && other.slot !== 'rollback') ||
  actions.some((other) => other.slot === 'rollback');

type Around = Pick<PlannedAction, 'order' | 'onFailure'> & { parent?: number | null | undefined };

/** Does the failure of an action fail its branch, by what it and those around it say? */
export const failsBranch = (order: number | undefined, actions: readonly Around[]): boolean => {
  const action = actions.find((candidate) => candidate.order === order);
  if (action === undefined || action.onFailure === 'continue') return false;
  return action.onFailure !== 'stop' || typeof action.parent !== 'number' || failsBranch(action.parent, actions);
};
