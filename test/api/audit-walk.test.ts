import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { execute } from '../../src/db/query.ts';
import { addTargets, command, runJob, startFleet, targetOf, withoutSshd } from '../support/fleet.ts';
import type { Fleet } from '../support/fleet.ts';
import { startTestPlatform } from '../support/platform.ts';
import type { Answer, TestPlatform } from '../support/platform.ts';
import { untilResults } from '../support/until-results.ts';
import { PASSWORD, addSession, addUser } from './support/accounts.ts';
import { auditRows, isSigned } from './support/audit.ts';
import { jobNamed, methodOf } from './support/definitions.ts';
import { operationsOf } from './support/operations.ts';

const WAIT = { action_type: 'wait', action_name: 'hang', action_parameters: { seconds: 3_600 } };
const ASK = {
  action_type: 'approval',
  action_name: 'ask',
  action_parameters: { approvers: [{ type: 'role', value: 'admin' }], message: 'Go on?' },
};

describe.skipIf(withoutSshd)('every route that changes something leaves an audit event with the id of the request (OpenSSH)', () => {
  let platform: TestPlatform;
  let fleet: Fleet;
  let targets: string[];
  beforeAll(async () => {
    [platform, fleet] = await Promise.all([startTestPlatform(), startFleet()]);
    targets = await addTargets(platform, fleet, 12);
  });
  afterAll(async () => {
    await platform[Symbol.asyncDispose]();
    await fleet[Symbol.asyncDispose]();
  });

  type Send = (method: string, path: string, body?: unknown, token?: string) => Promise<Answer>;

  const targetNumber = (index: number): string => targets[index] ?? '';
  const makeJob = async (fields: object = {}): Promise<string> =>
    (await platform.api('POST', '/api/v1/jobs', jobNamed('one', { ...fields }))).body.job_serial;
  /** A run on a target of its own, whose only action hangs, or asks. */
  const runOn = async (index: number, action: object = WAIT): Promise<string> => {
    const { serial } = await runJob(platform, [targetNumber(index)], [action]);
    await untilResults(platform, serial, (rows) => rows.some(({ status }) => status === 'running'));
    return serial;
  };
  const steer =
    (index: number, what: string, body: object = {}, before?: (serial: string) => Promise<unknown>) =>
    async (send: Send): Promise<Answer> => {
      const serial = await runOn(index);
      await before?.(serial);
      const [method, path] = what === '' ? ['PATCH', ''] : ['POST', `/${what.replace('{serial}', serial)}`];
      return send(method, `/api/v1/executions/${serial}${path}`, body);
    };
  const userToken = async (): Promise<string> => addSession(await addUser('viewer'));
  const setColumns = (serial: string, columns: string): Promise<void> =>
    execute(platform.db, `UPDATE job_executions SET ${columns} WHERE execution_serial = $1`, [serial]);

  const made = async (path: string, body: object): Promise<Answer['body']> => (await platform.api('POST', `/api/v1/${path}`, body)).body;
  const SECRET = { credential_type: 'password', username: 'deploy', password: 'correct horse battery' };
  /** A target of its own with a second method. */
  const makeTarget = async (host: string): Promise<string> => {
    const { target_serial: serial } = await made('targets', { name: host, os_type: 'linux', methods: [methodOf(host)] });
    await made(`targets/${serial}/methods`, { ...methodOf(host, { port: 2222 }), method_name: 'second' });
    return `/api/v1/targets/${serial}`;
  };
  const onMethod = (method: string, what: string, body?: object) => async (send: Send) =>
    send(method, `${await makeTarget(`${randomUUID()}.example.org`)}/methods/second${what}`, body);
  const onCredential = (method: string, body?: object) => async (send: Send) => {
    const path = `${await makeTarget(`${randomUUID()}.example.org`)}/methods/second/credentials`;
    const { credential_uuid: uuid } = (await platform.api('POST', path, { credential_name: 'other', secret: SECRET })).body;
    return send(method, `${path}/${uuid}`, body);
  };

  const targetParts = (): typeof RECIPES => ({
    testTargets: (send) => send('POST', '/api/v1/targets/bulk/test', { targets: [targetNumber(1)] }),
    updateTargets: (send) => send('POST', '/api/v1/targets/bulk/update', { targets: [targetNumber(0)], set: { region: 'south' } }),
    addTargetMethod: async (send) =>
      send('POST', `${await makeTarget('added.example.org')}/methods`, {
        ...methodOf('added.example.org', { port: 2223 }),
        method_name: 'third',
      }),
    updateTargetMethod: onMethod('PATCH', '', { port: 2224 }),
    deleteTargetMethod: onMethod('DELETE', ''),
    testTargetMethod: onMethod('POST', '/test'),
    addCredential: onMethod('POST', '/credentials', { credential_name: 'deploy', secret: SECRET }),
    updateCredential: onCredential('PATCH', { credential_name: 'renamed' }),
    deleteCredential: onCredential('DELETE'),
  });

  const onUser = (method: string, what: string, body?: object) => async (send: Send) =>
    send(method, `/api/v1/users/${(await addUser('viewer')).userUuid}${what}`, body);
  /** A session of somebody, and its path below the own sessions or those of a user. */
  const newSession = async () => {
    const user = await addUser('viewer');
    const [token, other] = [await addSession(user), await addSession(user)];
    const { data } = (await platform.call(other, 'GET', '/api/v1/auth/sessions')).body;
    const session = data.find((one: { is_current: boolean }) => !one.is_current).session_uuid as string;
    return { user, token, other, session };
  };

  const accounts = (): typeof RECIPES => ({
    updateProfile: async (send) => send('PATCH', '/api/v1/auth/me', { email: `${randomUUID()}@example.org` }, await userToken()),
    revokeOtherSessions: async (send) => send('DELETE', '/api/v1/auth/sessions', undefined, (await newSession()).other),
    revokeSession: async (send) => {
      const { other, session } = await newSession();
      return send('DELETE', `/api/v1/auth/sessions/${session}`, undefined, other);
    },
    createUser: (send) => send('POST', '/api/v1/users', { username: 'ann', email: 'ann@example.org', role: 'viewer' }),
    updateUser: onUser('PATCH', '', { role: 'operator' }),
    resetUserPassword: onUser('POST', '/reset-password', {}),
    unlockUser: onUser('POST', '/unlock'),
    requirePasswordChange: onUser('POST', '/require-password-change'),
    revokeUserSessions: async (send) => send('DELETE', `/api/v1/users/${(await newSession()).user.userUuid}/sessions`),
    revokeUserSession: async (send) => {
      const { user, session } = await newSession();
      return send('DELETE', `/api/v1/users/${user.userUuid}/sessions/${session}`);
    },
    revokeUserToken: async (send) => {
      const user = await addUser('operator');
      const token = await platform.call(await addSession(user), 'POST', '/api/v1/auth/tokens', { name: 'one', scopes: ['jobs.read'] });
      return send('DELETE', `/api/v1/users/${user.userUuid}/tokens/${token.body.token_uuid}`);
    },
  });

  /** Makes a second version, so that the first can be restored. */
  const twoVersions = async (kind: 'jobs' | 'job-templates'): Promise<string> => {
    const path = `/api/v1/${kind}/${(await made(kind, jobNamed('versions'))).job_serial}`;
    await platform.api('PUT', path, jobNamed('versions, changed'));
    return path;
  };
  const ofKind = (kind: 'jobs' | 'job-templates', word: string): typeof RECIPES => ({
    [`clone${word}`]: async (send) => send('POST', `${await twoVersions(kind)}/clone`, { name: `copy of ${kind}` }),
    [`restore${word}Version`]: async (send) => send('POST', `${await twoVersions(kind)}/versions/1/restore`, {}),
  });

  const definitions = (): typeof RECIPES => ({
    ...ofKind('jobs', 'Job'),
    ...ofKind('job-templates', 'JobTemplate'),
    changeJobTargets: async (send) => send('POST', `/api/v1/jobs/${await makeJob()}/targets`, { add: [targetNumber(3)] }),
    createJobTemplate: (send) => send('POST', '/api/v1/job-templates', jobNamed('pattern')),
    updateJobTemplate: async (send) => send('PUT', await twoVersions('job-templates'), jobNamed('third')),
    deleteJobTemplate: async (send) => send('DELETE', await twoVersions('job-templates')),
    createJobFromTemplate: async (send) =>
      send('POST', `${await twoVersions('job-templates')}/jobs`, { name: 'from a pattern', targets: [targetNumber(3)] }),
  });

  const onCalendar = (method: string, body?: object) => async (send: Send) => {
    const { calendar_uuid: uuid } = await made('calendars', { name: randomUUID().slice(1) });
    return send(method, `/api/v1/calendars/${uuid}`, body);
  };
  const newSchedule = async (): Promise<string> => {
    const { schedule_serial: serial } = await made('schedules', { name: randomUUID(), job: await makeJob({}), when: { every: '24h' } });
    return `/api/v1/schedules/${serial}`;
  };
  const onSchedule = (method: string, what: string, body?: object) => async (send: Send) =>
    send(method, `${await newSchedule()}${what}`, body);
  const schedules = (): typeof RECIPES => ({
    createSchedule: async (send) => send('POST', '/api/v1/schedules', { name: 'nightly', job: await makeJob({}), when: { every: '24h' } }),
    updateSchedule: onSchedule('PUT', '', { name: 'weekly', when: { every: '168h' } }),
    deleteSchedule: onSchedule('DELETE', ''),
    pauseSchedule: onSchedule('POST', '/pause', {}),
    resumeSchedule: async (send) => {
      const path = await newSchedule();
      await platform.api('POST', `${path}/pause`, {});
      return send('POST', `${path}/resume`);
    },
    runScheduleNow: onSchedule('POST', '/run'),
    backfillSchedule: onSchedule('POST', '/backfill', { from: '2026-01-01T00:00:00Z', to: '2026-01-03T00:00:00Z' }),
    applySchedules: async (send) =>
      send('POST', '/api/v1/schedules/apply', {
        definitions: [{ source: 'nightly.yaml:1', definition: { name: 'from code', job: await makeJob({}), when: { every: '24h' } } }],
        prune: false,
      }),
  });

  const calendars = (): typeof RECIPES => ({
    createCalendar: (send) => send('POST', '/api/v1/calendars', { name: 'freeze' }),
    updateCalendar: onCalendar('PUT', { name: 'thaw', holds_runs: true }),
    deleteCalendar: onCalendar('DELETE'),
    importCalendar: (send) =>
      send('POST', '/api/v1/calendars/import', {
        name: 'imported',
        text: 'BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20251224\nEND:VEVENT\nEND:VCALENDAR\n',
      }),
  });

  /** By operation: makes what is needed, then sends the one request that is looked at. */
  const RECIPES: Record<string, (send: Send) => Promise<Answer>> = {
    login: async (send) => send('POST', '/api/v1/auth/login', { username: (await addUser('viewer')).username, password: PASSWORD }, ''),
    logout: async (send) => send('POST', '/api/v1/auth/logout', undefined, await userToken()),
    changePassword: async (send) =>
      send('POST', '/api/v1/auth/password', { current_password: PASSWORD, new_password: 'another long password' }, await userToken()),
    createApiToken: (send) => send('POST', '/api/v1/auth/tokens', { name: 'one', scopes: ['jobs.read'] }),
    revokeApiToken: async (send) => {
      const { body } = await platform.api('POST', '/api/v1/auth/tokens', { name: 'two', scopes: ['jobs.read'] });
      return send('DELETE', `/api/v1/auth/tokens/${body.token_uuid}`);
    },
    createTarget: (send) => send('POST', '/api/v1/targets', targetOf(fleet, 100)),
    testMethodConfig: (send) =>
      send('POST', '/api/v1/targets/test-method-config', { os_type: 'linux', method: methodOf('127.0.0.1', { port: 2 }) }),
    updateTarget: (send) => send('PATCH', `/api/v1/targets/${targetNumber(0)}`, { location: 'Ulm' }),
    deleteTarget: async (send) => {
      const { body } = await platform.api('POST', '/api/v1/targets', targetOf(fleet, 101));
      return send('DELETE', `/api/v1/targets/${body.target_serial}`);
    },
    testTarget: (send) => send('POST', `/api/v1/targets/${targetNumber(1)}/test`),
    acceptHostKey: async (send) => {
      const path = `/api/v1/targets/${targetNumber(2)}/host-key`;
      const { body } = await platform.api('POST', path, {});
      return send('POST', path, { fingerprint: body.shown_fingerprint });
    },
    createJob: (send) => send('POST', '/api/v1/jobs', jobNamed('made')),
    updateJob: async (send) => send('PUT', `/api/v1/jobs/${await makeJob()}`, jobNamed('changed')),
    deleteJob: async (send) => send('DELETE', `/api/v1/jobs/${await makeJob()}`),
    startExecution: async (send) => send('POST', `/api/v1/jobs/${await makeJob({ targets: [targetNumber(3)] })}/executions`, {}),
    planJob: async (send) => send('POST', `/api/v1/jobs/${await makeJob({ targets: [targetNumber(3)] })}/plan`, { probe: true }),
    pauseExecution: steer(4, 'pause'),
    resumeExecution: steer(5, 'resume', {}, (serial) => platform.api('POST', `/api/v1/executions/${serial}/pause`, {})),
    answerBatch: steer(6, 'approve', { answer: 'approved' }, (serial) => setColumns(serial, `paused_at = now(), hold_reason = 'approval'`)),
    changeExecution: steer(7, '', { max_concurrent_targets: 2 }),
    cancelExecution: steer(8, 'cancel'),
    cancelBranch: steer(9, 'branches/{serial}.0001/cancel'),
    skipAction: steer(10, 'branches/{serial}.0001/skip', { action_order: 1 }),
    retryExecution: async (send) => {
      const { serial } = await runJob(platform, [targetNumber(3)], [command('false')]);
      await platform.untilEnded(serial);
      return send('POST', `/api/v1/executions/${serial}/retry`, { new_run: true });
    },
    answerAction: async (send) => {
      const serial = await runOn(11, ASK);
      return send('POST', `/api/v1/executions/${serial}/actions/${serial}.0001.0001/answer`, { answer: 'approved' });
    },
    resolveAttempt: async (send) => {
      const { serial } = await runJob(platform, [targetNumber(3)], [command('false')]);
      await platform.untilEnded(serial);
      await execute(
        platform.db,
        `UPDATE job_action_results SET failure_category = 'lost', error_code = 'OUTCOME_UNKNOWN' WHERE action_serial = $1`,
        [`${serial}.0001.0001`],
      );
      return send('POST', `/api/v1/executions/${serial}/actions/${serial}.0001.0001/resolve`, { outcome: 'failed', note: 'looked' });
    },
    uploadArtifact: async (send) => send('POST', '/api/v1/artifacts?name=one.txt', 'content of a file'),
    deleteArtifact: async (send) => {
      const type = { 'content-type': 'application/octet-stream' };
      const { body } = await platform.api('POST', '/api/v1/artifacts?name=two.txt', 'content of a file', type);
      return send('DELETE', `/api/v1/artifacts/${body.artifact_uuid}`);
    },
    exportData: (send) => send('POST', '/api/v1/data/export', { types: ['settings'] }),
    importData: (send) => send('POST', '/api/v1/data/import', { items: [{ kind: 'setting', name: 'timezone', value: 'Europe/Rome' }] }),
    changeMaintenance: (send) => send('PUT', '/api/v1/system/maintenance', { enabled: true }),
    changeDangerousPatterns: (send) => send('PUT', '/api/v1/system/dangerous-patterns', { patterns: ['launch'] }),
    changeSettings: (send) => send('PATCH', '/api/v1/settings', { values: { login_lock_minutes: 3 } }),
    changeSetting: (send) => send('PUT', '/api/v1/settings/login_max_failures', { value: 3 }),
    removeSettingValue: async (send) => {
      await platform.api('PUT', '/api/v1/settings/max_log_bytes', { value: 2_048 });
      return send('DELETE', '/api/v1/settings/max_log_bytes');
    },
    ...calendars(),
    ...schedules(),
    ...targetParts(),
    ...accounts(),
    ...definitions(),
  };

  /** They write nothing but the use of a session; the exchange of a code is walked in the tests of OIDC, where there is a provider. */
  const WITHOUT = new Set([
    'validateJob',
    'validateStoredJob',
    'validateJobTemplate',
    'validateStoredJobTemplate',
    'planSchedules',
    'previewSchedule',
    'syncSchedule',
    'extendSession',
    'exchangeOidcCode',
  ]);
  const mutating = () =>
    operationsOf(platform).filter(
      ({ method, spec }) => !['GET', 'HEAD', 'OPTIONS'].includes(method) && !WITHOUT.has(String(spec['operationId'])),
    );

  test('there is a recipe for each of them', () => {
    const names = mutating().map(({ spec }) => String(spec['operationId']));
    expect(names.filter((name) => RECIPES[name] === undefined)).toEqual([]);
    expect(Object.keys(RECIPES).filter((name) => !names.includes(name))).toEqual([]);
  });

  test('and each leaves its event, signed', async () => {
    const walked: (readonly [name: string, id: string])[] = [];
    // The last one: in maintenance no run is started.
    const last = 'changeMaintenance';
    const walk = async (name: string): Promise<void> => {
      const id = randomUUID();
      const send: Send = (method, path, body, token = platform.token) =>
        platform.call(token === '' ? undefined : token, method, path, body, {
          'x-request-id': id,
          ...(name === 'uploadArtifact' && { 'content-type': 'application/octet-stream' }),
        });
      const { status, body } = (await RECIPES[name]?.(send)) ?? { status: 0, body: undefined };
      expect([name, status < 300, body?.detail]).toEqual([name, true, undefined]);
      walked.push([name, id]);
    };
    await Promise.all(
      Object.keys(RECIPES)
        .filter((name) => name !== last)
        .map(walk),
    );
    await walk(last);
    // An approval is written down by the worker that takes it, just after it has said so.
    const idsOf = async () => new Set((await auditRows(platform)).map((row) => row['request_id']));
    const answered = walked.find(([name]) => name === 'answerAction')?.[1];
    while (!(await idsOf()).has(answered));
    const events = await auditRows(platform);
    const found = new Set(events.map((row) => row['request_id']));
    expect(walked.filter(([, id]) => !found.has(id)).map(([name]) => name)).toEqual([]);
    expect(events.filter((row) => !isSigned(platform.services.keyRing.auditKey, row))).toEqual([]);
  });

  test('a request that is refused for want of a permission that few have leaves one a minute', async () => {
    const viewer = await userToken();
    const answers: number[] = [];
    for (const path of ['settings', 'audit', 'settings', 'audit/seals', 'users/%00', 'targets'])
      answers.push((await platform.call(viewer, 'GET', `/api/v1/${path}`)).status);
    expect(answers).toEqual([403, 403, 403, 403, 403, 200]);
    const refused = (await auditRows(platform)).filter(({ action }) => action === 'refuse_request');
    expect(refused.map(({ event_type: type, resource_id: permission, details }) => [type, permission, details])).toEqual([
      ['security_violation', 'settings.write', { method: 'GET', path: '/api/v1/settings' }],
      ['security_violation', 'audit.read', { method: 'GET', path: '/api/v1/audit' }],
      ['security_violation', 'users.write', { method: 'GET', path: '/api/v1/users/%00' }],
    ]);
  });
});
