import type { RowRule, TreeRule } from './rule.ts';

/** What carries the time of its end. */
export const EXPIRY_RULES: readonly (RowRule | TreeRule)[] = [
  {
    kind: 'rows',
    name: 'expired-sessions',
    table: 'user_sessions',
    key: ['id'],
    where: 't.revoked_at IS NULL AND t.expires_at < $1',
    order: 'expires_at',
    set: `revoked_at = expires_at, revoke_reason = 'expired'`,
  },
  {
    kind: 'rows',
    // A login carries the end that it had when it began; a setting that was lowered since counts at once.
    name: 'overlong-sessions',
    table: 'user_sessions',
    key: ['id'],
    where: 't.revoked_at IS NULL AND t.created_at < $1',
    order: 'expires_at',
    set: `revoked_at = created_at + (now() - $1::timestamptz), revoke_reason = 'expired'`,
    setting: 'session_timeout_seconds',
  },
  {
    kind: 'rows',
    name: 'inactive-sessions',
    table: 'user_sessions',
    key: ['id'],
    where: 't.revoked_at IS NULL AND t.last_activity_at < $1',
    order: 'expires_at',
    set: `revoked_at = last_activity_at + (now() - $1::timestamptz), revoke_reason = 'inactivity'`,
    setting: 'inactivity_timeout_minutes',
  },
  {
    kind: 'rows',
    name: 'idempotency-keys',
    table: 'idempotency_keys',
    key: ['id'],
    where: 't.expires_at < $1',
    order: 'expires_at',
  },
  {
    kind: 'rows',
    name: 'rate-limits',
    table: 'rate_limits',
    key: ['bucket'],
    // Windows are minutes.
    where: `t.window_started_at < $1::timestamptz - interval '1 hour'`,
    order: 'window_started_at',
  },
  {
    kind: 'trees',
    name: 'artifacts',
    table: 'artifacts',
    // The writer sets expires_at; a setting that was lowered since counts at once. A run that began before may still need the file.
    where: `(t.expires_at < now() OR (t.expires_at IS NOT NULL AND t.created_at < $1)) AND NOT EXISTS (
      SELECT FROM job_executions e WHERE e.status IN ('scheduled', 'running') AND e.created_at < t.expires_at)`,
    parts: [
      { table: 'artifact_chunks', key: ['artifact_id', 'chunk_number'], where: 't.artifact_id = ANY($1::bigint[])' },
      { table: 'artifacts', key: ['id'], where: 't.id = ANY($1::bigint[])' },
    ],
    setting: 'artifact_retention_days',
  },
];
