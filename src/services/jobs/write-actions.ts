import type { Transaction } from 'sequelize';
import { JobActionModel } from '../../db/models/jobs/job-actions.ts';
import { ownParameters } from '../../domain/flatten-actions.ts';
import type { FlatAction } from '../../domain/flatten-actions.ts';
import type { ActionRow } from './nest-actions.ts';

/** What actions have that say nothing themselves. */
export interface ActionDefaults {
  timeoutSeconds: number;
  retryDelaySeconds: number;
}

interface Place {
  jobId: number;
  version: number;
  defaults: ActionDefaults;
  transaction: Transaction;
}

/** Actions in the form in which they are read again. */
export const actionRows = (flat: readonly FlatAction[], defaults: ActionDefaults): ActionRow[] =>
  flat.map((one) => {
    const { action } = one;
    return {
      action_order: one.order,
      action_key: one.key,
      action_name: action.action_name,
      action_type: action.action_type,
      action_parameters: ownParameters(one, flat),
      action_config: action.action_config,
      is_enabled: action.is_enabled,
      timeout_seconds: action.timeout_seconds ?? defaults.timeoutSeconds,
      retry_count: action.retry_count ?? null,
      retry_delay_seconds: action.retry_delay_seconds ?? defaults.retryDelaySeconds,
      on_failure: action.on_failure,
      conditions: action.conditions,
      dependencies: action.dependencies,
      parent: one.parent?.order ?? null,
      slot: one.slot ?? null,
    };
  });

const modelOf = (row: ActionRow, parentActionId: number | null, { jobId, version }: Place) => ({
  jobId,
  definitionVersion: version,
  actionOrder: row.action_order,
  actionKey: row.action_key,
  parentActionId,
  parentSlot: row.slot,
  actionType: row.action_type,
  actionName: row.action_name,
  actionParameters: row.action_parameters,
  actionConfig: row.action_config,
  conditions: row.conditions,
  dependencies: row.dependencies,
  isEnabled: row.is_enabled,
  timeoutSeconds: row.timeout_seconds,
  retryCount: row.retry_count,
  retryDelaySeconds: row.retry_delay_seconds,
  onFailure: row.on_failure,
  createdAt: new Date(),
});

/** Stores the actions of a version beside each other, level by level: a row names the row of the action around it. */
export const writeActions = async (actions: readonly FlatAction[], place: Place): Promise<void> => {
  const ids = new Map<number, number>();
  const all = actionRows(actions, place.defaults);
  const depthOf = new Map(actions.map(({ order, depth }) => [order, depth]));
  for (let level = 1; level <= Math.max(...depthOf.values()); level += 1) {
    const rows = all
      .filter((row) => depthOf.get(row.action_order) === level)
      .map((row) => modelOf(row, ids.get(row.parent ?? 0) ?? null, place));
    for (const row of await JobActionModel.bulkCreate(rows, { transaction: place.transaction, returning: true }))
      ids.set(row.actionOrder, row.id);
  }
};
