import type { Sequelize } from 'sequelize';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { applyRetentionRule, retentionRuleNames } from '../../../src/db/retention/apply-rule.ts';
import { execute, selectRow, selectRows } from '../../../src/db/query.ts';
import { openTestDatabase } from '../support/open-database.ts';
import { addBranchRows, addExecutionRow, addJobRow, addResultRow, addTargetRows } from '../support/rows.ts';
import { ago, changeSetting, countRows } from './support.ts';

let database: Awaited<ReturnType<typeof openTestDatabase>>;
let db: Sequelize;
beforeEach(async () => {
  database = await openTestDatabase();
  ({ db } = database);
});
afterEach(() => database[Symbol.asyncDispose]());

const OLD = ago(400);

/** A job with one run on two targets, everything long over; and one more target. */
const addOldRun = async (branches = ['completed', 'failed']) => {
  const targets = await addTargetRows(db, 3);
  const job = await addJobRow(db, { targets: targets.slice(0, 2) });
  const run = await addExecutionRow(db, job, { status: 'completed', created_at: OLD, completed_at: OLD });
  const [branch = ''] = await addBranchRows(db, run, targets, branches);
  const result = await addResultRow(db, branch, 1, { status: 'completed', completed_at: OLD });
  await execute(
    db,
    `INSERT INTO job_execution_logs (timestamp, job_id, job_execution_id, log_phase, log_category, log_message)
     VALUES ($1, $2, NULL, 'creation', 'system', 'of the job'), ($1, NULL, $3, 'completion', 'system', 'of the run')`,
    [OLD, job, run.id],
  );
  await execute(
    db,
    `WITH a AS (INSERT INTO artifacts (artifact_type, action_result_id, name) VALUES ('output', $1, 'stdout') RETURNING id)
     INSERT INTO artifact_chunks (artifact_id, chunk_number, data) SELECT id, n, 'x' FROM a, generate_series(1, 3) n`,
    [result],
  );
  return { targets, job, run, branch };
};

const remove = (table: 'jobs' | 'universal_targets'): Promise<void> =>
  execute(db, `UPDATE ${table} SET deleted_at = $1 ${table === 'jobs' ? '' : ', is_active = false'}`, [OLD]);

describe('what a run has', () => {
  test('goes with it, and the job stays', async () => {
    const { job } = await addOldRun();
    const again = await addExecutionRow(db, job, { status: 'failed', retry_of_execution_id: 1 });
    await changeSetting(db, 'execution_retention_days', 365);
    expect(await applyRetentionRule(db, 'runs')).toEqual({
      artifact_chunks: 3,
      job_execution_logs: 1,
      job_execution_branches: 2,
      job_executions: 1,
    });
    for (const table of ['job_action_results', 'artifacts', 'artifact_chunks', 'job_execution_branches']) {
      expect(await countRows(db, table)).toBe(0);
    }
    expect(await countRows(db, 'job_execution_logs')).toBe(1);
    expect(await selectRows(db, 'SELECT execution_serial FROM job_executions')).toEqual([{ execution_serial: again.serial }]);
    expect(await countRows(db, 'jobs')).toBe(1);
  });

  test.each(['running', 'scheduled'])('stays while a branch is still %s', async (status) => {
    await addOldRun(['completed', status]);
    await remove('jobs');
    await changeSetting(db, 'execution_retention_days', 1);
    for (const rule of retentionRuleNames()) await applyRetentionRule(db, rule);
    expect(await countRows(db, 'job_executions')).toBe(1);
    expect(await countRows(db, 'job_execution_branches')).toBe(2);
    expect(await countRows(db, 'artifact_chunks')).toBe(3);
    expect(await countRows(db, 'jobs')).toBe(1);
  });

  test('stays while a run that repeats it is open', async () => {
    const { job, run } = await addOldRun();
    await addExecutionRow(db, job, { status: 'running', retry_of_execution_id: run.id });
    await changeSetting(db, 'execution_retention_days', 1);
    expect(await applyRetentionRule(db, 'runs')).toMatchObject({ job_executions: 0 });
  });
});

describe('deleted jobs and targets', () => {
  test('a job goes with its runs, versions and schedules; its targets stay', async () => {
    const { job, targets } = await addOldRun();
    await execute(
      db,
      `WITH s AS (INSERT INTO job_schedules (job_id, name, schedule_type, execute_at, definition_hash, temporal_schedule_id, created_by)
         VALUES ($1, 's', 'once', now(), repeat('0', 64), 's', 1) RETURNING id)
       INSERT INTO schedule_executions (job_schedule_id, scheduled_at) SELECT id, now() FROM s`,
      [job],
    );
    await execute(
      db,
      `INSERT INTO performance_metrics (timestamp, metric_type, aggregation_period, job_id) VALUES (now(), 'job_execution', 'day', $1)`,
      [job],
    );
    await remove('jobs');
    expect(await applyRetentionRule(db, 'deleted-jobs')).toEqual({
      artifact_chunks: 3,
      job_execution_logs: 2,
      job_execution_branches: 2,
      job_executions: 1,
      schedule_executions: 1,
      performance_metrics: 1,
      jobs: 1,
    });
    for (const table of ['job_versions', 'job_actions', 'job_targets', 'job_schedules', 'schedule_executions']) {
      expect(await countRows(db, table)).toBe(0);
    }
    expect(await countRows(db, 'universal_targets')).toBe(targets.length);
  });

  test.each(['running', 'scheduled'])('a job stays while a run of it is %s', async (status) => {
    const { job } = await addOldRun();
    await addExecutionRow(db, job, { status });
    await remove('jobs');
    expect(await applyRetentionRule(db, 'deleted-jobs')).toMatchObject({ jobs: 0, job_execution_logs: 0 });
    expect(await countRows(db, 'job_executions')).toBe(2);
  });

  test('a target goes with its methods and credentials when no branch tells of it', async () => {
    const { targets } = await addOldRun();
    await execute(
      db,
      `WITH m AS (INSERT INTO target_communication_methods (target_id, method_type, method_name, host, port)
         SELECT id, 'ssh', 'ssh', 'h' || id, 22 FROM universal_targets RETURNING id)
       INSERT INTO target_credentials (communication_method_id, credential_type, credential_name, ciphertext, nonce, key_id)
       SELECT id, 'password', 'c', 'x', decode(repeat('00', 12), 'hex'), 'k' FROM m`,
    );
    await remove('universal_targets');
    expect(await applyRetentionRule(db, 'deleted-targets')).toEqual({ performance_metrics: 0, universal_targets: 1 });
    expect(await selectRows(db, 'SELECT id FROM universal_targets ORDER BY id')).toEqual(targets.slice(0, 2).map((id) => ({ id })));
    expect(await countRows(db, 'target_credentials')).toBe(2);
  });

  test('with 0 days they go at the next run', async () => {
    await addOldRun();
    await execute(db, 'UPDATE jobs SET deleted_at = now()');
    expect(await applyRetentionRule(db, 'deleted-jobs')).toMatchObject({ jobs: 0 });
    await changeSetting(db, 'purge_after_days', 0);
    expect(await applyRetentionRule(db, 'deleted-jobs')).toMatchObject({ jobs: 1 });
  });

  test('a deleted alert rule stays while an alert tells of it, a report template while a report does', async () => {
    await execute(
      db,
      `INSERT INTO alert_logs (alert_rule_id, alert_type, severity, title, message, dedupe_key)
       SELECT min(id), 'system_error', 'low', 't', 'm', 'd' FROM alert_rules`,
    );
    await execute(
      db,
      `INSERT INTO generated_reports (template_id, name, report_period_start, report_period_end, format)
       SELECT min(id), 'r', now(), now() + interval '1 day', 'json' FROM report_templates`,
    );
    for (const table of ['alert_rules', 'report_templates']) await execute(db, `UPDATE ${table} SET deleted_at = $1`, [OLD]);
    await applyRetentionRule(db, 'deleted-alert-rules');
    await applyRetentionRule(db, 'deleted-report-templates');
    expect(await countRows(db, 'alert_rules')).toBe(1);
    expect(await countRows(db, 'report_templates')).toBe(1);
  });

  test('what was not deleted is never purged', async () => {
    await addOldRun();
    for (const rule of retentionRuleNames()) await applyRetentionRule(db, rule);
    expect(await countRows(db, 'jobs')).toBe(1);
    expect(await countRows(db, 'job_executions')).toBe(1);
    expect(await countRows(db, 'universal_targets')).toBe(3);
    expect(await countRows(db, 'artifact_chunks')).toBe(3);
  });
});

describe('what carries the time of its own end', () => {
  test('a file goes at its end, one without an end stays, and one that an open run may need stays too', async () => {
    await execute(
      db,
      `INSERT INTO artifacts (artifact_type, name, created_at, expires_at) VALUES ('upload', 'over', $1, $2), ('upload', 'not yet', now(), $3), ('upload', 'ever', $1, NULL)`,
      [ago(5), ago(1), ago(-1)],
    );
    const job = await addJobRow(db);
    const { id } = await addExecutionRow(db, job, { status: 'running', created_at: ago(2) });
    expect(await applyRetentionRule(db, 'artifacts')).toMatchObject({ artifacts: 0 });
    await execute(db, `UPDATE job_executions SET status = 'completed', completed_at = now() WHERE id = $1`, [id]);
    expect(await applyRetentionRule(db, 'artifacts')).toMatchObject({ artifacts: 1 });
    expect(await selectRows(db, 'SELECT name FROM artifacts ORDER BY name')).toEqual([{ name: 'ever' }, { name: 'not yet' }]);
  });

  test('sessions are ended, with the time and the reason, and stay on record', async () => {
    const hash = (byte: string) => Buffer.from(byte.repeat(64), 'hex');
    await execute(
      db,
      `INSERT INTO user_sessions (user_id, session_token_hash, expires_at, last_activity_at) VALUES
       (1, $1, $4, now()), (1, $2, now() + interval '1 day', $5), (1, $3, now() + interval '1 day', $6)`,
      [hash('1'), hash('2'), hash('3'), ago(1), ago(0, 61), ago(0, 59)],
    );
    expect(await applyRetentionRule(db, 'expired-sessions')).toEqual({ user_sessions: 1 });
    expect(await applyRetentionRule(db, 'inactive-sessions')).toEqual({ user_sessions: 1 });
    const ended = await selectRows(
      db,
      `SELECT revoke_reason AS reason, round(extract(epoch FROM revoked_at - least(expires_at, last_activity_at + interval '60 minutes')))::int AS late
       FROM user_sessions ORDER BY id`,
    );
    expect(ended).toEqual([
      { reason: 'expired', late: 0 },
      { reason: 'inactivity', late: 0 },
      { reason: null, late: null },
    ]);
    await changeSetting(db, 'inactivity_timeout_minutes', 58);
    expect(await applyRetentionRule(db, 'inactive-sessions')).toEqual({ user_sessions: 1 });
    await execute(
      db,
      `INSERT INTO user_sessions (user_id, session_token_hash, expires_at, created_at) VALUES (1, $1, now() + interval '1 day', now() - interval '2 hours')`,
      [hash('4')],
    );
    expect(await applyRetentionRule(db, 'overlong-sessions')).toEqual({ user_sessions: 0 });
    await changeSetting(db, 'session_timeout_seconds', 3_600);
    expect(await applyRetentionRule(db, 'overlong-sessions')).toEqual({ user_sessions: 1 });
    const [overlong] = await selectRows(
      db,
      `SELECT revoke_reason AS reason, round(extract(epoch FROM revoked_at - created_at))::int AS lasted FROM user_sessions ORDER BY id DESC LIMIT 1`,
    );
    expect(overlong).toEqual({ reason: 'expired', lasted: 3_600 });
  });

  test('idempotency keys go at their end, windows of rate limits when they are long over', async () => {
    await execute(
      db,
      `INSERT INTO idempotency_keys (user_id, idempotency_key, method, path, request_hash, expires_at)
       VALUES (1, 'over', 'POST', '/', 'x', now() - interval '1 second'), (1, 'valid', 'POST', '/', 'x', now() + interval '1 hour')`,
    );
    await execute(db, `INSERT INTO rate_limits (bucket, window_started_at) VALUES ('old', $1), ('new', now())`, [ago(0, 61)]);
    expect(await applyRetentionRule(db, 'idempotency-keys')).toEqual({ idempotency_keys: 1 });
    expect(await applyRetentionRule(db, 'rate-limits')).toEqual({ rate_limits: 1 });
    expect(await selectRow(db, 'SELECT idempotency_key, bucket FROM idempotency_keys, rate_limits')).toEqual({
      idempotency_key: 'valid',
      bucket: 'new',
    });
  });
});

test('what has not ended stays, however old: open alerts, unsent messages, running tasks, open instants', async () => {
  const job = await addJobRow(db);
  await execute(
    db,
    `INSERT INTO alert_logs (alert_rule_id, alert_type, severity, title, message, dedupe_key, triggered_at)
     SELECT min(id), 'system_error', 'low', 't', 'm', 'd', $1::timestamptz FROM alert_rules`,
    [OLD],
  );
  await execute(
    db,
    `INSERT INTO notification_logs (notification_type, recipient, message, dedupe_key, created_at) VALUES ('email', 'a', 'm', 'd', $1)`,
    [OLD],
  );
  await execute(
    db,
    `INSERT INTO workflow_task_history (task_kind, workflow_id, run_id, task_name, task_queue, status, created_at)
     VALUES ('workflow', 'w', 'r', 'n', 'q', 'running', $1)`,
    [OLD],
  );
  await execute(
    db,
    `WITH s AS (INSERT INTO job_schedules (job_id, name, schedule_type, execute_at, definition_hash, temporal_schedule_id, created_by, deleted_at)
       VALUES ($1, 's', 'once', now(), repeat('0', 64), 's', 1, $2) RETURNING id)
     INSERT INTO schedule_executions (job_schedule_id, scheduled_at, status, workflow_id) SELECT id, $2::timestamptz, 'running', 'w' FROM s`,
    [job, OLD],
  );
  for (const rule of retentionRuleNames()) await applyRetentionRule(db, rule);
  for (const table of ['alert_logs', 'notification_logs', 'workflow_task_history', 'schedule_executions', 'job_schedules']) {
    expect(await countRows(db, table)).toBe(1);
  }
});
