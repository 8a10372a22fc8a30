import type { Sequelize } from 'sequelize';
import { OpsError } from '../domain/ops-error.ts';
import { selectRows } from './query.ts';

/** What a download of a run has brought. */
export interface FetchedArtifact {
  /** Of the action. */
  key: string;
  /** Uuid. */
  artifact: string;
}

interface Row {
  order: number;
  /** Of this branch, else of all the others. */
  artifacts: string[];
}

const FETCHED = `
SELECT r.action_order AS "order", a.artifact_uuid, r.branch_id, r.iteration FROM job_execution_branches own
  JOIN job_execution_branches b ON b.job_execution_id = own.job_execution_id JOIN job_action_results r ON r.branch_id = b.id
  JOIN artifacts a ON a.action_result_id = r.id AND a.artifact_type = 'download' AND a.completed_at IS NOT NULL AND (a.expires_at IS NULL OR a.expires_at > now())
WHERE own.id = $1 AND r.action_order = ANY($2::int[]) AND r.is_final AND r.status = 'completed'`;

/**
 * The artifacts of downloads by key: the latest of this branch; of one that has fetched nothing on this target, that of the only other target of the run
 * which has.
 * @throws OpsError VARIABLE_MISSING when several others have
 */
export const readFetched = async (
  db: Sequelize,
  branchId: number,
  actions: readonly { key: string; order: number }[],
): Promise<FetchedArtifact[]> => {
  const rows = await selectRows<Row>(
    db,
    `WITH fetched AS (${FETCHED})
     SELECT f.order, CASE WHEN bool_or(f.branch_id = $1) THEN (array_agg(f.artifact_uuid ORDER BY f.branch_id = $1 DESC, f.iteration DESC))[1:1]
       ELSE (array_agg(DISTINCT f.artifact_uuid))[1:2] END AS artifacts FROM fetched f GROUP BY 1`,
    [branchId, actions.map(({ order }) => order)],
  );
  return actions.flatMap(({ key, order }) => {
    const [artifact, another] = rows.find((row) => row.order === order)?.artifacts ?? [];
    if (another !== undefined)
      throw new OpsError(
        'VARIABLE_MISSING',
        `\${actions.${key}.artifact} is not one file: this target has not fetched it, and several other targets of the run have.`,
      );
    return artifact === undefined ? [] : [{ key, artifact }];
  });
};
