import { once } from 'node:events';
import { chmodSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { serve } from '@hono/node-server';
import type { ServerType } from '@hono/node-server';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Target } from '../../src/contracts/target.ts';
import { createKeyPair } from '../../src/embedded/ssh-servers/create-key-pair.ts';
import { startSystemSshd } from '../../src/embedded/ssh-servers/system-sshd.ts';
import type { SystemSshd } from '../../src/embedded/ssh-servers/system-sshd.ts';
import { addApiToken, addUser } from '../api/support/accounts.ts';
import { auditRows } from '../api/support/audit.ts';
import { cliHere } from '../support/cli-here.ts';
import { startCli } from '../support/cli-process.ts';
import { command, runJob } from '../support/fleet.ts';
import { startTestPlatform } from '../support/platform.ts';
import type { TestPlatform } from '../support/platform.ts';
import { startSshdFixture, withoutSshd } from '../support/sshd-fixture.ts';
import type { SshdFixture } from '../support/sshd-fixture.ts';

describe.skipIf(withoutSshd)('targets by command line (a server of the API, OpenSSH)', () => {
  let platform: TestPlatform;
  let sshd: SshdFixture;
  let server: ServerType;
  let url: string;
  let keyFile: string;
  /** Servers that take the place of the first on its port. */
  const later: SystemSshd[] = [];
  beforeAll(async () => {
    [platform, sshd] = await Promise.all([startTestPlatform(), startSshdFixture()]);
    keyFile = join(sshd.folder, 'login-key');
    writeFileSync(keyFile, sshd.keys.privateKey);
    chmodSync(keyFile, 0o600);
    await new Promise<void>((resolve) => {
      server = serve({ fetch: platform.app.fetch, hostname: '127.0.0.1', port: 0 }, (info) => {
        url = `http://127.0.0.1:${info.port}`;
        resolve();
      });
    });
  });
  afterAll(async () => {
    await new Promise((resolve) => server.close(resolve));
    await platform[Symbol.asyncDispose]();
    await Promise.all(later.map((one) => one[Symbol.asyncDispose]()));
    await sshd[Symbol.asyncDispose]();
  });

  const cliAs = async (token: string, args: readonly string[], input?: string): Promise<{ code: number; output: string }> => {
    const given = input === undefined ? {} : { input };
    const process = startCli(['targets', ...args], { OPSCONDUCTOR_URL: url, OPSCONDUCTOR_TOKEN: token }, given);
    const [code] = (await once(process.child, 'close')) as [number];
    return { code, output: process.output() };
  };
  const cli = (...args: string[]) => cliAs(platform.token, args);
  /** In this process, which is quicker. */
  const here = (...args: string[]) => cliHere(['targets', ...args], { OPSCONDUCTOR_URL: url, OPSCONDUCTOR_TOKEN: platform.token });
  const ok = async (...args: string[]): Promise<string> => {
    const { code, output } = await cli(...args);
    expect([args, code, output]).toEqual([args, 0, output]);
    return output;
  };
  const add = async (name: string, ...args: string[]): Promise<string> => {
    const login = ['--user', userInfo().username, '--key-file', keyFile];
    const output = await ok('add', name, '--host', '127.0.0.1', '--port', String(sshd.port), ...login, ...args);
    return /^T\d+$/m.exec(output)?.[0] ?? '';
  };
  const target = async (serial: string): Promise<Target> => (await platform.api('GET', `/api/v1/targets/${serial}`)).body;
  const pinnedKey = async (serial: string) => (await target(serial)).methods[0]?.host_key_fingerprint;
  const outcome = async (serial: string): Promise<[status: string, code: string | null]> => {
    const { serial: run } = await runJob(platform, [serial], [command('true')]);
    await platform.untilEnded(run);
    const [branch] = (await platform.api('GET', `/api/v1/executions/${run}/branches`)).body.data;
    return [branch.status, branch.error_code];
  };

  test('a target is added, listed, shown, tested, changed and removed', async () => {
    const serial = await add('web-1', '--environment', 'staging', '--label', 'team=web');
    expect(await ok('list', '--search', 'web-1')).toMatch(
      new RegExp(`${serial} +web-1 +127\\.0\\.0\\.1:${sshd.port} +linux +staging +active +never`),
    );
    expect(await ok('test', serial)).toMatch(/success .*Logged in to 127\.0\.0\.1:\d+ as /);
    const shown = await ok('show', serial);
    expect(shown).toMatch(/ssh_1 \(ssh\).*credentials: ssh_key\n/);
    expect(shown).toContain(`host key  ${sshd.server.hostKeyFingerprint}\n`);

    const fields = ['--name', 'web-one', '--description', 'the first', '--environment', 'production', '--status', 'maintenance'];
    expect(await ok('change', serial, ...fields, '--set', 'timeout=7')).toContain(`Changed ${serial}.`);
    const changed = await target(serial);
    expect(changed).toMatchObject({ name: 'web-one', description: 'the first', environment: 'production', status: 'maintenance' });
    expect(changed.methods).toMatchObject([{ config: { timeout: 7 }, is_primary: true, credentials: [{ credential_type: 'ssh_key' }] }]);
    expect((await cli('test', serial)).code).toBe(0);

    await ok('change', serial, '--status', 'active', '--description', '', '--unset', 'timeout');
    expect(await target(serial)).toMatchObject({ description: null, status: 'active', methods: [{ config: {} }] });

    await ok('remove', serial);
    expect(await cli('show', serial)).toMatchObject({ code: 2, output: expect.stringContaining(`There is no target ${serial}.`) });
  });

  test('host and port, and the account, are changed; a method by its name, all others stay', async () => {
    const login = { credential_type: 'password', username: 'ops', password: 'SECRET-of-old' };
    const methods = [
      { method_type: 'ssh', method_name: 'shell', host: '127.0.0.2', port: 9, credential: login },
      {
        method_type: 'postgresql',
        method_name: 'db',
        host: 'db.example.org',
        config: { ssl_mode: 'disable' },
        credential: login,
      },
    ];
    const serial: string = (await platform.api('POST', '/api/v1/targets', { name: 'two', methods })).body.target_serial;
    expect(await ok('show', serial)).toContain('weak      ssl_mode disable: nothing is encrypted');
    const before = await target(serial);

    const account = ['--user', userInfo().username, '--key-file', keyFile];
    await ok('change', serial, '--method', 'shell', '--host', '127.0.0.1', '--port', String(sshd.port), ...account);
    expect((await target(serial)).methods).toMatchObject([
      { method_name: 'shell', host: '127.0.0.1', port: sshd.port, credentials: [{ credential_type: 'ssh_key' }] },
      { method_name: 'db', credentials: before.methods[1]?.credentials },
    ]);
    expect((await cli('test', serial)).code).toBe(0);

    const authority = join(sshd.folder, 'ca.pem');
    writeFileSync(authority, '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n');
    const shown = await ok(
      'change',
      serial,
      '--method',
      'db',
      '--set',
      'ssl_mode=verify-full',
      '--set',
      `ca_certificate=@${authority}`,
      '--set',
      'timeout=9',
    );
    expect(shown).not.toContain('weak');
    expect((await target(serial)).methods[1]?.config).toMatchObject({
      ssl_mode: 'verify-full',
      timeout: 9,
      ca_certificate: expect.stringContaining('BEGIN CERTIFICATE'),
    });
    await ok('remove', serial);
  });

  test('methods are added, changed and removed one at a time, and their credentials; a secret comes on stdin', async () => {
    const serial = await add('parts');
    const made = await cliAs(
      platform.token,
      ['methods', 'add', serial, '--type', 'snmp', '--host', 'snmp.example.org', '--set', 'version=2c', '--secret-stdin'],
      '{"credential_type": "snmp_community", "community": "SECRET-of-snmp"}',
    );
    expect(made).toMatchObject({
      code: 0,
      output: expect.stringMatching(/Added snmp_2\.[^]*snmp_2 \(snmp\) snmp\.example\.org:161, credentials: snmp_community/),
    });
    expect(made.output).not.toContain('SECRET');
    await ok('methods', 'change', serial, 'snmp_2', '--name', 'agent', '--primary', '--set', 'timeout=3');
    expect((await target(serial)).methods).toMatchObject([
      { method_name: 'agent', is_primary: true, config: { timeout: 3 } },
      { method_name: 'ssh_1', is_primary: false },
    ]);
    expect(await ok('methods', 'change', serial, 'agent', '--off')).toMatch(/agent \(snmp\).*, switched off, /);
    expect(await ok('methods', 'list', serial)).toMatch(/ssh_1 \(ssh\).*, primary, [^]*agent \(snmp\)/);
    expect(await cli('methods', 'remove', serial, 'ssh_1')).toMatchObject({
      code: 2,
      output: expect.stringContaining('without a method that is switched on'),
    });

    const secret = await cliAs(
      platform.token,
      ['credentials', 'add', serial, 'ssh_1', '--name', 'spare', '--user', 'ops', '--password-stdin'],
      'SECRET',
    );
    expect(secret).toMatchObject({ code: 0, output: expect.stringMatching(/spare +password +spare/) });
    const spare = (await target(serial)).methods[0]?.credentials[1];
    expect(spare).toMatchObject({ credential_name: 'spare', is_primary: false });
    const uuid = spare?.credential_uuid ?? '';
    expect((await here('credentials', 'show', serial, 'ssh_1', uuid)).output).toMatch(new RegExp(`${uuid} +spare +password +spare`));
    await ok('credentials', 'change', serial, 'ssh_1', uuid, '--primary');
    expect(await ok('credentials', 'list', serial, 'ssh_1')).toMatch(/spare +password +yes[^]*default +ssh_key +spare/);
    await ok('credentials', 'remove', serial, 'ssh_1', uuid);
    expect((await cli('test', serial, '--method', 'ssh_1')).code).toBe(0);
    const wrong = await cliAs(platform.token, ['credentials', 'add', serial, 'ssh_1', '--secret-stdin'], 'SECRET, no JSON');
    expect([wrong.code, wrong.output]).toEqual([2, expect.not.stringContaining('SECRET')]);
    await ok('remove', serial);
  });

  test('a method is tried before any target has it, and nothing of it is stored', async () => {
    const reached = ['--type', 'ssh', '--host', '127.0.0.1', '--user', userInfo().username, '--key-file', keyFile];
    const before = (await platform.api('GET', '/api/v1/targets/statistics')).body;
    expect(await here('methods', 'test', ...reached, '--port', String(sshd.port), '--set', 'timeout=9')).toEqual({
      code: 0,
      output: expect.stringMatching(/^ssh 127\.0\.0\.1 {2}success .*Logged in to 127\.0\.0\.1:\d+ as /),
    });
    const refused = await here('methods', 'test', ...reached, '--port', '9', '--json');
    expect([refused.code, JSON.parse(refused.output)]).toEqual([1, expect.objectContaining({ error_code: 'CONNECTION_REFUSED' })]);
    expect(await here('methods', 'test', '--type', 'ssh')).toMatchObject({ code: 2, output: expect.stringContaining('host') });
    expect((await platform.api('GET', '/api/v1/targets/statistics')).body).toEqual(before);
  });

  test('several are listed, changed and tested by a selector, and counted; weaknesses are in the list', async () => {
    const one = await add('chosen', '--label', 'chosen=yes');
    // Nothing answers there, for as long as is waited.
    const snmp = {
      method_type: 'snmp',
      host: '127.0.0.1',
      port: 9,
      config: { version: '2c', timeout: 1 },
      credential: { credential_type: 'snmp_community', community: 'public' },
    };
    const two = (await platform.api('POST', '/api/v1/targets', { name: 'weak', labels: { chosen: 'yes' }, methods: [snmp] })).body
      .target_serial;
    const listed = await ok('list', '--selector', 'chosen', '--sort', 'name');
    expect(listed).toMatch(new RegExp(`${one} +chosen .*never *\\n${two} +weak .*never +version 2c`));
    const dry = await ok('set', '--selector', 'chosen', '--label', 'team=web', '--remove-label', 'chosen', '--dry-run');
    expect(dry).toContain('2 of 2 target(s) would be changed; nothing was');
    expect(await ok('set', one, two, '--label', 'team=web', '--region', 'eu')).toMatch(
      new RegExp(`2 of 2 target\\(s\\) changed.*[^]*${one}\\n${two}`),
    );
    expect(await target(one)).toMatchObject({ labels: { chosen: 'yes', team: 'web' }, region: 'eu' });
    const tested = await cli('test', '--selector', 'team=web', '--json');
    const results = JSON.parse(tested.output) as { target_serial: string; result: string }[];
    expect([tested.code, Object.fromEntries(results.map(({ target_serial: serial, result }) => [serial, result]))]).toEqual([
      1,
      { [one]: 'success', [two]: 'failure' },
    ]);
    expect(await ok('statistics', '--selector', 'team=web')).toMatch(/environment +development +2\n[^]*protocol +snmp +1\n[^]*all +2\n/);
    expect(await cli('list', '--selector', 'env=prod')).toMatchObject({
      code: 2,
      output: expect.stringContaining('env is one of production'),
    });
    expect(await cli('test')).toMatchObject({ code: 2, output: expect.stringContaining('Name the targets, or give --selector') });
    const { serial: run, job } = await runJob(platform, [one], [command('exit 3')]);
    await platform.untilEnded(run);
    expect(await ok('runs', one)).toMatch(new RegExp(`${run}\\.0001 .*failed`));
    expect(await ok('jobs', one)).toMatch(new RegExp(`${job.job_serial} .*names it`));
    await ok('remove', one);
  });

  test.each([
    [[], 'Say what shall change'],
    [['--key-file', '/nowhere'], 'needs --user too'],
    [['--method', 'db', '--host', 'x.example.org'], 'has no method db; it has ssh_1'],
    [['--set', 'ssl_mode=prefer'], 'methods.0.config'],
  ])('a wrong change is told and changes nothing: %j', async (args, message) => {
    const host = `wrong-${args.length}-${args.at(-1)?.length ?? 0}.example.org`;
    const body = { name: host, methods: [{ method_type: 'ssh', host }] };
    const serial: string = (await platform.api('POST', '/api/v1/targets', body)).body.target_serial;
    const before = await target(serial);
    const { code, output } = await cli('change', serial, ...args);
    expect([code, output]).toEqual([2, expect.stringContaining(message)]);
    expect(await target(serial)).toEqual(before);
  });

  test('a host that was installed anew: the run fails, its new key is shown and accepted, the run works', async () => {
    const serial = await add('reinstalled');
    const old = sshd.server.hostKeyFingerprint;
    expect(await outcome(serial)).toEqual(['completed', null]);
    expect(await pinnedKey(serial)).toBe(old);
    await sshd.server[Symbol.asyncDispose]();
    const renewed = await startSystemSshd({
      folder: join(sshd.folder, 'renewed'),
      addresses: ['127.0.0.1'],
      port: sshd.port,
      authorizedKey: sshd.keys.publicKey,
    });
    later.push(renewed);
    const shown = renewed.hostKeyFingerprint;
    expect(await outcome(serial)).toEqual(['failed', 'HOST_KEY_CHANGED']);
    const tested = await cli('test', serial);
    expect(tested).toMatchObject({ code: 1, output: expect.stringMatching(/opsconductor targets accept-host-key SERIAL --fingerprint/) });

    const looked = await cli('accept-host-key', serial);
    expect([looked.code, looked.output]).toEqual([
      2,
      expect.stringMatching(/pinned {2}SHA256:.*\n {2}shown {3}SHA256:[^]*no terminal[^]*--yes/),
    ]);
    for (const key of [old, shown]) expect(looked.output).toContain(key);
    const other = await cli('accept-host-key', serial, '--fingerprint', old);
    expect([other.code, other.output]).toEqual([2, expect.stringContaining(`shows the host key ${shown}, not the confirmed ${old}`)]);
    expect(await cli('accept-host-key', serial, '--fingerprint', 'SHA256:short')).toMatchObject({ code: 2 });
    expect(await pinnedKey(serial)).toBe(old);

    const weak = await addApiToken(await addUser('operator'), ['targets.read', 'targets.write']);
    const refused = await cliAs(weak, ['accept-host-key', serial, '--fingerprint', shown]);
    expect([refused.code, refused.output]).toEqual([4, expect.stringContaining('credentials.write')]);
    expect(await pinnedKey(serial)).toBe(old);

    expect(await ok('accept-host-key', serial, '--fingerprint', shown)).toContain(`Accepted for ${serial}.`);
    expect(await pinnedKey(serial)).toBe(shown);
    const accepted = (await auditRows(platform)).filter((event) => event.resource_id === serial && event.action === 'accept_host_key');
    expect(accepted).toMatchObject([
      {
        event_type: 'target_updated',
        severity: 'medium',
        details: { method: 'ssh_1', host: '127.0.0.1', port: sshd.port, from: old, to: shown },
      },
    ]);
    expect(await outcome(serial)).toEqual(['completed', null]);
    expect(await ok('accept-host-key', serial)).toContain('pinned already');
  });

  test('--yes accepts what the host shows; the key of a host that was never met can be pinned, too', async () => {
    const keys = createKeyPair();
    const fixture = await startSshdFixture({ authorizedKey: keys.publicKey });
    await using _ = fixture;
    const method = { method_type: 'ssh', host: '127.0.0.1', port: fixture.port };
    const body = { name: 'unmet', methods: [method] };
    const serial: string = (await platform.api('POST', '/api/v1/targets', body)).body.target_serial;
    expect(await ok('accept-host-key', serial, '--method', 'ssh_1', '--yes')).toContain('none, the host was never met');
    expect(await pinnedKey(serial)).toBe(fixture.server.hostKeyFingerprint);
  });

  test('only SSH has host keys, and a host that does not answer has none to show', async () => {
    const post = (serial: string) => platform.api('POST', `/api/v1/targets/${serial}/host-key`, {});
    const make = async (host: string, method: object): Promise<string> =>
      (await platform.api('POST', '/api/v1/targets', { name: host, methods: [{ host, ...method }] })).body.target_serial;
    const telnet = await post(await make('telnet.example.org', { method_type: 'telnet' }));
    expect([telnet.status, telnet.body.detail]).toEqual([404, expect.stringContaining('only SSH has host keys')]);
    const closed = await post(await make('127.0.0.3', { method_type: 'ssh', port: 1 }));
    expect([closed.status, closed.body.code]).toEqual([422, 'CONNECTION_REFUSED']);
    // It takes the connection, and is no SSH server.
    const http = await post(await make('127.0.0.1', { method_type: 'ssh', port: Number(new URL(url).port) }));
    expect([http.status, http.body.code]).toEqual([422, 'PROTOCOL_ERROR']);
  });
});
