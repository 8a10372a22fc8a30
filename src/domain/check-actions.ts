import type { FlatAction } from './flatten-actions.ts';
import type { FieldProblem } from './ops-error.ts';

const MAX_ACTIONS = 200;
const MAX_DEPTH = 5;
const INSIDE = new Set(['condition', 'parallel']);
/** Done by OpsConductor itself: they have no limit of their own and are not retried. */
export const CONTROL_TYPES: ReadonlySet<string> = new Set([...INSIDE, 'wait', 'approval']);

type ByKey = ReadonlyMap<string, FlatAction>;

const ancestorsOf = (action: FlatAction): FlatAction[] => {
  const found: FlatAction[] = [];
  for (let parent = action.parent; parent !== undefined; parent = parent.parent) found.push(parent);
  return found;
};

/** Names the list of actions in which an action stands. */
const listOf = ({ parent, slot, caseValue }: FlatAction): string => `${parent?.order ?? ''}/${slot ?? ''}/${caseValue ?? ''}`;

/** The lists around an action, its own first. */
const listsAround = (action: FlatAction): Set<string> => new Set([action, ...ancestorsOf(action)].map(listOf));

/** The chain of keys by which `from` depends on `to`, if it does. */
const chainOf = (from: FlatAction, to: FlatAction, byKey: ByKey, seen = new Set<string>()): string[] | undefined => {
  if (seen.has(from.key)) return undefined;
  seen.add(from.key);
  for (const { action_key: key } of from.action.dependencies) {
    const next = byKey.get(key);
    if (next === to) return [from.key, to.key];
    const rest = next === undefined ? undefined : chainOf(next, to, byKey, seen);
    if (rest !== undefined) return [from.key, ...rest];
  }
  return undefined;
};

const placeProblem = (action: FlatAction, wanted: FlatAction): string | undefined => {
  const around = listsAround(action);
  let seen = wanted;
  while (!around.has(listOf(seen))) {
    if (seen.parent === undefined) return undefined;
    if (seen.slot === 'rollback') return `"${wanted.key}" undoes "${seen.parent.key}"; nothing may wait for that`;
    if (seen.slot !== 'parallel')
      return `"${wanted.key}" is inside a branch of "${seen.parent.key}", which may not be taken; depend on "${seen.parent.key}"`;
    seen = seen.parent;
  }
  return seen.slot === 'parallel' ? `"${wanted.key}" runs at the same time, inside "${seen.parent?.key}"` : undefined;
};

const undoes = (action: FlatAction, wanted: FlatAction): boolean =>
  [action, ...ancestorsOf(action)].some((inner) => inner.parent === wanted && inner.slot === 'rollback');

const dependencyProblem = (action: FlatAction, key: string, byKey: ByKey): string | undefined => {
  const wanted = byKey.get(key);
  if (wanted === undefined) return `there is no action with the key "${key}"`;
  if (wanted === action) return 'an action cannot depend on itself';
  if (undoes(action, wanted)) return undefined;
  if (ancestorsOf(action).includes(wanted)) return `"${key}" is around this action, so it cannot have ended before it`;
  const circle = chainOf(wanted, action, byKey);
  if (circle !== undefined) return `the dependencies go in a circle: ${[action.key, ...circle].join(' → ')}`;
  if (wanted.order > action.order) return `"${key}" comes later, so it can never have run; move it before this action`;
  return placeProblem(action, wanted);
};

const dependencyProblems = (action: FlatAction, byKey: ByKey): FieldProblem[] =>
  action.action.dependencies.flatMap(({ action_key: key }, index) => {
    const message = dependencyProblem(action, key, byKey);
    return message === undefined ? [] : [{ path: `${action.path}.dependencies.${index}.action_key`, message }];
  });

const keyProblems = (flat: readonly FlatAction[]): FieldProblem[] => {
  const seen = new Set<string>();
  return flat.flatMap(({ key, path }) => {
    const isDouble = seen.has(key);
    seen.add(key);
    return isDouble ? [{ path: `${path}.action_key`, message: `"${key}" occurs twice` }] : [];
  });
};

const rollbackProblems = (action: FlatAction, flat: readonly FlatAction[]): FieldProblem[] => {
  const { on_failure: onFailure, rollback, action_type: type } = action.action;
  const isUndoing = [action, ...ancestorsOf(action)].some(({ slot }) => slot === 'rollback');
  const problems: FieldProblem[] = [];
  if (isUndoing && rollback.length > 0) problems.push({ path: `${action.path}.rollback`, message: 'a rollback is not undone itself' });
  if (isUndoing && type === 'approval')
    problems.push({ path: `${action.path}.action_type`, message: 'a rollback does not wait for a person' });
  if (onFailure !== 'rollback') return problems;
  const canUndo = flat.some(
    (other) => other.action.rollback.length > 0 && (other.order <= action.order || ancestorsOf(action).includes(other)),
  );
  const message = isUndoing ? 'a rollback is not undone itself' : 'neither this action nor one before it has rollback actions';
  return isUndoing || !canUndo ? [...problems, { path: `${action.path}.on_failure`, message }] : problems;
};

const fieldProblems = ({ action, path }: FlatAction): FieldProblem[] => {
  const { action_type: type, rollback } = action;
  if (!CONTROL_TYPES.has(type)) return [];
  const problems: FieldProblem[] = [];
  if ((action.retry_count ?? 0) > 0)
    problems.push({
      path: `${path}.retry_count`,
      message: `an action of type ${type} is not retried${INSIDE.has(type) ? '; give retries to actions inside it' : ''}`,
    });
  if (action.timeout_seconds !== undefined)
    problems.push({
      path: `${path}.timeout_seconds`,
      message: `an action of type ${type} has no limit of this kind${type === 'approval' ? '; write timeoutSeconds in its action_parameters' : ''}`,
    });
  if (rollback.length > 0 && type !== 'parallel')
    problems.push({
      path: `${path}.rollback`,
      message:
        type === 'condition'
          ? 'a condition may have done nothing; give it to the actions inside'
          : `there is nothing to undo of an action of type ${type}`,
    });
  return problems;
};

/** What is wrong with how the actions of a job hang together: numbers, nesting, keys, dependencies, rollback. */
export const actionProblems = (flat: readonly FlatAction[]): FieldProblem[] => {
  if (flat.length > MAX_ACTIONS)
    return [
      { path: 'actions', message: `a job has at most ${MAX_ACTIONS} actions, those inside others included; these are ${flat.length}` },
    ];
  const tooDeep = flat.find(({ depth }) => depth > MAX_DEPTH);
  if (tooDeep !== undefined) return [{ path: tooDeep.path, message: `actions are nested at most ${MAX_DEPTH} deep` }];
  const doubles = keyProblems(flat);
  if (doubles.length > 0) return doubles;
  const byKey = new Map(flat.map((action) => [action.key, action]));
  return flat.flatMap((action) => [...fieldProblems(action), ...dependencyProblems(action, byKey), ...rollbackProblems(action, flat)]);
};
