import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import type { ImportRow } from '../../../src/contracts/data-transfer.ts';
import { execute, selectRow, selectRows } from '../../../src/db/query.ts';
import { openBytes } from '../../../src/db/seal.ts';
import { command } from '../../support/fleet.ts';
import { startTestPlatform } from '../../support/platform.ts';
import type { TestPlatform } from '../../support/platform.ts';
import { addApiToken, addSession, addUser, PASSWORD } from '../support/accounts.ts';
import { auditRows } from '../support/audit.ts';
import { addJob, addTarget } from '../support/definitions.ts';
import { exportAll, exportText, importInto, importLines, plainItems, sendImport } from './support.ts';

const PASSPHRASE = 'a passphrase – long enough';

const at = (name: string, fields: object = {}) => ({
  kind: 'target',
  name,
  methods: [{ method_type: 'ssh', host: `${name}.example.org` }],
  ...fields,
});
const login = (password: string) => ({ credential_type: 'password', username: 'ops', password });
const jobOf = (name: string, fields: object = {}) => ({ kind: 'job', name, actions: [command('true')], ...fields });
const outcomes = (rows: readonly ImportRow[]) => rows.map(({ row, name, outcome }) => [row, name, outcome]);

describe('import and export', () => {
  let platform: TestPlatform;
  beforeAll(async () => {
    platform = await startTestPlatform({ worker: false });
  });
  afterAll(() => platform[Symbol.asyncDispose]());

  const serialOf = async (name: string): Promise<string> => {
    const row = await selectRow<{ serial: string }>(
      platform.db,
      'SELECT target_serial AS serial FROM universal_targets WHERE is_active AND name = $1',
      [name],
    );
    return row?.serial ?? '';
  };
  const read = async (path: string) => (await platform.api('GET', `/api/v1/${path}`)).body;
  /** All that is stored and that an import might touch. */
  const state = () =>
    selectRows(
      platform.db,
      `SELECT (SELECT jsonb_agg(to_jsonb(t) ORDER BY id) FROM universal_targets t) AS targets, (SELECT jsonb_agg(to_jsonb(m) ORDER BY id) FROM target_communication_methods m) AS methods,
         (SELECT jsonb_agg(to_jsonb(c) ORDER BY id) FROM target_credentials c) AS credentials, (SELECT jsonb_agg(to_jsonb(j) ORDER BY id) FROM jobs j) AS jobs,
         (SELECT count(*) FROM job_versions) AS versions, (SELECT jsonb_agg(to_jsonb(u) - 'last_login_at' ORDER BY id) FROM users u) AS users,
         (SELECT jsonb_agg(to_jsonb(s) ORDER BY setting_key) FROM system_settings s) AS settings, (SELECT jsonb_agg(to_jsonb(n)) FROM serial_counters n) AS counters,
         (SELECT count(*) FROM audit_events WHERE event_type NOT IN ('data_import', 'data_export', 'security_violation')) AS events`,
    );

  test('what people write is applied; again it changes nothing; a dry run tells what would be another', async () => {
    const document = stringify({
      items: [
        jobOf('nightly', { targets: ['apply-1'], settings: { tags: ['night'] } }),
        at('apply-1', { labels: { team: 'web' } }),
        { kind: 'template', name: 'pattern', actions: [command('true')] },
      ],
    });
    const yaml = { type: 'application/yaml' };
    const first = await importInto(platform, document, yaml);
    expect(outcomes(first.rows)).toEqual([
      [2, 'apply-1', 'created'],
      [3, 'pattern', 'created'],
      [1, 'nightly', 'created'],
    ]);
    expect(first.summary).toEqual({
      line: 'summary',
      mode: 'merge',
      validate_only: false,
      total: 3,
      created: 3,
      updated: 0,
      unchanged: 0,
      skipped: 0,
      removed: 0,
      failed: 0,
    });
    const before = await state();
    const again = await importInto(platform, document, yaml);
    expect(again.rows.map(({ outcome, changes }) => [outcome, changes])).toEqual([
      ['unchanged', []],
      ['unchanged', []],
      ['unchanged', []],
    ]);
    expect(await state()).toEqual(before);

    const changed = {
      items: [
        at('apply-1', { labels: { team: 'db' }, methods: [{ method_type: 'ssh', host: 'apply-1.example.org', port: 2222 }] }),
        jobOf('nightly', { actions: [command('false')], settings: {} }),
      ],
    };
    const dry = await importInto(platform, changed, { validate: true });
    expect(dry.summary).toMatchObject({ updated: 2, validate_only: true });
    expect(dry.rows.map(({ changes }) => changes)).toEqual([
      [
        { path: 'labels', from: { team: 'web' }, to: { team: 'db' } },
        { path: 'methods.ssh_1.port', from: 22, to: 2222 },
      ],
      [
        { path: 'settings.tags', from: ['night'], to: null },
        { path: 'actions.action_1.action_name', from: 'true', to: 'false' },
        { path: 'actions.action_1.action_parameters.command', from: 'true', to: 'false' },
      ],
    ]);
    expect(await state()).toEqual(before);
    expect((await importInto(platform, changed)).rows).toEqual(dry.rows);
    expect((await read(`jobs/${dry.rows[1]?.serial}`)).definition_version).toBe(2);
  });

  test('a dry run finds what an import finds, for things that others of the document name, too', async () => {
    const document = {
      items: [
        at('valid-1'),
        jobOf('valid job', { targets: ['valid-1'] }),
        jobOf('invalid job', { targets: ['nowhere'] }),
        at('valid-1-again', { methods: [{ method_type: 'ssh', host: 'valid-1.example.org' }] }),
        { kind: 'user', username: 'valid-user', email: 'valid-user@example.org' },
        { kind: 'setting', name: 'login_lock_minutes', value: 7 },
      ],
    };
    const before = await state();
    const dry = await importInto(platform, document, { validate: true });
    expect(await state()).toEqual(before);
    const done = await importInto(platform, document);
    const withoutSerial = ({ serial: _, ...row }: ImportRow) => row;
    expect(done.rows.map(withoutSerial)).toEqual(dry.rows.map(withoutSerial));
    expect(done.summary).toMatchObject({ created: 3, updated: 1, failed: 2 });
    expect(done.rows.filter(({ problem }) => problem !== null).map(({ row, problem }) => [row, problem?.code, problem?.errors])).toEqual([
      [4, 'CONFLICT', [{ path: 'methods', message: 'host and port belong to another target' }]],
      [3, 'VALIDATION', [{ path: 'targets.0', message: 'there is no target nowhere' }]],
    ]);
    expect((await read('settings/login_lock_minutes')).value).toBe(7);
  });

  test('a row that is wrong stops no other, and says why, and where', async () => {
    await importInto(platform, { items: [at('twin-1', { name: 'twin' }), at('double')] });
    await addTarget(platform, 'twin-2.example.org', { name: 'twin' });
    const { rows } = await importInto(platform, {
      items: [
        at('row-1'),
        at('row-2', { environment: 'moon' }),
        'no thing',
        { kind: 'schedule', name: 'at night' },
        { kind: 'planet', name: 'earth' },
        { name: 'kindless' },
        { ...at('twin'), methods: [{ method_type: 'ssh', host: 'twin-3.example.org' }] },
        at('row-8', { os_type: 'no_such_system' }),
        at('row-9', { methods: [{ method_type: 'ssh', host: 'row-1.example.org' }] }),
        at('double', { location: 'Ulm' }),
        at('double', { location: 'Bonn' }),
        at('new-double'),
        at('new-double', { methods: [{ method_type: 'ssh', host: 'new-double-2.example.org' }] }),
        at('row-14', { name: 'nul\u0000' }),
        at('row-15', { methods: [] }),
        at('row-16', { colour: 'red' }),
        at('row-17', { methods: [{ method_type: 'ssh', host: 'row-17.example.org', is_active: false }] }),
        jobOf('dangerous', { actions: [command('rm -rf /')] }),
        { kind: 'setting', name: 'no_such_setting', value: 1 },
        { kind: 'setting', name: 'login_lock_minutes', value: 'x' },
        { kind: 'setting', name: 'login_lock_minutes' },
        { kind: 'user', username: 'no mail', email: 'x' },
        { kind: 'user', username: 'nomail' },
        at('row-24'),
      ],
    });
    const byRow = Object.fromEntries(rows.map((row) => [row.row, [row.outcome, row.problem?.code, row.problem?.errors[0]?.path]]));
    expect(byRow).toEqual({
      1: ['created', undefined, undefined],
      2: ['failed', 'VALIDATION', 'environment'],
      3: ['failed', 'VALIDATION', 'kind'],
      4: ['failed', 'VALIDATION', 'job'],
      5: ['failed', 'VALIDATION', 'kind'],
      6: ['failed', 'VALIDATION', 'kind'],
      7: ['failed', 'AMBIGUOUS', 'name'],
      8: ['failed', 'VALIDATION', 'os_type'],
      9: ['failed', 'CONFLICT', 'methods'],
      10: ['updated', undefined, undefined],
      11: ['failed', 'AMBIGUOUS', 'name'],
      12: ['created', undefined, undefined],
      13: ['failed', 'AMBIGUOUS', 'name'],
      14: ['failed', 'VALIDATION', 'name'],
      15: ['failed', 'VALIDATION', 'methods'],
      16: ['failed', 'VALIDATION', 'colour'],
      17: ['failed', 'CONFLICT', undefined],
      18: ['failed', 'CONFIRMATION_NEEDED', 'actions.0.action_parameters.command'],
      19: ['failed', 'NOT_FOUND', undefined],
      20: ['failed', 'VALIDATION', 'value'],
      21: ['failed', 'VALIDATION', 'value'],
      22: ['failed', 'VALIDATION', 'username'],
      23: ['failed', 'VALIDATION', 'email'],
      24: ['created', undefined, undefined],
    });
  });

  test('rows of a sheet make targets, and are told by their numbers there', async () => {
    const sheet = [
      'name,environment,method_type,host,labels',
      'csv-1,production,ssh,csv-1.example.org,"{""team"": ""web""}"',
      'csv-1,,rest_api,csv-1.example.org,',
      'csv-4,moon,ssh,csv-4.example.org,',
      'csv-5,production,ssh,csv-5.example.org,,too,many',
      'csv-6,production,ssh,csv-6.example.org,',
      'csv-6,staging,rest_api,csv-6.example.org,',
      'csv-8,production,ssh,csv-8.example.org,{team',
      'csv-9,production,ssh,csv-9.example.org,',
      'csv-10,production,ssh,"csv-10',
    ];
    const { rows } = await importInto(platform, sheet.join('\r\n'), { type: 'text/csv' });
    expect(rows.map(({ row, name, outcome, problem }) => [row, name, outcome, problem?.errors[0]?.path])).toEqual([
      [2, 'csv-1', 'created', undefined],
      [4, 'csv-4', 'failed', 'environment'],
      [5, 'csv-5', 'failed', undefined],
      [6, 'csv-6', 'failed', 'environment'],
      [8, 'csv-8', 'failed', 'labels'],
      [9, 'csv-9', 'created', undefined],
      [10, 'csv-10', 'failed', undefined],
    ]);
    expect(await read(`targets/${await serialOf('csv-1')}`)).toMatchObject({
      environment: 'production',
      labels: { team: 'web' },
      methods: [{ method_type: 'ssh' }, { method_type: 'rest_api' }],
    });
  });

  test('append makes what is not there and leaves the rest', async () => {
    await importInto(platform, { items: [at('append-1', { location: 'Ulm' })] });
    const { rows } = await importInto(
      platform,
      { items: [at('append-1', { location: 'Bonn' }), at('append-2'), { kind: 'setting', name: 'login_lock_minutes', value: 9 }] },
      { mode: 'append' },
    );
    expect(outcomes(rows)).toEqual([
      [3, 'login_lock_minutes', 'skipped'],
      [1, 'append-1', 'skipped'],
      [2, 'append-2', 'created'],
    ]);
    expect((await read(`targets/${await serialOf('append-1')}`)).location).toBe('Ulm');
  });

  test('what a deploy manages is left as it is', async () => {
    const { rows } = await importInto(platform, { items: [jobOf('deployed'), jobOf('not deployed')] });
    await execute(platform.db, `UPDATE jobs SET definition_source = 'code', definition_hash = repeat('0', 64) WHERE job_serial = $1`, [
      rows[0]?.serial,
    ]);
    const changed = await importInto(platform, { items: [jobOf('deployed', { priority: 7 })] });
    expect(changed.rows).toMatchObject([{ outcome: 'skipped', warnings: [expect.stringContaining('deploy')] }]);
    const replaced = await importInto(platform, { items: [jobOf('not deployed')] }, { mode: 'replace', validate: true });
    expect(replaced.rows.map(({ name }) => name)).not.toContain('deployed');
    await execute(platform.db, `UPDATE jobs SET definition_source = 'api', definition_hash = NULL WHERE job_serial = $1`, [
      rows[0]?.serial,
    ]);
  });

  test('a thing is found by its uuid, then its serial, then its name', async () => {
    await importInto(platform, { items: [at('found-1'), at('found-2')] });
    const serial = await serialOf('found-1');
    const { target_uuid: uuid } = await read(`targets/${serial}`);
    const strange = '7c9e6679-7425-40de-944b-e07fc1f90ae7';
    const renamed = await importInto(platform, { items: [at('renamed', { uuid, methods: undefined })] });
    expect(renamed.rows).toMatchObject([{ outcome: 'updated', serial, changes: [{ path: 'name', from: 'found-1', to: 'renamed' }] }]);
    const named = await importInto(platform, { items: [at('renamed again', { serial, methods: undefined })] });
    expect(named.rows).toMatchObject([{ outcome: 'updated', serial }]);
    // Of another installation: its serial names something else there.
    const foreign = await importInto(platform, { items: [at('found-2', { serial, uuid: strange })] });
    expect(foreign.rows).toMatchObject([{ outcome: 'unchanged', serial: await serialOf('found-2') }]);
  });

  test('a job names its targets by what the document, or this installation, calls them', async () => {
    await importInto(platform, { items: [at('named-1'), at('named-2')] });
    const here = await serialOf('named-2');
    const foreign = 'T20190001';
    const { rows } = await importInto(platform, {
      items: [
        at('named-1', { serial: foreign, uuid: '11111111-2222-4333-8444-555555555555' }),
        jobOf('naming', { targets: [foreign, here] }),
        jobOf('naming unknown', { targets: ['T20180001'] }),
      ],
    });
    expect(rows.map(({ outcome }) => outcome)).toEqual(['unchanged', 'created', 'failed']);
    expect((await read(`jobs/${rows[1]?.serial}`)).targets).toEqual([await serialOf('named-1'), here]);
    const { items } = await exportAll(platform, { types: ['jobs'], serials: [rows[1]?.serial] });
    expect(items).toMatchObject([{ kind: 'job', name: 'naming', targets: ['named-1', 'named-2'] }]);
  });

  describe('secrets', () => {
    const passwordOf = async (method: string): Promise<string> => {
      const row = await selectRow<{ credential_uuid: string; ciphertext: Buffer; nonce: Buffer; key_id: string }>(
        platform.db,
        `SELECT c.* FROM target_credentials c JOIN target_communication_methods m ON m.id = c.communication_method_id WHERE m.host = $1 AND m.target_is_active AND c.is_primary`,
        [method],
      );
      if (row === undefined) return '';
      const place = { table: 'target_credentials', uuid: row.credential_uuid, column: 'ciphertext' };
      return JSON.parse(openBytes(platform.services.keyRing, { ...row, keyId: row.key_id }, place)).password;
    };
    const secretTarget = at('secret-1', {
      methods: [{ method_type: 'ssh', host: 'secret-1.example.org', credential: login('s3cret-of-one') }],
    });
    const secretVariables = [
      { key: 'TOKEN', is_secret: true, value: 'token-of-one' },
      { key: 'COUNT', type: 'number', is_secret: true, value: 42 },
      { key: 'OPEN', value: 'seen' },
    ];
    const secretJob = jobOf('secret job', { variables: secretVariables });

    test('leave only sealed, and come in again with their passphrase', async () => {
      expect((await importInto(platform, { items: [secretTarget, secretJob] })).summary).toMatchObject({ created: 2 });
      const serial = await serialOf('secret-1');
      await platform.api('POST', `/api/v1/targets/${serial}/methods/ssh_1/credentials`, {
        credential_name: 'spare',
        secret: login('s3cret-of-spare'),
      });
      const [job] = (await read('jobs?search=secret%20job')).data;
      const chosen = { types: ['targets', 'jobs'], serials: [serial, job.job_serial] };
      const open = await exportText(platform, chosen);
      expect(open).not.toMatch(/s3cret|token-of|sealed|ciphertext|hash/);
      expect(JSON.parse(open).items[0].methods[0].credentials).toEqual([
        { credential_name: 'default', credential_type: 'password', is_primary: true, is_active: true },
        { credential_name: 'spare', credential_type: 'password', is_primary: false, is_active: true },
      ]);
      const sealed = await exportText(platform, { ...chosen, passphrase: PASSPHRASE });
      expect(sealed).not.toMatch(/s3cret|token-of|passphrase/);
      expect(sealed.match(/"sealed"/g)).toHaveLength(4);
      expect(JSON.parse(sealed).seal).toMatchObject({ kdf: 'argon2id', cipher: 'aes-256-gcm', memory_kib: 65_536 });
      const [{ credentials }] = (await platform.api('GET', `/api/v1/targets/${serial}`)).body.methods;
      const uuids: string[] = credentials.map(({ credential_uuid: uuid }: { credential_uuid: string }) => uuid);
      const uses = (await auditRows(platform)).filter(
        ({ resource_id: uuid, action }) => action === 'export_data' && uuids.includes(uuid ?? ''),
      );
      expect(uses.map(({ event_type: type, resource_id: uuid, details }) => [type, uuid, details])).toEqual(
        uuids.map((uuid) => ['credential_accessed', uuid, { method: 'ssh_1' }]),
      );

      const same = await importInto(platform, sealed, { passphrase: PASSPHRASE });
      expect(same.rows.map(({ outcome, warnings }) => [outcome, warnings])).toEqual([
        ['unchanged', []],
        ['unchanged', []],
      ]);
      const wrong = await sendImport(platform, sealed, { passphrase: 'not the passphrase' });
      expect([wrong.status, wrong.body.code]).toEqual([422, 'PASSPHRASE_WRONG']);

      await platform.api('DELETE', `/api/v1/targets/${serial}`);
      await platform.api('DELETE', `/api/v1/jobs/${job.job_serial}`);
      const without = await importInto(platform, sealed, { validate: true });
      expect(without.rows.map(({ outcome, warnings }) => [outcome, warnings.length])).toEqual([
        ['created', 2],
        ['created', 2],
      ]);
      const back = await importInto(platform, sealed, { passphrase: PASSPHRASE });
      expect(back.rows.map(({ outcome, warnings }) => [outcome, warnings])).toEqual([
        ['created', []],
        ['created', []],
      ]);
      expect(await passwordOf('secret-1.example.org')).toBe('s3cret-of-one');
      const again = await exportText(platform, { ...chosen, serials: back.rows.map((row) => row.serial) });
      expect(plainItems(JSON.parse(again))).toEqual(plainItems(JSON.parse(open)));
      expect((await importInto(platform, sealed, { passphrase: PASSPHRASE })).summary).toMatchObject({ unchanged: 2 });
    });

    test('another one is a change that does not show it', async () => {
      const other = at('secret-1', {
        methods: [{ method_type: 'ssh', host: 'secret-1.example.org', credential: login('s3cret-of-two') }],
      });
      const variables = [...secretVariables.slice(1), { key: 'TOKEN', is_secret: true, value: 'token-of-two' }];
      const document = { items: [other, { ...secretJob, variables }] };
      const report = await importInto(platform, document);
      expect(report.rows[0]?.changes).toEqual([{ path: 'methods.ssh_1.credentials.default', from: '(a secret)', to: '(another secret)' }]);
      expect(report.rows[1]?.changes).toContainEqual({ path: 'variables.TOKEN.value', from: null, to: null });
      expect(JSON.stringify(report)).not.toMatch(/s3cret|token-of/);
      expect(await passwordOf('secret-1.example.org')).toBe('s3cret-of-two');
      expect((await importInto(platform, document)).summary).toMatchObject({ unchanged: 2 });
      const trail = await selectRows(
        platform.db,
        `SELECT details::text FROM audit_events WHERE details::text ~ 's3cret|token-of|passphrase –'`,
      );
      expect(trail).toEqual([]);
    });

    test('that were altered, or a head that would cost too much, are refused', async () => {
      const text = await exportText(platform, { types: ['targets'], serials: [await serialOf('secret-1')], passphrase: PASSPHRASE });
      const document = JSON.parse(text);
      const dear = { ...document, seal: { ...document.seal, memory_kib: 4_000_000 } };
      expect(await sendImport(platform, dear, { passphrase: PASSPHRASE })).toMatchObject({
        status: 400,
        body: { errors: [{ path: 'seal.memory_kib' }] },
      });
      const [credential] = document.items[0].methods[0].credentials;
      const { sealed } = credential;
      credential.sealed = document.seal.check;
      expect((await importInto(platform, document, { passphrase: PASSPHRASE })).rows).toMatchObject([{ problem: { code: 'VALIDATION' } }]);
      credential.sealed = { ...sealed, ct: document.seal.check.ct };
      const { rows } = await importInto(platform, document, { passphrase: PASSPHRASE });
      expect(rows).toMatchObject([{ outcome: 'failed', problem: { code: 'PASSPHRASE_WRONG' } }]);
      expect((await sendImport(platform, { items: [] }, { passphrase: PASSPHRASE })).body.code).toBe('VALIDATION');
      expect((await sendImport(platform, { items: [] }, { headers: { 'x-passphrase': 'short' } })).body.errors).toEqual([
        { path: 'X-Passphrase', message: 'must have at least 12 characters' },
      ]);
    });
  });

  describe('users', () => {
    test('come without a password, and never with more rights than who brings them has', async () => {
      const manager = await addUser('operator');
      await execute(platform.db, `UPDATE users SET permissions = '["users.write", "data.import"]' WHERE id = $1`, [manager.id]);
      const token = await addSession(manager);
      const items = [
        { kind: 'user', username: 'imported', email: 'imported@example.org', role: 'viewer' },
        { kind: 'user', username: 'boss', email: 'boss@example.org', role: 'admin' },
        { kind: 'user', username: 'admin', role: 'viewer' },
      ];
      const { rows } = await importInto(platform, { items }, { token });
      expect(rows.map(({ outcome, problem }) => [outcome, problem?.code])).toEqual([
        ['created', undefined],
        ['failed', 'FORBIDDEN'],
        ['failed', 'FORBIDDEN'],
      ]);
      expect(rows[0]?.warnings).toHaveLength(1);
      const login = { username: 'imported', password: PASSWORD };
      expect((await platform.call(undefined, 'POST', '/api/v1/auth/login', login)).status).toBe(401);
      expect((await platform.api('POST', `/api/v1/users/${rows[0]?.serial}/reset-password`, {})).status).toBe(200);
    });

    test('are all that remain with replace, but oneself and the last administrator', async () => {
      const { items } = await exportAll(platform, { types: ['users'] });
      const others = items.filter(({ username }) => username !== 'imported' && username !== 'admin');
      const { rows, summary } = await importInto(platform, { items: others }, { mode: 'replace' });
      expect(rows.filter(({ row }) => row === null).map(({ name, outcome, problem }) => [name, outcome, problem?.code])).toEqual([
        ['admin', 'failed', 'FORBIDDEN'],
        ['imported', 'removed', undefined],
      ]);
      expect(summary).toMatchObject({ removed: 1, failed: 1, unchanged: others.length });
      const role = await importInto(platform, { items: [{ kind: 'user', username: 'admin', role: 'viewer' }] });
      expect(role.rows).toMatchObject([{ outcome: 'failed', problem: { code: 'FORBIDDEN' } }]);
    });
  });

  test('replace removes what the document has not, unless a row failed or a run works on it', async () => {
    const { items } = await exportAll(platform, { types: ['targets'] });
    const kept = items.filter(({ name }) => name === 'append-1');
    const spoilt = await importInto(platform, { items: [...kept, at('spoilt', { environment: 'moon' })] }, { mode: 'replace' });
    expect(spoilt.summary).toMatchObject({ removed: 0, failed: 2, unchanged: 1 });
    expect(spoilt.rows.find(({ row }) => row === null)).toMatchObject({ type: 'targets', problem: { code: 'CONFLICT' } });

    const misspelt = await importInto(platform, { items: [...kept, { kind: 'tarjet', name: 'append-2' }] }, { mode: 'replace' });
    expect(misspelt.summary).toMatchObject({ removed: 0, failed: 2, unchanged: 1 });

    const busy = await serialOf('append-2');
    const job = await addJob(platform, 'busy', { targets: [busy] });
    const { body: run } = await platform.api('POST', `/api/v1/jobs/${job}/executions`, {});
    await execute(
      platform.db,
      `INSERT INTO job_execution_branches (job_execution_id, target_id, branch_number, branch_serial, target_serial_ref, target_name_ref)
       SELECT e.id, t.id, 1, e.execution_serial || '.0001', t.target_serial, t.name FROM job_executions e, universal_targets t
       WHERE e.execution_serial = $1 AND t.target_serial = $2`,
      [run.execution_serial, busy],
    );
    const before = await state();
    const dry = await importInto(platform, { items: kept }, { mode: 'replace', validate: true });
    expect(await state()).toEqual(before);
    const done = await importInto(platform, { items: kept }, { mode: 'replace' });
    expect(done).toMatchObject({ rows: dry.rows, summary: { removed: items.length - 2, failed: 1, unchanged: 1 } });
    expect(done.rows.find(({ outcome }) => outcome === 'failed')).toMatchObject({
      name: 'append-2',
      serial: busy,
      problem: { code: 'CONFLICT' },
    });
    expect((await exportAll(platform, { types: ['targets'] })).items.map(({ name }) => name)).toEqual(['append-1', 'append-2']);
    expect((await exportAll(platform, { types: ['jobs'] })).items.length).toBeGreaterThan(1);

    const jobs = await importInto(platform, { items: [jobOf('only')] }, { mode: 'replace' });
    expect(jobs.rows.filter(({ outcome }) => outcome === 'failed')).toMatchObject([{ name: 'busy', problem: { code: 'CONFLICT' } }]);
    const settings = await importInto(platform, { items: [{ kind: 'setting', name: 'max_log_bytes', value: 4_096 }] }, { mode: 'replace' });
    expect(settings.rows).toContainEqual(expect.objectContaining({ name: 'login_lock_minutes', outcome: 'removed' }));
    expect((await read('settings/login_lock_minutes')).is_default).toBe(true);
  });

  test('who lacks the right to write a type of the document imports nothing of it', async () => {
    const user = await addUser('admin');
    const before = await state();
    const tries: [string[], object, object][] = [
      [['data.import'], { items: [at('x')] }, { detail: expect.stringContaining('targets.write') }],
      [['data.import', 'targets.write'], { items: [at('x'), jobOf('x')] }, { detail: expect.stringContaining('jobs.write') }],
      [['data.import', 'targets.write'], { items: [{ kind: 'user' }] }, { detail: expect.stringContaining('users.write') }],
      [['data.import', 'targets.write'], { items: [{ kind: 'setting' }] }, { detail: expect.stringContaining('settings.write') }],
      [['targets.write'], { items: [] }, { detail: expect.stringContaining('data.import') }],
    ];
    for (const [scopes, document, problem] of tries) {
      const { status, body } = await sendImport(platform, document, { token: await addApiToken(user, scopes) });
      expect([status, body]).toEqual([403, expect.objectContaining(problem)]);
    }
    const secret = at('x', { methods: [{ method_type: 'ssh', host: 'x.example.org', credential: login('x') }] });
    const token = await addApiToken(user, ['data.import', 'targets.write']);
    expect((await importInto(platform, { items: [secret] }, { token })).rows).toMatchObject([{ problem: { code: 'FORBIDDEN' } }]);
    const exported = async (scopes: string[], input: object) => {
      const { status, body } = await platform.call(await addApiToken(user, scopes), 'POST', '/api/v1/data/export', input);
      return [status, body.detail];
    };
    expect(await exported(['data.export'], { types: ['targets'] })).toEqual([403, expect.stringContaining('targets.read')]);
    expect(await exported(['data.export', 'targets.read'], { types: ['targets'], passphrase: PASSPHRASE })).toEqual([
      403,
      expect.stringContaining('credentials.write'),
    ]);
    expect(await exported(['data.export', 'targets.read'], { types: ['targets', 'users'] })).toEqual([
      403,
      expect.stringContaining('users.write'),
    ]);
    expect(await state()).toEqual(before);
  });

  test('an import is on record, and each thing that it changed', async () => {
    const id = 'import-on-record';
    await importInto(
      platform,
      { items: [at('recorded'), at('append-1', { methods: undefined, location: 'Rom' })] },
      { headers: { 'x-request-id': id } },
    );
    const events = await selectRows(platform.db, 'SELECT event_type, action, details FROM audit_events WHERE request_id = $1 ORDER BY id', [
      id,
    ]);
    expect(events).toMatchObject([
      { event_type: 'data_import', details: { format: 'json', mode: 'merge', validate_only: false, rows: { targets: 2 } } },
      { event_type: 'target_updated' },
      { event_type: 'target_created' },
    ]);
  });

  test('lines come as things are stored, the summary last; a repeat with its key gets them again', async () => {
    const key = { 'idempotency-key': 'import-lines' };
    const document = { items: [at('lines-1'), at('lines-2')] };
    const first = await importLines(platform, document, key);
    expect(first.headers.get('content-type')).toBe('application/x-ndjson');
    const text = await first.text();
    const lines: { line: string; outcome?: string }[] = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map(({ line, outcome }) => [line, outcome])).toEqual([
      ['begin', undefined],
      ['row', 'created'],
      ['row', 'created'],
      ['summary', undefined],
    ]);
    const again = await importLines(platform, document, key);
    expect([again.headers.get('idempotent-replayed'), again.headers.get('content-type'), await again.text()]).toEqual([
      'true',
      'application/x-ndjson',
      text,
    ]);
    const report = { headers: { 'idempotency-key': 'import-report' } };
    const whole = await sendImport(platform, document, report);
    expect(whole.body.summary).toMatchObject({ unchanged: 2 });
    expect((await sendImport(platform, document, report)).body).toEqual(whole.body);
  });

  test('one that the client breaks off stops, gives its key free, and can be repeated', async () => {
    const items = Array.from({ length: 1_200 }, (_, index) => at(`broken-${index}`));
    const response = await importLines(platform, { items }, { 'idempotency-key': 'broken' });
    const reader = response.body?.getReader();
    // The first line says how many there are; the second is of a thing that is stored.
    await reader?.read();
    await reader?.read();
    await reader?.cancel();
    const made = async () =>
      (
        await selectRow<{ count: number }>(
          platform.db,
          `SELECT count(*)::int FROM universal_targets WHERE is_active AND name LIKE 'broken-%'`,
        )
      )?.count;
    expect(await made()).toBeLessThan(1_200);
    const repeated = await sendImport(platform, { items }, { headers: { 'idempotency-key': 'broken' } });
    expect(repeated.body.summary).toMatchObject({ failed: 0, total: 1_200 });
    expect(repeated.body.summary.unchanged).toBeGreaterThan(0);
    expect(await made()).toBe(1_200);
  });

  test('two at once make a thing once, and what somebody changes meanwhile is not lost', async () => {
    const document = { items: Array.from({ length: 50 }, (_, index) => at(`at-once-${index}`)) };
    const both = await Promise.all([importInto(platform, document), importInto(platform, document)]);
    expect(both.map(({ summary }) => summary.created).toSorted((a, b) => a - b)).toEqual([0, 50]);
    expect(both.every(({ summary }) => summary.failed === 0)).toBe(true);

    const serial = await serialOf('at-once-0');
    const isWaiting = `SELECT 1 AS one FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%FOR NO KEY UPDATE%'`;
    const transaction = await platform.db.transaction();
    await execute(
      platform.db,
      `UPDATE universal_targets SET location = 'changed meanwhile' WHERE target_serial = $1`,
      [serial],
      transaction,
    );
    const importing = importInto(platform, { items: [at('at-once-0', { location: 'imported', region: 'south' })] });
    while ((await selectRow(platform.db, isWaiting)) === undefined);
    await transaction.commit();
    expect((await importing).rows[0]?.changes).toContainEqual({ path: 'location', from: 'changed meanwhile', to: 'imported' });
  });

  test.each([
    ['application/json', '{"items": ', 'MALFORMED_REQUEST'],
    ['application/json', '{"items": [{"kind": "target", "kind": "job"}]}', 'VALIDATION'],
    ['application/json', '"text"', 'VALIDATION'],
    ['application/json', '{"items": [], "more": 1}', 'VALIDATION'],
    ['application/json', '{"opsconductor": 2, "items": []}', 'VALIDATION'],
    ['application/yaml', 'items: [', 'VALIDATION'],
    ['application/yaml', 'items: !!js/function "x"', 'VALIDATION'],
    ['application/yaml', 'items: !secret x', 'VALIDATION'],
    ['application/yaml', '', 'VALIDATION'],
    ['application/yaml', 'items: []\nitems: []', 'VALIDATION'],
    ['text/csv', '', 'VALIDATION'],
    ['text/csv', 'name,colour\r\nx,red\r\n', 'VALIDATION'],
    ['text/csv', 'name;method_type\r\nx;ssh\r\n', 'VALIDATION'],
    ['application/xml', '<items/>', 'UNSUPPORTED_MEDIA_TYPE'],
  ])('a document of type %s that is %j is refused whole', async (type, text, code) => {
    const { status, body } = await sendImport(platform, text, { type });
    expect([status >= 400 && status < 500, body.code]).toEqual([true, code]);
  });

  test('YAML that blows up is refused, whether by aliases or by depth', async () => {
    const levels = Array.from({ length: 9 }, (_, n) => `l${n + 1}: &l${n + 1} [${Array.from({ length: 9 }, () => `*l${n}`).join(', ')}]`);
    const bomb = ['l0: &l0 [x]', ...levels, 'items: []'].join('\n');
    const refused = await sendImport(platform, bomb, { type: 'application/yaml' });
    expect([refused.status, refused.body.code]).toEqual([400, 'VALIDATION']);
    for (const text of ['items: &a [*a, *a, *a]', `items: ${'['.repeat(60_000)}${']'.repeat(60_000)}`]) {
      const { status, body } = await sendImport(platform, text, { type: 'application/yaml' });
      expect(status === 400 ? body.code : body.summary).toEqual(
        status === 400 ? 'VALIDATION' : expect.objectContaining({ created: 0, failed: body.rows.length }),
      );
    }
    const modest = 'items:\n  - &one { kind: target, name: alias-1, methods: [&m { method_type: ssh, host: alias-1.example.org }] }\n';
    expect((await importInto(platform, modest, { type: 'application/yaml' })).summary).toMatchObject({ created: 1 });
  });

  test('a document that is too large is refused while it comes', async () => {
    const { status, body } = await sendImport(platform, `items:\n# ${'x'.repeat(17 * 1_048_576)}\n`, { type: 'application/yaml' });
    expect([status, body.code]).toEqual([413, 'PAYLOAD_TOO_LARGE']);
  });

  test('what cannot be exported is refused with the reason', async () => {
    const refused = async (input: object) => (await platform.api('POST', '/api/v1/data/export', input)).body;
    expect(await refused({ types: ['jobs'], format: 'csv' })).toMatchObject({ errors: [{ path: 'types' }] });
    expect(await refused({ types: ['targets', 'users'], format: 'csv' })).toMatchObject({ errors: [{ path: 'types' }] });
    expect(await refused({ types: ['targets'], format: 'csv', passphrase: PASSPHRASE })).toMatchObject({
      errors: [{ path: 'passphrase' }],
    });
    expect(await refused({ types: ['jobs'], selector: 'env=production' })).toMatchObject({ errors: [{ path: 'selector' }] });
    expect(await refused({ types: ['targets'], selector: '???' })).toMatchObject({ code: 'VALIDATION' });
    expect(await refused({ types: ['targets'], serials: ['T20190001'] })).toMatchObject({ code: 'NOT_FOUND' });
  });
});
