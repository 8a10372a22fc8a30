import { allHold, evaluateExpression } from '../conditions.ts';
import { OpsError } from '../ops-error.ts';
import { parseTemplate, referencesOf } from '../template/parse-template.ts';
import { variableText } from '../template/value.ts';
import type { PlanAction, PlanFacts } from './plan-action.ts';

type Known = Pick<PlanFacts, 'values' | 'unknown'>;

/** What will come of something: known, not known yet, or surely an error. */
export type Foreseen<Value> = { kind: 'known'; value: Value } | { kind: 'unknown' } | { kind: 'error'; message: string };

const errorOf = (error: unknown): { kind: 'error'; message: string } => {
  if (error instanceof OpsError) return { kind: 'error', message: error.message };
  throw error;
};

const STRINGS = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g;
const NAMES = /\b(?:actions|[A-Z][A-Z0-9_]*)\b/g;

const namesUnknown = (expression: string, unknown: ReadonlySet<string>): boolean =>
  [...expression.replaceAll(STRINGS, '""').matchAll(NAMES)].some(([name]) => name === 'actions' || unknown.has(name));

/** What the expression of an action gives. */
export const foreseeExpression = (action: PlanAction, { values, unknown }: Known): Foreseen<unknown> => {
  try {
    return { kind: 'known', value: evaluateExpression(action, values) };
  } catch (error) {
    return namesUnknown(String(action.parameters['expression']), unknown) ? { kind: 'unknown' } : errorOf(error);
  }
};

type Condition = PlanAction['conditions'][number];

/** A condition as people read it. */
export const conditionText = ({ variable, operator, value }: Condition): string => `${variable} ${operator} ${JSON.stringify(value)}`;

/** Does a condition compare with what is not known yet? */
const refersTo = ({ value }: Condition, unknown: ReadonlySet<string>): boolean =>
  typeof value === 'string' &&
  referencesOf(parseTemplate(value)).some(({ reference }) => reference.kind !== 'variable' || unknown.has(reference.name));

const SHOWN = 60;

/** Do the conditions of an action hold? `value` of a known one: why not, undefined when they do. */
export const foreseeConditions = ({ conditions }: PlanAction, { values, unknown }: Known): Foreseen<string | undefined> => {
  let isSure = true;
  for (const condition of conditions) {
    if (unknown.has(condition.variable) || refersTo(condition, unknown)) {
      isSure = false;
      continue;
    }
    try {
      if (allHold([condition], values)) continue;
    } catch (error) {
      if (isSure) return errorOf(error);
      continue;
    }
    const found = variableText(values[condition.variable]).slice(0, SHOWN);
    return { kind: 'known', value: `${conditionText(condition)} does not hold, it is ${JSON.stringify(found)}` };
  }
  return isSure ? { kind: 'known', value: undefined } : { kind: 'unknown' };
};
