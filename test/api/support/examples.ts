import { selectRow } from '../../../src/db/query.ts';
import { addJob, addTarget, jobNamed } from './definitions.ts';
import type { TestPlatform } from '../../support/platform.ts';
import { addSession, addUser } from './accounts.ts';

/** Of whatever has one, in the document. */
export const UUID = '7c9e6679-7425-40de-944b-e07fc1f90ae7';

/** An account that is named like the example of the document, with a session and nothing else. */
const addExampleUser = async ({ db }: TestPlatform): Promise<void> => {
  const user = await addUser('viewer');
  await addSession(user);
  await db.query('UPDATE users SET user_uuid = $1 WHERE id = $2', { bind: [UUID, user.id] });
  await db.query('UPDATE user_sessions SET session_uuid = $1 WHERE user_id = $2', { bind: [UUID, user.id] });
};

/**
 * Makes what the parameters of the document have for examples, so that requests reach more than a 404: a target, a job, a run of it with a branch, a
 * template, a schedule, a calendar, an account and an artifact.
 */
export const addExamples = async (platform: TestPlatform): Promise<void> => {
  const { db, api } = platform;
  const target = await addTarget(platform, 'fuzz.example.org');
  const job = await addJob(platform, 'fuzz', { targets: [target] });
  const { status } = await api('POST', `/api/v1/jobs/${job}/executions`, {});
  if (status !== 202) throw new Error(`the run was answered with ${status}`);
  const name = (table: string, column: string, from: string, to: string) =>
    db.query(`UPDATE ${table} SET ${column} = $1 WHERE ${column} = $2`, { bind: [to, from] });
  await name('universal_targets', 'target_serial', target, 'T20250001');
  await name('jobs', 'job_serial', job, 'J20250001');
  await name('job_executions', 'execution_serial', `${job}.0001`, 'J20250001.0001');
  const branch = await selectRow<{ id: number }>(
    db,
    `INSERT INTO job_execution_branches (job_execution_id, target_id, branch_serial, branch_number, target_serial_ref, target_name_ref, status, started_at)
     SELECT e.id, t.id, e.execution_serial || '.0001', 1, t.target_serial, t.name, 'running', now()
     FROM job_executions e, universal_targets t WHERE e.execution_serial = 'J20250001.0001' AND t.target_serial = 'T20250001' RETURNING id`,
  );
  await db.query(
    `INSERT INTO job_action_results (branch_id, action_serial, action_order, action_name, action_type, status, started_at, completed_at)
     VALUES ($1, 'J20250001.0001.0001.0001', 1, 'fuzz', 'command', 'completed', now(), now()),
       ($1, 'J20250001.0001.0001.0002', 2, 'fuzz', 'approval', 'running', now(), NULL)`,
    { bind: [branch?.id] },
  );
  await api('POST', '/api/v1/calendars', { name: 'holidays' });
  const { body: template } = await api('POST', '/api/v1/job-templates', jobNamed('fuzz'));
  await name('jobs', 'job_serial', template.job_serial, 'J20250002');
  // Second versions, for what compares two.
  await api('PUT', '/api/v1/jobs/J20250001', jobNamed('fuzz two'));
  await api('PUT', '/api/v1/job-templates/J20250002', jobNamed('fuzz two'));
  // The first one of a database has the serial of the document.
  await api('POST', '/api/v1/schedules', { name: 'fuzz', job: 'J20250001', when: { every: '15m' }, paused: true });
  await addExampleUser(platform);
  const headers = { authorization: `Bearer ${platform.token}`, 'content-type': 'application/octet-stream' };
  await platform.app.request('/api/v1/artifacts?name=fuzz', { method: 'POST', headers, body: 'fuzz' });
  await db.query('UPDATE artifacts SET artifact_uuid = $1', { bind: [UUID] });
};
