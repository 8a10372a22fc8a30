import { MaskedText } from '../masked-text.ts';
import { OpsError } from '../ops-error.ts';
import { LOOP_VARIABLES, PREVIOUS_VARIABLES } from '../system-variables.ts';
import type { Reference } from './parse-template.ts';
import type { Lookup, TemplateValue } from './value.ts';

/** Values by name; `actions` holds the results by key. */
export type KnownValues = Readonly<Record<string, unknown>>;

type ActionReference = Extract<Reference, { kind: 'action' }>;

const own = (values: unknown, name: string | number): unknown =>
  typeof values === 'object' && values !== null && Object.hasOwn(values, name) ? Reflect.get(values, name) : undefined;

const isValue = (value: unknown): value is TemplateValue =>
  value !== undefined && typeof value !== 'function' && typeof value !== 'symbol' && typeof value !== 'bigint';

const missing = (why: string): OpsError => new OpsError('VARIABLE_MISSING', why);

const shown = ({ key, field, path }: ActionReference, steps = path.length): string =>
  `\${actions.${key}.${field}${path
    .slice(0, steps)
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`))
    .join('')}}`;

const parseOutput = (reference: ActionReference, text: unknown): unknown => {
  try {
    return JSON.parse(String(text));
  } catch {
    // What the output is stays untold: it may be anything.
    throw missing(`${shown(reference)} leads into the ${reference.field} of an action that gave no JSON (or more than 64 KiB of it).`);
  }
};

const actionValue = (values: KnownValues, reference: ActionReference): TemplateValue => {
  const { key, field, path } = reference;
  const result = own(values['actions'], key);
  const isElsewhere = field === 'artifact' && own(result, field) !== undefined;
  // A skipped one has a row, but nothing to tell besides that.
  if (result === undefined || (field !== 'status' && !isElsewhere && own(result, 'status') === 'skipped'))
    throw missing(
      `${shown(reference)} has no value: the action "${key}" has not run on this target. A condition or dependency can see to that.`,
    );
  let value = own(result, field);
  if (value instanceof MaskedText) throw value.refusal(shown(reference));
  if (path.length > 0) value = parseOutput(reference, value);
  path.forEach((step, index) => {
    value = own(value, step);
    if (value === undefined) throw missing(`${shown(reference)} has no value: there is no ${shown(reference, index + 1)} in the JSON.`);
  });
  if (!isValue(value) || value === null) throw missing(`${shown(reference)} has no value: the action "${key}" ended without one.`);
  return value;
};

const variableValue = (values: KnownValues, name: string): TemplateValue | undefined => {
  const value = own(values, name);
  if (value instanceof MaskedText) throw value.refusal(`\${${name}}`);
  if (isValue(value) && value !== null) return value;
  if (PREVIOUS_VARIABLES.some((known) => known === name))
    throw missing(`\${${name}} has no value: no action has run before this one on this target.`);
  if (LOOP_VARIABLES.some((known) => known === name)) throw missing(`\${${name}} has no value: the action runs in no loop over a list.`);
  return undefined;
};

/** Finds references in known values. A JSON path into an output that is no JSON, an action that has not run: errors that say so. */
export const createLookup =
  (values: KnownValues, params: KnownValues = {}): Lookup =>
  (reference) => {
    if (reference.kind === 'action') return actionValue(values, reference);
    if (reference.kind === 'variable') return variableValue(values, reference.name);
    const value = own(params, reference.name);
    return isValue(value) ? value : undefined;
  };
