import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { endAttempt } from '../../src/activities/run-action/attempt-record.ts';
import { selectRow } from '../../src/db/query.ts';
import { checkStoredJson } from '../db/support/json-problems.ts';
import { command, startFleet, targetOf, withoutSshd } from '../support/fleet.ts';
import type { Fleet } from '../support/fleet.ts';
import { startTestPlatform } from '../support/platform.ts';
import type { TestPlatform } from '../support/platform.ts';

const VARIABLES = [
  { key: 'TOKEN', value: 'sealed in the job', is_secret: true },
  { key: 'EMPTY', is_secret: true },
  { key: 'COUNT', type: 'number', value: 3, description: 'How many', is_required: true },
  { key: 'LIST', type: 'json', value: [1, { a: null }] },
];

const ACTIONS = [
  command('echo "$COUNT"', {
    action_config: { expected_exit_codes: [0, 3], environment: { A: '${LIST}' }, working_directory: '/' },
    action_key: 'count',
  }),
  { action_type: 'script', action_name: 'script', action_parameters: { scriptType: 'sh', scriptContent: 'echo err >&2; exit 4' } },
  command('echo never'),
];

describe.skipIf(withoutSshd)('JSON in the record (OpenSSH)', () => {
  let platform: TestPlatform;
  let fleet: Fleet;
  beforeAll(async () => {
    [platform, fleet] = await Promise.all([startTestPlatform(), startFleet()]);
  });
  afterAll(async () => {
    await platform[Symbol.asyncDispose]();
    await fleet[Symbol.asyncDispose]();
  });

  const post = async (path: string, body: unknown, headers: Record<string, string> = {}) => {
    const answer = await platform.api('POST', `/api/v1${path}`, body, headers);
    if (answer.status >= 300) throw new Error(JSON.stringify(answer.body));
    return answer.body;
  };

  const doAllThatThereIs = async (): Promise<void> => {
    const target = await post('/targets', targetOf(fleet, 0, { labels: { team: 'web' } }));
    await post(`/targets/${target.target_serial}/test`, undefined);
    await post('/auth/tokens', { name: 'ci', scopes: ['jobs.read', 'jobs.read'] });
    const job = { name: 'job', targets: [target.target_serial], variables: VARIABLES, actions: ACTIONS };
    const { job_serial: serial } = await post('/jobs', { ...job, settings: { max_concurrent_targets: 2 } });
    await platform.api('PUT', `/api/v1/jobs/${serial}`, job);
    const variables = { TOKEN: 'sealed in the run', COUNT: 4, LIST: { b: [] } };
    const run = await post(`/jobs/${serial}/executions`, { targets: [target.target_serial], variables }, { 'idempotency-key': 'once' });
    expect(await platform.untilEnded(run.execution_serial)).toMatchObject({ status: 'failed', failed_branches: 1 });
  };

  const reportLate = async (): Promise<void> => {
    const { db } = platform;
    const attempt = await selectRow<{ id: number }>(db, `SELECT id FROM job_action_results WHERE status = 'failed'`);
    const outcome = { status: 'completed', exitCode: 0, failureCategory: null, errorCode: null } as const;
    await endAttempt(db, attempt?.id ?? 0, { outcome, isFinal: true, stdout: '', stderr: '', truncated: false, masked: false, bytes: 8 });
  };

  test('all that targets, jobs, runs, tokens and repeated requests leave in JSON columns has the shape that the contracts state', async () => {
    await doAllThatThereIs();
    await reportLate();
    const { values, problems } = await checkStoredJson(platform.db);
    expect(problems).toEqual([]);
    const written = [
      'api_tokens.scopes',
      'universal_targets.labels',
      'target_communication_methods.config',
      'jobs.variables',
      'job_versions.definition',
      'job_actions.action_config',
      'job_executions.variables',
      'job_executions.target_selection',
      'job_action_results.late_result',
      'job_execution_logs.log_details',
      'audit_events.details',
      'idempotency_keys.response_body',
    ];
    expect(written.filter((name) => !((values[name] ?? 0) > 0))).toEqual([]);
  });
});
