import type { PlanStep } from '../../contracts/plan.ts';
import { actionTexts } from '../action-texts.ts';
import { createLookup } from '../template/create-lookup.ts';
import type { Reference } from '../template/parse-template.ts';
import { variableText } from '../template/value.ts';
import type { Place } from '../template/value.ts';
import type { PlanAction, PlanFacts } from './plan-action.ts';
import { showText } from './show-text.ts';
import type { PlanValues } from './show-text.ts';

type Texts = PlanStep['texts'];

const named = (reference: Reference, names: ReadonlySet<string>): boolean => reference.kind === 'variable' && names.has(reference.name);

const valuesOf = ({ values, unknown, secrets }: PlanFacts): PlanValues => ({
  lookup: createLookup(values),
  isSecret: (reference) => named(reference, secrets),
  // A parameter of a query is bound by its name.
  isLater: (reference) => reference.kind !== 'variable' || named(reference, unknown),
});

/** Parameters that say what an action of the workflow itself does. */
const CONTROL_FIELDS = ['expression', 'seconds', 'until', 'maxConcurrency', 'approvers', 'timeoutSeconds', 'scriptContent'];

const placeOf = (path: string, commandPlace: Place): Place => {
  if (path === 'action_parameters.command') return commandPlace;
  if (path === 'action_parameters.url') return 'url';
  return path.startsWith('action_parameters.headers.') ? 'header' : 'plain';
};

const shortPath = (path: string): string => path.replace(/^action_(parameters|config)\./, '');

/** All that an action says, with the values that are known. Statements stay as they are written: their values are bound. @throws OpsError */
export const stepTexts = (action: PlanAction, commandPlace: Place, facts: PlanFacts): Texts => {
  const { type, parameters, config } = action;
  const own = CONTROL_FIELDS.flatMap((field) => {
    const value = parameters[field];
    return value === undefined ? [] : [{ field, text: variableText(value) }];
  });
  const values = valuesOf(facts);
  const rendered = actionTexts(type, parameters, config).map(({ path, text }) => ({
    field: shortPath(path),
    text: path === 'action_parameters.query' ? text : showText(text, placeOf(path, commandPlace), values),
  }));
  return [...own, ...rendered];
};

/** The same as it is written: of an action that cannot run. */
export const writtenTexts = ({ type, parameters, config }: PlanAction): Texts =>
  actionTexts(type, parameters, config).map(({ path, text }) => ({ field: shortPath(path), text }));
