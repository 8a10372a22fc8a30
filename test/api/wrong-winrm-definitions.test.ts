import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { command } from '../support/fleet.ts';
import { startTestPlatform } from '../support/platform.ts';
import type { TestPlatform } from '../support/platform.ts';
import { countRows } from './support/unchanged.ts';

type Wrong = readonly [title: string, path: string, says: RegExp, body: Record<string, unknown>];

const PASSWORD = { credential_type: 'password', username: 'CORP\\ops', password: 'SECRET-password' };
const KEY = { credential_type: 'ssh_key', username: 'ops', private_key: 'SECRET-key' };

const method = (title: string, path: string, says: RegExp, fields: Record<string, unknown>): Wrong => [
  title,
  `methods.0.${path}`,
  says,
  { name: 'new', os_type: 'windows', methods: [{ method_type: 'winrm', host: 'new.example.org', credential: PASSWORD, ...fields }] },
];
const option = (title: string, config: Record<string, unknown>, says: RegExp): Wrong =>
  method(title, `config.${Object.keys(config)[0]}`, says, { config });

const METHODS: readonly Wrong[] = [
  option('a login that there is not', { transport: 'kerberos' }, /"ntlm"\|"basic"/),
  option('a login in capitals', { transport: 'NTLM' }, /"ntlm"/),
  option('a protocol that there is not', { protocol: 'tcp' }, /"http"\|"https"/),
  option('basic over http', { transport: 'basic' }, /readable.*https.*allow_unencrypted/),
  option('basic over http by name', { transport: 'basic', protocol: 'http' }, /allow_unencrypted/),
  option('a text in place of yes or no for encryption', { allow_unencrypted: 'true' }, /boolean/),
  option('a number in place of yes or no for certificates', { verify_ssl: 0 }, /boolean/),
  option('a certificate that is none', { ca_certificate: 'SECRET' }, /PEM/),
  option('an empty name of the server', { server_name: '' }, />=1 characters/),
  option('a name of the server over 1,000 characters', { server_name: 'x'.repeat(1_001) }, /1000/),
  option('a timeout of 0 s', { timeout: 0 }, />=1/),
  option('a timeout of 301 s', { timeout: 301 }, /<=300/),
  option('a timeout of half a second', { timeout: 0.5 }, /int/),
  option('a timeout in words', { timeout: '30s' }, /number/),
  option('the password among the options', { password: 'SECRET' }, /is not a field here/),
  option('an option of another maker', { read_timeout_sec: 30 }, /is not a field here/),
  method('port 0', 'port', />=1/, { port: 0 }),
  method('port 65536', 'port', /<=65535/, { port: 65_536 }),
  method('a port that is text', 'port', /number/, { port: '5985' }),
  method('a host with its port', 'host', /DNS name/, { host: 'new.example.org:5985' }),
  method('a host that is a URL', 'host', /DNS name/, { host: 'http://new.example.org/wsman' }),
  method('a key of SSH', 'credential.credential_type', /WinRM cannot log in with ssh_key: it takes password/, { credential: KEY }),
  method('a user without a password', 'credential.password', /string/, { credential: { ...PASSWORD, password: undefined } }),
  method('options that are a list', 'config', /object/, { config: [] }),
];

const over = (title: string, path: string, says: RegExp, action: object): Wrong => [
  title,
  `actions.0.${path}`,
  says,
  { name: 'new', actions: [{ action_name: 'a', action_config: { method: 'winrm' }, ...action }] },
];

const ACTIONS: readonly Wrong[] = [
  over('a mail', 'action_config.method', /WinRM cannot do actions of type email/, {
    action_type: 'email',
    action_parameters: { to: ['ann@example.org'], subject: 'done', body: 'Done.' },
  }),
  over('a script of a language that there is not', 'action_parameters.scriptType', /powershell/, {
    action_type: 'script',
    action_parameters: { scriptType: 'vbscript', scriptContent: 'x' },
  }),
  over('a script without text', 'action_parameters.scriptContent', />=1 characters/, {
    action_type: 'script',
    action_parameters: { scriptType: 'powershell', scriptContent: '' },
  }),
  over('an argument with NUL', 'action_parameters.arguments.0', /NUL/, {
    action_type: 'script',
    action_parameters: { scriptType: 'powershell', scriptContent: 'x', arguments: ['a\u0000b'] },
  }),
  over('an empty command', 'action_parameters.command', />=1 characters/, command('')),
];

describe('wrong definitions of WinRM', () => {
  let platform: TestPlatform;
  beforeAll(async () => {
    platform = await startTestPlatform({ worker: false });
  });
  afterAll(() => platform[Symbol.asyncDispose]());

  const check = async (url: string, [, path, message, body]: Wrong): Promise<void> => {
    const before = await countRows(platform);
    const answer = await platform.api('POST', url, body);
    expect([answer.status, answer.body.code]).toEqual([400, 'VALIDATION']);
    expect(answer.body.errors).toContainEqual({ path, message: expect.stringMatching(message) });
    expect(JSON.stringify(answer.body)).not.toContain('SECRET');
    expect(await countRows(platform)).toEqual(before);
  };

  test.each(METHODS)('%s', (...wrong) => check('/api/v1/targets', wrong));
  test.each(ACTIONS)('%s over WinRM', (...wrong) => check('/api/v1/jobs', wrong));

  test.each([
    ['a', 5986, { transport: 'basic' }],
    ['b', 5985, { transport: 'basic', protocol: 'https' }],
    ['c', 5985, { transport: 'basic', allow_unencrypted: true }],
    ['d', 5985, {}],
  ])('host %s, port %i with %j is accepted', async (name, port, config) => {
    const fields = { method_type: 'winrm', host: `${name}.example.org`, credential: PASSWORD, port, config };
    const answer = await platform.api('POST', '/api/v1/targets', { name, os_type: 'windows', methods: [fields] });
    expect(answer.status).toBe(201);
  });
});
