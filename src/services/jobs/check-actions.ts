import { ParseError, parse } from '@marcbachmann/cel-js';
import type { NestedAction } from '../../contracts/actions/nested.ts';
import { actionProblems } from '../../domain/check-actions.ts';
import { flattenActions } from '../../domain/flatten-actions.ts';
import type { FlatAction } from '../../domain/flatten-actions.ts';
import { OpsError } from '../../domain/ops-error.ts';
import type { FieldProblem } from '../../domain/ops-error.ts';
import { patternProblem } from '../../domain/pattern-problem.ts';
import { snmpCommandProblem } from '../../domain/snmp-command.ts';

const PROBLEMS_SHOWN = 20;

const expressionProblems = ({ action, path }: FlatAction): FieldProblem[] => {
  const { expression } = action.action_parameters;
  if (action.action_type !== 'condition' || typeof expression !== 'string') return [];
  try {
    parse(expression);
    return [];
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    return [{ path: `${path}.action_parameters.expression`, message: `is not a CEL expression: ${error.message.split('\n')[0]}` }];
  }
};

const patternProblems = ({ action, path }: FlatAction): FieldProblem[] =>
  action.conditions.flatMap(({ operator, value }, index) => {
    const message = operator === 'matches' ? patternProblem(String(value)) : undefined;
    return message === undefined ? [] : [{ path: `${path}.conditions.${index}.value`, message }];
  });

/** A command that names the method snmp must be one of SNMP. */
const snmpProblems = ({ action, path }: FlatAction): FieldProblem[] => {
  const { command } = action.action_parameters;
  if (action.action_config.method !== 'snmp' || typeof command !== 'string') return [];
  const message = snmpCommandProblem(command);
  return message === undefined ? [] : [{ path: `${path}.action_parameters.command`, message }];
};

/** The actions of a job beside each other. @throws OpsError VALIDATION naming all that cannot work, each with its place. */
export const checkActions = (actions: readonly NestedAction[]): FlatAction[] => {
  const flat = flattenActions(actions);
  const fields = [
    ...actionProblems(flat),
    ...flat.flatMap((action) => [...expressionProblems(action), ...patternProblems(action), ...snmpProblems(action)]),
  ];
  const [first] = fields;
  if (first !== undefined)
    throw new OpsError('VALIDATION', `The actions cannot work: ${first.path}: ${first.message}.`, {
      fields: fields.slice(0, PROBLEMS_SHOWN),
    });
  return flat;
};
