import type { ShownVariable, VariableInput } from '../../contracts/job-variable.ts';
import type { StoredVariable } from '../../db/load-definition.ts';
import { openValue, sealValue } from '../../db/seal.ts';
import type { KeyRing, SealPlace } from '../../db/seal.ts';
import { OpsError } from '../../domain/ops-error.ts';
import type { FieldProblem } from '../../domain/ops-error.ts';
import { variableText } from '../../domain/template/value.ts';
import { ruleProblems, valueProblem } from '../../domain/variable-problems.ts';
import { createBoundedMatch } from './bounded-match.ts';

/** What is wrong with the variables that a definition declares: their rules, and values that do not fit them. @param userId as of createBoundedMatch */
export const variableProblems = (variables: readonly VariableInput[], userId?: number): FieldProblem[] => {
  const matches = createBoundedMatch(userId);
  return variables.flatMap((variable, index) => {
    const at = `variables.${index}`;
    const rules = ruleProblems(variable, matches).map(([field, message]) => ({ path: `${at}.${field}`, message }));
    if (rules.length > 0) return rules;
    const message = valueProblem(variable, variable.value, matches);
    return message === undefined ? [] : [{ path: `${at}.value`, message }];
  });
};

const placeOf = (jobUuid: string, key: string): SealPlace => ({ table: 'jobs', uuid: jobUuid, column: `variables.${key}` });

/** The form in which variables are stored: values of secrets sealed for this job. */
export const storeVariables = (keyRing: KeyRing, jobUuid: string, variables: readonly VariableInput[]): StoredVariable[] =>
  variables.map(({ value, is_input: isInput, ...rest }) => {
    const head = { ...headOf(rest), ...(isInput && { is_input: true }) };
    if (value === undefined || value === null) return head;
    if (!rest.is_secret) return { ...head, value };
    return { ...head, sealed: sealValue(keyRing, variableText(value), placeOf(jobUuid, rest.key)) };
  });

const headOf = (variable: Omit<VariableInput, 'value' | 'is_input'>): StoredVariable =>
  Object.fromEntries(Object.entries(variable).filter(([, member]) => member !== undefined)) as unknown as StoredVariable;

/** The form in which people see variables: secrets have no value. */
export const showVariables = (variables: readonly StoredVariable[]): ShownVariable[] =>
  variables.map(({ sealed: _, value, is_input: isInput = false, ...variable }) => ({
    ...variable,
    value: variable.is_secret ? null : (value ?? null),
    is_input: isInput,
  })) as ShownVariable[];

/** Secrets that come without a value keep the one they have. */
export const keepSecrets = (given: readonly StoredVariable[], before: readonly StoredVariable[]): StoredVariable[] =>
  given.map((variable) => {
    const known = before.find((other) => other.key === variable.key && other.is_secret && other.sealed !== undefined);
    return variable.is_secret && variable.sealed === undefined && known?.sealed !== undefined
      ? { ...variable, sealed: known.sealed }
      : variable;
  });

/** A sealed value opens in its own job only. @throws OpsError CREDENTIAL_UNREADABLE */
export const sealForJob = (keyRing: KeyRing, variables: readonly StoredVariable[], from: string, to: string): StoredVariable[] =>
  variables.map(({ sealed, ...variable }) =>
    sealed === undefined
      ? variable
      : { ...variable, sealed: sealValue(keyRing, openValue(keyRing, sealed, placeOf(from, variable.key)), placeOf(to, variable.key)) },
  );

const openOrCompare = (keyRing: KeyRing, jobUuid: string, { key, sealed }: StoredVariable): string => {
  try {
    return sealed === undefined ? '' : openValue(keyRing, sealed, placeOf(jobUuid, key));
  } catch (error) {
    // Who enters a lost secret again must not be kept from it: sealed anew it is another.
    if (error instanceof OpsError && error.code === 'CREDENTIAL_UNREADABLE') return JSON.stringify(sealed);
    throw error;
  }
};

/**
 * Variables with the text of each secret in place of what sealed it, to be compared: the same text is sealed differently each time. They must not leave
 * the process.
 */
export const openVariables = (
  keyRing: KeyRing,
  jobUuid: string,
  variables: readonly StoredVariable[],
): (Omit<StoredVariable, 'sealed'> & { secret?: string })[] =>
  variables.map(({ sealed, ...variable }) =>
    sealed === undefined ? variable : { ...variable, secret: openOrCompare(keyRing, jobUuid, { ...variable, sealed }) },
  );
