import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { Command } from 'commander';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { registerClientCommands } from '../../src/cli/client-commands.ts';
import { oidcStartUrl } from '../../src/cli/oidc-start-url.ts';
import { parseConfig } from '../../src/config.ts';
import { PASSWORD, addApiToken, addSession, addUser } from '../api/support/accounts.ts';
import { openBrowser } from '../support/browser.ts';
import { freePort } from '../support/free-port.ts';
import { startOidcProvider } from '../support/oidc-fixture.ts';
import type { OidcFixture } from '../support/oidc-fixture.ts';
import { startTestPlatform } from '../support/platform.ts';
import type { TestPlatform } from '../support/platform.ts';
import { servePlatform } from '../support/serve-platform.ts';
import { startFakeApi } from './fake-api.ts';

const NEW_PASSWORD = 'a new and long password';

interface Printed {
  stdout: string;
  stderr: string;
}

describe('accounts by command line', () => {
  let provider: OidcFixture;
  let platform: TestPlatform;
  let api: Awaited<ReturnType<typeof servePlatform>>;
  let folder: string;
  beforeAll(async () => {
    const port = await freePort();
    provider = await startOidcProvider(`http://127.0.0.1:${port}`);
    platform = await startTestPlatform({ worker: false, oidc: provider.login() });
    api = await servePlatform(platform, port);
  });
  afterAll(async () => {
    await api[Symbol.asyncDispose]();
    await platform[Symbol.asyncDispose]();
    await provider[Symbol.asyncDispose]();
  });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'opsc-accounts-'));
    return () => rmSync(folder, { recursive: true });
  });

  /** Runs a command here; `printed` grows while it does. */
  const start = (args: readonly string[], { token, stdin = '' }: { token?: string | undefined; stdin?: string } = {}) => {
    const printed: Printed = { stdout: '', stderr: '' };
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const grown = new Set<() => void>();
    const take = (stream: keyof Printed) => (chunk: Buffer) => {
      printed[stream] += chunk.toString();
      for (const check of grown) check();
    };
    stdout.on('data', take('stdout'));
    stderr.on('data', take('stderr'));
    const config = parseConfig({
      OPSCONDUCTOR_URL: api.url,
      OPSCONDUCTOR_TOKEN: token,
      XDG_CONFIG_HOME: folder,
      OPSCONDUCTOR_HOME: folder,
    });
    const program = new Command('opsconductor');
    const streams = { stdin: Readable.from([stdin]), stdout, stderr } as unknown as Parameters<typeof registerClientCommands>[2];
    registerClientCommands(program, config, streams);
    return {
      printed,
      ended: program.parseAsync([...args], { from: 'user' }),
      /** The first match on stderr, as soon as it is there. */
      said: (pattern: RegExp): Promise<string> =>
        new Promise((resolve) => {
          const check = (): void => {
            const [found] = pattern.exec(printed.stderr) ?? [];
            if (found !== undefined) resolve(found);
          };
          grown.add(check);
          check();
        }),
    };
  };
  const run = async (...args: string[]): Promise<Printed> => {
    const started = start(args, { token: platform.token });
    await started.ended;
    return started.printed;
  };
  const runAs = async (token: string, args: readonly string[], stdin = ''): Promise<Printed> => {
    const started = start(args, { token, stdin });
    await started.ended;
    return started.printed;
  };

  test('an account is added, shown, changed, deactivated and activated', async () => {
    const added = await run('users', 'create', 'carol', '--email', 'carol@example.org', '--role', 'operator', '--permission', 'audit.read');
    const password = /password (\S+)/.exec(added.stdout)?.[1] ?? '';
    const entered = await platform.call(undefined, 'POST', '/api/v1/auth/login', { username: 'carol', password });
    expect(entered.status).toBe(200);
    expect((await run('users', 'list', '--search', 'carol')).stdout).toMatch(
      /^USER .*\ncarol +carol@example\.org +operator\+1 +must change password +\d{4}-/,
    );
    expect((await run('users', 'show', 'CAROL')).stdout).toMatch(/role +operator and audit\.read\n/);
    await run('users', 'change', 'carol', '--role', 'viewer', '--without-permissions');
    expect((await run('users', 'show', 'carol')).stdout).toMatch(/role +viewer\n/);
    expect((await run('users', 'deactivate', 'carol')).stderr).toContain('carol is out');
    expect(JSON.parse((await run('--json', 'users', 'list', '--deactivated')).stdout)).toMatchObject([{ username: 'carol' }]);
    await run('users', 'activate', 'carol');
    expect((await run('users', 'list', '--deactivated')).stdout).not.toContain('carol');
    await expect(run('users', 'change', 'carol')).rejects.toMatchObject({ code: 'VALIDATION' });
    await expect(run('users', 'show', 'nobody-here')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('logins of an account are looked after: password, lock, sessions, tokens', async () => {
    const user = await addUser('operator');
    const [session] = [await addSession(user), await addSession(user), await addApiToken(user, ['jobs.read'])];
    const { username } = user;
    expect((await run('users', 'unlock', username)).stderr).toContain('can log in again');
    const sessions = (await run('users', 'sessions', username)).stdout.trim().split('\n');
    expect(sessions).toHaveLength(3);
    const uuid = sessions[1]?.split(' ')[0] ?? '';
    expect((await run('users', 'end-sessions', username, uuid)).stderr).toContain('Ended 1 session of');
    await run('users', 'require-password-change', username);
    expect((await platform.call(session, 'GET', '/api/v1/jobs')).body.code).toBe('PASSWORD_CHANGE_REQUIRED');
    expect((await run('users', 'end-sessions', username)).stderr).toContain('Ended 1 session of');
    const token = (await run('users', 'tokens', username)).stdout.trim().split('\n')[1]?.split(' ')[0] ?? '';
    expect((await run('tokens', 'list', '--all')).stdout).toContain(token);
    await run('users', 'revoke-token', username, token);
    expect((await run('users', 'tokens', username)).stdout).not.toContain(token);
    const password = /password (\S+)/.exec((await run('users', 'reset-password', username)).stdout)?.[1] ?? '';
    expect((await platform.call(undefined, 'POST', '/api/v1/auth/login', { username, password })).status).toBe(200);
  });

  test('whoever cannot log in to reset a password is told of the way past the API', async () => {
    await expect(start(['users', 'reset-password', 'admin']).ended).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
      message: expect.stringContaining('opsconductor db reset-password admin'),
    });
  });

  test('own sessions, tokens, password and mail address', async () => {
    const user = await addUser('operator');
    const [session, other] = [await addSession(user), await addSession(user)];
    expect((await runAs(session, ['sessions', 'list'])).stdout).toContain('(this one)');
    expect((await runAs(session, ['sessions', 'status'])).stdout).toMatch(/^\d+ minutes left/);
    expect((await runAs(session, ['sessions', 'extend'])).stdout).toMatch(/^\d+ minutes left/);
    expect((await runAs(session, ['sessions', 'revoke', '--others'])).stderr).toContain('Ended 1 session.');
    expect((await platform.call(other, 'GET', '/api/v1/auth/me')).status).toBe(401);
    await expect(runAs(session, ['sessions', 'revoke'])).rejects.toMatchObject({ code: 'VALIDATION' });
    const token = (await runAs(session, ['tokens', 'create', 'nightly', '--scope', 'jobs.read', '--days', '1'])).stdout.trim();
    expect((await platform.call(token, 'GET', '/api/v1/jobs')).status).toBe(200);
    expect((await runAs(session, ['tokens', 'list'])).stdout).toMatch(/nightly +ops_t_\S+ +\d{4}.*jobs\.read\n/);
    await runAs(session, ['tokens', 'revoke', 'nightly']);
    expect((await platform.call(token, 'GET', '/api/v1/jobs')).status).toBe(401);
    const email = `new-${user.email}`;
    expect((await runAs(session, ['profile', '--email', email])).stdout).toContain(`<${email}>`);
    await runAs(session, ['password', '--password-stdin'], `${PASSWORD}\n${NEW_PASSWORD}\n`);
    const login = await platform.call(undefined, 'POST', '/api/v1/auth/login', { username: email, password: NEW_PASSWORD });
    expect(login.status).toBe(200);
    expect((await runAs(session, ['permissions'])).stdout).toMatch(/users\.write +yes *\n/);
  });

  test('a login at the OIDC provider comes back to the program that waits, and is kept as any other', async () => {
    await provider.comes({ sub: 'dora', preferred_username: 'dora', email: 'dora@example.org', groups: ['ops'] });
    const login = start(['login', '--oidc', '--no-browser']);
    const start_url = await login.said(/http:\/\/\S+\/oidc\/start\S+(?=\n)/);
    const { url, response } = await openBrowser().open(start_url);
    expect([new URL(url).hostname, await response?.text()]).toEqual(['127.0.0.1', 'Logged in. This page can be closed.\n']);
    await login.ended;
    expect(login.printed.stderr).toContain(`Logged in at ${api.url} as dora.`);
    const kept = JSON.parse(await readFile(join(folder, 'opsconductor', 'config.json'), 'utf8'));
    const { host } = new URL(api.url);
    const entered = { url: api.url, token: expect.stringMatching(/^ops_s_/), username: 'dora' };
    expect(kept).toEqual({ current: host, contexts: { [host]: entered } });
    expect(login.printed.stdout + login.printed.stderr + url).not.toContain(kept.contexts[host].token);
    const whoami = start(['whoami']);
    await whoami.ended;
    expect(whoami.printed.stdout).toBe(`dora (operator) at ${api.url}\n`);
  });

  test.each(['file:///etc/passwd', 'vscode://x', 'javascript:alert(1)', 'http://who:what@127.0.0.1/', 'nothing'])(
    'a server that sends logins to %s has nothing opened, and the person told',
    async (start_url) => {
      await using other = await startFakeApi((response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ is_enabled: true, issuer: 'https://login.example.org', start_url }));
      });
      const login = start(['--url', other.url, 'login', '--oidc']);
      await expect(login.ended).rejects.toMatchObject({ code: 'FORBIDDEN', message: expect.stringContaining('It was not opened') });
      expect(login.printed.stderr).not.toContain(start_url);
    },
  );

  test('where logins of programs are switched off nothing is opened, and the person told of the browser', async () => {
    const start_url = 'https://ops.example.org/api/v1/auth/oidc/start';
    await using other = await startFakeApi((response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ is_enabled: true, issuer: 'https://login.example.org', start_url, refuses_loopback: true }));
    });
    const { ended } = start(['--url', other.url, 'login', '--oidc']);
    await expect(ended).rejects.toMatchObject({ code: 'FORBIDDEN', message: expect.stringContaining(start_url) });
  });

  test('a page of another origin is told, not opened', () => {
    expect(oidcStartUrl('https://ops.example.org/start', 'https://ops.example.org/').isOfContext).toBe(true);
    for (const other of [
      'http://ops.example.org/start',
      'https://ops.example.org.evil.example/start',
      'https://ops.example.org:8443/start',
    ])
      expect([other, oidcStartUrl(other, 'https://ops.example.org/').isOfContext]).toEqual([other, false]);
  });

  test('a login at the OIDC provider that lets nobody in says why, to the program and in the browser', async () => {
    await provider.comes({ sub: 'eve', preferred_username: 'eve', email: 'eve@example.org', groups: [] });
    const login = start(['login', '--oidc', '--no-browser']);
    const refused = expect(login.ended).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
      message: expect.stringContaining('none of your groups has a role'),
    });
    const browser = openBrowser();
    const start_url = await login.said(/http:\/\/\S+\/oidc\/start\S+(?=\n)/);
    const loopback = new URL(new URL(start_url).searchParams.get('redirect_uri') ?? '');
    for (const stray of ['/', '/callback', '/callback?code=x&state=other'])
      expect((await fetch(new URL(stray, loopback))).status).toBe(404);
    expect(await (await browser.open(start_url)).response?.text()).toContain('none of your groups has a role');
    await refused;
  });
});
