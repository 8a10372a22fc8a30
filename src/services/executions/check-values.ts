import type { Sequelize, Transaction } from 'sequelize';
import type { ActionType } from '../../contracts/enums.ts';
import type { StoredVariable } from '../../db/load-definition.ts';
import { selectRows } from '../../db/query.ts';
import { actionTexts } from '../../domain/action-texts.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { parseTemplate, referencesOf } from '../../domain/template/parse-template.ts';

interface ActionRow {
  order: number;
  name: string;
  type: ActionType;
  parameters: Record<string, unknown>;
  config: Record<string, unknown>;
}

/** Those that every target reaches; what a condition guards may well lack what it would need. */
const UNCONDITIONAL = `
SELECT action_order AS "order", action_name AS name, action_type AS type, action_parameters AS parameters, action_config AS config
FROM job_actions WHERE job_id = $1 AND definition_version = $2 AND is_enabled AND parent_action_id IS NULL AND conditions = '[]' AND NOT jsonb_exists(action_config, 'target_compatibility') AND dependencies = '[]'
ORDER BY action_order`;

const variablesOf = ({ type, parameters, config }: ActionRow): string[] =>
  actionTexts(type, parameters, config).flatMap(({ text }) =>
    referencesOf(parseTemplate(text)).flatMap(({ reference }) => (reference.kind === 'variable' ? [reference.name] : [])),
  );

/**
 * Nothing runs before all that it surely needs is there.
 * @throws OpsError VARIABLE_MISSING naming each variable, and the action that needs it
 */
export const checkValues = async (
  db: Sequelize,
  job: { id: number; definition_version: number; variables: readonly StoredVariable[] },
  given: Readonly<Record<string, unknown>>,
  transaction: Transaction,
): Promise<void> => {
  const empty = new Set(
    job.variables.flatMap(({ key, value, sealed }) => {
      const hasValue = given[key] !== undefined || sealed !== undefined || (value !== undefined && value !== null);
      return hasValue ? [] : [key];
    }),
  );
  if (empty.size === 0) return;
  const actions = await selectRows<ActionRow>(db, UNCONDITIONAL, [job.id, job.definition_version], transaction);
  const needs = new Map<string, ActionRow>();
  for (const action of actions) for (const name of variablesOf(action)) if (empty.has(name) && !needs.has(name)) needs.set(name, action);
  if (needs.size === 0) return;
  const fields = Array.from(needs, ([name, { order, name: action }]) => ({
    path: `variables.${name}`,
    message: `has no value, and action ${order} (${action}) needs it`,
  }));
  throw new OpsError('VARIABLE_MISSING', `The run lacks values for: ${[...needs.keys()].join(', ')}.`, { fields });
};
