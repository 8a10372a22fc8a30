import type { Sequelize, Transaction } from 'sequelize';
import type { StoredVariable } from '../../db/load-definition.ts';
import { selectRow } from '../../db/query.ts';
import { OpsError } from '../../domain/ops-error.ts';
import type { ActionRow } from './nest-actions.ts';
import type { PreparedDefinition } from './prepare-definition.ts';
import { actionRows } from './write-actions.ts';
import { headOf } from './write-version.ts';

/** A version as it is stored: secrets sealed, actions beside each other. */
export interface StoredVersion {
  head: Readonly<Record<string, unknown>>;
  variables: StoredVariable[];
  actions: ActionRow[];
}

interface Row {
  definition: { variables: StoredVariable[] } & Record<string, unknown>;
  actions: ActionRow[];
}

/** Column `actions` of a query for versions `v`: the rows of a version, in order. */
export const ACTIONS_OF_VERSION = `(SELECT coalesce(jsonb_agg(jsonb_build_object('action_order', a.action_order, 'action_key', a.action_key, 'action_name', a.action_name,
  'action_type', a.action_type, 'action_parameters', a.action_parameters, 'action_config', a.action_config, 'is_enabled', a.is_enabled,
  'timeout_seconds', a.timeout_seconds, 'retry_count', a.retry_count, 'retry_delay_seconds', a.retry_delay_seconds, 'on_failure', a.on_failure, 'conditions', a.conditions,
  'dependencies', a.dependencies, 'parent', (SELECT p.action_order FROM job_actions p WHERE p.id = a.parent_action_id), 'slot', a.parent_slot)
  ORDER BY a.action_order), '[]') FROM job_actions a WHERE a.job_id = v.job_id AND a.definition_version = v.definition_version) AS actions`;

/** @throws OpsError NOT_FOUND */
export const readStoredVersion = async (
  db: Sequelize,
  { id }: { id: number },
  version: number,
  transaction?: Transaction,
): Promise<StoredVersion> => {
  const row = await selectRow<Row>(
    db,
    `SELECT v.definition, ${ACTIONS_OF_VERSION}
     FROM job_versions v WHERE v.job_id = $1 AND v.definition_version = $2`,
    [id, version],
    transaction,
  );
  if (row === undefined) throw new OpsError('NOT_FOUND', `There is no version ${version}.`);
  const { variables, ...head } = row.definition;
  return { head, variables, actions: row.actions };
};

/** A definition that is to be saved, as it would be stored. */
export const storedForm = ({ input, flat, defaults }: PreparedDefinition, variables: readonly StoredVariable[]): StoredVersion => {
  const { variables: _, ...head } = headOf(input, variables);
  return { head, variables: [...variables], actions: actionRows(flat, defaults) };
};
