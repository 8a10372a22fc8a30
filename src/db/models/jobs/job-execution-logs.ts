import { bigint, identity, integer, jsonObject, oneOf, text, timestamptz } from '../columns.ts';
import { defineTable } from '../model.ts';
import { references } from '../table.ts';
import { JobExecutionLogsLogDetails } from '../../../contracts/json/jobs.ts';
import { LogCategory, LogLevel, LogPhase, OutputStream } from '../../../contracts/enums.ts';

export const JobExecutionLogModel = defineTable(
  'job_execution_logs',
  'Event log of jobs, executions and branches, and every output line. Partitioned by month on `timestamp`.',
  {
    id: identity('Part of the key.'),
    timestamp: timestamptz('Time of the event; partition key.', { default: 'now()' }),
    job_id: bigint('Set only on job-level events (creation, edit), which had no parent in the seed.', { null: true }),
    job_execution_id: bigint('Execution; null on job-level events.', { null: true }),
    branch_id: bigint('Branch, if the event belongs to one.', { null: true }),
    line_number: integer('Number within the branch, 1, 2, … without gap; set if and only if branch_id is.', { null: true }),
    stream: oneOf(OutputStream, 'Set on output lines, null on events.', { null: true }),
    log_phase: oneOf(LogPhase, 'Phase.'),
    log_level: oneOf(LogLevel, 'Level.', { default: 'info' }),
    log_category: oneOf(LogCategory, 'Category.'),
    log_message: text('Message or output line, secrets masked.'),
    log_details: jsonObject(JobExecutionLogsLogDetails, 'Structured details (action_serial, iteration, attempt, …).', { null: true }),
    created_at: timestamptz('Row created.', { default: 'now()' }),
  },
  {
    primaryKey: ['id', 'timestamp'],
    foreignKeys: [
      references('job_id', 'jobs', 'CASCADE'),
      references('job_execution_id', 'job_executions', 'CASCADE'),
      references('branch_id', 'job_execution_branches', 'CASCADE'),
    ],
    indexes: [
      {
        keys: '"timestamp", log_level',
        name: 'idx_job_execution_logs_timestamp_level',
        why: 'log viewer, covers timestamp',
      },
      { keys: 'job_execution_id, id', why: 'FK, log of a run by key' },
      {
        keys: 'job_execution_id, id',
        name: 'idx_job_execution_logs_job_execution_id_id_problem',
        where: "(log_level = ANY (ARRAY['warning'::text, 'error'::text]))",
        why: 'what went wrong in a run',
      },
      {
        keys: 'job_execution_id, id',
        name: 'idx_job_execution_logs_job_execution_id_id_run',
        where: '(branch_id IS NULL)',
        why: 'lines of the run itself, followers',
      },
      { keys: 'branch_id, line_number', where: '(branch_id IS NOT NULL)', why: 'FK, log of a branch in order, followers' },
      { keys: 'job_id, "timestamp"', where: '(job_id IS NOT NULL)', why: 'FK, log of a job' },
    ],
    checks: {
      parent: '(num_nonnulls(job_id, job_execution_id) = 1)',
      branch: '((branch_id IS NULL) OR (job_execution_id IS NOT NULL))',
      line: '(((branch_id IS NULL) = (line_number IS NULL)) AND ((stream IS NULL) OR (branch_id IS NOT NULL)))',
    },
    partitionBy: 'timestamp',
  },
);
