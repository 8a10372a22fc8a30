import type { Client } from '@temporalio/client';
import type { Sequelize } from 'sequelize';
import type { CheckReadiness } from '../api/routes/health.ts';
import { selectRow } from '../db/query.ts';

const CHECK_LIMIT_MS = 3_000;
/** Load balancers do not wait long, and this one decides nothing. */
const TEMPORAL_LIMIT_MS = 1_000;

const within = async (limitMs: number, check: () => Promise<unknown>): Promise<{ ok: boolean; message: string }> => {
  const limit = Promise.withResolvers<never>();
  const timer = setTimeout(() => limit.reject(new Error('late')), limitMs);
  try {
    await Promise.race([check(), limit.promise]);
    return { ok: true, message: 'answers' };
  } catch {
    return { ok: false, message: 'does not answer' };
  } finally {
    clearTimeout(timer);
  }
};

/** What an API server asks of its stores: nothing works without the database; without Temporal runs are accepted, and begin when it is back. */
export const createReadiness =
  (db: Sequelize, client: Client): CheckReadiness =>
  async () => {
    const [postgres, temporal] = await Promise.all([
      within(CHECK_LIMIT_MS, () => selectRow(db, 'SELECT 1 AS one')),
      within(TEMPORAL_LIMIT_MS, () => client.connection.workflowService.getSystemInfo({})),
    ]);
    const away = 'does not answer: runs are accepted, and begin when it is back';
    return {
      postgres: { ...postgres, required: true },
      temporal: { ...temporal, required: false, ...(!temporal.ok && { message: away }) },
    };
  };
