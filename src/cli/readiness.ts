import type { Client } from '@temporalio/client';
import type { Sequelize } from 'sequelize';
import type { CheckReadiness } from '../api/routes/health.ts';
import { selectRow } from '../db/query.ts';
import type { RunFeed } from '../db/run-feed.ts';
import type { QueueState } from '../temporal/read-queues.ts';

const CHECK_LIMIT_MS = 3_000;
/** Load balancers do not wait long, and this one decides nothing. */
const TEMPORAL_LIMIT_MS = 1_000;
/** Probes of several load balancers cost what one costs. */
const KEPT_MS = 1_000;

interface Check {
  required: boolean;
  /** Throws, or says false, when it is not as it should be. */
  look: () => unknown;
  limitMs: number;
  /** What is said when it is not. */
  away: string;
}

const within = async ({ look, limitMs }: Check): Promise<boolean> => {
  const limit = Promise.withResolvers<never>();
  const timer = setTimeout(() => limit.reject(new Error('late')), limitMs);
  try {
    return (await Promise.race([look(), limit.promise])) !== false;
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
};

export interface ReadinessDeps {
  db: Sequelize;
  client: Client;
  feed?: Pick<RunFeed, 'isListening'>;
  readQueues?: () => Promise<QueueState[]>;
}

const checksOf = ({ db, client, feed, readQueues }: ReadinessDeps): Record<string, Check> => ({
  postgres: { required: true, look: () => selectRow(db, 'SELECT 1 AS one'), limitMs: CHECK_LIMIT_MS, away: 'does not answer' },
  temporal: {
    required: false,
    look: () => client.connection.workflowService.getSystemInfo({}),
    limitMs: TEMPORAL_LIMIT_MS,
    away: 'does not answer: runs are accepted, and begin when it is back',
  },
  ...(feed !== undefined && {
    live_events: {
      required: false,
      look: () => feed.isListening(),
      limitMs: CHECK_LIMIT_MS,
      away: 'does not listen to the database: live events come some seconds late',
    },
  }),
  ...(readQueues !== undefined && {
    workers: {
      required: false,
      look: async () => (await readQueues()).every(({ pollers }) => pollers > 0),
      limitMs: TEMPORAL_LIMIT_MS,
      away: 'no worker has asked for work in the last minutes: runs are accepted and wait',
    },
  }),
});

/**
 * What this process asks of its surroundings: nothing works without the database; without Temporal or a worker runs are accepted, and begin when
 * it is back. Each answer tells when the check was last passed.
 */
export const createReadiness = (deps: ReadinessDeps): CheckReadiness => {
  const checks = checksOf(deps);
  const passedAt = new Map<string, number>();
  let kept: { at: number; answer: ReturnType<CheckReadiness> } | undefined;

  const ask = async (): ReturnType<CheckReadiness> => {
    const answers = await Promise.all(
      Object.entries(checks).map(async ([name, check]) => {
        const ok = await within(check);
        const now = Date.now();
        if (ok) passedAt.set(name, now);
        const passed = passedAt.get(name);
        const facts = {
          ok,
          required: check.required,
          message: ok ? 'answers' : check.away,
          last_ok_at: passed === undefined ? null : new Date(passed).toISOString(),
          age_seconds: passed === undefined ? null : (now - passed) / 1_000,
        };
        return [name, facts] as const;
      }),
    );
    return Object.fromEntries(answers);
  };

  return () => {
    if (kept === undefined || performance.now() - kept.at > KEPT_MS) kept = { at: performance.now(), answer: ask() };
    return kept.answer;
  };
};
