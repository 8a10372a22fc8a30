import type { Ask } from './look.ts';

/**
 * Since when the counters of this database count; null when the server does not tell. A database that was never reset says nothing: then it is when the
 * server last lost its statistics (after a crash it starts anew), or the first migration, which is later where the database is younger than the server.
 */
export const statisticsSince = async (ask: Ask): Promise<Date | null> => {
  const [reset] = await ask<{ reset_at: Date | null; lost_at: Date | null; has_ledger: boolean }>(
    `SELECT (SELECT stats_reset FROM pg_stat_database WHERE datname = current_database()) AS reset_at,
       (SELECT stats_reset FROM pg_stat_bgwriter) AS lost_at,
       coalesce(has_table_privilege(to_regclass('schema_migrations'), 'SELECT'), false) AS has_ledger`,
  );
  if (reset === undefined || reset.reset_at !== null) return reset?.reset_at ?? null;
  const [first] = reset.has_ledger ? await ask<{ at: Date | null }>('SELECT min(applied_at) AS at FROM schema_migrations') : [];
  const at = first?.at ?? null;
  if (reset.lost_at === null || at === null) return reset.lost_at ?? at;
  return at > reset.lost_at ? at : reset.lost_at;
};

/** ` since 2026-01-31`, or nothing. */
export const sinceText = (since: Date | null): string => (since === null ? '' : ` since ${since.toISOString().slice(0, 10)}`);
