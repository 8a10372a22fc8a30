import type { Sequelize } from 'sequelize';
import { selectRows } from './query.ts';

const MINUTE_MS = 60_000;
const SHARE_EVERY_MS = 1_000;
/** Buckets that one process counts at once; the oldest are forgotten, which only forgives. */
const MAX_BUCKETS = 100_000;

/** How much of a limit is used up. */
export interface Allowance {
  isRefused: boolean;
  limit: number;
  remaining: number;
  /** Until the minute is over and counting begins anew. */
  resetSeconds: number;
}

export interface RateLimits {
  /** Counts a request, unless it is one too many. Processes that share a database know of each other's requests within a second. */
  take(bucket: string, limit: number): Allowance;
  /** Counts in the database at once, for what is rare: no process lets one too many through. */
  takeExactly(bucket: string, limit: number): Promise<Allowance>;
}

interface Bucket {
  /** Number of the window since 1970. */
  window: number;
  /** All processes' hits, as far as known. */
  shared: number;
  /** Hits here that are not among them. */
  unsent: number;
}

interface SharedRow {
  bucket: string;
  hits: number;
  window_ms: number;
  now_ms: number;
}

// In the order of their names, so that two processes never wait for each other.
const ADD_HITS = `
INSERT INTO rate_limits AS r (bucket, window_started_at, hits)
SELECT given.bucket, to_timestamp($1), given.hits FROM unnest($2::text[], $3::int[]) AS given (bucket, hits) ORDER BY 1
ON CONFLICT (bucket) DO UPDATE SET
  hits = CASE WHEN r.window_started_at = EXCLUDED.window_started_at THEN r.hits + EXCLUDED.hits
    WHEN r.window_started_at < EXCLUDED.window_started_at THEN EXCLUDED.hits ELSE r.hits END,
  window_started_at = greatest(r.window_started_at, EXCLUDED.window_started_at)
RETURNING bucket, hits, extract(epoch FROM window_started_at)::float8 * 1000 AS window_ms, extract(epoch FROM clock_timestamp())::float8 * 1000 AS now_ms`;

const addHits = (db: Sequelize, windowStartMs: number, hits: readonly (readonly [string, number])[]): Promise<SharedRow[]> =>
  selectRows<SharedRow>(db, ADD_HITS, [windowStartMs / 1_000, hits.map(([bucket]) => bucket), hits.map(([, count]) => count)]);

/**
 * Counts requests a minute. A request is counted in memory; what a process has counted goes to the table once a second, in one statement. While the
 * database is away each process counts for itself.
 * @param windowMs how long one count goes on; all processes must have the same.
 */
export const createRateLimits = (db: Sequelize, windowMs = MINUTE_MS): RateLimits => {
  const buckets = new Map<string, Bucket>();
  let isTimed = false;
  /** The database's clock is everybody's. */
  let aheadMs = 0;

  const nowMs = (): number => Date.now() + aheadMs;
  const currentWindow = (): number => Math.floor(nowMs() / windowMs);

  const bucketOf = (name: string): Bucket => {
    const window = currentWindow();
    const known = buckets.get(name);
    if (known?.window === window) return known;
    const [oldest] = buckets.size >= MAX_BUCKETS ? buckets.keys() : [];
    if (oldest !== undefined) buckets.delete(oldest);
    const begun = { window, shared: 0, unsent: 0 };
    buckets.delete(name);
    buckets.set(name, begun);
    return begun;
  };

  const allowanceOf = (used: number, limit: number, isRefused: boolean): Allowance => ({
    isRefused,
    limit,
    remaining: Math.max(0, limit - used),
    resetSeconds: Math.max(1, Math.ceil(((currentWindow() + 1) * windowMs - nowMs()) / 1_000)),
  });

  const learn = ({ bucket: name, hits, window_ms: startMs, now_ms: databaseMs }: SharedRow, sent: number): void => {
    aheadMs = databaseMs - Date.now();
    const bucket = buckets.get(name);
    if (bucket === undefined || bucket.window * windowMs !== startMs) return;
    bucket.shared = hits;
    bucket.unsent -= sent;
  };

  const share = async (): Promise<void> => {
    const window = currentWindow();
    for (const [name, bucket] of buckets) if (bucket.window < window) buckets.delete(name);
    const sent = new Map([...buckets].filter(([, { unsent }]) => unsent > 0).map(([name, { unsent }]) => [name, unsent]));
    if (sent.size === 0) return;
    for (const row of await addHits(db, window * windowMs, [...sent])) learn(row, sent.get(row.bucket) ?? 0);
  };

  const shareSoon = (): void => {
    if (isTimed) return;
    isTimed = true;
    setTimeout(() => {
      // What could not be shared is still counted here, and goes with the next.
      share()
        .catch(() => {})
        .finally(() => (isTimed = false));
    }, SHARE_EVERY_MS).unref();
  };

  return {
    take(name, limit) {
      const bucket = bucketOf(name);
      const used = bucket.shared + bucket.unsent;
      if (used >= limit) return allowanceOf(used, limit, true);
      bucket.unsent += 1;
      shareSoon();
      return allowanceOf(used + 1, limit, false);
    },
    async takeExactly(name, limit) {
      const [row] = await addHits(db, currentWindow() * windowMs, [[name, 1]]);
      if (row !== undefined) aheadMs = row.now_ms - Date.now();
      const used = row?.hits ?? 1;
      return allowanceOf(used, limit, used > limit);
    },
  };
};
