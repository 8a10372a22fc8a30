import type { Sequelize } from 'sequelize';
import type { Rollout } from '../contracts/rollout.ts';
import { hasBatches } from '../domain/rollout.ts';
import { assignBatches } from './assign-batches.ts';
import { selectRow } from './query.ts';
import { resolveSelector } from './resolve-selector.ts';
import { targetAttribute } from './target-attribute.ts';

const PAGE_SIZE = 5_000;

/**
 * Inserts one branch for each target of the run that is switched on, in pages; targets that have their branch already are left as they are,
 * so a repeat after a crash goes on where it stopped. Nothing is inserted into a run that is not running. They are numbered in the order, and put
 * into the batches, of the run's rollout. What selectors choose is resolved before the first of them is inserted.
 * @returns how many branches the run has. @throws OpsError TOO_MANY_BATCHES
 */
export const planBranches = async (db: Sequelize, executionId: number): Promise<number> => {
  await resolveSelector(db, executionId);
  for (;;) {
    const inserted = await insertPage(db, executionId);
    if (inserted < PAGE_SIZE) break;
  }
  const run = await selectRow<{ rollout: Rollout }>(db, 'SELECT rollout FROM job_executions WHERE id = $1', [executionId]);
  if (run !== undefined && hasBatches(run.rollout)) await assignBatches(db, executionId, run.rollout);
  await noteLeftOut(db, executionId);
  const counted = await selectRow<{ total_branches: number }>(
    db,
    `UPDATE job_executions SET total_branches = (SELECT count(*) FROM job_execution_branches WHERE job_execution_id = $1)
     WHERE id = $1 RETURNING total_branches`,
    [executionId],
  );
  return counted?.total_branches ?? 0;
};

const insertPage = (db: Sequelize, executionId: number): Promise<number> =>
  db.transaction(async (transaction) => {
    const page = await selectRow<{ inserted: number }>(
      db,
      `WITH run AS (SELECT * FROM job_executions WHERE id = $1 AND status = 'running' FOR SHARE),
       counted AS (SELECT count(*)::int AS branches FROM job_execution_branches WHERE job_execution_id = $1),
       chosen AS (SELECT jsonb_array_elements_text(target_selection->'target_uuids')::uuid AS target_uuid FROM run),
       listed AS (SELECT jt.target_id FROM run JOIN job_targets jt ON jt.job_id = run.job_id),
       wanted AS (
         SELECT t.id, t.target_serial, t.name, row_number() OVER (ORDER BY ${targetAttribute(`(run.rollout->>'group_by')`, 't')},
           ${targetAttribute(`(run.rollout->>'order_by')`, 't')}, t.id) AS turn FROM run
           JOIN universal_targets t ON t.is_active AND t.status = 'active' AND CASE WHEN run.target_selection ? 'target_uuids'
             THEN t.target_uuid IN (SELECT target_uuid FROM chosen) ELSE t.id IN (SELECT target_id FROM listed) END
         WHERE NOT EXISTS (SELECT 1 FROM job_execution_branches b WHERE b.job_execution_id = run.id AND b.target_id = t.id)
         ORDER BY turn LIMIT ${PAGE_SIZE}),
       numbered AS (SELECT wanted.*, counted.branches + row_number() OVER (ORDER BY wanted.turn) AS number FROM wanted, counted),
       added AS (
         INSERT INTO job_execution_branches (job_execution_id, target_id, branch_number, branch_serial, target_serial_ref, target_name_ref, workflow_id, scheduled_at)
         SELECT run.id, n.id, n.number, run.execution_serial || '.' || lpad(n.number::text, greatest(4, length(n.number::text)), '0'),
           n.target_serial, n.name, run.execution_serial || '/b/' || n.target_serial, now()
         FROM numbered n, run ON CONFLICT (job_execution_id, target_id) DO NOTHING RETURNING 1)
       SELECT count(*)::int AS inserted FROM added`,
      [executionId],
      transaction,
    );
    return page?.inserted ?? 0;
  });

const NAMED = 20;

/** A run leaves out what is switched off or deleted, also of the targets that it names; its log says how many and which, once. */
const noteLeftOut = async (db: Sequelize, executionId: number): Promise<void> => {
  await selectRow(
    db,
    `INSERT INTO job_execution_logs (job_execution_id, log_phase, log_level, log_category, log_message)
     SELECT e.id, 'target_selection', 'warning', 'system', left_out.count || CASE WHEN e.target_selection ? 'target_uuids' AND NOT e.target_selection ? 'selector'
       THEN ' target(s) that the run names are left out: they were switched off or deleted since.'
       ELSE ' target(s) of the job are left out: they are switched off or deleted.' END
       || coalesce(' (' || array_to_string(left_out.serials[1:${NAMED}], ', ') || CASE WHEN left_out.count > ${NAMED} THEN ', …' ELSE '' END || ')', '')
     FROM job_executions e CROSS JOIN LATERAL (
       SELECT count(*) AS count, array_agg(t.target_serial ORDER BY t.id) FILTER (WHERE t.target_serial IS NOT NULL) AS serials FROM (
         SELECT jt.target_id AS id, NULL::uuid AS target_uuid FROM job_targets jt WHERE jt.job_id = e.job_id AND NOT e.target_selection ? 'target_uuids'
         UNION ALL SELECT NULL, jsonb_array_elements_text(e.target_selection->'target_uuids')::uuid) wanted
       LEFT JOIN universal_targets t ON t.id = wanted.id OR t.target_uuid = wanted.target_uuid
       WHERE (t.is_active AND t.status = 'active') IS NOT TRUE) left_out
     WHERE e.id = $1 AND left_out.count > 0
       AND NOT EXISTS (SELECT 1 FROM job_execution_logs l WHERE l.job_execution_id = e.id AND l.log_phase = 'target_selection' AND l.log_level = 'warning' AND l.timestamp >= e.created_at)
     RETURNING 1 AS noted`,
    [executionId],
  );
};
