import type { Sequelize, Transaction } from 'sequelize';
import { chosenCondition } from './chosen-targets.ts';
import type { TargetChoice } from './chosen-targets.ts';
import { execute, selectRow } from './query.ts';

interface SelectingRun {
  job_id: number;
  of_job: string | null;
  of_run: string | null;
  is_resolved: boolean;
}

/** The version whose selector holds is the one that runs. */
const SELECTORS = `SELECT e.job_id, v.definition->>'target_selector' AS of_job, e.target_selection->>'selector' AS of_run,
  e.target_selection ? 'target_uuids' AS is_resolved FROM job_executions e
  LEFT JOIN job_versions v ON v.job_id = e.job_id AND v.definition_version = e.definition_version WHERE e.id = $1 AND e.status = 'running'`;

const hasToBeResolved = (run: SelectingRun | undefined): run is SelectingRun =>
  run !== undefined && !run.is_resolved && (run.of_job !== null || run.of_run !== null);

const howChosen = ({ jobSelector, runSelector }: TargetChoice): string => {
  const ofJob = jobSelector === null ? 'the list of the job' : `the list and the selector (${jobSelector}) of the job`;
  return runSelector === null ? ofJob : `the selector of the run (${runSelector}), within ${ofJob} if it has any,`;
};

/** Writes down which targets the selectors choose. */
const record = async (db: Sequelize, executionId: number, choice: TargetChoice, transaction: Transaction): Promise<void> => {
  const chosen = chosenCondition(choice, 't', 3);
  const written = await selectRow<{ count: number }>(
    db,
    `UPDATE job_executions SET target_selection = jsonb_build_object('selector', $2::text, 'target_uuids',
       coalesce((SELECT jsonb_agg(t.target_uuid ORDER BY t.id) FROM universal_targets t WHERE ${chosen.sql}), '[]'))
     WHERE id = $1 RETURNING jsonb_array_length(target_selection->'target_uuids') AS count`,
    [executionId, choice.runSelector ?? choice.jobSelector, ...chosen.bind],
    transaction,
  );
  const message = `${written?.count ?? 0} target(s) are chosen by ${howChosen(choice)} as the run starts.`;
  await execute(
    db,
    `INSERT INTO job_execution_logs (job_execution_id, log_phase, log_level, log_category, log_message) VALUES ($1, 'target_selection', 'info', 'system', $2)`,
    [executionId, message],
    transaction,
  );
};

/**
 * Resolves the selectors of a run, once, and records what they chose on its row: labels that change while its branches are planned change nothing, and
 * a repeat finds what was chosen. Nothing happens for a run without selectors, or one that is not running.
 */
export const resolveSelector = async (db: Sequelize, executionId: number): Promise<void> => {
  if (!hasToBeResolved(await selectRow<SelectingRun>(db, SELECTORS, [executionId]))) return;
  await db.transaction(async (transaction) => {
    const run = await selectRow<SelectingRun>(db, `${SELECTORS} FOR UPDATE OF e`, [executionId], transaction);
    if (!hasToBeResolved(run)) return;
    await record(db, executionId, { jobId: run.job_id, jobSelector: run.of_job, runSelector: run.of_run }, transaction);
  });
};
