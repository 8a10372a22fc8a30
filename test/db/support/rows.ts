import type { Sequelize } from 'sequelize';
import { selectRow, selectRows } from '../../../src/db/query.ts';

interface Id {
  id: number;
}

const insert = async (db: Sequelize, table: string, fields: Record<string, unknown>): Promise<number> => {
  const names = Object.keys(fields);
  const row = await selectRow<Id>(
    db,
    `INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map((_, index) => `$${index + 1}`).join(', ')}) RETURNING id`,
    Object.values(fields),
  );
  if (row === undefined) throw new Error(`${table} gave no id`);
  return row.id;
};

/** Targets T20250001 … that are switched on. @returns their ids, in order. */
export const addTargetRows = async (db: Sequelize, count: number): Promise<number[]> => {
  const rows = await selectRows<Id>(
    db,
    `INSERT INTO universal_targets (target_serial, name, os_type)
     SELECT 'T2025' || lpad(n::text, greatest(4, length(n::text)), '0'), 'target ' || n, 'linux'
     FROM generate_series(1, $1::int) n RETURNING id`,
    [count],
  );
  return rows.map((row) => row.id).toSorted((a, b) => a - b);
};

export interface ActionFields {
  isEnabled?: boolean;
}

/** A job with these actions, on these targets. */
export const addJobRow = async (
  db: Sequelize,
  {
    serial = 'J20250001',
    priority = 5,
    actions = [{}],
    targets = [],
  }: { serial?: string; priority?: number; actions?: ActionFields[]; targets?: number[] } = {},
): Promise<number> => {
  const jobId = await insert(db, 'jobs', { job_serial: serial, name: serial, priority, created_by: 1 });
  await selectRows(
    db,
    `INSERT INTO job_versions (job_id, definition_version, definition) SELECT id, 1, jsonb_build_object('name', name, 'description', description,
       'priority', priority, 'timeout_seconds', timeout_seconds, 'retry_count', retry_count, 'variables', variables, 'settings', settings)
     FROM jobs WHERE id = $1 RETURNING job_id`,
    [jobId],
  );
  for (const [index, { isEnabled = true }] of actions.entries()) {
    await insert(db, 'job_actions', {
      job_id: jobId,
      action_order: index + 1,
      action_key: `action_${index + 1}`,
      action_type: 'command',
      action_name: `action ${index + 1}`,
      is_enabled: isEnabled,
    });
  }
  await selectRows(db, 'INSERT INTO job_targets (job_id, target_id) SELECT $1, unnest($2::bigint[]) RETURNING id', [jobId, targets]);
  return jobId;
};

/** A run of the job, scheduled unless the fields say otherwise. */
export const addExecutionRow = async (
  db: Sequelize,
  jobId: number,
  fields: Record<string, unknown> = {},
): Promise<{ id: number; serial: string }> => {
  const job = await selectRow<{ job_serial: string; number: number }>(
    db,
    `UPDATE jobs SET last_execution_number = last_execution_number + 1 WHERE id = $1 RETURNING job_serial, last_execution_number AS number`,
    [jobId],
  );
  const number = job?.number ?? 1;
  const serial = `${job?.job_serial}.${String(number).padStart(4, '0')}`;
  const ended = ['completed', 'failed', 'cancelled'].includes(String(fields['status']));
  const id = await insert(db, 'job_executions', {
    job_id: jobId,
    execution_serial: serial,
    execution_number: number,
    definition_version: 1,
    workflow_id: `job/${serial}`,
    run_id: `run-${serial}`,
    completed_at: ended ? new Date().toISOString() : null,
    ...fields,
  });
  return { id, serial };
};

/** Branches of a run in these states, one target each. @returns their serials. */
export const addBranchRows = async (
  db: Sequelize,
  execution: { id: number; serial: string },
  targets: readonly number[],
  statuses: readonly string[],
): Promise<string[]> => {
  const serials: string[] = [];
  for (const [index, status] of statuses.entries()) {
    const serial = `${execution.serial}.${String(index + 1).padStart(4, '0')}`;
    const ended = ['completed', 'failed', 'cancelled'].includes(status);
    await insert(db, 'job_execution_branches', {
      job_execution_id: execution.id,
      target_id: targets[index],
      branch_serial: serial,
      branch_number: index + 1,
      target_serial_ref: `T${targets[index]}`,
      target_name_ref: `target ${index + 1}`,
      status,
      workflow_id: `${execution.serial}/b/${index + 1}`,
      completed_at: ended ? new Date().toISOString() : null,
    });
    serials.push(serial);
  }
  await selectRows(db, 'UPDATE job_executions SET total_branches = $2 WHERE id = $1 RETURNING id', [execution.id, statuses.length]);
  return serials;
};

/** An attempt of an action of a branch. @returns its id. */
export const addResultRow = async (db: Sequelize, branch: string, order: number, fields: Record<string, unknown> = {}): Promise<number> => {
  const found = await selectRow<Id>(db, 'SELECT id FROM job_execution_branches WHERE branch_serial = $1', [branch]);
  return insert(db, 'job_action_results', {
    branch_id: found?.id,
    action_serial: `${branch}.${String(order).padStart(4, '0')}`,
    action_order: order,
    action_name: `action ${order}`,
    action_type: 'command',
    status: 'running',
    started_at: new Date().toISOString(),
    ...fields,
  });
};
