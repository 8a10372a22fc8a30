import type { CreateJob } from '../../contracts/job.ts';
import type { Settings } from '../../contracts/settings.ts';
import type { FlatAction } from '../../domain/flatten-actions.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { parseSelector } from '../../domain/selector.ts';
import { checkActions } from './check-actions.ts';
import { checkDefinition } from './check-definition.ts';
import { weakConnections } from './connection-weaknesses.ts';
import { variableProblems } from './stored-variables.ts';
import type { ActionDefaults } from './write-actions.ts';

const DEFAULT_RETRY_DELAY_SECONDS = 5;
const PROBLEMS_SHOWN = 20;

/** A definition that may be saved. */
export interface PreparedDefinition {
  input: CreateJob;
  flat: readonly FlatAction[];
  defaults: ActionDefaults;
  /** What is dangerous and was confirmed. */
  dangerous: readonly string[];
}

/** What its actions have that say nothing themselves. */
export const actionDefaults = (
  { settings }: Pick<CreateJob, 'settings'>,
  known: Pick<Settings, 'command_timeout_seconds'>,
): ActionDefaults => ({
  timeoutSeconds: known.command_timeout_seconds,
  retryDelaySeconds: settings.retry_delay_seconds ?? DEFAULT_RETRY_DELAY_SECONDS,
});

/** @throws OpsError VALIDATION, CONFIRMATION_NEEDED, each problem with its place */
export const prepareDefinition = (input: CreateJob, known: Settings): PreparedDefinition => {
  const fields = variableProblems(input.variables);
  const [first] = fields;
  if (first !== undefined)
    throw new OpsError('VALIDATION', `The variables cannot be as they are declared: ${first.path}: ${first.message}.`, {
      fields: fields.slice(0, PROBLEMS_SHOWN),
    });
  if (input.target_selector !== null) parseSelector(input.target_selector, 'target_selector');
  const flat = checkActions(input);
  return { input, flat, defaults: actionDefaults(input, known), dangerous: checkDefinition(flat, input, known) };
};

/** What of a definition an auditor has to see: what was confirmed, and connections that are not protected. */
export const auditedFacts = ({ flat, dangerous }: PreparedDefinition): { severity: 'low' | 'medium'; details: object } => {
  const weak = weakConnections(flat);
  return {
    severity: weak.length > 0 ? 'medium' : 'low',
    details: { ...(dangerous.length > 0 && { confirmed_dangerous: dangerous }), ...(weak.length > 0 && { weak_connections: weak }) },
  };
};
