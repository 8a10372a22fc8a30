import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { command } from '../support/fleet.ts';
import { startTestPlatform } from '../support/platform.ts';
import type { TestPlatform } from '../support/platform.ts';
import { countRows } from './support/unchanged.ts';

type Wrong = readonly [title: string, body: Record<string, unknown>, path: string, message: RegExp];

const PASSWORD = { credential_type: 'password', username: 'ops', password: 'SECRET-password' };
const COMMUNITY = { credential_type: 'snmp_community', community: 'SECRET-community' };
const USER = { credential_type: 'snmp_v3', username: 'ops', auth_key: 'SECRET-auth', privacy_key: 'SECRET-privacy' };
const KEY = { credential_type: 'ssh_key', username: 'ops', private_key: 'SECRET-key' };

const method = (
  method_type: string,
  credential: object,
  title: string,
  fields: Record<string, unknown>,
  path: string,
  says: RegExp,
): Wrong => [
  `${method_type}: ${title}`,
  { name: 'new', methods: [{ method_type, host: 'new.example.org', credential, ...fields }] },
  `methods.0.${path}`,
  says,
];
const option = (type: string, credential: object, title: string, config: Record<string, unknown>, says: RegExp): Wrong =>
  method(type, credential, title, { config }, `config.${Object.keys(config)[0]}`, says);
const smtp = (title: string, config: Record<string, unknown>, says: RegExp) => option('smtp', PASSWORD, title, config, says);
const snmp = (title: string, config: Record<string, unknown>, says: RegExp) => option('snmp', COMMUNITY, title, config, says);
const telnet = (title: string, config: Record<string, unknown>, says: RegExp) => option('telnet', PASSWORD, title, config, says);

const METHODS: readonly Wrong[] = [
  smtp('an encryption that there is not', { encryption: 'tls' }, /starttls/),
  smtp('a sender that is no address', { from: 'nobody' }, /email/i),
  smtp('a recipient of tests that is no address', { test_recipient: 'a@b@c' }, /email/i),
  smtp('a certificate that is none', { ca_certificate: 'SECRET' }, /PEM/),
  smtp('an empty name of the server', { server_name: '' }, />=1 characters/),
  smtp('a text in place of yes or no', { verify_ssl: 'no' }, /boolean/),
  smtp('an option that there is not', { username: 'ops' }, /is not a field here/),
  method('smtp', COMMUNITY, 'a credential of SNMP', {}, 'credential.credential_type', /SMTP cannot log in with snmp_community/),
  method('smtp', PASSWORD, 'port 0', { port: 0 }, 'port', />=1/),
  snmp('version 4', { version: '4' }, /"3"/),
  snmp('a version that is a number', { version: 2 }, /2c/),
  snmp('eleven repeats', { retries: 11 }, /10/),
  snmp('a timeout of 0 s', { timeout: 0 }, /1/),
  snmp('the community among the options', { community: 'SECRET-community' }, /is a secret and no option: .* snmp_community/),
  smtp('a kind of server', { server_type: 'exchange' }, /host, port and encryption say all/),
  smtp('TLS as others say it', { use_tls: true }, /write encryption/),
  smtp('a greeting that is no name', { domain: 'two words' }, /name of a machine/),
  option('ssh', PASSWORD, 'the algorithm of the key', { key_algorithm: 'rsa' }, /says its algorithm itself/),
  option('winrm', PASSWORD, 'the login as others say it', { auth: 'ntlm' }, /write transport/),
  ...['mysql', 'postgresql', 'mssql', 'redis', 'elasticsearch'].map((type) =>
    option(type, PASSWORD, 'a pool', { connection_pool_size: 5 }, /a branch has one connection of its own/),
  ),
  method('oracle', PASSWORD, 'a pool', { config: { sid: 'X', connection_pool_size: 5 } }, 'config.connection_pool_size', /one connection/),
  option('mssql', PASSWORD, 'an ODBC driver', { driver: 'ODBC Driver 17 for SQL Server' }, /without ODBC/),
  option('elasticsearch', PASSWORD, 'a prefix that is no name', { index_prefix: 'Logs/' }, /beginning of a name of an index/),
  option('snmp', USER, 'a security level that there is not', { security_level: 'priv', version: '3' }, /authPriv/),
  option('snmp', USER, 'an authentication that there is not', { auth_protocol: 'SHA-1', version: '3' }, /SHA-256/),
  option('snmp', USER, 'an encryption that there is not', { privacy_protocol: '3DES', version: '3' }, /AES/),
  method('snmp', PASSWORD, 'a password', {}, 'credential.credential_type', /snmp_community or snmp_v3/),
  method('snmp', USER, 'a user for version 2c', {}, 'credential.credential_type', /version 2c logs in with snmp_community/),
  method(
    'snmp',
    COMMUNITY,
    'a community for version 3',
    { config: { version: '3' } },
    'credential.credential_type',
    /version 3 logs in with snmp_v3/,
  ),
  method('snmp', { ...USER, auth_key: 'SECRET' }, 'a key of six characters', { config: { version: '3' } }, 'credential.auth_key', /8/),
  method(
    'snmp',
    { ...USER, privacy_key: undefined },
    'encryption without its key',
    { config: { version: '3' } },
    'credential.privacy_key',
    /authPriv needs it/,
  ),
  method(
    'snmp',
    { ...USER, auth_key: undefined },
    'a signature without its key',
    { config: { version: '3', security_level: 'authNoPriv' } },
    'credential.auth_key',
    /authNoPriv needs it/,
  ),
  telnet('an encoding that there is not', { encoding: 'utf16' }, /utf-8/),
  telnet('another key than Enter', { newline: '\t' }, /expected one of/),
  telnet('a prompt that is no pattern', { login_prompt: '(login' }, /regular expression/),
  telnet('an empty prompt', { password_prompt: '' }, />=1 characters/),
  telnet('a prompt over 1,000 characters', { prompt: 'x'.repeat(1_001) }, /1000/),
  telnet('a shell that there is not', { shell: 'bash' }, /posix/),
  telnet('the password among the options', { password: 'SECRET' }, /is not a field here/),
  method('telnet', KEY, 'a key of SSH', {}, 'credential.credential_type', /Telnet cannot log in with ssh_key: it takes password/),
  method('telnet', PASSWORD, 'a host with its port', { host: 'switch:23' }, 'host', /DNS name/),
];

const MAIL = { to: ['ann@example.org'], subject: 'done', body: 'Done.' };
const job = (title: string, action: object, path: string, says: RegExp): Wrong => [
  title,
  { name: 'new', actions: [action] },
  `actions.0.${path}`,
  says,
];
const mail = (title: string, parameters: Record<string, unknown>, path: string, says: RegExp): Wrong =>
  job(
    `email: ${title}`,
    { action_type: 'email', action_name: 'tell', action_parameters: { ...MAIL, ...parameters } },
    `action_parameters.${path}`,
    says,
  );
const oid = (text: string, says: RegExp): Wrong =>
  job(`snmp: ${text}`, command(text, { action_config: { method: 'snmp' } }), 'action_parameters.command', says);

const ACTIONS: readonly Wrong[] = [
  mail('nobody gets it', { to: [] }, 'to', /needs a recipient/),
  mail('one recipient that is no list', { to: 'ann@example.org' }, 'to', /array/),
  mail('a recipient that is no address', { to: ['ann'] }, 'to.0', /mail address/),
  mail('a recipient with a line break', { cc: ['ann@example.org\r\nBcc: eve@example.org'] }, 'cc.0', /one line/),
  mail('501 hidden recipients', { bcc: Array.from({ length: 501 }, (_, at) => `u${at}@example.org`) }, 'bcc', /500/),
  mail('a sender that is no address', { from: 'ops' }, 'from', /mail address/),
  mail('no subject', { subject: undefined }, 'subject', /expected string/),
  mail('a subject of two lines', { subject: 'a\nBcc: eve@example.org' }, 'subject', /one line/),
  mail('no text', { body: undefined }, 'body', /expected string/),
  mail('a text with NUL', { body: 'a\u0000b' }, 'body', /NUL/),
  mail('a page that is a number', { html: 4 }, 'html', /string/),
  mail('an attachment without a name', { attachments: [{ filename: '', content: '' }] }, 'attachments.0.filename', />=1 characters/),
  mail(
    'an attachment whose name has two lines',
    { attachments: [{ filename: 'a\nb', content: '' }] },
    'attachments.0.filename',
    /one line/,
  ),
  mail(
    'an attachment without content',
    { attachments: [{ filename: 'a' }] },
    'attachments.0.content',
    /needs one of content, content_base64 and artifact/,
  ),
  mail(
    'an attachment with two contents',
    { attachments: [{ filename: 'a', content: '', content_base64: '' }] },
    'attachments.0.content',
    /needs one of/,
  ),
  mail(
    'an attachment that is no Base64',
    { attachments: [{ filename: 'a', content_base64: '%' }] },
    'attachments.0.content_base64',
    /base64/i,
  ),
  mail(
    'an attachment of no type',
    { attachments: [{ filename: 'a', content: '', content_type: 'text' }] },
    'attachments.0.content_type',
    /text\/csv/,
  ),
  mail('51 attachments', { attachments: Array.from({ length: 51 }, () => ({ filename: 'a', content: '' })) }, 'attachments', /50/),
  mail('a field that there is not', { reply_to: 'ann@example.org' }, 'reply_to', /is not a field here/),
  job(
    'email: over SSH',
    { action_type: 'email', action_name: 'tell', action_parameters: MAIL, action_config: { method: 'ssh' } },
    'action_config.method',
    /SSH cannot do actions of type email/,
  ),
  job(
    'a script over telnet',
    {
      action_type: 'script',
      action_name: 's',
      action_parameters: { scriptType: 'sh', scriptContent: 'true' },
      action_config: { method: 'telnet' },
    },
    'action_config.method',
    /Telnet cannot do actions of type script/,
  ),
  oid('show version', /cannot begin with "show"/),
  oid('get', /the OID is missing/),
  oid('get sysDescr.0', /is not an OID such as/),
  oid('walk 1.3.6 1.3.7', /nothing may follow/),
  oid('set 1.3.6.1.2.1.1.6.0', /the type is missing/),
  oid('set 1.3.6.1.2.1.1.6.0 text x', /one of integer, string/),
  oid('set 1.3.6.1.2.1.1.6.0 string', /the value is missing/),
  oid('set 1.3.6.1.2.1.1.6.0 integer 4294967296', /does not fit the type integer/),
  oid('set 1.3.6.1.2.1.1.6.0 ip 10.0.0.256', /does not fit the type ip/),
];

const PARAMETERS = { api: { url: '/x' }, database: { query: 'SELECT 1' }, email: MAIL };
const IDLE: readonly Wrong[] = (['api', 'database', 'email'] as const).flatMap((type) =>
  Object.entries({ working_directory: '/tmp', environment: { A: 'b' }, expected_exit_codes: [0] }).map(([name, value]) =>
    job(
      `${type}: ${name}`,
      { action_type: type, action_name: 'x', action_parameters: PARAMETERS[type], action_config: { [name]: value } },
      `action_config.${name}`,
      /is for commands and scripts only/,
    ),
  ),
);
const SNMP_OPTIONS: readonly Wrong[] = Object.entries({
  working_directory: '/tmp',
  environment: { A: 'b' },
  expected_exit_codes: [0],
  run_as: 'x',
}).map(([name, value]) =>
  job(
    `snmp: ${name}`,
    command('get 1.3.6.1.2.1.1.1.0', { action_config: { method: 'snmp', [name]: value } }),
    `action_config.${name}`,
    /has no meaning over SNMP/,
  ),
);

describe('wrong definitions of mails, SNMP and telnet', () => {
  let platform: TestPlatform;
  beforeAll(async () => {
    platform = await startTestPlatform({ worker: false });
  });
  afterAll(() => platform[Symbol.asyncDispose]());

  const check = async (url: string, [, body, path, message]: Wrong): Promise<void> => {
    const before = await countRows(platform);
    const answer = await platform.api('POST', url, body);
    expect([answer.status, answer.body.code]).toEqual([400, 'VALIDATION']);
    expect(answer.body.errors).toContainEqual({ path, message: expect.stringMatching(message) });
    expect(JSON.stringify(answer.body)).not.toContain('SECRET');
    expect(await countRows(platform)).toEqual(before);
  };

  test.each(METHODS)('%s', (...wrong) => check('/api/v1/targets', wrong));
  test.each([...ACTIONS, ...IDLE, ...SNMP_OPTIONS])('%s', (...wrong) => check('/api/v1/jobs', wrong));
});
