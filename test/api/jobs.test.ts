import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chosenText } from '../../src/cli/run-text.ts';
import { openValue } from '../../src/db/seal.ts';
import { execute, selectRow, selectRows } from '../../src/db/query.ts';
import { acceptRun } from '../../src/services/executions/accept-runs.ts';
import type { CheckedRun } from '../../src/services/executions/accept-runs.ts';
import { command } from '../support/fleet.ts';
import { startTestPlatform } from '../support/platform.ts';
import type { Answer, TestPlatform } from '../support/platform.ts';
import { addSession, addUser } from './support/accounts.ts';
import { untilWaiting } from '../support/until-waiting.ts';
import { auditRows } from './support/audit.ts';
import { addJob, addTarget, jobNamed } from './support/definitions.ts';
import { countRows } from './support/unchanged.ts';

const SECRET = 'hunter2-and-more';

let platform: TestPlatform;
let web: string;
let mail: string;
beforeAll(async () => {
  platform = await startTestPlatform({ worker: false });
  web = await addTarget(platform, 'web.example.org', { labels: { team: 'web' }, environment: 'production' });
  mail = await addTarget(platform, 'mail.example.org', { labels: { team: 'mail' }, environment: 'staging' });
});
afterAll(() => platform[Symbol.asyncDispose]());

const api = (method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer> =>
  platform.api(method, `/api/v1${path}`, body, headers);
const made = async (path: string, body: unknown): Promise<Answer['body']> => {
  const answer = await api('POST', path, body);
  if (answer.status !== 201) throw new Error(JSON.stringify(answer.body));
  return answer.body;
};
const secretOf = async (serial: string, version: number, key = 'TOKEN'): Promise<string | undefined> => {
  const row = await selectRow<{ uuid: string; sealed: Parameters<typeof openValue>[1] }>(
    platform.db,
    `SELECT j.job_uuid AS uuid, (SELECT v->'sealed' FROM jsonb_array_elements(d.definition->'variables') v WHERE v->>'key' = $3) AS sealed
     FROM jobs j JOIN job_versions d ON d.job_id = j.id AND d.definition_version = $2 WHERE j.job_serial = $1`,
    [serial, version, key],
  );
  const place = { table: 'jobs', uuid: row?.uuid ?? '', column: `variables.${key}` };
  return row?.sealed ? openValue(platform.services.keyRing, row.sealed, place) : undefined;
};

const nested = {
  action_type: 'condition',
  action_name: 'decide',
  action_key: 'decide',
  action_parameters: {
    conditionType: 'switch',
    expression: 'RELEASE',
    cases: { one: [command('echo one', { action_key: 'one' })], two: [command('echo two', { action_key: 'two' })] },
    else: [command('echo other', { action_key: 'other', rollback: [command('echo undo', { action_key: 'undo' })] })],
  },
};
const full = {
  name: 'Full',
  description: 'all fields',
  priority: 3,
  timeout_seconds: 600,
  retry_count: 1,
  variables: [
    { key: 'RELEASE', value: 'one', choices: ['one', 'two'], is_input: true },
    { key: 'TOKEN', is_secret: true, value: SECRET },
    { key: 'COUNT', type: 'number', min: 1, max: 9, value: 3 },
  ],
  settings: { tags: ['nightly'], max_concurrent_targets: 7, environment: { A: '1' } },
  target_selector: 'team=web',
  actions: [nested, command('echo "$TOKEN"', { action_key: 'show', action_config: { working_directory: '/tmp' } })],
};

describe('versions', () => {
  let job: string;
  beforeAll(async () => {
    job = (await made('/jobs', { ...full, change_note: 'first' })).job_serial;
  });
  const differences = async (body: object): Promise<Answer['body']> => {
    const serial = (await made('/jobs', full)).job_serial;
    const put = await api('PUT', `/jobs/${serial}`, { ...full, ...body });
    if (put.status !== 200) throw new Error(JSON.stringify(put.body));
    return (await api('GET', `/jobs/${serial}/versions/1/diff/2`)).body.differences;
  };

  test('an edit that changes nothing makes none, also when it gives the same secret again or none', async () => {
    const before = await api('GET', `/jobs/${job}`);
    for (const body of [full, { ...full, change_note: 'again' }, { ...full, variables: before.body.variables }])
      expect(await api('PUT', `/jobs/${job}`, body)).toMatchObject({ status: 200, body: before.body });
    expect((await api('GET', `/jobs/${job}`)).headers.get('etag')).toBe(before.headers.get('etag'));
    const other = { ...full, variables: full.variables.map((one) => (one.key === 'TOKEN' ? { ...one, value: 'another' } : one)) };
    expect((await api('PUT', `/jobs/${job}`, { ...other, change_note: 'rotated' })).body).toMatchObject({
      definition_version: 2,
      change_note: 'rotated',
    });
    expect([await secretOf(job, 1), await secretOf(job, 2)]).toEqual([SECRET, 'another']);
  });

  test('are listed with who made them and why, and compared without telling secrets', async () => {
    const { data } = (await api('GET', `/jobs/${job}/versions`)).body;
    expect(data).toMatchObject([
      { definition_version: 2, is_current: true, name: 'Full', change_note: 'rotated', created_by: 'admin' },
      { definition_version: 1, is_current: false, change_note: 'first' },
    ]);
    const first = await api('GET', `/jobs/${job}/versions?limit=1&sort=version`);
    const rest = await api('GET', `/jobs/${job}/versions?limit=1&sort=version&cursor=${first.body.next}`);
    expect([...first.body.data, ...rest.body.data].map((one) => one.definition_version)).toEqual([1, 2]);
    const compared = (await api('GET', `/jobs/${job}/versions/1/diff/2`)).body;
    expect(compared).toEqual({
      job_serial: job,
      from_version: 1,
      to_version: 2,
      differences: [{ path: 'variables.TOKEN.value', change: 'changed', before: null, after: null }],
    });
    expect((await api('GET', `/jobs/${job}/versions/2/diff/2`)).body.differences).toEqual([]);
    expect((await api('GET', `/jobs/${job}/versions/1/diff/7`)).body).toMatchObject({ code: 'NOT_FOUND', status: 404 });
  });

  test.each<[string, object, object[]]>([
    ['the name', { name: 'Other' }, [{ path: 'name', change: 'changed', before: 'Full', after: 'Other' }]],
    ['no description', { description: null }, [{ path: 'description', before: 'all fields', after: null }]],
    ['the priority', { priority: 4 }, [{ path: 'priority', before: 3, after: 4 }]],
    ['the time limit', { timeout_seconds: 60 }, [{ path: 'timeout_seconds', before: 600, after: 60 }]],
    ['the retries', { retry_count: 2 }, [{ path: 'retry_count', before: 1, after: 2 }]],
    ['no selector', { target_selector: null }, [{ path: 'target_selector', change: 'removed', before: 'team=web', after: null }]],
    [
      'settings',
      { settings: { tags: ['nightly', 'db'], environment: { A: '1' } } },
      [
        { path: 'settings.tags', before: ['nightly'], after: ['nightly', 'db'] },
        { path: 'settings.max_concurrent_targets', change: 'removed', before: 7, after: null },
      ],
    ],
    [
      'variables',
      {
        variables: [
          { key: 'RELEASE', value: 'two', choices: ['one', 'two'] },
          full.variables[1],
          { key: 'NEW', is_secret: true, value: SECRET },
        ],
      },
      [
        { path: 'variables.RELEASE.value', before: 'one', after: 'two' },
        { path: 'variables.RELEASE.is_input', change: 'removed', before: true },
        {
          path: 'variables.COUNT',
          change: 'removed',
          before: expect.objectContaining({ type: 'number', min: 1, max: 9, value: 3 }),
          after: null,
        },
        { path: 'variables.NEW', change: 'added', before: null, after: expect.objectContaining({ is_secret: true, secret: null }) },
      ],
    ],
    ['what moved', { actions: full.actions.toReversed() }, [{ path: 'actions.show', change: 'moved' }]],
    [
      'an action, field by field',
      { actions: [nested, command('echo other', { action_key: 'show', on_failure: 'continue', timeout_seconds: 5 })] },
      [
        { path: 'actions.show.action_name' },
        { path: 'actions.show.timeout_seconds', before: 300, after: 5 },
        { path: 'actions.show.on_failure', before: 'stop', after: 'continue' },
        { path: 'actions.show.action_parameters.command', before: 'echo "$TOKEN"', after: 'echo other' },
        { path: 'actions.show.action_config.working_directory', change: 'removed' },
      ],
    ],
    [
      'what is inside',
      {
        actions: [
          { ...nested, action_parameters: { ...nested.action_parameters, else: [command('echo new', { action_key: 'new' })] } },
          full.actions[1],
        ],
      },
      [
        { path: 'actions.other', change: 'removed', before: expect.objectContaining({ inside: { action: 'decide', slot: 'else' } }) },
        { path: 'actions.undo', change: 'removed', before: expect.objectContaining({ inside: { action: 'other', slot: 'rollback' } }) },
        { path: 'actions.new', change: 'added', after: expect.objectContaining({ inside: { action: 'decide', slot: 'else' } }) },
      ],
    ],
  ])('compared tell %s', async (_name, body, expected) => {
    const found = await differences(body);
    expect(found).toHaveLength(expected.length);
    expect(found).toEqual(expect.arrayContaining(expected.map((one) => expect.objectContaining(one))));
    expect(JSON.stringify(found)).not.toContain(SECRET);
  });

  test('a former one becomes the next with its actions and its secrets; targets stay, and what it was is on its note', async () => {
    const serial = (await made('/jobs', { ...full, targets: [web] })).job_serial;
    await api('PUT', `/jobs/${serial}`, jobNamed('emptied', { targets: [mail] }));
    const before = (await api('GET', `/jobs/${serial}?version=1`)).body;
    const restored = await api('POST', `/jobs/${serial}/versions/1/restore`, {});
    expect(restored).toMatchObject({
      status: 200,
      body: { name: 'Full', definition_version: 3, targets: [mail], change_note: 'Restored from version 1.' },
    });
    const { actions, variables, settings, target_selector } = restored.body;
    expect({ actions, variables, settings, target_selector }).toEqual({
      actions: before.actions,
      variables: before.variables,
      settings: before.settings,
      target_selector: 'team=web',
    });
    expect(await secretOf(serial, 3)).toBe(SECRET);
    expect((await api('GET', `/jobs/${serial}/versions/1/diff/3`)).body.differences).toEqual([]);
    expect((await api('POST', `/jobs/${serial}/versions/3/restore`, {})).body.definition_version).toBe(3);
    expect((await api('POST', `/jobs/${serial}/versions/9/restore`, {})).status).toBe(404);
    expect((await api('POST', `/jobs/${serial}/versions/2/restore`, {}, { 'if-match': '"old"' })).body.code).toBe('REVISION_MISMATCH');
  });

  test('of two edits of the same state one is refused, and no version is lost', async () => {
    const serial = await addJob(platform, 'raced');
    const etag = (await api('GET', `/jobs/${serial}`)).headers.get('etag') ?? '';
    const answers = await Promise.all([
      api('PUT', `/jobs/${serial}`, jobNamed('one'), { 'if-match': etag }),
      api('PUT', `/jobs/${serial}`, jobNamed('two'), { 'if-match': etag }),
    ]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 412]);
    expect((await api('GET', `/jobs/${serial}/versions`)).body.data).toHaveLength(2);
  });

  test('an edit is audited with what it changed', async () => {
    const edits = (await auditRows(platform)).filter((event) => event.event_type === 'job_updated');
    expect(edits).toContainEqual(
      expect.objectContaining({ details: expect.objectContaining({ version: 2, before: 1, changed: ['variables.TOKEN.value'] }) }),
    );
    expect(JSON.stringify(edits)).not.toContain(SECRET);
  });

  test('an edit is audited with what the list of targets gained and lost, however it is changed', async () => {
    const serial = await addJob(platform, 'listed', { targets: [web, mail] });
    const gone = await addTarget(platform, 'gone.example.org');
    await api('PUT', `/jobs/${serial}`, jobNamed('listed', { targets: [gone, web] }));
    await api('PUT', `/jobs/${serial}`, jobNamed('listed', { targets: [web, gone] }));
    await api('POST', `/jobs/${serial}/targets`, { add: [web, mail], remove: [gone, 'T20209999'] });
    const edits = (await auditRows(platform)).filter((event) => event.event_type === 'job_updated' && event.resource_id === serial);
    expect(edits.map(({ action, details }) => [action, details])).toEqual([
      ['update_job', { version: 1, before: 1, changed: [], targets: 2, added: 1, removed: 1, add: [gone], remove: [mail] }],
      ['update_job', { version: 1, before: 1, changed: [], targets: 2, added: 0, removed: 0, add: [], remove: [] }],
      ['change_job_targets', { added: 1, removed: 1, add: [mail], remove: [gone] }],
    ]);
  });
});

describe('copies and templates', () => {
  const template = { ...full, target_selector: undefined };

  test('a clone has the definition, the targets and the secrets, sealed for itself', async () => {
    const original = await made('/jobs', { ...full, targets: [web, mail] });
    const clone = await made(`/jobs/${original.job_serial}/clone`, { name: 'Copy' });
    const { actions, variables, settings, targets, target_selector } = original;
    expect(clone).toMatchObject({ name: 'Copy', definition_version: 1, actions, variables, settings, targets, target_selector });
    expect(clone.job_serial).not.toBe(original.job_serial);
    expect(await secretOf(clone.job_serial, 1)).toBe(SECRET);
    const other = await made(`/jobs/${original.job_serial}/clone`, { name: 'Other', targets: [mail], target_selector: null });
    expect(other).toMatchObject({ targets: [mail], target_selector: null });
    expect((await api('POST', '/jobs/J20199999/clone', { name: 'x' })).status).toBe(404);
  });

  test('a template is versioned, but is no job: it has no targets, is not listed among them and does not run', async () => {
    const { job_serial: serial } = await made('/job-templates', template);
    const path = `/job-templates/${serial}`;
    expect((await api('GET', path)).body).toMatchObject({ job_serial: serial, name: 'Full', targets: [], status: 'draft' });
    for (const [method, below, body] of [
      ['GET', '', undefined],
      ['PUT', '', jobNamed('x')],
      ['DELETE', '', undefined],
      ['POST', '/executions', { targets: [web] }],
      ['POST', '/plan', { targets: [web] }],
      ['POST', '/clone', { name: 'x' }],
      ['GET', '/versions', undefined],
      ['GET', '/targets', undefined],
      ['POST', '/targets', { add: [web] }],
      ['GET', '/statistics', undefined],
      ['GET', '/used-by', undefined],
      ['POST', '/validate', undefined],
    ] as const)
      expect([method, below, (await api(method, `/jobs/${serial}${below}`, body)).status]).toEqual([method, below, 404]);
    expect((await api('GET', `/jobs?search=${serial}`)).body.data).toEqual([]);
    expect((await api('GET', `/job-templates?search=${serial}&tag=nightly`)).body.data).toMatchObject([{ job_serial: serial }]);
    expect((await api('GET', `/job-templates/${await addJob(platform, 'a job')}`)).status).toBe(404);
    expect((await api('PUT', path, { ...template, name: 'Second' })).body.definition_version).toBe(2);
    expect((await api('GET', `${path}/versions/1/diff/2`)).body.differences).toMatchObject([{ path: 'name' }]);
    expect((await api('POST', `${path}/versions/1/restore`, { change_note: 'back' })).body).toMatchObject({
      definition_version: 3,
      name: 'Full',
      change_note: 'back',
    });
    expect(await made(`${path}/clone`, { name: 'Another' })).toMatchObject({ name: 'Another', definition_version: 1 });
    expect((await api('POST', '/job-templates', { ...template, targets: [web] })).body.errors).toMatchObject([{ path: 'targets' }]);
    expect((await api('DELETE', path)).status).toBe(204);
    expect((await api('GET', path)).status).toBe(404);
  });

  test('a job of a template has its definition with given values, and stays when the template changes or goes', async () => {
    const { job_serial: serial } = await made('/job-templates', template);
    const job = await made(`/job-templates/${serial}/jobs`, {
      name: 'From it',
      description: 'mine',
      targets: [web],
      parameters: { RELEASE: 'two', COUNT: 9 },
    });
    expect(job).toMatchObject({ name: 'From it', description: 'mine', template: serial, targets: [web], definition_version: 1 });
    expect(job.variables).toMatchObject([
      { key: 'RELEASE', value: 'two', is_input: true },
      { key: 'TOKEN', value: null },
      { key: 'COUNT', value: 9 },
    ]);
    expect(await secretOf(job.job_serial, 1)).toBe(SECRET);
    const own = await made(`/job-templates/${serial}/jobs`, {
      name: 'Own secret',
      target_selector: 'team=mail',
      parameters: { TOKEN: 'mine' },
    });
    expect(await secretOf(own.job_serial, 1)).toBe('mine');
    expect(own.target_selector).toBe('team=mail');
    const refused = await api('POST', `/job-templates/${serial}/jobs`, { name: 'x', parameters: { RELEASE: 'three', NONE: 1 } });
    expect(refused.body.errors).toEqual([{ path: 'parameters.NONE', message: 'the template declares no such variable' }]);
    const wrong = await api('POST', `/job-templates/${serial}/jobs`, { name: 'x', parameters: { RELEASE: 'three' } });
    expect(wrong.body.errors).toEqual([{ path: 'variables.0.value', message: 'must be one of "one", "two"' }]);
    expect((await api('GET', `/job-templates/${serial}/used-by`)).body).toMatchObject({
      jobs_total: 2,
      jobs: [{ job_serial: own.job_serial }, { job_serial: job.job_serial, name: 'From it' }],
    });
    expect((await api('GET', `/jobs?template=${serial}`)).body.data).toHaveLength(2);
    await api('DELETE', `/job-templates/${serial}`);
    expect((await api('GET', `/jobs/${job.job_serial}`)).body).toMatchObject({ name: 'From it', template: serial });
  });

  test('what a deploy manages is changed by nobody else, but may be copied', async () => {
    const serial = await addJob(platform, 'from code', { targets: [web] });
    await execute(platform.db, `UPDATE jobs SET definition_source = 'code' WHERE job_serial = $1`, [serial]);
    const before = await countRows(platform);
    for (const [method, below, body] of [
      ['PUT', '', jobNamed('x')],
      ['DELETE', '', undefined],
      ['POST', '/targets', { add: [mail] }],
      ['POST', '/versions/1/restore', {}],
    ] as const) {
      const answer = await api(method, `/jobs/${serial}${below}`, body);
      expect([method, answer.status, answer.body.code, answer.body.detail]).toEqual([
        method,
        409,
        'CONFLICT',
        expect.stringContaining('managed by a deploy'),
      ]);
    }
    expect(await countRows(platform)).toEqual(before);
    expect((await api('GET', `/jobs?source=code`)).body.data).toMatchObject([{ job_serial: serial, definition_source: 'code' }]);
    expect(await made(`/jobs/${serial}/clone`, { name: 'mine' })).toMatchObject({ definition_source: 'api' });
  });
});

describe('checks without saving', () => {
  test('tell all that is wrong at once, each at its place and with its code', async () => {
    const draft = {
      name: 'draft',
      targets: [web, 'T20199999'],
      target_selector: 'env=nowhere',
      variables: [
        { key: 'A', type: 'number', value: 5, max: 3 },
        { key: 'B', pattern: '(a+)+' },
      ],
      actions: [
        command('echo ${MISSING}'),
        command('rm -rf /'),
        { action_type: 'wait', action_name: 'rest', action_parameters: { until: '2999-01-01T00:00:00Z' } },
      ],
    };
    const before = await countRows(platform);
    const { status, body } = await api('POST', '/jobs/validate', draft);
    expect([status, body.is_valid]).toEqual([200, false]);
    const places = body.problems.map(({ path, code }: { path: string; code: string }) => `${code} ${path}`);
    expect(places).toEqual([
      'VALIDATION variables.0.value',
      'VALIDATION variables.1.pattern',
      'VALIDATION target_selector',
      'VALIDATION actions.2.action_parameters.until',
      'VALIDATION actions.0.action_parameters.command',
      'CONFIRMATION_NEEDED actions.1.action_parameters.command',
    ]);
    const { problems } = (await api('POST', '/jobs/validate', { ...draft, target_selector: 'team=web' })).body;
    expect(problems.at(-1)).toEqual({ path: 'targets.1', message: 'there is no target T20199999', code: 'VALIDATION' });
    expect(await countRows(platform)).toEqual(before);
  });

  test('hold the patterns of one user against values for a while of each minute only', async () => {
    const validate = async (token: string, pattern: string, value: string): Promise<unknown> => {
      const draft = { ...jobNamed('patterns'), variables: [{ key: 'A', pattern, value }] };
      return (await platform.call(token, 'POST', '/api/v1/jobs/validate', draft)).body.problems;
    };
    const [eager, other] = [await addSession(await addUser('viewer')), await addSession(await addUser('viewer'))];
    const late = [expect.objectContaining({ path: 'variables.0.value', message: expect.stringContaining('takes too long') })];
    for (let sent = 0; sent < 3; sent += 1) expect(await validate(eager, '(a|a)*b', 'a'.repeat(40))).toEqual(late);
    expect(await validate(eager, '[a-z]+', 'abc')).toEqual(late);
    expect(await validate(other, '[a-z]+', 'abc')).toEqual([]);
  });

  test('take anything, and say of each wrong field what is wrong', async () => {
    expect((await api('POST', '/jobs/validate', { name: '', extra: 1, actions: [{ action_type: 'dance' }] })).body.problems).toMatchObject([
      { path: 'name' },
      { path: 'actions.0.action_type' },
      { path: 'extra', message: 'is not a field here' },
    ]);
    expect((await api('POST', '/jobs/validate', {})).body.is_valid).toBe(false);
    expect((await api('POST', '/jobs/validate', jobNamed('fine'))).body).toEqual({
      is_valid: true,
      problems: [],
      warnings: [{ path: 'targets', message: 'has none: a run must name its targets' }],
    });
    expect((await api('POST', '/job-templates/validate', jobNamed('fine'))).body).toEqual({ is_valid: true, problems: [], warnings: [] });
  });

  test('find of each wrong definition what saving it finds', async () => {
    for (const body of [
      jobNamed('x', { variables: [{ key: 'A', type: 'number', value: 'x' }] }),
      jobNamed('x', { actions: [command('echo ${actions.none.output}')] }),
      jobNamed('x', { actions: [command('rm -rf /')] }),
      jobNamed('x', { target_selector: 'a in (' }),
      jobNamed('x', { targets: ['T20199999'] }),
      jobNamed('x', { actions: [{ action_type: 'database', action_name: 'q', action_parameters: { query: 'SELECT 1' } }], targets: [web] }),
    ]) {
      const saved = await api('POST', '/jobs', body);
      const checked = (await api('POST', '/jobs/validate', body)).body.problems;
      expect([saved.status >= 400, checked[0]?.code, checked.map((one: { path: string }) => one.path)]).toEqual([
        true,
        saved.body.code,
        saved.body.errors.map((one: { path: string }) => one.path),
      ]);
    }
  });

  test('of a stored job go by the targets and settings of today', async () => {
    const target = await addTarget(platform, 'changes.example.org');
    const serial = await addJob(platform, 'stored', { targets: [target] });
    expect((await api('POST', `/jobs/${serial}/validate`)).body).toEqual({ is_valid: true, problems: [], warnings: [] });
    await api('PATCH', `/targets/${target}`, { methods: [{ method_type: 'redis', host: 'changes.example.org' }], status: 'maintenance' });
    const { body } = await api('POST', `/jobs/${serial}/validate`);
    expect(body).toMatchObject({ is_valid: false, problems: [{ path: 'actions.0', code: 'VALIDATION' }] });
    expect(body.warnings).toEqual([{ path: 'targets', message: 'has 1 of 1 that are switched off: runs leave them out' }]);
    const selecting = await addJob(platform, 'selecting', { target_selector: 'team=nobody' });
    expect((await api('POST', `/jobs/${selecting}/validate`)).body).toMatchObject({
      is_valid: true,
      warnings: [{ path: 'target_selector', message: 'chooses no target today' }],
    });
  });
});

describe('inputs', () => {
  const input = (fields: object) => jobNamed('inputs', { targets: [web], variables: [{ key: 'V', ...fields }] });

  test.each<[string, object, string]>([
    ['a value below min', { type: 'number', value: 1, min: 2 }, 'value: must be at least 2'],
    ['a value above max', { type: 'number', value: 3, max: 2 }, 'value: must be at most 2'],
    ['a text that is too short', { value: 'a', min: 2 }, 'value: must be at least 2 characters'],
    ['a text that is too long', { value: 'äöü', max: 2 }, 'value: must be at most 2 characters'],
    ['a value that is no choice', { value: 'c', choices: ['a', 'b'] }, 'value: must be one of "a", "b"'],
    ['a value that only holds the pattern', { value: 'v1x', pattern: 'v[0-9]' }, 'value: must match v[0-9]'],
    [
      'a pattern that takes too long',
      { value: 'a'.repeat(5_000), pattern: 'a*a*a*a*b' },
      'value: takes too long to hold against its pattern a*a*a*a*b',
    ],
    ['no regular expression', { pattern: '(' }, 'pattern: is not a regular expression'],
    ['min above max', { type: 'number', min: 3, max: 2 }, 'max: is less than min'],
    ['a text of half a character', { min: 0.5 }, 'min: must be a number of characters, as the variable is a text'],
    ['a range of a switch', { type: 'boolean', max: 1 }, 'max: has no meaning for a boolean; it is for numbers and texts'],
    ['a pattern of a number', { type: 'number', pattern: '1' }, 'pattern: has no meaning for a number; it is for texts'],
    ['a choice of another type', { type: 'number', choices: [1, 'b'] }, 'choices.1: must be a number, as the variable is declared'],
    ['a choice out of range', { type: 'number', choices: [1, 9], max: 5 }, 'choices.1: must be at most 5'],
    ['choices of a secret', { is_secret: true, choices: ['a'] }, 'choices: would tell a secret: everybody who may see the job sees them'],
  ])('a job is not saved with %s', async (_name, fields, message) => {
    const { status, body } = await api('POST', '/jobs', input(fields));
    expect([status, body.errors?.map((one: { path: string; message: string }) => `${one.path}: ${one.message}`)]).toEqual([
      400,
      [`variables.0.${message}`],
    ]);
  });

  test.each<[object, unknown, string | undefined]>([
    [{ type: 'number', min: 1, max: 3 }, 2, undefined],
    [{ type: 'number', min: 1, max: 3 }, 4, 'must be at most 3'],
    [{ choices: ['a', 'b'] }, 'b', undefined],
    [{ choices: ['a', 'b'] }, 'B', 'must be one of "a", "b"'],
    [{ type: 'json', choices: [{ a: 1, b: 2 }, [1]] }, { b: 2, a: 1 }, undefined],
    [{ type: 'json' }, { toString: 'a', valueOf: 1 }, undefined],
    [{ type: 'boolean', choices: [true] }, false, 'must be one of true'],
    [{ pattern: 'a|b' }, 'ab', 'must match a|b'],
    [{ pattern: 'a|b' }, 'a', undefined],
    [{ is_secret: true, min: 8 }, SECRET, undefined],
    [{ is_secret: true, min: 8 }, 'short', 'must be at least 8 characters'],
    [{ type: 'number' }, '1', 'must be a number, as the variable is declared'],
  ])('a run of a job with %j takes %j: %s', async (fields, value, message) => {
    const job = await made('/jobs', input({ ...fields, is_input: true, is_required: true }));
    const answer = await api('POST', `/jobs/${job.job_serial}/executions`, { variables: { V: value } });
    if (message === undefined) expect(answer.status).toBe(202);
    else expect(answer.body).toMatchObject({ status: 400, errors: [{ path: 'variables.V', message }] });
    const missing = await api('POST', `/jobs/${job.job_serial}/executions`, {});
    expect(missing.body).toMatchObject({ code: 'VARIABLE_MISSING', errors: [{ path: 'variables.V' }] });
    const { body } = await api('POST', `/jobs/${job.job_serial}/plan`, { variables: { V: value } });
    expect(body.errors?.[0]?.message).toBe(message);
  });

  test('are shown as they were declared, and put back as they are shown', async () => {
    const variables = [
      { key: 'A', type: 'number', value: 2, min: 1, max: 3, is_input: true, description: 'how many' },
      { key: 'B', choices: ['x', 'y'], pattern: '[xy]' },
    ];
    const job = await made('/jobs', jobNamed('shown', { variables }));
    expect(job.variables).toEqual([
      { ...variables[0], is_secret: false, is_required: false },
      { ...variables[1], type: 'string', value: null, is_secret: false, is_required: false, is_input: false },
    ]);
    const put = await api('PUT', `/jobs/${job.job_serial}`, jobNamed('shown', { variables: job.variables }));
    expect(put.body).toEqual(job);
  });
});

describe('lists, targets and statistics', () => {
  test('a job, a template and a run are read by their uuid as well, in any case, and nothing else is by it', async () => {
    const job = await made('/jobs', jobNamed('by uuid', { targets: [web] }));
    const template = await made('/job-templates', jobNamed('pattern by uuid'));
    const run = (await api('POST', `/jobs/${job.job_serial}/executions`, {})).body;
    // Its row is written to once more when Temporal has it.
    await platform.startsDone();
    for (const [folder, uuid, serial] of [
      ['jobs', job.job_uuid, job.job_serial],
      ['job-templates', template.job_uuid, template.job_serial],
      ['executions', run.execution_uuid, run.execution_serial],
    ]) {
      const [bySerial, byUuid] = [await api('GET', `/${folder}/${serial}`), await api('GET', `/${folder}/${uuid.toUpperCase()}`)];
      expect([byUuid.status, byUuid.body, byUuid.headers.get('etag')]).toEqual([200, bySerial.body, bySerial.headers.get('etag')]);
    }
    for (const path of [`/jobs/${template.job_uuid}`, `/job-templates/${job.job_uuid}`, `/executions/${job.job_uuid}`])
      expect([path, await api('GET', path)]).toMatchObject([path, { status: 404, body: { code: 'NOT_FOUND' } }]);
    expect(await api('GET', '/jobs/7c9e6679')).toMatchObject({ status: 400, body: { detail: expect.stringContaining('or its uuid') } });
  });

  test('jobs are found by kind, by who made them, by target and by the order that is asked for', async () => {
    const one = await addJob(platform, 'find me b', { targets: [mail] });
    const two = await addJob(platform, 'find me a', {
      actions: [{ action_type: 'script', action_name: 's', action_parameters: { scriptType: 'sh', scriptContent: 'true' } }],
    });
    const find = async (query: string): Promise<string[]> =>
      (await api('GET', `/jobs?search=find me&${query}`)).body.data.map((job: { job_serial: string }) => job.job_serial);
    expect(await find('')).toEqual([two, one]);
    expect(await find('sort=name')).toEqual([two, one]);
    expect(await find('sort=created')).toEqual([one, two]);
    expect(await find('job_type=script')).toEqual([two]);
    expect(await find(`target=${mail}`)).toEqual([one]);
    expect(await find('created_by=ADMIN')).toEqual([two, one]);
    expect(await find('created_by=nobody')).toEqual([]);
    await api('POST', `/jobs/${one}/executions`, {});
    const { data } = (await api('GET', '/jobs?search=find me&fields=job_serial,last_execution')).body;
    expect(data).toMatchObject([
      { job_serial: two, last_execution: null },
      { job_serial: one, last_execution: { execution_serial: `${one}.0001` } },
    ]);
  });

  test('targets are added to the list of a job and taken from it, without a new version', async () => {
    const job = await addJob(platform, 'listed', { targets: [web] });
    const etag = (await api('GET', `/jobs/${job}`)).headers.get('etag') ?? '';
    const added = await api('POST', `/jobs/${job}/targets`, { add: [mail, web] }, { 'if-match': etag });
    expect(added).toMatchObject({ status: 200, body: { targets: [web, mail], definition_version: 1 } });
    expect((await api('POST', `/jobs/${job}/targets`, { add: [mail] }, { 'if-match': etag })).status).toBe(412);
    expect((await api('POST', `/jobs/${job}/targets`, { remove: [web] })).body.targets).toEqual([mail]);
    expect((await api('GET', `/jobs/${job}/targets`)).body).toMatchObject({
      data: [{ target_serial: mail, name: 'mail.example.org', status: 'active', environment: 'staging' }],
      next: null,
    });
    expect((await api('GET', `/jobs/${job}/targets?status=inactive`)).body.data).toEqual([]);
    const unknown = await api('POST', `/jobs/${job}/targets`, { add: ['T20199999'], remove: [mail] });
    expect(unknown.body.errors).toEqual([{ path: 'add.0', message: 'there is no target T20199999' }]);
    const database = await addTarget(platform, 'db.example.org', { methods: [{ method_type: 'redis', host: 'db.example.org' }] });
    expect((await api('POST', `/jobs/${job}/targets`, { add: [database] })).body.errors).toMatchObject([{ path: 'actions.0' }]);
    expect((await api('GET', `/jobs/${job}`)).body.targets).toEqual([mail]);
  });

  test('statistics and use count runs as they ended', async () => {
    const job = await addJob(platform, 'counted', { targets: [web] });
    for (let run = 0; run < 4; run += 1) await api('POST', `/jobs/${job}/executions`, {});
    await execute(
      platform.db,
      `UPDATE job_executions e SET status = s.status, started_at = now() - make_interval(secs => s.seconds), completed_at = now(), failure_category = s.category,
         total_branches = 1, completed_branches = (s.status = 'completed')::int, failed_branches = (s.status = 'failed')::int
       FROM (VALUES (1, 'completed', 10, NULL), (2, 'completed', 20, NULL), (3, 'failed', 60, 'timeout')) s(number, status, seconds, category), jobs j
       WHERE j.id = e.job_id AND j.job_serial = $1 AND e.execution_number = s.number`,
      [job],
    );
    expect((await api('GET', `/jobs/${job}/statistics?days=1`)).body).toMatchObject({
      job_serial: job,
      days: 1,
      runs: { scheduled: 1, running: 0, completed: 2, failed: 1, cancelled: 0 },
      success_rate: 0.6667,
      duration_seconds: { average: 30, median: 20, p95: 56, longest: 60 },
      branches: { total: 3, completed: 2, failed: 1, cancelled: 0 },
      failures: { timeout: 1 },
      last_failed_at: expect.any(String),
    });
    expect((await api('GET', `/jobs/${job}/used-by`)).body).toMatchObject({
      targets_total: 1,
      runs_total: 4,
      open_runs_total: 1,
      open_runs: [`${job}.0004`],
      schedules: [],
    });
    const all = (await api('GET', '/jobs/statistics')).body;
    expect(all.most_failed).toContainEqual({ job_serial: job, name: 'counted', failed: 1, runs: 4 });
    expect(all.runs.completed).toBe(2);
    expect(all.jobs).toBe(Object.values<number>(all.by_type).reduce((sum, count) => sum + count, 0));
    const empty = await addJob(platform, 'never ran');
    expect((await api('GET', `/jobs/${empty}/statistics`)).body).toMatchObject({
      success_rate: null,
      duration_seconds: { average: null, median: null, p95: null, longest: null },
    });
  });
});

describe('runs by selector', () => {
  const start = (job: string, body: object = {}): Promise<Answer> => api('POST', `/jobs/${job}/executions`, body);
  const selectionOf = async (serial: string): Promise<unknown> =>
    (
      await selectRow<{ selection: unknown }>(
        platform.db,
        'SELECT target_selection AS selection FROM job_executions WHERE execution_serial = $1',
        [serial],
      )
    )?.selection;

  test('a job may have a selector in place of a list, or besides one; a run may narrow it', async () => {
    const job = await addJob(platform, 'selecting', { target_selector: 'env in (production,staging)' });
    expect((await api('GET', `/jobs/${job}`)).body).toMatchObject({ target_selector: 'env in (production,staging)', target_count: 0 });
    expect(await selectionOf((await start(job)).body.execution_serial)).toEqual({});
    expect(await selectionOf((await start(job, { selector: 'team=web' })).body.execution_serial)).toEqual({ selector: 'team=web' });
    expect((await start(job, { targets: [web] })).status).toBe(202);
    const outside = await addTarget(platform, 'dev.example.org', { environment: 'development' });
    expect((await start(job, { targets: [outside] })).body.errors).toEqual([
      { path: 'targets.0', message: `${outside} is not a target of job ${job}` },
    ]);
    const planned = (await api('POST', `/jobs/${job}/plan`, { selector: 'team=mail' })).body;
    expect([planned.total_targets, planned.targets.map((one: { target_serial: string }) => one.target_serial)]).toEqual([1, [mail]]);
    expect((await api('POST', `/jobs/${job}/plan`, {})).body.total_targets).toBeGreaterThan(1);
  });

  test('a run tells by what its targets are chosen, and whose that is', async () => {
    const job = await addJob(platform, 'telling', { target_selector: 'env in (production,staging)' });
    const told = async (of: string, body: object = {}) => {
      const run = (await api('GET', `/executions/${(await start(of, body)).body.execution_serial}`)).body;
      return [run.target_selection, chosenText(run)];
    };
    const ofJob = { source: 'job', selector: 'env in (production,staging)' };
    expect(await told(job)).toEqual([ofJob, '  on what env in (production,staging) chose, the selector of the job\n']);
    expect(await told(job, { selector: 'team=web' })).toEqual([
      { source: 'run', selector: 'team=web' },
      '  on what team=web chose, the selector of the run\n',
    ]);
    expect(await told(job, { targets: [web] })).toEqual([{ source: 'run', selector: null }, '  on targets that were named for this run\n']);
    expect(await told(await addJob(platform, 'listing', { targets: [web] }))).toEqual([{ source: 'job', selector: null }, '']);
  });

  test('what cannot be read, or does not go together, is refused, and nothing is started', async () => {
    const job = await addJob(platform, 'refused', { targets: [web] });
    const before = await countRows(platform);
    expect((await start(job, { selector: 'team=' })).body).toMatchObject({ status: 400, errors: [{ path: 'selector' }] });
    expect((await start(job, { selector: 'team=web', targets: [web] })).body).toMatchObject({
      status: 400,
      errors: [{ path: 'selector' }],
    });
    expect((await start(job, { selector: 'env=nowhere' })).body.detail).toContain('env is one of');
    expect((await api('POST', '/jobs', jobNamed('x', { target_selector: '=' }))).body.errors).toMatchObject([{ path: 'target_selector' }]);
    expect(await countRows(platform)).toEqual(before);
    const empty = await addJob(platform, 'nothing');
    expect((await start(empty)).body.code).toBe('NO_TARGETS');
    expect((await start(empty, { selector: 'team=web' })).status).toBe(202);
  });
});

describe('starts at once of one job', () => {
  const LOCK = 'SELECT job_serial, definition_version';

  /** Sends requests while the row of the job is locked, changes the job before it is given free. */
  const whileLocked = async (job: string, sent: readonly StartBody[], change: string): Promise<Answer[]> => {
    const { db } = platform;
    const transaction = await db.transaction();
    await execute(db, 'SELECT id FROM jobs WHERE job_serial = $1 FOR UPDATE', [job], transaction);
    const answers = sent.map(({ key, ...body }) =>
      api('POST', `/jobs/${job}/executions`, body, key === undefined ? {} : { 'idempotency-key': key }),
    );
    await untilWaiting(platform.database.url, LOCK);
    if (change !== '') await execute(db, change, [job], transaction);
    await transaction.commit();
    return Promise.all(answers);
  };
  interface StartBody {
    key?: string;
    variables?: Record<string, unknown>;
  }
  const numbers = (answers: readonly Answer[]): number[] =>
    answers.map(({ body }) => Number(String(body.execution_serial).split('.')[1])).toSorted((a, b) => a - b);

  test('are numbered without a gap, each with its own values, key and audit event', async () => {
    const job = await addJob(platform, 'many', { targets: [web], variables: [{ key: 'N', type: 'number', value: 0, is_input: true }] });
    const sent = Array.from({ length: 12 }, (_, at) => ({ key: `many-${at}`, variables: { N: at } }));
    const answers = await whileLocked(job, sent, '');
    expect(answers.map(({ status }) => status)).toEqual(sent.map(() => 202));
    expect(numbers(answers)).toEqual(sent.map((_, at) => at + 1));
    const rows = await selectRows<{ serial: string; n: number; key: string; events: number }>(
      platform.db,
      `SELECT e.execution_serial AS serial, (e.variables->>'N')::int AS n, split_part(e.idempotency_key, '/', 2) AS key,
         (SELECT count(*)::int FROM audit_events a WHERE a.resource_id = e.execution_serial AND a.action = 'start_execution') AS events
       FROM job_executions e JOIN jobs j ON j.id = e.job_id WHERE j.job_serial = $1 ORDER BY n`,
      [job],
    );
    expect(rows).toEqual(answers.map(({ body }, at) => ({ serial: body.execution_serial, n: at, key: `many-${at}`, events: 1 })));
  });

  test('are checked anew when the job was changed before they had the lock', async () => {
    const job = await addJob(platform, 'changing', { targets: [web], variables: [{ key: 'A', is_input: true, value: 'x' }] });
    const other = { actions: [command('true')], variables: [{ key: 'B', is_input: true, value: 'y' }] };
    await api('PUT', `/jobs/${job}`, jobNamed('changing', { ...other, targets: [web] }));
    const back = `UPDATE jobs SET definition_version = 1, variables = (SELECT definition->'variables' FROM job_versions WHERE job_id = jobs.id AND definition_version = 1) WHERE job_serial = $1`;
    const answers = await whileLocked(job, [{}, { variables: { B: 'z' } }], back);
    expect(answers.map(({ status }) => status)).toEqual([202, 400]);
    expect(answers[0]?.body.definition_version).toBe(1);
    expect(answers[1]?.body.errors).toEqual([{ path: 'variables.B', message: 'the job declares no such variable' }]);
  });

  test('do not start a job that was deleted before they had the lock', async () => {
    const job = await addJob(platform, 'going', { targets: [web] });
    const answers = await whileLocked(job, [{}, {}], 'UPDATE jobs SET deleted_at = now() WHERE job_serial = $1');
    expect(answers.map(({ status }) => status)).toEqual([404, 404]);
    const rows = await selectRows(platform.db, 'SELECT e.id FROM job_executions e JOIN jobs j ON j.id = e.job_id WHERE j.job_serial = $1', [
      job,
    ]);
    expect(rows).toEqual([]);
  });

  test('one that the database refuses takes none of the others along', async () => {
    const job = await addJob(platform, 'refusing', { targets: [web] });
    const row = await selectRow<{ id: number; user_id: number }>(
      platform.db,
      `SELECT id, (SELECT id FROM users WHERE username = 'admin') AS user_id FROM jobs WHERE job_serial = $1`,
      [job],
    );
    const wanted = (userId: number): CheckedRun => ({
      version: 1,
      idempotencyKey: null,
      executionUuid: randomUUID(),
      triggerType: 'manual',
      userId,
      variables: {},
      targetSelection: {},
      rollout: {},
      maxConcurrentTargets: 20,
      actor: { type: 'system' },
      details: {},
    });
    const ids = [row?.user_id ?? 0, row?.user_id ?? 0, Number.MAX_SAFE_INTEGER, row?.user_id ?? 0];
    const accepted = await Promise.all(ids.map((userId) => acceptRun(platform.services, row?.id ?? 0, wanted(userId))));
    expect(accepted).toEqual([
      { serial: `${job}.0001` },
      { serial: `${job}.0002` },
      { error: expect.objectContaining({ name: 'SequelizeForeignKeyConstraintError' }) },
      { serial: `${job}.0003` },
    ]);
  });
});
