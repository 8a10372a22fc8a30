import { OpsError } from '../ops-error.ts';
import type { Reference, ReferencePart } from './parse-template.ts';

/** A value as its type is declared: JSON. */
export type TemplateValue = string | number | boolean | null | object;

/** Undefined: there is no such thing, or it has no value. It may throw an OpsError that says more. */
export type Lookup = (reference: Reference) => TemplateValue | undefined;

/** Where in a text a value goes, by what reads the text. */
export type Place = 'plain' | 'posix_shell' | 'powershell' | 'cmd' | 'json' | 'url' | 'header';

/** The text form in which a value reaches a target. */
export const variableText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** @throws OpsError VARIABLE_MISSING naming the reference */
export const valueOf = (lookup: Lookup, { reference, source }: ReferencePart): TemplateValue => {
  const value = lookup(reference);
  if (value !== undefined) return value;
  const what = reference.kind === 'variable' ? 'The variable' : reference.kind === 'param' ? 'The parameter' : 'The result';
  throw new OpsError(
    'VARIABLE_MISSING',
    `${what} ${source} has no value. Declare it in the job, or give it when starting the run; $${source} stands for the text itself.`,
  );
};

/** A value, or a place in the text, with which a text cannot be made safely. The value is never told: it may be a secret. */
export const refuse = (source: string, why: string): OpsError =>
  new OpsError('VALIDATION', `${source} cannot be put into the text: ${why}.`);
