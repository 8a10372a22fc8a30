import { isDeepStrictEqual } from 'node:util';
import type { Rollout } from '../../contracts/rollout.ts';
import type { Execution } from '../../contracts/execution.ts';
import type { ChangeExecution, SteeredExecution } from '../../contracts/steering.ts';
import { assignBatches } from '../../db/assign-batches.ts';
import { execute } from '../../db/query.ts';
import { hasBatches } from '../../domain/rollout.ts';
import { OpsError } from '../../domain/ops-error.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { assertRevision, revisionOf } from '../revision.ts';
import type { Expected } from '../revision.ts';
import { assertMayMoveGates, hasApprovers } from './assert-approver.ts';
import { steerRun } from './steer-run.ts';
import type { SteeredRun } from './steer-run.ts';

/** Names what people can change of a run that goes on. */
export const executionRevision = ({ max_concurrent_targets, rollout }: Pick<Execution, 'max_concurrent_targets' | 'rollout'>): string =>
  revisionOf({ max_concurrent_targets, rollout });

/**
 * Changes the window or the rollout of a run that goes on. Targets that are at work are not touched by a smaller window; batches that have begun are
 * not divided anew.
 * @throws OpsError NOT_FOUND, CONFLICT, TOO_MANY_BATCHES, REVISION_MISMATCH, FORBIDDEN for who is no approver and changes what is approved
 */
export const changeExecution = (
  deps: ServiceDeps,
  caller: Caller,
  serial: string,
  input: ChangeExecution,
  expected?: Expected,
): Promise<SteeredExecution> =>
  steerRun(deps, caller, serial, {
    permission: 'executions.steer',
    note: input.note,
    async change(run, transaction) {
      assertRevision(expected, executionRevision({ max_concurrent_targets: run.window, rollout: run.rollout }), `Execution ${serial}`);
      const window = input.max_concurrent_targets ?? run.window;
      const rollout = input.rollout ?? run.rollout;
      if (input.rollout !== undefined) assertOrderStays(run, input.rollout);
      if (input.rollout !== undefined && movesGates(run.rollout, input.rollout)) assertMayMoveGates(caller, run);
      await execute(
        deps.db,
        'UPDATE job_executions SET max_concurrent_targets = $2, rollout = $3::jsonb WHERE id = $1',
        [run.id, window, JSON.stringify(rollout)],
        transaction,
      );
      if (run.total_branches > 0 && hasBatches(rollout)) await assignBatches(deps.db, run.id, rollout, transaction);
      const text = [
        ...(window === run.window ? [] : [`${window} targets at once instead of ${run.window}`]),
        ...(input.rollout === undefined ? [] : ['rollout changed']),
      ].join(', ');
      const before = { max_concurrent_targets: run.window, rollout: run.rollout };
      return {
        action: 'change_execution',
        text: text === '' ? 'Nothing changed' : text,
        details: { before, after: { max_concurrent_targets: window, rollout } },
      };
    },
  });

/** An approval is also taken away by putting all that is left into one batch. */
const movesGates = (before: Rollout, after: Rollout): boolean =>
  hasApprovers(before) &&
  (['between_batches', 'batches', 'group_by'] as const).some((part) => !isDeepStrictEqual(before[part], after[part]));

/** Targets have their turns, and a run without batches has begun its only one, when branches are planned. */
const assertOrderStays = ({ execution_serial: serial, total_branches: planned, rollout: before }: SteeredRun, after: Rollout): void => {
  if (planned === 0) return;
  if (before.order_by !== after.order_by || before.group_by !== after.group_by)
    throw new OpsError(
      'CONFLICT',
      `The order and the groups of ${serial} stand, its targets have their turns already. Leave order_by and group_by as they are.`,
    );
  if (!hasBatches(before) && hasBatches(after))
    throw new OpsError(
      'CONFLICT',
      `${serial} began without batches: all of its targets are in the one that has begun. Pause it, or change its window.`,
    );
};
