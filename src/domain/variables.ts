import { OpsError } from './ops-error.ts';

const REFERENCE = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;

export type VariableValues = Readonly<Record<string, string>>;

/** The text form in which a value reaches a target. */
export const variableText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

/**
 * Puts values in the place of `${NAME}` in arguments, working directories and environment values, which no shell reads.
 * Commands and scripts get their variables as environment variables instead, so a value can never become code.
 * @throws OpsError VARIABLE_MISSING naming the variable.
 */
export const substitute = (text: string, values: VariableValues): string =>
  text.replace(REFERENCE, (_, name: string) => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (value === undefined) {
      throw new OpsError(
        'VARIABLE_MISSING',
        `The variable \${${name}} has no value. Declare it in the job, or give it when starting the run.`,
      );
    }
    return value;
  });
