import type { Sequelize, Transaction } from 'sequelize';
import type { JobSettings } from '../../contracts/job.ts';
import type { StoredVariable } from '../../db/load-definition.ts';
import { selectRow, selectRows } from '../../db/query.ts';
import { neededVariables } from '../../domain/needed-variables.ts';
import type { NeedingAction } from '../../domain/needed-variables.ts';
import { OpsError } from '../../domain/ops-error.ts';

const ACTIONS = `
SELECT action_order AS "order", action_name AS name, action_type AS type, action_parameters AS parameters, action_config AS config, parent_slot AS slot,
  (SELECT p.action_order FROM job_actions p WHERE p.id = a.parent_action_id) AS parent, is_enabled AS "isEnabled", conditions, dependencies
FROM job_actions a WHERE job_id = $1 AND definition_version = $2 ORDER BY action_order`;

const ENVIRONMENT = `SELECT definition->'settings'->'environment' AS environment FROM job_versions WHERE job_id = $1 AND definition_version = $2`;

/**
 * Nothing runs before all that it surely needs is there.
 * @throws OpsError VARIABLE_MISSING naming each variable, and what needs it
 */
export const checkValues = async (
  db: Sequelize,
  job: { id: number; definition_version: number; variables: readonly StoredVariable[] },
  given: Readonly<Record<string, unknown>>,
  transaction?: Transaction,
): Promise<void> => {
  const empty = new Set(
    job.variables.flatMap(({ key, value, sealed }) => {
      const hasValue = given[key] !== undefined || sealed !== undefined || (value !== undefined && value !== null);
      return hasValue ? [] : [key];
    }),
  );
  if (empty.size === 0) return;
  const version = [job.id, job.definition_version];
  const actions = await selectRows<NeedingAction>(db, ACTIONS, version, transaction);
  const settings = await selectRow<Pick<JobSettings, 'environment'>>(db, ENVIRONMENT, version, transaction);
  const needs = new Map<string, string>();
  for (const { name, by } of neededVariables(actions, settings?.environment ?? {}))
    if (empty.has(name) && !needs.has(name)) needs.set(name, by);
  if (needs.size === 0) return;
  const fields = Array.from(needs, ([name, by]) => ({ path: `variables.${name}`, message: `has no value, and ${by} needs it` }));
  throw new OpsError('VARIABLE_MISSING', `The run lacks values for: ${[...needs.keys()].join(', ')}.`, { fields });
};
