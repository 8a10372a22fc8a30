import type { VariableInput } from '../../contracts/job.ts';
import type { StoredVariable } from '../../db/load-definition.ts';
import { sealValue } from '../../db/seal.ts';
import type { KeyRing } from '../../db/seal.ts';
import type { FieldProblem } from '../../domain/ops-error.ts';
import { variableText } from '../../domain/template/value.ts';

const TYPE_OF = { string: 'string', number: 'number', boolean: 'boolean' } as const;

/** What is wrong with a value of a variable, if anything. */
export const valueProblem = (type: string, value: unknown, path: string): FieldProblem[] => {
  if (type === 'json' || value === null || value === undefined) return [];
  const wanted = TYPE_OF[type as keyof typeof TYPE_OF];
  return typeof value === wanted ? [] : [{ path, message: `must be a ${type}, as the variable is declared` }];
};

/** The form in which variables are stored: values of secrets sealed for this job. */
export const storeVariables = (keyRing: KeyRing, jobUuid: string, variables: readonly VariableInput[]): StoredVariable[] =>
  variables.map(({ value, is_secret, is_required, key, type, description }) => {
    const head = { key, type, is_secret, is_required, ...(description !== undefined && { description }) };
    if (value === undefined || value === null) return head;
    if (!is_secret) return { ...head, value };
    return { ...head, sealed: sealValue(keyRing, variableText(value), { table: 'jobs', uuid: jobUuid, column: `variables.${key}` }) };
  });

/** The form in which people see variables: secrets have no value. */
export const showVariables = (variables: readonly StoredVariable[]) =>
  variables.map(({ key, type, value, description, is_secret, is_required }) => ({
    key,
    type,
    value: is_secret ? null : (value ?? null),
    ...(description !== undefined && { description }),
    is_secret,
    is_required,
  }));
