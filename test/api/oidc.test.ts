import { createHash, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createApp } from '../../src/api/create-app.ts';
import { selectRow, selectRows } from '../../src/db/query.ts';
import { openNote, sealNote } from '../../src/services/auth/oidc/sealed-note.ts';
import type { OidcLogin } from '../../src/services/context.ts';
import { openBrowser } from '../support/browser.ts';
import type { Browser } from '../support/browser.ts';
import { startOidcProvider } from '../support/oidc-fixture.ts';
import type { OidcAccount, OidcFixture } from '../support/oidc-fixture.ts';
import { log, startTestPlatform } from '../support/platform.ts';
import type { Answer, TestPlatform } from '../support/platform.ts';
import { PASSWORD, addApiToken, addSession, addUser } from './support/accounts.ts';
import { auditRows } from './support/audit.ts';
import { addJob, jobNamed } from './support/definitions.ts';

const PUBLIC_URL = 'http://127.0.0.1:9';
const START = `${PUBLIC_URL}/api/v1/auth/oidc/start`;
const LOOPBACK = 'http://127.0.0.1:49152/callback';
const VERIFIER = 'v'.repeat(43);
const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url');
const FOR_PROGRAM = `${START}?redirect_uri=${encodeURIComponent(LOOPBACK)}&code_challenge=${CHALLENGE}&state=mine`;

const newAccount = (groups: readonly string[], fields: Partial<OidcAccount> = {}): OidcAccount => {
  const name = `oidc-${randomUUID().slice(0, 8)}`;
  return { sub: `sub-${name}`, preferred_username: name, email: `${name}@example.org`, email_verified: true, groups, ...fields };
};

describe('login at an OIDC provider', () => {
  let provider: OidcFixture;
  let platform: TestPlatform;
  let browser: Browser;
  beforeAll(async () => {
    provider = await startOidcProvider(PUBLIC_URL);
    platform = await startTestPlatform({ worker: false, oidc: provider.login() });
  });
  afterAll(async () => {
    await platform[Symbol.asyncDispose]();
    await provider[Symbol.asyncDispose]();
  });
  beforeEach(() => {
    browser = browserOf(platform.app);
  });

  const browserOf = (app: TestPlatform['app']): Browser =>
    openBrowser((url, init) =>
      url.startsWith(PUBLIC_URL) ? app.request(url.slice(PUBLIC_URL.length), init) : fetch(url, { ...init, redirect: 'manual' }),
    );
  /** The same API with another provider, or with another idea of it. */
  const appWith = (oidc: OidcLogin | undefined) =>
    createApp({
      services: { ...platform.services, oidc },
      feed: platform.feed,
      hub: platform.hub,
      metrics: platform.metrics,
      readiness: async () => ({}),
      log,
      version: 'test',
      edge: { trustedProxies: [], corsOrigins: [] },
    });

  const answerOf = async (response: Response | undefined): Promise<Answer> => {
    if (response === undefined) throw new Error('no answer');
    return { status: response.status, headers: response.headers, body: await response.json() };
  };
  const comeIn = async (account: OidcAccount | null, through: Browser = browser): Promise<Answer> => {
    await provider.comes(account);
    return answerOf((await through.open(START)).response);
  };
  const isCallback = (url: string): boolean => url.startsWith(`${PUBLIC_URL}/api/v1/auth/oidc/callback`);
  const isLoopback = (url: string): boolean => url.startsWith(LOOPBACK);
  const exchange = (code: string | null, verifier = VERIFIER): Promise<Answer> =>
    platform.call(undefined, 'POST', '/api/v1/auth/oidc/token', { code, code_verifier: verifier });
  const accountsOf = ({ sub }: OidcAccount) =>
    selectRows<{ username: string; role: string; id: number }>(
      platform.db,
      'SELECT id, username, role FROM users WHERE oidc_issuer = $1 AND oidc_subject = $2',
      [provider.issuer, sub],
    );

  test('a client is told where a login begins, or that there is none', async () => {
    expect((await platform.call(undefined, 'GET', '/api/v1/auth/oidc')).body).toEqual({
      is_enabled: true,
      issuer: provider.issuer,
      start_url: START,
      refuses_loopback: false,
    });
    const without = appWith(undefined);
    expect(await (await without.request('/api/v1/auth/oidc')).json()).toEqual({
      is_enabled: false,
      issuer: null,
      start_url: null,
      refuses_loopback: false,
    });
    expect((await without.request('/api/v1/auth/oidc/start')).status).toBe(404);
    expect((await without.request('/api/v1/auth/oidc/callback?code=x')).status).toBe(404);
  });

  test('whoever comes gets an account with the role of his groups and no password, and a session', async () => {
    const account = newAccount(['staff', 'ops', 'golf']);
    const { status, body } = await comeIn(account);
    expect([status, body.user]).toEqual([
      200,
      expect.objectContaining({
        username: account.preferred_username,
        email: account.email,
        role: 'operator',
        must_change_password: false,
      }),
    ]);
    expect((await platform.call(body.token, 'GET', '/api/v1/auth/me')).body.username).toBe(account.preferred_username);
    const shown = await platform.api('GET', `/api/v1/users/${body.user.user_uuid}`);
    expect(shown.body).toMatchObject({ has_password: false, oidc_issuer: provider.issuer });
    for (const password of ['!', '', PASSWORD])
      expect((await platform.call(undefined, 'POST', '/api/v1/auth/login', { username: account.email, password })).status).not.toBe(200);
    const [row] = await accountsOf(account);
    const events = (await auditRows(platform)).filter(({ user_id: by }) => by === row?.id);
    expect(events.map(({ event_type: type, action }) => [type, action])).toEqual([
      ['user_created', 'create_by_oidc'],
      ['permission_changed', 'follow_oidc_groups'],
      ['user_login', 'login'],
      ['user_login_failed', 'login'],
      ['user_login_failed', 'login'],
    ]);
    expect(events[2]?.details).toEqual({ method: 'oidc' });
  });

  test('he is known by issuer and subject; name and address at the provider may change, and the role follows the groups', async () => {
    const account = newAccount(['admins']);
    await comeIn(account);
    const renamed = { ...account, preferred_username: 'admin', email: 'admin@localhost', groups: ['staff'] };
    const { body } = await comeIn(renamed, browserOf(platform.app));
    expect(body.user).toMatchObject({ username: account.preferred_username, role: 'viewer' });
    expect(await accountsOf(account)).toHaveLength(1);
    expect((await platform.call(body.token, 'GET', '/api/v1/users')).status).toBe(403);
  });

  test('nobody gets in whose groups have no role, also when they had one before', async () => {
    const stranger = newAccount(['golf']);
    const refused = await comeIn(stranger);
    expect([refused.status, refused.body.code, await accountsOf(stranger)]).toEqual([403, 'FORBIDDEN', []]);
    const leaver = newAccount(['ops']);
    await comeIn(leaver, browserOf(platform.app));
    expect((await comeIn({ ...leaver, groups: [] }, browserOf(platform.app))).status).toBe(403);
    const events = (await auditRows(platform)).filter(({ details }) => details['subject'] === stranger.sub);
    expect(events.map(({ event_type: type, actor_type: actor, details }) => [type, actor, details['code']])).toEqual([
      ['user_login_failed', 'anonymous', 'FORBIDDEN'],
    ]);
  });

  test('two first logins at once make one account', async () => {
    const account = newAccount(['ops']);
    await provider.comes(account);
    const pages = await Promise.all([browserOf(platform.app).open(START), browserOf(platform.app).open(START)]);
    expect(pages.map(({ response }) => response?.status)).toEqual([200, 200]);
    expect(await accountsOf(account)).toHaveLength(1);
  });

  test('a deactivated account stays out', async () => {
    const account = newAccount(['ops']);
    const { body } = await comeIn(account);
    await platform.api('PATCH', `/api/v1/users/${body.user.user_uuid}`, { is_active: false });
    const refused = await comeIn(account, browserOf(platform.app));
    expect([refused.status, refused.body.detail]).toEqual([403, expect.stringContaining('deactivated')]);
  });

  test('an account that only logs in at the provider gets no password', async () => {
    const { body } = await comeIn(newAccount(['ops']));
    const at = `/api/v1/users/${body.user.user_uuid}`;
    expect((await platform.api('POST', `${at}/reset-password`)).status).toBe(409);
    expect((await platform.api('POST', `${at}/require-password-change`)).status).toBe(409);
    const input = { current_password: PASSWORD, new_password: 'a new and long password' };
    expect((await platform.call(body.token, 'POST', '/api/v1/auth/password', input)).status).toBe(403);
  });

  test('the last administrator whose groups say so is demoted, and that stands in the audit trail as critical', async () => {
    const account = newAccount(['admins']);
    await comeIn(account);
    const [row] = await accountsOf(account);
    const others = await selectRows<{ id: number }>(
      platform.db,
      `UPDATE users SET is_active = false WHERE role = 'admin' AND username <> 'system' AND is_active AND id <> $1 RETURNING id`,
      [row?.id],
    );
    await comeIn({ ...account, groups: ['ops'] }, browserOf(platform.app));
    await platform.db.query('UPDATE users SET is_active = true WHERE id = ANY($1)', { bind: [others.map(({ id }) => id)] });
    const event = (await auditRows(platform)).findLast(({ action, user_id: by }) => action === 'follow_oidc_groups' && by === row?.id);
    expect(event).toMatchObject({ severity: 'critical', details: { before: { role: 'admin' }, after: { role: 'operator' } } });
  });

  describe('an account of before with the same address or name', () => {
    test('is not given to somebody of the same name or address', async () => {
      const user = await addUser('admin');
      const sameMail = newAccount(['ops'], { email: user.email });
      const sameName = newAccount(['ops'], { preferred_username: user.username });
      for (const account of [sameMail, sameName, newAccount(['ops'], { preferred_username: 'system' })]) {
        const refused = await comeIn(account, browserOf(platform.app));
        expect([refused.status, refused.body.code, await accountsOf(account)]).toEqual([409, 'CONFLICT', []]);
      }
    });

    test('is not made with the name of an approver who has never logged in', async () => {
      const account = newAccount(['ops']);
      const approvers = [{ type: 'user', value: account.preferred_username }];
      const rollout = { batches: [{ count: 1 }], between_batches: { approvers } };
      const job = await addJob(platform, 'asks', { settings: { rollout } });
      const refused = await comeIn(account);
      expect([refused.status, refused.body.detail, await accountsOf(account)]).toEqual([409, expect.stringContaining(job), []]);
      await platform.api('PUT', `/api/v1/jobs/${job}`, jobNamed('asks no more'));
      expect((await comeIn(account, browserOf(platform.app))).status).toBe(200);
    });

    test('becomes his where that is configured, if the provider has verified the address; password, sessions and tokens of before end', async () => {
      const app = appWith(provider.login({ linksByEmail: true }));
      const user = await addUser('viewer');
      const [session, token] = [await addSession(user), await addApiToken(user, ['jobs.read'])];
      const account = newAccount(['ops'], { email: user.email.toUpperCase(), email_verified: false });
      expect((await comeIn(account, browserOf(app))).status).toBe(409);
      const { email_verified: _, ...untold } = account;
      expect((await comeIn(untold, browserOf(app))).status).toBe(409);
      const linked = await comeIn({ ...account, email_verified: true }, browserOf(app));
      expect([linked.status, linked.body.user.username, linked.body.user.role]).toEqual([200, user.username, 'operator']);
      for (const old of [session, token]) expect((await platform.call(old, 'GET', '/api/v1/auth/me')).status).toBe(401);
      const byPassword = await platform.call(undefined, 'POST', '/api/v1/auth/login', { username: user.username, password: PASSWORD });
      expect(byPassword.status).toBe(401);
    });

    test('is not made when the provider tells no address', async () => {
      const { email: _, ...account } = newAccount(['ops']);
      const refused = await comeIn(account);
      expect([refused.status, refused.body.detail]).toEqual([403, expect.stringContaining('OPSCONDUCTOR_OIDC_SCOPES')]);
    });
  });

  describe('an answer of the provider', () => {
    const callbackOf = async (through: Browser = browser): Promise<URL> => {
      await provider.comes(newAccount(['ops']));
      return new URL((await through.open(START, isCallback)).url);
    };
    const send = async (url: URL, through: Browser = browser): Promise<Answer> => answerOf((await through.open(url.href)).response);
    const sessions = () =>
      selectRow(platform.db, 'SELECT count(*)::int AS n, (SELECT count(*)::int FROM users) AS users FROM user_sessions');

    test('is taken once, in the browser in which the login began, with its state and by its provider', async () => {
      const url = await callbackOf();
      const before = await sessions();
      const wrong = (name: string, value: string): URL => {
        const changed = new URL(url);
        changed.searchParams.set(name, value);
        return changed;
      };
      const elsewhere = browserOf(platform.app);
      await elsewhere.open(START, isCallback);
      const answers = [await send(url, browserOf(platform.app)), await send(url, elsewhere)];
      expect(answers.map(({ status, body }) => [status, body.code])).toEqual(answers.map(() => [401, 'UNAUTHENTICATED']));
      for (const changed of [wrong('state', 'other'), wrong('iss', 'http://127.0.0.1:1'), wrong('code', 'other')])
        expect((await send(changed)).status).toBe(401);
      expect(await sessions()).toEqual(before);
      expect((await send(url)).status).toBe(200);
      expect((await send(url)).status).toBe(401);
    });

    test('that was taken is worth nothing in the hands of whoever has copied the cookie too', async () => {
      const url = await callbackOf();
      const cookie = browser.setCookies.find((header) => header.startsWith('opsconductor_oidc='))?.split(';')[0] ?? '';
      expect((await send(url)).status).toBe(200);
      const replayed = await platform.app.request(url.href.slice(PUBLIC_URL.length), { headers: { cookie } });
      expect([replayed.status, (await answerOf(replayed)).body.detail]).toEqual([401, expect.stringContaining('used before')]);
    });

    test('that is asked for with HEAD, which only looks, is not used up', async () => {
      const url = await callbackOf();
      const cookie = browser.setCookies.find((header) => header.startsWith('opsconductor_oidc='))?.split(';')[0] ?? '';
      const before = await sessions();
      const looked = await platform.app.request(url.href.slice(PUBLIC_URL.length), { method: 'HEAD', headers: { cookie } });
      expect([looked.status, looked.headers.getSetCookie()]).toEqual([401, []]);
      expect(await sessions()).toEqual(before);
      expect((await send(url)).status).toBe(200);
    });

    test('with another nonce, or for another verifier, lets nobody in', async () => {
      const { client } = provider.login();
      const wrong = [{ nonce: 'another' }, { verifier: 'w'.repeat(43) }];
      for (const changed of wrong) {
        const secrets = client.newSecrets();
        await provider.comes(newAccount(['ops']));
        const { url } = await openBrowser().open(await client.authorizationUrl(secrets), isCallback);
        await expect(client.identify(new URL(url).searchParams, { ...secrets, ...changed })).rejects.toMatchObject({
          code: 'UNAUTHENTICATED',
        });
      }
    });

    test('that is signed with a key which the provider does not publish lets nobody in', async () => {
      await provider.publishesItsKeys(false);
      try {
        const refused = await comeIn(newAccount(['ops']), browserOf(appWith(provider.login())));
        expect([refused.status, refused.body.detail]).toEqual([401, expect.stringContaining('not to be trusted')]);
      } finally {
        await provider.publishesItsKeys(true);
      }
      expect((await comeIn(newAccount(['ops']), browserOf(appWith(provider.login())))).status).toBe(200);
    });

    test('that nobody agreed is told as that', async () => {
      const refused = await comeIn(null);
      expect([refused.status, refused.body.detail]).toEqual([401, expect.stringContaining('nobody is there')]);
      const event = (await auditRows(platform)).at(-1);
      expect([event?.event_type, event?.details]).toEqual([
        'user_login_failed',
        { method: 'oidc', issuer: provider.issuer, code: 'UNAUTHENTICATED' },
      ]);
    });

    test('that does not know OpsConductor is the fault of who runs it: 503', async () => {
      const app = appWith(provider.login({ clientSecret: 'not the one' }));
      const refused = await comeIn(newAccount(['ops']), browserOf(app));
      expect([refused.status, refused.body.detail]).toEqual([503, expect.stringContaining('OPSCONDUCTOR_OIDC_CLIENT_SECRET')]);
      expect(JSON.stringify(refused.body)).not.toContain('not the one');
    });
  });

  test('the cookie of a login goes to nobody else, is read by no script, and ends with the login', async () => {
    const entered = await comeIn(newAccount(['ops']));
    // What holds a session is never compressed.
    expect([entered.status, entered.headers.has('vary')]).toEqual([200, false]);
    const [set, removed] = browser.setCookies.filter((header) => header.startsWith('opsconductor_oidc='));
    expect(set).toMatch(/; Max-Age=600; Path=\/api\/v1\/auth\/oidc; HttpOnly; SameSite=Lax$/);
    expect(removed).toMatch(/^opsconductor_oidc=; Max-Age=0; Path=\/api\/v1\/auth\/oidc/);
    const secure = appWith({ ...provider.login(), publicUrl: 'https://ops.example.org' });
    expect((await secure.request('/api/v1/auth/oidc/start')).headers.get('set-cookie')).toContain('; Secure');
  });

  test('while the provider is away people are told so, and log in with passwords', async () => {
    const away = await startOidcProvider(PUBLIC_URL);
    const login = away.login();
    await away.stop();
    const app = appWith(login);
    const answer = await app.request('/api/v1/auth/oidc/start');
    expect([answer.status, (await answerOf(answer)).body.code, answer.headers.get('retry-after')]).toEqual([503, 'UNAVAILABLE', '5']);
    const { username, password } = platform.admin;
    const body = JSON.stringify({ username, password });
    const entered = await app.request('/api/v1/auth/login', { method: 'POST', body, headers: { 'content-type': 'application/json' } });
    expect(entered.status).toBe(200);
  });

  describe('a program of the same machine', () => {
    const arrive = async (account: OidcAccount | null): Promise<URLSearchParams> => {
      await provider.comes(account);
      return new URL((await browserOf(platform.app).open(FOR_PROGRAM, isLoopback)).url).searchParams;
    };

    test('gets a code, never a token, and exchanges it once, with its verifier', async () => {
      const account = newAccount(['ops']);
      const arrived = await arrive(account);
      const code = arrived.get('code');
      expect([[...arrived.keys()].toSorted(), arrived.get('state')]).toEqual([['code', 'state'], 'mine']);
      expect(arrived.toString()).not.toMatch(/ops_s_|ops_t_/);
      expect((await exchange(code, 'w'.repeat(43))).status).toBe(401);
      const both = await Promise.all([exchange(code), exchange(code)]);
      expect(both.map(({ status }) => status).toSorted()).toEqual([200, 401]);
      const entered = both.find(({ status }) => status === 200)?.body;
      expect((await platform.call(entered.token, 'GET', '/api/v1/auth/me')).body.username).toBe(account.preferred_username);
      expect((await exchange(code)).status).toBe(401);
    });

    test('gets nothing where such logins are switched off, and is told so before anybody logs in', async () => {
      const app = appWith(provider.login({ refusesLoopback: true }));
      expect(await (await app.request('/api/v1/auth/oidc')).json()).toMatchObject({ is_enabled: true, refuses_loopback: true });
      const refused = await answerOf((await browserOf(app).open(FOR_PROGRAM)).response);
      expect([refused.status, refused.body.detail]).toEqual([403, expect.stringContaining('OPSCONDUCTOR_OIDC_LOOPBACK')]);
      expect((await comeIn(newAccount(['ops']), browserOf(app))).status).toBe(200);
    });

    test('is told when nobody is let in', async () => {
      const arrived = await arrive(newAccount(['golf']));
      expect([arrived.get('error'), arrived.get('state'), arrived.get('code')]).toEqual(['FORBIDDEN', 'mine', null]);
      expect((await arrive(null)).get('error')).toBe('UNAUTHENTICATED');
    });

    test('is on the same machine, and says how it will show who it is', async () => {
      const refused = [
        `${START}?redirect_uri=${encodeURIComponent('https://evil.example.org/')}&code_challenge=${CHALLENGE}&state=x`,
        `${START}?redirect_uri=${encodeURIComponent('http://127.0.0.1.evil.example.org:80/')}&code_challenge=${CHALLENGE}&state=x`,
        `${START}?redirect_uri=${encodeURIComponent('http://127.0.0.1:80@evil.example.org/')}&code_challenge=${CHALLENGE}&state=x`,
        `${START}?redirect_uri=${encodeURIComponent('http://127.0.0.1/')}&code_challenge=${CHALLENGE}&state=x`,
        `${START}?redirect_uri=${encodeURIComponent(LOOPBACK)}&state=x`,
        `${START}?redirect_uri=${encodeURIComponent(LOOPBACK)}&code_challenge=${CHALLENGE}`,
        `${START}?redirect_uri=${encodeURIComponent(LOOPBACK)}&code_challenge=short&state=x`,
      ];
      for (const url of refused) expect([url, (await browser.open(url)).response?.status]).toEqual([url, 400]);
    });

    test('of an account that was deactivated meanwhile gets nothing', async () => {
      const account = newAccount(['ops']);
      const code = (await arrive(account)).get('code');
      await platform.db.query('UPDATE users SET is_active = false WHERE oidc_subject = $1', { bind: [account.sub] });
      expect((await exchange(code)).status).toBe(403);
    });
  });

  describe('a sealed note', () => {
    const open = (note: string, kind: 'login' | 'code', at: number) =>
      openNote(platform.services.keyRing, kind, note, z.string(), new Date(at), 'refused');

    test('opens until its time, as what it is, and unaltered', () => {
      const note = sealNote(platform.services.keyRing, 'code', 'kept', 60, new Date(0));
      expect(open(note, 'code', 59_999)).toBe('kept');
      expect(() => open(note, 'code', 60_000)).toThrow('refused');
      expect(() => open(note, 'login', 0)).toThrow('refused');
      const [id, nonce, text] = note.split('.');
      for (const altered of [
        '',
        '..',
        `${id}.${nonce}`,
        `${note}.x`,
        `${id}.${nonce}.${text?.slice(0, -2)}`,
        `eA.${nonce}.${text}`,
        'x'.repeat(5_000),
      ])
        expect(() => open(altered, 'code', 0)).toThrow('refused');
    });
  });
});
