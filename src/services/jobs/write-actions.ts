import type { Transaction } from 'sequelize';
import { JobActionModel } from '../../db/models/jobs/job-actions.ts';
import { ownParameters } from '../../domain/flatten-actions.ts';
import type { FlatAction } from '../../domain/flatten-actions.ts';

interface Place {
  jobId: number;
  version: number;
  defaultTimeoutSeconds: number;
  defaultRetryDelaySeconds: number;
  transaction: Transaction;
}

const rowOf = (flat: FlatAction, all: readonly FlatAction[], parentActionId: number | null, place: Place) => {
  const { action } = flat;
  return {
    jobId: place.jobId,
    definitionVersion: place.version,
    actionOrder: flat.order,
    actionKey: flat.key,
    parentActionId,
    parentSlot: flat.slot ?? null,
    actionType: action.action_type,
    actionName: action.action_name,
    actionParameters: ownParameters(flat, all),
    actionConfig: action.action_config,
    conditions: action.conditions,
    dependencies: action.dependencies,
    isEnabled: action.is_enabled,
    timeoutSeconds: action.timeout_seconds ?? place.defaultTimeoutSeconds,
    retryCount: action.retry_count ?? null,
    retryDelaySeconds: action.retry_delay_seconds ?? place.defaultRetryDelaySeconds,
    onFailure: action.on_failure,
    createdAt: new Date(),
  };
};

/** Stores the actions of a version beside each other, level by level: a row names the row of the action around it. */
export const writeActions = async (actions: readonly FlatAction[], place: Place): Promise<void> => {
  const ids = new Map<number, number>();
  const depth = Math.max(...actions.map((action) => action.depth));
  for (let level = 1; level <= depth; level += 1) {
    const rows = actions
      .filter((action) => action.depth === level)
      .map((action) => rowOf(action, actions, ids.get(action.parent?.order ?? 0) ?? null, place));
    for (const row of await JobActionModel.bulkCreate(rows, { transaction: place.transaction, returning: true }))
      ids.set(row.actionOrder, row.id);
  }
};
