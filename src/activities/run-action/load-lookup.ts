import type { Sequelize } from 'sequelize';
import type { ActionRef } from '../../contracts/run.ts';
import type { DefinedAction } from '../../db/load-definition.ts';
import { MaskedText } from '../../domain/masked-text.ts';
import { PREVIOUS_VARIABLES, SO_FAR_VARIABLES } from '../../domain/system-variables.ts';
import { createLookup } from '../../domain/template/create-lookup.ts';
import type { KnownValues } from '../../domain/template/create-lookup.ts';
import { parseTemplate } from '../../domain/template/parse-template.ts';
import { renderTemplate } from '../../domain/template/render-template.ts';
import type { Lookup } from '../../domain/template/value.ts';
import { readValues } from '../decide.ts';
import type { BranchContext } from './load-branch-context.ts';
import { loopValues } from './loop-values.ts';

/** Parameters of a database action; references in their texts have their values. */
const paramsOf = ({ parameters }: DefinedAction, values: KnownValues): KnownValues => {
  const given = parameters['parameters'];
  if (typeof given !== 'object' || given === null) return {};
  const lookup = createLookup(values);
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) => [
      name,
      typeof value === 'string' ? renderTemplate(parseTemplate(value), 'plain', lookup) : value,
    ]),
  );
};

const OF_RESULTS: ReadonlySet<string> = new Set([...PREVIOUS_VARIABLES, ...SO_FAR_VARIABLES]);

export interface ActionValues {
  lookup: Lookup;
  /** What of it a program finds in its environment besides the variables of the branch. */
  previous: Readonly<Record<string, unknown>>;
}

/** All that the texts of an action refer to. Results of other actions are read where a text names them, and kept nowhere else. */
export const loadValues = async (
  db: Sequelize,
  ref: Pick<ActionRef, 'branch' | 'loop'>,
  context: BranchContext,
  action: DefinedAction,
): Promise<ActionValues> => {
  const text = JSON.stringify([action.parameters, action.config]);
  const values = await readValues(db, context, await loopValues(db, ref), text);
  // What is masked is no value; a text that does not name it can do without.
  const isGiven = (name: string, value: unknown): boolean =>
    OF_RESULTS.has(name) && (!(value instanceof MaskedText) || text.includes(name));
  const previous = Object.fromEntries(Object.entries(values).filter(([name, value]) => isGiven(name, value)));
  let params: KnownValues | undefined;
  const lookup: Lookup = (reference) => {
    if (reference.kind === 'param') params ??= paramsOf(action, values);
    return createLookup(values, params)(reference);
  };
  return { lookup, previous };
};
