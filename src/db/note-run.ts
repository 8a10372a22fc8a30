import type { Sequelize, Transaction } from 'sequelize';
import type { LogLevel } from '../contracts/enums.ts';
import { execute } from './query.ts';

/** Adds an event line to the log of a run. */
export const noteRun = (db: Sequelize, executionId: number, message: string, level: LogLevel, transaction?: Transaction): Promise<void> =>
  execute(
    db,
    `INSERT INTO job_execution_logs (job_execution_id, log_phase, log_level, log_category, log_message) VALUES ($1, 'action_execution', $2, 'system', $3)`,
    [executionId, level, message],
    transaction,
  );
