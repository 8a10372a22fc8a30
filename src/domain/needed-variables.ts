import type { ActionCondition, ActionDependency } from '../contracts/actions/common.ts';
import type { ActionSlot, ActionType } from '../contracts/enums.ts';
import { actionTexts } from './action-texts.ts';
import { namesOfExpression } from './expression-names.ts';
import { parseTemplate, referencesOf } from './template/parse-template.ts';

/** What of an action says which values it needs, and whether every target comes to it. */
export interface NeedingAction {
  order: number;
  name: string;
  type: ActionType;
  parent: number | null;
  slot: ActionSlot | null;
  parameters: Readonly<Record<string, unknown>>;
  config: Readonly<Record<string, unknown>>;
  isEnabled: boolean;
  conditions: readonly ActionCondition[];
  dependencies: readonly ActionDependency[];
}

/** Something that asks for a variable, as a sentence says it. */
export interface Need {
  name: string;
  by: string;
}

const namesOf = (text: string): string[] =>
  referencesOf(parseTemplate(text)).flatMap(({ reference }) => (reference.kind === 'variable' ? [reference.name] : []));

const nameOf = ({ order, name }: NeedingAction): string => `action ${order} (${name})`;

/** Every target comes to it, or will if what it did is undone. */
const isReached = ({ parent, slot, ...action }: NeedingAction, all: ReadonlyMap<number, NeedingAction>): boolean => {
  if (!action.isEnabled || action.config['target_compatibility'] !== undefined || action.dependencies.length > 0) return false;
  if (parent === null) return true;
  const around = all.get(parent);
  return around !== undefined && (slot === 'parallel' || slot === 'rollback') && around.conditions.length === 0 && isReached(around, all);
};

/** Conditions are asked one after the other, until one does not hold. */
const needsOfConditions = ({ conditions: [first], ...action }: NeedingAction): Need[] => {
  if (first === undefined) return [];
  const names = [first.variable, ...(typeof first.value === 'string' ? namesOf(first.value) : [])];
  return names.map((name) => ({ name, by: `a condition of ${nameOf({ ...action, conditions: [] })}` }));
};

const needsOfWork = (action: NeedingAction, jobEnvironment: Readonly<Record<string, string>>): Need[] => {
  const { type, parameters, config } = action;
  const by = nameOf(action);
  const own = actionTexts(type, parameters, config).flatMap(({ text }) => namesOf(text));
  const asked = type === 'condition' ? namesOfExpression(String(parameters['expression'])) : [];
  const overridden = config['environment'] ?? {};
  const isProgram = type === 'command' || type === 'script';
  const shared = Object.entries(isProgram ? jobEnvironment : {}).filter(([name]) => !Object.hasOwn(overridden, name));
  return [
    ...[...own, ...asked].map((name) => ({ name, by })),
    ...shared.flatMap(([key, text]) => namesOf(text).map((name) => ({ name, by: `settings.environment.${key}, which ${by} has,` }))),
  ];
};

/**
 * The variables that a run surely needs, each with what needs it: that of actions to which every target comes, of blocks that they run beside each other,
 * and of what would undo them. What a condition guards may well lack what it would need.
 */
export const neededVariables = (actions: readonly NeedingAction[], jobEnvironment: Readonly<Record<string, string>>): Need[] => {
  const all = new Map(actions.map((action) => [action.order, action]));
  return actions
    .filter((action) => isReached(action, all))
    .flatMap((action) => (action.conditions.length > 0 ? needsOfConditions(action) : needsOfWork(action, jobEnvironment)));
};
