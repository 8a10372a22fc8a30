import type { Sequelize } from 'sequelize';
import { execute, selectRows } from '../../src/db/query.ts';
import { fillLedger, fillSchedules } from './schedule-rows.ts';
import { ACTIONS, API_TOKENS, JOBS, SESSIONS, USERS } from './volume.ts';
import type { Filled } from './volume.ts';

export const sessionToken = (number: number): string => `ops_s_volume_${number}`;
export const apiToken = (number: number): string => `ops_t_volume_${number}`;

/** The password of these accounts opens nothing: the hash is of no password. */
const PEOPLE = [
  `INSERT INTO users (username, email, password_hash, role)
   SELECT 'user-' || n, 'user-' || n || '@example.org', '!', CASE WHEN n % 10 = 1 THEN 'admin' ELSE 'operator' END FROM generate_series(1, ${USERS}) n`,
  `INSERT INTO user_sessions (user_id, session_token_hash, expires_at, last_activity_at, revoked_at, revoke_reason, created_at)
   SELECT 2 + n % ${USERS}, sha256(('ops_s_volume_' || n)::bytea), t.at + interval '30 days', CASE WHEN n % 4 = 0 THEN now() ELSE t.at END,
     CASE WHEN n % 4 = 1 THEN t.at END, CASE WHEN n % 4 = 1 THEN 'logout' END,
     CASE WHEN n % 4 = 0 THEN now() - interval '1 hour' ELSE t.at END
   FROM generate_series(1, ${SESSIONS}) n, LATERAL (SELECT now() - make_interval(mins => 20 * n) AS at) t`,
  `INSERT INTO api_tokens (user_id, name, token_prefix, token_hash, scopes, created_at)
   SELECT 2 + n % ${USERS}, 'token ' || n, 'ops_t_volume', sha256(('ops_t_volume_' || n)::bytea), '["executions.read", "jobs.read"]', now() - interval '30 days'
   FROM generate_series(1, ${API_TOKENS}) n`,
  `INSERT INTO idempotency_keys (user_id, idempotency_key, method, path, request_hash, state, response_status, response_body, expires_at, created_at)
   SELECT 2 + n % ${USERS}, 'key-' || n, 'POST', '/api/v1/jobs', sha256(('body ' || n)::bytea), 'completed', 201, '{}', now() + make_interval(secs => n), now()
   FROM generate_series(1, 2000) n`,
];

const targetRows = (count: number, year: number): string[] => [
  `INSERT INTO universal_targets (target_serial, name, os_type, environment, status, region, labels, created_at)
   SELECT 'T${year}' || lpad(n::text, 4, '0'), 'web-' || n || '.example.org', CASE WHEN n % 5 = 0 THEN 'windows' ELSE 'linux' END,
     (ARRAY['production', 'staging', 'development', 'testing'])[1 + n % 4], CASE WHEN n % 20 = 0 THEN 'maintenance' ELSE 'active' END,
     'eu-' || n % 3, jsonb_build_object('rack', n % 12), now() - interval '40 days' FROM generate_series(1, ${count}) n`,
  `INSERT INTO target_communication_methods (target_id, method_type, method_name, host, port, is_primary, host_key_fingerprint)
   SELECT id, 'ssh', 'ssh', name, 22, true, 'SHA256:' || target_serial FROM universal_targets`,
  `INSERT INTO target_credentials (communication_method_id, credential_type, credential_name, is_primary, ciphertext, nonce, key_id)
   SELECT id, 'password', 'login', true, sha256('sealed'), substr(sha256('nonce'), 1, 12), 'volume'
   FROM target_communication_methods`,
];

const DEFINITION = `{"name": "job", "description": null, "priority": 5, "timeout_seconds": null, "retry_count": 0, "variables": [], "settings": {}}`;
const LATEST_VERSION = 3;

const jobRows = (year: number): string[] => [
  `INSERT INTO jobs (job_serial, name, status, priority, definition_version, created_by, created_at)
   SELECT 'J${year}' || lpad(n::text, 4, '0'), 'job ' || n, 'draft', 1 + n % 10, ${LATEST_VERSION}, 2, now() - interval '40 days' FROM generate_series(1, ${JOBS}) n`,
  `INSERT INTO job_versions (job_id, definition_version, definition)
   SELECT id, version, '${DEFINITION}' FROM jobs, generate_series(1, ${LATEST_VERSION}) version`,
  `INSERT INTO job_actions (job_id, definition_version, action_order, action_key, action_type, action_name, action_parameters)
   SELECT id, version, action.n, 'action_' || action.n, 'command', action.name, '{"command": "systemctl restart nginx"}'
   FROM jobs, generate_series(1, ${LATEST_VERSION}) version, unnest(ARRAY['${ACTIONS.join(`', '`)}']) WITH ORDINALITY action(name, n)`,
  `INSERT INTO job_targets (job_id, target_id) SELECT j.id, t.id FROM jobs j, universal_targets t`,
];

/** Audit events of a month: the starts of the runs, and logins. */
const AUDIT = [
  `INSERT INTO audit_events (occurred_at, event_type, action, severity, actor_type, user_id, resource_type, resource_id, checksum)
   SELECT created_at, 'job_executed', 'start_execution', 'low', 'user', triggered_by, 'job_executions', execution_serial, sha256('sum') FROM job_executions`,
  `INSERT INTO audit_events (occurred_at, event_type, action, severity, actor_type, user_id, resource_type, resource_id, checksum)
   SELECT e.created_at, 'user_login', 'login', 'low', 'user', e.triggered_by, 'users', u.user_uuid, sha256('sum')
   FROM job_executions e JOIN users u ON u.id = e.triggered_by, generate_series(1, 4)`,
];

const COUNTERS = [
  `UPDATE jobs j SET last_execution_number = (SELECT count(*) FROM job_executions e WHERE e.job_id = j.id), updated_at = now()`,
  ...['job_executions', 'job_execution_branches', 'job_action_results', 'job_execution_logs'].map(
    (table) => `SELECT setval(pg_get_serial_sequence('${table}', 'id'), (SELECT max(id) FROM ${table}))`,
  ),
];

const runAll = async (db: Sequelize, statements: readonly string[]): Promise<void> => {
  for (const sql of statements) await execute(db, sql);
};

/** Accounts, targets with a method and a credential each, jobs of two actions in three versions, and their schedules. Serials are of this year. */
export const fillSmallRows = async (
  db: Sequelize,
  targets: number,
  year: number,
): Promise<Pick<Filled, 'targets' | 'jobs' | 'schedules'>> => {
  await runAll(db, PEOPLE);
  await runAll(db, targetRows(targets, year));
  await runAll(db, jobRows(year));
  await execute(db, `INSERT INTO serial_counters (scope, year, last_value) VALUES ('target', $1, $2), ('job', $1, $3)`, [
    year,
    targets,
    JOBS,
  ]);
  return {
    targets: await selectRows(db, 'SELECT id, target_serial AS serial, name FROM universal_targets ORDER BY id'),
    jobs: await selectRows(
      db,
      `SELECT j.id, j.job_serial AS serial, array_agg(a.id ORDER BY a.action_order) AS "actionIds"
       FROM jobs j JOIN job_actions a ON a.job_id = j.id AND a.definition_version = j.definition_version GROUP BY j.id ORDER BY j.id`,
    ),
    schedules: await fillSchedules(db),
  };
};

/** What follows from the runs: audit events, counters, sequences, the ledger of the schedules. */
export const fillFromRuns = async (db: Sequelize): Promise<void> => {
  await runAll(db, AUDIT);
  await runAll(db, COUNTERS);
  await fillLedger(db);
};
