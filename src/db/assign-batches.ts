import type { Sequelize, Transaction } from 'sequelize';
import type { Rollout } from '../contracts/rollout.ts';
import { batchSizes } from '../domain/rollout.ts';
import type { TargetGroup } from '../domain/rollout.ts';
import { execute, selectRow, selectRows } from './query.ts';
import { targetAttribute } from './target-attribute.ts';

/**
 * Numbers the batches of a run's branches that come after the batch that has begun last; what has begun stays, also when none of its branches has.
 * @throws OpsError TOO_MANY_BATCHES
 */
export const assignBatches = async (db: Sequelize, executionId: number, rollout: Rollout, transaction?: Transaction): Promise<void> => {
  const begun = await selectRow<{ number: number; to: number }>(
    db,
    `SELECT batch_number AS number, max(branch_number) AS to FROM job_execution_branches WHERE job_execution_id = $1 AND batch_number =
       (SELECT max(batch_number) FROM job_execution_branches WHERE job_execution_id = $1
          AND (started_at IS NOT NULL OR branch_number = (SELECT begun_to FROM job_executions WHERE id = $1))) GROUP BY 1`,
    [executionId],
    transaction,
  );
  const { number, to } = begun ?? { number: 0, to: 0 };
  const groups = await selectRows<TargetGroup & object>(
    db,
    `SELECT count(*)::int AS size, count(*) FILTER (WHERE branch_number <= $2)::int AS begun,
       count(DISTINCT batch_number) FILTER (WHERE branch_number <= $2)::int AS "begunBatches" FROM (
       SELECT b.branch_number, b.batch_number, g.value, b.branch_number - row_number() OVER (PARTITION BY g.value ORDER BY b.branch_number) AS island
       FROM job_execution_branches b JOIN universal_targets t ON t.id = b.target_id
         CROSS JOIN LATERAL (SELECT ${targetAttribute('$3::text', 't')} AS value) g
       WHERE b.job_execution_id = $1) branches
     GROUP BY value, island ORDER BY min(branch_number)`,
    [executionId, to, rollout.group_by ?? ''],
    transaction,
  );
  const sizes = batchSizes(groups, rollout.batches);
  const ends = sizes.map((_, index) => to + sizes.slice(0, index + 1).reduce((sum, size) => sum + size, 0));
  await execute(
    db,
    `UPDATE job_execution_branches b SET batch_number = $3 + r.number
     FROM unnest($4::int[], $5::int[]) WITH ORDINALITY AS r(first, last, number)
     WHERE b.job_execution_id = $1 AND b.branch_number > $2 AND b.branch_number BETWEEN r.first AND r.last AND b.batch_number <> $3 + r.number`,
    [executionId, to, number, ends.map((end, index) => end - (sizes[index] ?? 0) + 1), ends],
    transaction,
  );
};
