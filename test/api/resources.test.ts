import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import ssh2 from 'ssh2';
import { selectRow, selectRows } from '../../src/db/query.ts';
import { openBytes, openValue } from '../../src/db/seal.ts';
import { createKeyPair } from '../../src/embedded/ssh-servers/create-key-pair.ts';
import type { SealedValue } from '../../src/contracts/sealed-value.ts';
import { createAuthority } from '../support/certificate-authority.ts';
import { command } from '../support/fleet.ts';
import { startHttpServer } from '../support/http-fixture.ts';
import { startTestPlatform } from '../support/platform.ts';
import type { TestPlatform } from '../support/platform.ts';
import { addApiToken, addUser } from './support/accounts.ts';
import { auditRows, isSigned } from './support/audit.ts';
import type { AuditRow } from './support/audit.ts';
import { addJob, addTarget, jobNamed, methodOf, targetAt } from './support/definitions.ts';
import { encryptedKey } from './support/keys.ts';
import { countRows } from './support/unchanged.ts';

const YEAR = new Date().getUTCFullYear();
const SECRET = 'SECRET-5f2d';

let platform: TestPlatform;
beforeAll(async () => {
  platform = await startTestPlatform({ worker: false });
});
afterAll(() => platform[Symbol.asyncDispose]());

const secretsOf = async (serial: string): Promise<Record<string, unknown>[]> => {
  const rows = await selectRows<{ method_name: string; credential_uuid: string; ciphertext: Buffer; nonce: Buffer; key_id: string }>(
    platform.db,
    `SELECT m.method_name, c.* FROM universal_targets t JOIN target_communication_methods m ON m.target_id = t.id
       JOIN target_credentials c ON c.communication_method_id = m.id WHERE t.target_serial = $1 ORDER BY m.method_name`,
    [serial],
  );
  return rows.map(({ method_name: method, credential_uuid: uuid, key_id: keyId, ciphertext, nonce }) => ({
    method,
    ...JSON.parse(
      openBytes(platform.services.keyRing, { keyId, nonce, ciphertext }, { table: 'target_credentials', uuid, column: 'ciphertext' }),
    ),
  }));
};

const eventsOf = async (serial: string) => (await auditRows(platform)).filter((event) => event.resource_id === serial);

describe('targets', () => {
  const full = {
    name: 'Döner 🥙 „web“ 1',
    target_type: 'web',
    description: 'line 1\nline 2\t\\u0000',
    os_type: 'freebsd',
    environment: 'production',
    location: 'Berlin',
    data_center: 'dc 1',
    region: 'eu-central',
    labels: { team: 'ops', 'app.kubernetes.io/name': 'x', '1': 'one', constructor: 'y' },
    status: 'maintenance',
  };
  const sshKey = createKeyPair().privateKey;

  test('every field is kept and shown, credentials are not', async () => {
    const methods = [
      methodOf('Web1.Example.org', {
        port: 2_222,
        config: { timeout: 7, keepalive: 0 },
        credential: { credential_type: 'password', username: 'ops', password: SECRET, credential_name: 'main' },
      }),
      {
        method_type: 'ssh',
        method_name: 'spare',
        host: '2001:db8::1',
        is_primary: true,
        credential: { credential_type: 'ssh_key', username: 'root', private_key: sshKey },
      },
    ];
    const made = await platform.api('POST', '/api/v1/targets', { ...full, methods });
    expect(made.status).toBe(201);
    const blank = { is_active: true, host_key_fingerprint: null, last_tested_at: null, last_test_result: null, last_test_message: null };
    const credential = (type: string, name: string) => [
      {
        credential_uuid: expect.any(String),
        credential_type: type,
        credential_name: name,
        is_primary: true,
        is_active: true,
        updated_at: expect.any(String),
      },
    ];
    expect(made.body).toEqual({
      ...full,
      target_serial: expect.stringMatching(new RegExp(`^T${YEAR}\\d{4,}$`)),
      target_uuid: expect.any(String),
      health_status: 'unknown',
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      updated_at: expect.any(String),
      methods: [
        {
          ...blank,
          method_type: 'ssh',
          method_name: 'spare',
          host: '2001:db8::1',
          port: 22,
          is_primary: true,
          priority: 2,
          config: {},
          credentials: credential('ssh_key', 'default'),
          weaknesses: [],
        },
        {
          ...blank,
          method_type: 'ssh',
          method_name: 'ssh_1',
          host: 'web1.example.org',
          port: 2_222,
          is_primary: false,
          priority: 1,
          config: { timeout: 7, keepalive: 0 },
          credentials: credential('password', 'main'),
          weaknesses: [],
        },
      ],
    });
    const serial = made.body.target_serial;
    const read = await platform.api('GET', `/api/v1/targets/${serial}`);
    expect(read.body).toEqual(made.body);
    const list = await platform.api('GET', `/api/v1/targets?search=${serial}`);
    expect(list.body).toEqual({ data: [made.body], next: null });
    for (const answer of [made, read, list])
      expect(JSON.stringify(answer.body)).not.toMatch(new RegExp(`${SECRET}|PRIVATE KEY|ciphertext`));
    expect(await secretsOf(serial)).toEqual([
      { method: 'spare', username: 'root', private_key: sshKey },
      { method: 'ssh_1', username: 'ops', password: SECRET },
    ]);
    const stored = await selectRow<{ text: string }>(platform.db, 'SELECT string_agg(c::text, chr(10)) AS text FROM target_credentials c');
    expect(stored?.text).not.toContain(Buffer.from(SECRET).toString('hex'));
  });

  test('what is left out gets its default', async () => {
    const { body } = await platform.api('POST', '/api/v1/targets', {
      name: 'plain',
      methods: [{ method_type: 'ssh', host: 'plain.example.org' }],
    });
    expect(body).toMatchObject({
      target_type: 'system',
      os_type: 'linux',
      environment: 'development',
      status: 'active',
      labels: {},
      description: null,
      location: null,
    });
    expect(body.methods).toMatchObject([{ method_name: 'ssh_1', port: 22, is_primary: true, config: {}, credentials: [] }]);
  });

  test('a PATCH changes one field at a time and keeps all others, credentials too', async () => {
    const serial = await addTarget(platform, 'patched.example.org');
    let before = (await platform.api('GET', `/api/v1/targets/${serial}`)).body;
    const secrets = await secretsOf(serial);
    for (const [field, value] of Object.entries({ ...full, labels: { only: 'this' } })) {
      const { status, body } = await platform.api('PATCH', `/api/v1/targets/${serial}`, { [field]: value });
      expect([field, status]).toEqual([field, 200]);
      expect(body).toEqual({ ...before, [field]: value, updated_at: expect.any(String) });
      before = body;
    }
    for (const field of ['description', 'location', 'data_center', 'region']) {
      expect((await platform.api('PATCH', `/api/v1/targets/${serial}`, { [field]: null })).body[field]).toBeNull();
    }
    expect((await platform.api('PATCH', `/api/v1/targets/${serial}`, {})).status).toBe(200);
    expect(await secretsOf(serial)).toEqual(secrets);
  });

  test('replacing methods keeps the credential of a name that comes without one, and drops names that are gone', async () => {
    const credential = (password: string) => ({ credential_type: 'password', username: 'ops', password });
    const serial = await addTarget(platform, 'methods.example.org', {
      methods: [
        methodOf('m1.example.org', { method_name: 'one', credential: credential('first') }),
        methodOf('m2.example.org', { method_name: 'two', credential: credential('second') }),
        methodOf('m3.example.org', { method_name: 'three', credential: credential('third') }),
      ],
    });
    await platform.db.query(
      `UPDATE target_communication_methods SET host_key_fingerprint = 'SHA256:' || method_name WHERE host LIKE 'm_.example.org'`,
    );
    const { status, body } = await platform.api('PATCH', `/api/v1/targets/${serial}`, {
      methods: [
        { method_type: 'ssh', method_name: 'two', host: 'm2.example.org' },
        { method_type: 'ssh', method_name: 'one', host: 'moved.example.org', credential: credential('new first') },
        { method_type: 'ssh', method_name: 'four', host: 'm1.example.org' },
      ],
    });
    expect(status).toBe(200);
    const shown = body.methods.map((method: Record<string, unknown>) => [
      method['method_name'],
      method['host'],
      method['is_primary'],
      method['host_key_fingerprint'],
    ]);
    expect(shown).toEqual([
      ['two', 'm2.example.org', true, 'SHA256:two'],
      ['one', 'moved.example.org', false, null],
      ['four', 'm1.example.org', false, null],
    ]);
    expect(await secretsOf(serial)).toEqual([
      { method: 'one', username: 'ops', password: 'new first' },
      { method: 'two', username: 'ops', password: 'second' },
    ]);
    const changes = (await eventsOf(serial)).filter((event) => event.event_type === 'credential_changed');
    expect(changes.map((event) => event.details)).toEqual([{ methods: ['one'] }]);
  });

  test('two methods of one target may swap their hosts', async () => {
    const methods = (first: string, second: string) => [methodOf(first, { method_name: 'a' }), methodOf(second, { method_name: 'b' })];
    const serial = await addTarget(platform, 'swap', { methods: methods('swap1.example.org', 'swap2.example.org') });
    const { status, body } = await platform.api('PATCH', `/api/v1/targets/${serial}`, {
      methods: methods('swap2.example.org', 'swap1.example.org'),
    });
    expect([status, body.methods.map((method: { host: string }) => method.host)]).toEqual([
      200,
      ['swap2.example.org', 'swap1.example.org'],
    ]);
  });

  test('a deleted target is gone for everybody, and its host and port are free', async () => {
    const serial = await addTarget(platform, 'deleted.example.org');
    const job = await addJob(platform, 'of a deleted target', { targets: [serial] });
    expect((await platform.api('DELETE', `/api/v1/targets/${serial}`)).status).toBe(204);
    for (const [method, path, body] of [
      ['GET', '', undefined],
      ['PATCH', '', { name: 'x' }],
      ['DELETE', '', undefined],
      ['POST', '/test', undefined],
    ] as const) {
      expect([method, (await platform.api(method, `/api/v1/targets/${serial}${path}`, body)).status]).toEqual([method, 404]);
    }
    expect((await platform.api('GET', `/api/v1/targets?search=${serial}`)).body.data).toEqual([]);
    expect((await platform.api('POST', '/api/v1/jobs', jobNamed('x', { targets: [serial] }))).body.errors[0].path).toBe('targets.0');
    expect((await platform.api('GET', `/api/v1/jobs/${job}`)).body).toMatchObject({ targets: [], target_count: 0 });
    expect((await platform.api('POST', `/api/v1/jobs/${job}/executions`, {})).body.code).toBe('NO_TARGETS');
    const kept = await selectRow<{ deleted: boolean }>(
      platform.db,
      'SELECT deleted_at IS NOT NULL AS deleted FROM universal_targets WHERE target_serial = $1',
      [serial],
    );
    expect(kept?.deleted).toBe(true);
    expect(await addTarget(platform, 'deleted.example.org')).not.toBe(serial);
  });

  test('20 at once get 20 consecutive serials', async () => {
    const serials = await Promise.all(Array.from({ length: 20 }, (_, index) => addTarget(platform, `many-${index}.example.org`)));
    const numbers = serials.map((serial) => Number(serial.slice(5))).toSorted((a, b) => a - b);
    expect(numbers).toEqual(Array.from({ length: 20 }, (_, index) => (numbers[0] ?? 0) + index));
  });

  test('of 20 at once with the same host and port one is added', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => platform.api('POST', '/api/v1/targets', targetAt('contested.example.org'))),
    );
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, ...Array.from({ length: 19 }, () => 409)]);
  });

  test.each(['rsa', 'ecdsa', 'ed25519'] as const)('a private key of type %s is accepted', async (type) => {
    const privateKey =
      type === 'ed25519'
        ? createKeyPair().privateKey
        : ssh2.utils.generateKeyPairSync(type as 'rsa', { bits: type === 'rsa' ? 2_048 : 256 }).private;
    const credential = { credential_type: 'ssh_key', username: 'ops', private_key: privateKey };
    expect(
      (await platform.api('POST', '/api/v1/targets', { name: type, methods: [methodOf(`${type}.example.org`, { credential })] })).status,
    ).toBe(201);
  });

  test('an encrypted private key is accepted with its passphrase', async () => {
    const credential = { credential_type: 'ssh_key', username: 'ops', private_key: encryptedKey(SECRET), passphrase: SECRET };
    const { status, body } = await platform.api('POST', '/api/v1/targets', {
      name: 'encrypted',
      methods: [methodOf('encrypted.example.org', { credential })],
    });
    expect(status).toBe(201);
    expect(JSON.stringify(body)).not.toContain(SECRET);
  });

  test('a connection test that fails is a result, noted on the method', async () => {
    const serial = await addTarget(platform, 'closed', { methods: [methodOf('127.0.0.1', { port: 1 })] });
    const { status, body } = await platform.api('POST', `/api/v1/targets/${serial}/test`);
    expect([status, body.result, body.error_code]).toEqual([200, 'failure', 'CONNECTION_REFUSED']);
    expect((await platform.api('GET', `/api/v1/targets/${serial}`)).body.methods[0]).toMatchObject({
      last_test_result: 'failure',
      last_test_message: body.message,
    });
  });
});

describe('what protects targets', () => {
  const postgresql = (host: string, config: object = {}, fields: object = {}) => ({
    method_type: 'postgresql',
    method_name: 'db',
    host,
    config,
    credential: { credential_type: 'password', username: 'ops', password: SECRET },
    ...fields,
  });
  const CLEAR = 'ssl_mode disable: nothing is encrypted; anyone in between can read and change what is sent, the login too';
  const patch = (serial: string, body: object) => platform.api('PATCH', `/api/v1/targets/${serial}`, body);
  const updatesOf = async (serial: string) => (await eventsOf(serial)).filter(({ event_type: type }) => type === 'target_updated');

  test('a method says what protects it less than it could; its making is audited with it', async () => {
    const serial = await addTarget(platform, 'weak', { methods: [postgresql('weak.example.org', { ssl_mode: 'disable' })] });
    expect((await platform.api('GET', `/api/v1/targets/${serial}`)).body.methods[0].weaknesses).toEqual([CLEAR]);
    expect((await platform.api('GET', `/api/v1/targets?search=${serial}`)).body.data[0].methods[0].weaknesses).toEqual([CLEAR]);
    const [created] = await eventsOf(serial);
    expect(created).toMatchObject({
      event_type: 'target_created',
      severity: 'medium',
      details: { name: 'weak', weakened: [{ name: 'db', weaknesses: [CLEAR] }] },
    });
    expect(created && isSigned(platform.services.keyRing.auditKey, created)).toBe(true);
  });

  test('PostgreSQL verifies where nothing else is said, and then nothing is audited but the target', async () => {
    const serial = await addTarget(platform, 'strong', { methods: [postgresql('strong.example.org')] });
    const { config, weaknesses } = (await platform.api('GET', `/api/v1/targets/${serial}`)).body.methods[0];
    expect([config.ssl_mode, weaknesses]).toEqual(['verify-full', []]);
    expect((await eventsOf(serial))[0]).toMatchObject({
      severity: 'low',
      details: expect.not.objectContaining({ weakened: expect.anything() }),
    });
  });

  test('a change is audited before and after, and what it takes from or gives to the protection of a method', async () => {
    const host = 'changing.example.org';
    const serial = await addTarget(platform, host, { methods: [postgresql(host), methodOf(host, { method_name: 'shell' })] });
    const kept = { credential: undefined };
    const shell = methodOf(host, { method_name: 'shell', ...kept });
    await patch(serial, { name: 'renamed', environment: 'development', methods: [postgresql(host, { ssl_mode: 'disable' }, kept), shell] });
    await patch(serial, { methods: [postgresql(host, { timeout: 7 }, { ...kept, port: 6_432 })] });
    await patch(serial, { methods: [postgresql(host, { timeout: 7 }, { ...kept, port: 6_432 })] });
    expect((await platform.api('GET', `/api/v1/targets/${serial}`)).body.methods).toMatchObject([{ method_name: 'db', is_primary: true }]);
    const updates = await updatesOf(serial);
    expect(updates.map(({ severity, details }) => [severity, details])).toEqual([
      [
        'medium',
        {
          changed: { name: { from: host, to: 'renamed' } },
          methods: [{ name: 'db', from: { config: { ssl_mode: 'verify-full' } }, to: { config: { ssl_mode: 'disable' } } }],
          weakened: [{ name: 'db', weaknesses: [CLEAR] }],
        },
      ],
      [
        'low',
        {
          methods: [
            {
              name: 'db',
              from: { port: 5_432, config: { ssl_mode: 'disable', timeout: null } },
              to: { port: 6_432, config: { ssl_mode: 'verify-full', timeout: 7 } },
            },
            { name: 'shell', from: { type: 'ssh', host, port: 22 } },
          ],
          strengthened: [{ name: 'db', weaknesses: [CLEAR] }],
        },
      ],
      ['low', {}],
    ]);
    for (const event of updates) expect(isSigned(platform.services.keyRing.auditKey, event)).toBe(true);
    expect(JSON.stringify(updates)).not.toContain(SECRET);
  });

  test('who may not handle credentials sends no stored one to another place, nor over a less protected way', async () => {
    const [host, elsewhere] = ['kept.example.org', 'elsewhere.example.org'];
    const serial = await addTarget(platform, host, {
      methods: [postgresql(host), methodOf('bare.example.org', { method_name: 'bare', credential: undefined })],
    });
    const token = await addApiToken(await addUser('operator'), ['targets.read', 'targets.write']);
    const kept = { credential: undefined };
    const bare = (at: string) => methodOf(at, { method_name: 'bare', ...kept });
    const change = (method: object, other: object = bare('bare.example.org')) =>
      platform.call(token, 'PATCH', `/api/v1/targets/${serial}`, { name: 'stolen', methods: [method, other] });
    const before = (await platform.api('GET', `/api/v1/targets/${serial}`)).body;
    const secrets = await secretsOf(serial);
    for (const [why, method] of [
      ['would go to elsewhere.example.org:5432 instead of kept.example.org:5432', postgresql(elsewhere, {}, kept)],
      ['would go to kept.example.org:6543 instead', postgresql(host, {}, { ...kept, port: 6_543 })],
      ['would travel less protected (ssl_mode disable', postgresql(host, { ssl_mode: 'disable' }, kept)],
      [
        'would go to whoever is vouched for by another ca_certificate',
        postgresql(host, { ca_certificate: '-----BEGIN CERTIFICATE-----' }, kept),
      ],
      ['would be used for Telnet instead of PostgreSQL', { method_type: 'telnet', method_name: 'db', host, port: 5_432 }],
    ] as const) {
      const { status, body } = await change(method);
      expect([why, status, body.code]).toEqual([why, 403, 'FORBIDDEN']);
      expect(body.detail).toContain(`The stored credential of the method db ${why}`);
      expect(body.detail).toContain('credentials.write');
    }
    expect((await platform.api('GET', `/api/v1/targets/${serial}`)).body).toEqual(before);
    expect(await secretsOf(serial)).toEqual(secrets);
    // Neither of these sends it anywhere.
    expect((await change(postgresql(host, { timeout: 9 }, kept), bare('bare-moved.example.org'))).status).toBe(200);
    expect((await change(postgresql(elsewhere, {}, { ...kept, method_name: 'other' }))).status).toBe(200);
    expect(await secretsOf(serial)).toEqual([]);
  });

  test('who may handle credentials moves a method, and its credential goes along', async () => {
    const serial = await addTarget(platform, 'moving', { methods: [postgresql('from.example.org')] });
    expect((await patch(serial, { methods: [postgresql('to.example.org', {}, { credential: undefined })] })).status).toBe(200);
    expect(await secretsOf(serial)).toMatchObject([{ method: 'db', password: SECRET }]);
  });

  test.each([
    [{ method_type: 'winrm', host: 'unfit.example.org' }, 'the stored one is kept, but WinRM cannot log in with ssh_key'],
    [{ method_type: 'snmp', host: 'unfit.example.org' }, 'the stored one is kept, but SNMP cannot log in with ssh_key'],
  ])('a method cannot keep a credential that it cannot log in with: %j', async (method, message) => {
    const credential = { credential_type: 'ssh_key', username: 'ops', private_key: createKeyPair().privateKey };
    const own = `${method.method_type}-unfit.example.org`;
    const serial = await addTarget(platform, own, { methods: [methodOf(own, { method_name: 'one', credential })] });
    const { status, body } = await patch(serial, { methods: [{ ...method, method_name: 'one' }] });
    expect([status, body.errors]).toEqual([400, [{ path: 'methods.0.credential', message }]]);
  });

  test('a certificate of the client is sealed with its key, and shown to the server that asks for it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'opsc-client-'));
    const [authority, stranger] = [createAuthority(folder, 'authority'), createAuthority(folder, 'stranger')];
    await using server = await startHttpServer({ tls: true, clients: authority.pem });
    const { type: credential_type, ...own } = authority.issue({ passphrase: SECRET });
    const method = (credential: object | undefined, config: object = {}) => ({
      method_type: 'rest_api',
      method_name: 'api',
      host: '127.0.0.1',
      port: server.port,
      config: { protocol: 'https', ca_certificate: server.pem, ...config },
      ...(credential !== undefined && { credential: { credential_type, ...credential } }),
    });
    const login = { credential_type: 'api_token', token: SECRET };
    const wrong: [string, { credential?: object }][] = [
      ['config.protocol', method(own, { protocol: 'http' })],
      ['credential.certificate', method({ ...own, certificate: '-----BEGIN CERTIFICATE-----' })],
      ['credential.certificate', method(authority.issue({ days: -1 }))],
      ['credential.private_key', method({ ...own, private_key: stranger.issue().private_key })],
      ['credential.passphrase', method({ ...own, passphrase: 'another' })],
      ['credential.login.token', method({ ...own, login: { credential_type: 'api_token' } })],
      ['credential.credential_type', methodOf('127.0.0.1', { credential: { credential_type, ...own } })],
    ];
    const before = await countRows(platform);
    for (const [path, body] of wrong) {
      const { type: _, ...given } = { type: undefined, ...body.credential };
      const answer = await platform.api('POST', '/api/v1/targets', { name: 'wrong', methods: [{ ...body, credential: given }] });
      expect([path, answer.status, answer.body.errors?.[0]?.path]).toEqual([path, 400, `methods.0.${path}`]);
      expect(JSON.stringify(answer.body)).not.toMatch(/SECRET|PRIVATE/);
    }
    expect(await countRows(platform)).toEqual(before);
    const serial = await addTarget(platform, 'mutual', { methods: [method({ ...own, login })] });
    expect(await secretsOf(serial)).toEqual([{ method: 'api', ...own, login }]);
    const tested = await platform.api('POST', `/api/v1/targets/${serial}/test`);
    expect(tested.body).toMatchObject({
      result: 'success',
      message: expect.stringContaining('with a client certificate and with a token'),
    });
    expect(server.taken.at(-1)?.headers.authorization).toBe(`Bearer ${SECRET}`);
    const { status, body } = await patch(serial, { methods: [method(undefined, { protocol: 'http' })] });
    expect([status, body.errors[0].message]).toEqual([400, expect.stringContaining('over TLS only')]);
    rmSync(folder, { recursive: true });
  });

  test('a connection test says what does not protect the connection, whether it succeeds or fails', async () => {
    await using server = await startHttpServer();
    const config = { protocol: 'http' };
    const credential = { credential_type: 'api_token', token: SECRET };
    const test = async (method: object) =>
      (await platform.api('POST', '/api/v1/targets/test-method-config', { os_type: 'linux', method: { host: '127.0.0.1', ...method } }))
        .body;
    expect(await test({ method_type: 'rest_api', port: server.port, config, credential })).toMatchObject({
      result: 'success',
      message: expect.stringMatching(/status 200\. Not protected: protocol http: nothing is encrypted; .*, the login too\.$/),
    });
    expect(await test({ method_type: 'redis', port: 3 })).toMatchObject({
      result: 'failure',
      error_code: 'CONNECTION_REFUSED',
      message: expect.stringMatching(
        / Not protected: ssl is off: nothing is encrypted; anyone in between can read and change what is sent\.$/,
      ),
    });
  });

  test('a connection test opens the stored credential, which is audited', async () => {
    const serial = await addTarget(platform, 'opened', { methods: [methodOf('127.0.0.1', { port: 2 })] });
    const [{ credential_uuid: uuid }] = (await platform.api('GET', `/api/v1/targets/${serial}`)).body.methods[0].credentials;
    await platform.api('POST', `/api/v1/targets/${serial}/test`);
    expect((await auditRows(platform)).filter((event) => event.resource_id === uuid)).toMatchObject([
      {
        event_type: 'credential_accessed',
        action: 'test_connection',
        resource_type: 'target_credentials',
        details: { target: serial, method: 'ssh_1' },
      },
    ]);
  });

  test('a credential that is only tested is audited before it is sent anywhere', async () => {
    const methods = async () =>
      (await auditRows(platform)).filter(({ resource_type: type }) => type === 'target_communication_methods').slice(-2);
    const seen = Promise.withResolvers<AuditRow | undefined>();
    const server = createServer((socket) => {
      methods().then((rows) => seen.resolve(rows.at(-1)), seen.reject);
      socket.destroy();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const body = { os_type: 'linux', method: methodOf('127.0.0.1', { port }) };
    const tested = (await platform.api('POST', '/api/v1/targets/test-method-config', body)).body;
    server.close();
    const details = { host: '127.0.0.1', port, method_type: 'ssh' };
    const accessed = {
      event_type: 'credential_accessed',
      action: 'test_method_config',
      details: { ...details, credential_type: 'password' },
    };
    expect(await seen.promise).toMatchObject(accessed);
    expect(await methods()).toMatchObject([
      accessed,
      { event_type: 'target_connection_test', details: { ...details, result: 'failure', error_code: tested.error_code } },
    ]);
  });

  test('a connectionString that is not protected is audited with its job, at an edit too', async () => {
    const ask = (connectionString: string) => ({
      action_type: 'database',
      action_name: 'ask',
      action_parameters: { query: 'SELECT 1', connectionString },
    });
    const body = (text: string) => ({ name: 'direct', actions: [ask(text)], variables: [{ key: 'PW', value: SECRET, is_secret: true }] });
    const weak = 'postgresql://ops:${PW}@db/x?ssl_mode=require';
    const { body: made } = await platform.api('POST', '/api/v1/jobs', body(weak));
    await platform.api('PUT', `/api/v1/jobs/${made.job_serial}`, body('postgresql://ops:${PW}@db/x'));
    await platform.api('PUT', `/api/v1/jobs/${made.job_serial}`, body(weak));
    const weaknesses = [expect.stringContaining('ssl_mode require: any certificate is accepted')];
    const told = [{ path: 'actions.0.action_parameters.connectionString', weaknesses }];
    const changed = ['actions.action_1.action_parameters.connectionString'];
    expect((await eventsOf(made.job_serial)).map(({ action, severity, details }) => [action, severity, details])).toEqual([
      ['create_job', 'medium', { name: 'direct', actions: 1, targets: 0, weak_connections: told }],
      ['update_job', 'low', { version: 2, before: 1, changed }],
      ['update_job', 'medium', { version: 3, before: 2, changed, weak_connections: told }],
    ]);
  });
});

describe('jobs', () => {
  const action = {
    action_key: 'greet',
    action_name: 'Say hello 👋',
    action_type: 'command',
    action_parameters: { command: 'echo "$NAME"' },
    action_config: { working_directory: '/tmp', environment: { A: 'b ${NAME}' }, expected_exit_codes: [0, 3] },
    is_enabled: false,
    timeout_seconds: 12,
    retry_count: 2,
    retry_delay_seconds: 9,
    on_failure: 'continue',
    conditions: [{ variable: 'COUNT', operator: '<', value: 0 }],
    dependencies: [],
    rollback: [],
  };
  const script = {
    action_name: 'script',
    action_type: 'script',
    action_parameters: { scriptType: 'python', scriptContent: 'print(1)\n', arguments: ['a b', ''] },
  };
  const variables = [
    { key: 'NAME', type: 'string', value: 'Ada', description: 'who', is_secret: false, is_required: true },
    { key: 'COUNT', type: 'number', value: -1.5, is_secret: false, is_required: false },
    { key: 'DRY', type: 'boolean', value: false, is_secret: false, is_required: false },
    { key: 'DATA', type: 'json', value: { a: [1, null, { b: '\u2028"\\' }] }, is_secret: false, is_required: false },
    { key: 'EMPTY', type: 'string', value: null, is_secret: false, is_required: false },
    { key: 'PASSWORD', type: 'string', value: SECRET, is_secret: true, is_required: true },
  ];
  const definition = {
    name: 'Full',
    description: 'all fields',
    priority: 9,
    timeout_seconds: 600,
    retry_count: 1,
    settings: { max_concurrent_targets: 3 },
    variables,
    actions: [action, script],
  };

  const sealedOf = async (serial: string, version: number): Promise<string | undefined> => {
    const row = await selectRow<{ job_uuid: string; sealed: SealedValue | null }>(
      platform.db,
      `SELECT j.job_uuid, (SELECT e->'sealed' FROM jsonb_array_elements(v.definition->'variables') e WHERE e->>'key' = 'PASSWORD') AS sealed
       FROM jobs j JOIN job_versions v ON v.job_id = j.id WHERE j.job_serial = $1 AND v.definition_version = $2`,
      [serial, version],
    );
    if (row?.sealed === undefined || row.sealed === null) return undefined;
    return openValue(platform.services.keyRing, row.sealed, { table: 'jobs', uuid: row.job_uuid, column: 'variables.PASSWORD' });
  };

  test('every field is kept and shown, values of secrets are not', async () => {
    const target = await addTarget(platform, 'job-1.example.org');
    const made = await platform.api('POST', '/api/v1/jobs', { ...definition, targets: [target, target] });
    expect(made.status).toBe(201);
    expect(made.body).toEqual({
      ...definition,
      tags: [],
      created_by: 'admin',
      definition_source: 'api',
      last_execution: null,
      target_selector: null,
      template: null,
      change_note: null,
      job_serial: expect.stringMatching(new RegExp(`^J${YEAR}\\d{4,}$`)),
      job_uuid: expect.any(String),
      job_type: 'composite',
      status: 'draft',
      definition_version: 1,
      created_at: expect.any(String),
      updated_at: expect.any(String),
      started_at: null,
      completed_at: null,
      variables: variables.map((variable) => ({ ...variable, is_input: false, ...(variable.is_secret && { value: null }) })),
      actions: [
        { ...action, action_order: 1 },
        {
          ...script,
          action_order: 2,
          action_key: 'action_2',
          action_config: {},
          is_enabled: true,
          timeout_seconds: 300,
          retry_count: null,
          retry_delay_seconds: 5,
          on_failure: 'stop',
          conditions: [],
          dependencies: [],
          rollback: [],
        },
      ],
      target_count: 1,
      targets: [target],
    });
    const serial = made.body.job_serial;
    expect((await platform.api('GET', `/api/v1/jobs/${serial}`)).body).toEqual(made.body);
    expect(await sealedOf(serial, 1)).toBe(SECRET);
    for (const table of ['jobs', 'job_versions', 'job_actions', 'audit_events', 'job_execution_logs']) {
      const rows = await selectRow<{ text: string }>(platform.db, `SELECT string_agg(t::text, chr(10)) AS text FROM ${table} t`);
      expect([table, rows?.text.includes(SECRET)]).toEqual([table, false]);
    }
  });

  test('a PUT makes a new version, and the old one can still be read', async () => {
    const serial = (await platform.api('POST', '/api/v1/jobs', definition)).body.job_serial;
    const first = (await platform.api('GET', `/api/v1/jobs/${serial}`)).body;
    const put = await platform.api('PUT', `/api/v1/jobs/${serial}`, {
      ...definition,
      name: 'Renamed',
      description: null,
      timeout_seconds: null,
      actions: [script],
    });
    expect([put.status, put.body]).toMatchObject([
      200,
      { name: 'Renamed', description: null, timeout_seconds: null, definition_version: 2, job_type: 'script' },
    ]);
    expect(put.body.actions).toHaveLength(1);
    expect((await platform.api('GET', `/api/v1/jobs/${serial}`)).body).toEqual(put.body);
    expect((await platform.api('GET', `/api/v1/jobs/${serial}?version=2`)).body).toEqual(put.body);
    const old = (await platform.api('GET', `/api/v1/jobs/${serial}?version=1`)).body;
    const { name, description, variables: shown, actions, definition_version: version, timeout_seconds: timeout } = old;
    expect({ ...first, updated_at: old.updated_at, job_type: old.job_type }).toEqual(old);
    expect([name, description, version, timeout, shown.length, actions.length]).toEqual(['Full', 'all fields', 1, 600, 6, 2]);
    expect((await platform.api('GET', `/api/v1/jobs?search=${serial}`)).body.data).toMatchObject([
      { name: 'Renamed', definition_version: 2 },
    ]);
  });

  test('a secret that comes without a value, or with null as it is shown, keeps the one it has', async () => {
    const plain = { ...definition, actions: [script] };
    const made = (await platform.api('POST', '/api/v1/jobs', plain)).body;
    const path = `/api/v1/jobs/${made.job_serial}`;
    await platform.api('PUT', path, { ...plain, variables: [{ key: 'PASSWORD', is_secret: true }] });
    await platform.api('PUT', path, { ...plain, variables: made.variables });
    await platform.api('PUT', path, { ...plain, variables: [{ key: 'PASSWORD', is_secret: true, value: 'another' }] });
    await platform.api('PUT', path, { ...plain, variables: [{ key: 'PASSWORD', is_secret: false }] });
    await platform.api('PUT', path, { ...plain, variables: [{ key: 'PASSWORD', is_secret: true }] });
    const values = await Promise.all([1, 2, 3, 4, 5, 6].map((version) => sealedOf(made.job_serial, version)));
    expect(values).toEqual([SECRET, SECRET, SECRET, 'another', undefined, undefined]);
    expect((await platform.api('GET', `${path}?version=5`)).body.variables).toMatchObject([
      { key: 'PASSWORD', value: null, is_secret: false },
    ]);
  });

  test('a PUT keeps the targets when it names none, and replaces them when it does', async () => {
    const [one, two] = [await addTarget(platform, 'put-1.example.org'), await addTarget(platform, 'put-2.example.org')];
    const serial = await addJob(platform, 'targets', { targets: [one] });
    expect((await platform.api('PUT', `/api/v1/jobs/${serial}`, jobNamed('targets'))).body.targets).toEqual([one]);
    expect((await platform.api('PUT', `/api/v1/jobs/${serial}`, jobNamed('targets', { targets: [two] }))).body.targets).toEqual([two]);
  });

  test('20 edits at once make 20 versions', async () => {
    const serial = await addJob(platform, 'edited');
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => platform.api('PUT', `/api/v1/jobs/${serial}`, jobNamed(`edit ${index}`))),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200));
    expect((await platform.api('GET', `/api/v1/jobs/${serial}`)).body.definition_version).toBe(21);
  });

  test('a deleted job is gone; its runs are not', async () => {
    const serial = await addJob(platform, 'deleted', { targets: [await addTarget(platform, 'job-2.example.org')] });
    const run = (await platform.api('POST', `/api/v1/jobs/${serial}/executions`, {})).body.execution_serial;
    expect(run).toBe(`${serial}.0001`);
    expect((await platform.api('DELETE', `/api/v1/jobs/${serial}`)).status).toBe(409);
    await platform.db.query(`UPDATE job_executions SET status = 'cancelled', completed_at = now() WHERE execution_serial = $1`, {
      bind: [run],
    });
    expect((await platform.api('DELETE', `/api/v1/jobs/${serial}`)).status).toBe(204);
    for (const [method, path, body] of [
      ['GET', '', undefined],
      ['PUT', '', jobNamed('x')],
      ['DELETE', '', undefined],
      ['POST', '/executions', {}],
    ] as const) {
      expect([method, (await platform.api(method, `/api/v1/jobs/${serial}${path}`, body)).status]).toEqual([method, 404]);
    }
    expect((await platform.api('GET', `/api/v1/jobs?search=${serial}`)).body.data).toEqual([]);
    expect((await platform.api('GET', `/api/v1/executions/${run}`)).status).toBe(200);
    expect((await platform.api('POST', `/api/v1/executions/${run}/cancel`)).body.code).toBe('CONFLICT');
  });

  test('20 at once get 20 consecutive serials, and their runs consecutive numbers', async () => {
    const serials = await Promise.all(Array.from({ length: 20 }, (_, index) => addJob(platform, `many ${index}`)));
    const numbers = serials.map((serial) => Number(serial.slice(5))).toSorted((a, b) => a - b);
    expect(numbers).toEqual(Array.from({ length: 20 }, (_, index) => (numbers[0] ?? 0) + index));

    const job = await addJob(platform, 'many runs', { targets: [await addTarget(platform, 'job-3.example.org')] });
    const runs = await Promise.all(Array.from({ length: 20 }, () => platform.api('POST', `/api/v1/jobs/${job}/executions`, {})));
    const runSerials = runs.map(({ body }) => body.execution_serial).toSorted();
    expect(runSerials).toEqual(Array.from({ length: 20 }, (_, index) => `${job}.${String(index + 1).padStart(4, '0')}`));
  });

  test('a run seals the secrets that it is given and shows what it was asked', async () => {
    const target = await addTarget(platform, 'job-4.example.org');
    const job = await addJob(platform, 'run', {
      targets: [target],
      variables,
      settings: { max_concurrent_targets: 4 },
      actions: [command('true')],
    });
    const body = { targets: [target], variables: { PASSWORD: `${SECRET}-run`, COUNT: 5 }, max_concurrent_targets: 2 };
    const run = await platform.api('POST', `/api/v1/jobs/${job}/executions`, body);
    expect(run.body).toMatchObject({
      job_serial: job,
      job_name: 'run',
      definition_version: 1,
      status: 'scheduled',
      trigger_type: 'manual',
      triggered_by: 'admin',
      max_concurrent_targets: 2,
    });
    const row = await selectRow<{ text: string }>(platform.db, 'SELECT e::text AS text FROM job_executions e WHERE execution_serial = $1', [
      run.body.execution_serial,
    ]);
    expect(row?.text).not.toContain(SECRET);
  });
});

test('everything that was done is audited, signed, and without secrets', async () => {
  const events = await auditRows(platform);
  const kinds = new Set(events.map((event) => event.event_type));
  for (const kind of [
    'target_created',
    'target_updated',
    'target_deleted',
    'target_connection_test',
    'credential_changed',
    'job_created',
    'job_updated',
    'job_deleted',
    'job_executed',
  ]) {
    expect([kind, kinds.has(kind)]).toEqual([kind, true]);
  }
  for (const event of events) {
    expect([event.event_type, event.details, isSigned(platform.services.keyRing.auditKey, event)]).toEqual([
      event.event_type,
      event.details,
      true,
    ]);
  }
  expect(JSON.stringify(events)).not.toMatch(/SECRET|PRIVATE KEY|hunter2/);
});
