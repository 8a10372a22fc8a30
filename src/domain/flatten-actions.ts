import type { NestedAction } from '../contracts/actions/nested.ts';
import type { ActionSlot } from '../contracts/enums.ts';

/** An action at its place in the order over all actions of a job. */
export interface FlatAction {
  order: number;
  key: string;
  /** Where it is in the definition, such as `actions.0.action_parameters.then.1`. */
  path: string;
  /** 1 for actions that are in no other. */
  depth: number;
  parent: FlatAction | undefined;
  slot: ActionSlot | undefined;
  /** Of an action in a case: the text that leads to it. */
  caseValue: string | undefined;
  action: NestedAction;
}

interface Body {
  slot: ActionSlot;
  path: string;
  caseValue?: string;
  actions: NestedAction[];
}

const FIELDS: readonly [field: string, slot: ActionSlot][] = [
  ['then', 'then'],
  ['else', 'else'],
  ['loop', 'loop'],
  ['actions', 'parallel'],
];

const isBody = (value: unknown): value is NestedAction[] => Array.isArray(value);

const bodiesOf = ({ action_type: type, action_parameters: parameters, rollback }: NestedAction): Body[] => {
  const bodies: Body[] = [];
  if (type === 'condition' || type === 'parallel') {
    for (const [field, slot] of FIELDS) {
      const actions = parameters[field];
      if (isBody(actions)) bodies.push({ slot, path: `action_parameters.${field}`, actions });
    }
    for (const [caseValue, actions] of Object.entries(parameters['cases'] ?? {})) {
      if (isBody(actions)) bodies.push({ slot: 'case', path: `action_parameters.cases.${caseValue}`, caseValue, actions });
    }
  }
  return [...bodies, { slot: 'rollback', path: 'rollback', actions: rollback }];
};

/** All actions of a job in the order of their numbers: each, then what is inside it, then what undoes it. */
export const flattenActions = (actions: readonly NestedAction[]): FlatAction[] => {
  const flat: FlatAction[] = [];
  const add = (list: readonly NestedAction[], path: string, place: Pick<FlatAction, 'parent' | 'slot' | 'caseValue' | 'depth'>): void => {
    list.forEach((action, index) => {
      const order = flat.length + 1;
      const own: FlatAction = { ...place, order, key: action.action_key ?? `action_${order}`, path: `${path}.${index}`, action };
      flat.push(own);
      for (const body of bodiesOf(action)) {
        const inside = { parent: own, slot: body.slot, caseValue: body.caseValue, depth: place.depth + 1 };
        add(body.actions, `${own.path}.${body.path}`, inside);
      }
    });
  };
  add(actions, 'actions', { parent: undefined, slot: undefined, caseValue: undefined, depth: 1 });
  return flat;
};

const BODY_FIELDS = new Set(FIELDS.map(([field]) => field));

/** The input of an action without the actions inside it; `cases` keeps the keys of those, by text. */
export const ownParameters = ({ action, order }: FlatAction, flat: readonly FlatAction[]): Record<string, unknown> => {
  const { action_type: type, action_parameters: parameters } = action;
  if (type !== 'condition' && type !== 'parallel') return parameters;
  const own = Object.fromEntries(Object.entries(parameters).filter(([field]) => !BODY_FIELDS.has(field)));
  if (parameters['cases'] === undefined) return own;
  const cases: Record<string, string[]> = {};
  for (const child of flat) {
    if (child.parent?.order === order && child.caseValue !== undefined) (cases[child.caseValue] ??= []).push(child.key);
  }
  return { ...own, cases };
};
