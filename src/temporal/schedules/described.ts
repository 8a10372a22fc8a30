import { createHash } from 'node:crypto';
import { defineSearchAttributeKey } from '@temporalio/common';
import type { ScheduleDescription } from '@temporalio/client';
import { canonicalJson } from '../../domain/canonical-json.ts';
import type { DescribedSchedule } from '../../services/schedules/temporal-schedules.ts';

export const OPS_DEF_HASH = defineSearchAttributeKey('OpsDefHash', 'KEYWORD');
export const OPS_MANAGED_BY = defineSearchAttributeKey('OpsManagedBy', 'KEYWORD');

/** Which numbers mean nothing: the server tells them only after an edit. */
const saysNothing = (priority: ScheduleDescription['action']['priority']): boolean =>
  Object.values(priority ?? {}).every((value) => value === undefined || value === 0 || value === '');

/** Spec, policies and action as they are stored, without what only marks them. */
const storedParts = ({ spec, policies, action }: ScheduleDescription): Record<string, unknown> => {
  const { memo: _, typedSearchAttributes: __, searchAttributes: ___, priority, ...rest } = action;
  const parts = { spec, policies, action: saysNothing(priority) ? rest : { ...rest, priority } };
  return JSON.parse(JSON.stringify(parts)) as Record<string, unknown>;
};

export const toDescribed = (description: ScheduleDescription): DescribedSchedule => {
  const { info, state, typedSearchAttributes, raw } = description;
  const described = storedParts(description);
  return {
    definitionHash: typedSearchAttributes.get(OPS_DEF_HASH),
    described,
    describedHash: createHash('sha256').update(canonicalJson(described)).digest('hex'),
    paused: state.paused,
    note: state.note ?? null,
    remaining: state.remainingActions,
    createdAt: info.createdAt,
    lastUpdatedAt: info.lastUpdatedAt ?? info.createdAt,
    next: info.nextActionTimes,
    bufferSize: Number(raw.info?.bufferSize ?? 0),
    counters: {
      taken: info.numActionsTaken,
      skipped_overlap: info.numActionsSkippedOverlap,
      missed_catchup: info.numActionsMissedCatchupWindow,
      buffer_dropped: Number(raw.info?.bufferDropped ?? 0),
    },
    recent: info.recentActions.map(({ scheduledAt, takenAt, action }) => ({
      workflowId: action.workflow.workflowId,
      runId: action.workflow.firstExecutionRunId,
      scheduledAt,
      startedAt: takenAt,
    })),
  };
};
