import type { ActionSlot } from '../../contracts/enums.ts';
import type { Action } from '../../contracts/job.ts';

/** An action as it is stored: beside the others, with the place where it was. */
export type ActionRow = Omit<Action, 'rollback'> & { parent: number | null; slot: ActionSlot | null };

const bodiesOf = (row: ActionRow, inside: ReadonlyMap<string, Action[]>): Record<string, unknown> => {
  const bodies: Record<string, unknown> = {};
  for (const slot of ['then', 'else', 'loop', 'parallel'] as const) {
    const actions = inside.get(`${row.action_order}/${slot}`);
    if (actions !== undefined) bodies[slot === 'parallel' ? 'actions' : slot] = actions;
  }
  const cases = row.action_parameters['cases'] as Record<string, string[]> | undefined;
  if (cases === undefined) return bodies;
  const actions = inside.get(`${row.action_order}/case`) ?? [];
  const named = (keys: string[]): Action[] => actions.filter(({ action_key: key }) => keys.includes(key));
  return { ...bodies, cases: Object.fromEntries(Object.entries(cases).map(([value, keys]) => [value, named(keys)])) };
};

/** Actions as they were given: inside each other. @param rows by action_order, so that parents come first */
export const nestActions = (rows: readonly ActionRow[]): Action[] => {
  const inside = new Map<string, Action[]>();
  // From the last: what is inside an action has a higher number than it.
  for (const row of rows.toReversed()) {
    const { parent, slot, ...own } = row;
    const action: Action = {
      ...own,
      action_parameters: { ...own.action_parameters, ...bodiesOf(row, inside) },
      rollback: inside.get(`${row.action_order}/rollback`) ?? [],
    };
    const place = `${parent ?? ''}/${slot ?? ''}`;
    inside.set(place, [action, ...(inside.get(place) ?? [])]);
  }
  return inside.get('/') ?? [];
};
