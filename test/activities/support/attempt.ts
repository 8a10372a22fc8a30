import type { Sequelize } from 'sequelize';
import { createOutputWriter } from '../../../src/activities/run-action/output-writer.ts';
import type { OutputWriterOptions } from '../../../src/activities/run-action/output-writer.ts';
import { selectRow, selectRows } from '../../../src/db/query.ts';
import { createSecretMask } from '../../../src/domain/secret-mask.ts';
import { addBranchRows, addExecutionRow, addJobRow, addResultRow, addTargetRows } from '../../db/support/rows.ts';

/** A running branch of a running run. */
export const addRunningBranch = async (
  db: Sequelize,
): Promise<{ branch: string; branchId: number; executionId: number; jobId: number }> => {
  const jobId = await addJobRow(db, { actions: [{}, {}] });
  const run = await addExecutionRow(db, jobId, { status: 'running' });
  const [branch = ''] = await addBranchRows(db, run, await addTargetRows(db, 1), ['running']);
  const row = await selectRow<{ id: number }>(db, 'SELECT id FROM job_execution_branches WHERE branch_serial = $1', [branch]);
  return { branch, branchId: row?.id ?? 0, executionId: run.id, jobId };
};

/** An output writer of an attempt of this branch. */
export const addWriter = async (
  db: Sequelize,
  { branch, branchId, executionId }: { branch: string; branchId: number; executionId: number },
  order: number,
  options: Partial<OutputWriterOptions> = {},
) => {
  const attemptId = await addResultRow(db, branch, order);
  const actionSerial = `${branch}.000${order}`;
  const base = {
    db,
    attemptId,
    branchId,
    executionId,
    actionSerial,
    iteration: 1,
    attempt: 1,
    mask: createSecretMask([]),
    onWritten: () => {},
  };
  const limits = { maxOutputBytes: 1_048_576, maxLogBytes: 67_108_864, giveUp: new AbortController().signal };
  return { attemptId, writer: createOutputWriter({ isCaptured: true, ...base, ...limits, ...options }) };
};

export interface StoredLine {
  line_number: number;
  stream: string | null;
  log_message: string;
  continues: boolean | null;
}

/** The lines of a branch, by number. */
export const storedLines = (db: Sequelize, branchId: number): Promise<StoredLine[]> =>
  selectRows<StoredLine>(
    db,
    `SELECT line_number, stream, log_message, (log_details->>'continues')::boolean AS continues FROM job_execution_logs WHERE branch_id = $1 ORDER BY line_number`,
    [branchId],
  );

export const oneTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);
