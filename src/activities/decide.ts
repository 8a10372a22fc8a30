import { EvaluationError, ParseError, TypeError as CelTypeError, evaluate } from '@marcbachmann/cel-js';
import type { Sequelize } from 'sequelize';
import type { ActionCondition } from '../contracts/actions/common.ts';
import type { DefinedAction } from '../db/load-definition.ts';
import { selectRow, selectRows } from '../db/query.ts';
import { OpsError } from '../domain/ops-error.ts';
import { variableText } from '../domain/template/value.ts';
import type { BranchContext } from './run-action/load-branch-context.ts';

const OUTPUT_LIMIT = 65_536;
const ENDED = `r.is_final AND r.status IN ('completed', 'failed') AND r.action_type NOT IN ('condition', 'parallel', 'wait', 'approval')`;

export type Values = Record<string, unknown>;

/** What of a branch decides. */
type Known = Pick<BranchContext, 'branchId' | 'definition' | 'variables'>;

/** Text of the variables of a job in the types that they declare. */
const typed = ({ definition, variables }: Known): Values => {
  const values: Values = { ...variables };
  for (const { key, type } of definition.variables) {
    const text = variables[key];
    if (text === undefined || type === 'string') continue;
    values[key] = JSON.parse(text);
  }
  return values;
};

/** The end of an output without its last line breaks, as `$(…)` of a shell gives it: a header or a line of cmd.exe could not take them. */
const tail = (column: string): string => `rtrim(right(coalesce(${column}, ''), ${OUTPUT_LIMIT}), E'\\r\\n')`;

const previousOf = async (db: Sequelize, branchId: number): Promise<Values> => {
  const row = await selectRow<{ output: string; exit_code: number | null }>(
    db,
    `SELECT ${tail('r.result_output')} AS output, r.exit_code FROM job_action_results r
     WHERE r.branch_id = $1 AND ${ENDED} ORDER BY r.completed_at DESC, r.id DESC LIMIT 1`,
    [branchId],
  );
  return row === undefined ? {} : { PREVIOUS_ACTION_OUTPUT: row.output, PREVIOUS_ACTION_EXIT_CODE: row.exit_code };
};

/** The results that an expression names as `actions.KEY`, of each the latest. */
const resultsOf = async (db: Sequelize, { branchId, definition }: Known, expression: string): Promise<Values> => {
  const named = new Set([...expression.matchAll(/\bactions\.([a-z][a-z0-9_]*)/g)].map(([, key]) => key));
  const wanted = definition.actions.filter(({ key }) => named.has(key));
  if (wanted.length === 0) return {};
  const rows = await selectRows<{ order: number; output: string; error: string; exit_code: number | null; status: string }>(
    db,
    `SELECT DISTINCT ON (r.action_order) r.action_order AS "order", ${tail('r.result_output')} AS output,
       ${tail('r.result_error')} AS error, r.exit_code, r.status
     FROM job_action_results r WHERE r.branch_id = $1 AND r.is_final AND r.action_order = ANY($2::int[])
     ORDER BY r.action_order, r.iteration DESC`,
    [branchId, wanted.map(({ order }) => order)],
  );
  const keyOf = new Map(wanted.map(({ key, order }) => [order, key]));
  return Object.fromEntries(rows.map(({ order, ...row }) => [keyOf.get(order), row]));
};

/** What conditions and expressions of a branch may name. */
export const readValues = async (db: Sequelize, context: Known, loop: Values, text: string): Promise<Values> => ({
  ...typed(context),
  ...loop,
  ...(text.includes('PREVIOUS_ACTION_') && (await previousOf(db, context.branchId))),
  actions: await resultsOf(db, context, text),
});

const numberOf = (value: unknown): number | undefined => {
  const number = typeof value === 'number' ? value : typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN;
  return Number.isNaN(number) ? undefined : number;
};

const compare = (left: unknown, right: unknown): number => {
  const [one, other] = [numberOf(left), numberOf(right)];
  if (one !== undefined && other !== undefined) return one - other;
  const [text, wanted] = [variableText(left), variableText(right)];
  return text === wanted ? 0 : text < wanted ? -1 : 1;
};

/** Does it hold? Numbers are compared as numbers, all else as text. @throws OpsError VARIABLE_MISSING */
const holds = ({ variable, operator, value }: ActionCondition, values: Values): boolean => {
  const found = values[variable];
  if (found === undefined || found === null)
    throw new OpsError(
      'VARIABLE_MISSING',
      `The condition asks for ${variable}, which has no value. Declare it in the job, or give it one.`,
    );
  switch (operator) {
    case '==':
      return compare(found, value) === 0;
    case '!=':
      return compare(found, value) !== 0;
    case '>':
      return compare(found, value) > 0;
    case '<':
      return compare(found, value) < 0;
    case 'contains':
      return variableText(found).includes(variableText(value));
    case 'matches':
      return new RegExp(variableText(value)).test(variableText(found));
    default:
      throw new OpsError('CONDITION_FAILED', 'The condition has an operator that this version does not know.');
  }
};

/** Do all conditions of an action hold? @throws OpsError VARIABLE_MISSING */
export const allHold = (conditions: readonly ActionCondition[], values: Values): boolean =>
  conditions.every((condition) => holds(condition, values));

const plain = (value: unknown): unknown => {
  if (typeof value === 'bigint') return Number(value);
  return Array.isArray(value) ? value.map(plain) : value;
};

/** What the expression of an action gives. @throws OpsError CONDITION_FAILED */
export const evaluateExpression = (action: DefinedAction, values: Values): unknown => {
  try {
    return plain(evaluate(String(action.parameters['expression']), values));
  } catch (error) {
    if (!(error instanceof EvaluationError || error instanceof ParseError || error instanceof CelTypeError)) throw error;
    const [reason] = error.message.split('\n');
    throw new OpsError('CONDITION_FAILED', `The expression of action ${action.order} (${action.name}) cannot be decided: ${reason}.`, {
      cause: error,
    });
  }
};
