import { ParseError, parse } from '@marcbachmann/cel-js';
import type { CommunicationMethodType } from '../../contracts/enums.ts';
import type { CreateJob } from '../../contracts/job.ts';
import { actionProblems } from '../../domain/check-actions.ts';
import { methodOfScheme } from '../../domain/connection-scheme.ts';
import { evaluateExpression } from '../../domain/conditions.ts';
import { decisionProblem, turnsOf } from '../../domain/decision-problem.ts';
import { flattenActions } from '../../domain/flatten-actions.ts';
import type { FlatAction } from '../../domain/flatten-actions.ts';
import { historyProblems } from '../../domain/history-bound.ts';
import { OpsError } from '../../domain/ops-error.ts';
import type { FieldProblem } from '../../domain/ops-error.ts';
import { patternProblem } from '../../domain/pattern-problem.ts';
import { statementProblems } from '../../domain/statement-problems.ts';
import { parseTemplate } from '../../domain/template/parse-template.ts';
import { exitCodeProblem, unfitness } from './unfit.ts';

const PROBLEMS_SHOWN = 20;
const A_YEAR_MS = 366 * 86_400_000;

/** What of an expression that names nothing is known already. */
const constantProblem = ({ order, action }: FlatAction): string | undefined => {
  const { conditionType, maxIterations } = action.action_parameters;
  let value: unknown;
  try {
    value = evaluateExpression({ order, name: action.action_name, parameters: action.action_parameters }, {});
  } catch {
    return undefined; // It names what only a run knows.
  }
  const turns = conditionType === 'for' ? turnsOf(value) : undefined;
  if (turns !== undefined && turns > Number(maxIterations))
    return `would take ${turns} turns; its maxIterations is ${Number(maxIterations)}`;
  if (conditionType === 'while' && value === true)
    return 'is always true, so the loop can only end as a failure; a loop of type for takes a number of turns';
  return decisionProblem(conditionType, value);
};

const expressionProblems = (flat: FlatAction): FieldProblem[] => {
  const { action, path } = flat;
  const { expression } = action.action_parameters;
  if (action.action_type !== 'condition' || typeof expression !== 'string') return [];
  const problem = syntaxProblem(expression) ?? constantProblem(flat);
  return problem === undefined ? [] : [{ path: `${path}.action_parameters.expression`, message: problem }];
};

const syntaxProblem = (expression: string): string | undefined => {
  try {
    parse(expression);
    return undefined;
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    return `is not a CEL expression: ${error.message.split('\n')[0]}`;
  }
};

/** A mistyped year would have a run wait for ever. */
const untilProblems = ({ action, path }: FlatAction): FieldProblem[] => {
  const { until } = action.action_parameters;
  if (action.action_type !== 'wait' || typeof until !== 'string' || Date.parse(until) - Date.now() <= A_YEAR_MS) return [];
  return [{ path: `${path}.action_parameters.until`, message: 'lies more than a year ahead' }];
};

/** A value stands for itself in an expression, as any text that has no meaning there does. */
const withStandIns = (pattern: string): string =>
  parseTemplate(pattern)
    .parts.map((part) => (part.kind === 'text' ? part.text : 'x'))
    .join('');

const patternProblems = ({ action, path }: FlatAction): FieldProblem[] =>
  action.conditions.flatMap(({ operator, value }, index) => {
    const message = operator === 'matches' ? patternProblem(withStandIns(String(value))) : undefined;
    return message === undefined ? [] : [{ path: `${path}.conditions.${index}.value`, message }];
  });

/** The method that an action is known to use, whatever its targets are. */
const knownMethod = ({
  action: { action_parameters: parameters, action_config: config },
}: FlatAction): CommunicationMethodType | undefined => {
  const { connectionString } = parameters;
  return typeof connectionString === 'string' ? methodOfScheme(connectionString.split(':')[0]?.toLowerCase() ?? '') : config.method;
};

/** What the method that an action names cannot do. */
const methodProblems = (flat: FlatAction): FieldProblem[] => {
  const { action_type: type, action_parameters: parameters, action_config: config } = flat.action;
  const method = knownMethod(flat);
  if (method === undefined) return [];
  const [wanted, reach] = [
    { type, parameters, config },
    { methodType: method, config: {} },
  ];
  const exitCodes = exitCodeProblem(wanted, reach);
  return [...unfitness(wanted, reach), ...(exitCodes === undefined ? [] : [exitCodes])].map(({ field, message }) => ({
    path: `${flat.path}.${field}`,
    message,
  }));
};

/** All that cannot work of the actions of a job, each with its place. */
export const actionsProblems = (flat: readonly FlatAction[], retryCount: number): FieldProblem[] => [
  ...actionProblems(flat),
  ...historyProblems(flat, retryCount),
  ...flat.flatMap((action) => [
    ...expressionProblems(action),
    ...untilProblems(action),
    ...patternProblems(action),
    ...methodProblems(action),
    ...statementProblems(action),
  ]),
];

/** The actions of a job beside each other. @throws OpsError VALIDATION naming what cannot work, each with its place. */
export const checkActions = ({ actions, retry_count: retryCount }: Pick<CreateJob, 'actions' | 'retry_count'>): FlatAction[] => {
  const flat = flattenActions(actions);
  const fields = actionsProblems(flat, retryCount);
  const [first] = fields;
  if (first !== undefined)
    throw new OpsError('VALIDATION', `The actions cannot work: ${first.path}: ${first.message}.`, {
      fields: fields.slice(0, PROBLEMS_SHOWN),
    });
  return flat;
};
