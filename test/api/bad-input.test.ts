import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createKeyPair } from '../../src/embedded/ssh-servers/create-key-pair.ts';
import { command } from '../support/fleet.ts';
import { startTestPlatform } from '../support/platform.ts';
import type { TestPlatform } from '../support/platform.ts';
import { PASSWORD, addApiToken, addSession, addUser } from './support/accounts.ts';
import { addJob, addTarget, jobNamed, methodOf, targetAt } from './support/definitions.ts';
import { encryptedKey } from './support/keys.ts';
import { countRows } from './support/unchanged.ts';

const NUL = 'a\u0000b';
const HALF = 'a\ud800b';

/** What the platform holds before the wrong requests come. */
interface World {
  target: string;
  otherTarget: string;
  offTarget: string;
  job: string;
  jobWithoutTargets: string;
  jobAllOff: string;
  jobWithVariables: string;
  execution: string;
}

interface WrongRequest {
  title: string;
  method?: string;
  path: string | ((world: World) => string);
  body?: unknown;
  headers?: Record<string, string>;
  status?: number;
  code?: string;
  /** Path of one of the problems; undefined: the document names none. */
  field?: string;
}

const post = (
  title: string,
  path: WrongRequest['path'],
  body: unknown,
  field: string | undefined,
  rest: Partial<WrongRequest> = {},
): WrongRequest => ({
  title,
  method: 'POST',
  path,
  body,
  ...(field !== undefined && { field }),
  ...rest,
});
const get = (title: string, path: WrongRequest['path'], field: string | undefined, rest: Partial<WrongRequest> = {}): WrongRequest => ({
  title,
  path,
  ...(field !== undefined && { field }),
  ...rest,
});

const target = (title: string, fields: Record<string, unknown>, field: string, rest: Partial<WrongRequest> = {}) =>
  post(`target: ${title}`, '/api/v1/targets', targetAt('new.example.org', fields), field, rest);
const method = (title: string, fields: Record<string, unknown>, field: string, rest: Partial<WrongRequest> = {}) =>
  target(title, { methods: [methodOf('new.example.org', fields)] }, `methods.0.${field}`, rest);
const key = (title: string, private_key: string, passphrase?: string) =>
  method(
    title,
    { credential: { credential_type: 'ssh_key', username: 'ops', private_key, ...(passphrase !== undefined && { passphrase }) } },
    'credential.private_key',
  );
const job = (title: string, fields: Record<string, unknown>, field: string, rest: Partial<WrongRequest> = {}) =>
  post(`job: ${title}`, '/api/v1/jobs', jobNamed('new', fields), field, rest);
const action = (title: string, fields: Record<string, unknown>, field: string) =>
  job(title, { actions: [command('true', fields)] }, `actions.0.${field}`);
const script = (title: string, parameters: Record<string, unknown>, field: string) =>
  job(
    title,
    {
      actions: [{ action_type: 'script', action_name: 'x', action_parameters: { scriptType: 'sh', scriptContent: 'true', ...parameters } }],
    },
    `actions.0.action_parameters.${field}`,
  );
const variable = (title: string, fields: Record<string, unknown>, field: string) =>
  job(title, { variables: [{ key: 'A', ...fields }] }, `variables.0.${field}`);
const run = (title: string, which: keyof World, body: unknown, field: string | undefined, rest: Partial<WrongRequest> = {}) =>
  post(`run: ${title}`, (world) => `/api/v1/jobs/${world[which]}/executions`, body, field, rest);
const token = (title: string, fields: Record<string, unknown>, field: string, rest: Partial<WrongRequest> = {}) =>
  post(`token: ${title}`, '/api/v1/auth/tokens', { name: 'new', scopes: ['jobs.read'], ...fields }, field, rest);
const password = (title: string, body: unknown, field: string) => post(`password: ${title}`, '/api/v1/auth/password', body, field);

const unprocessable = (code: string) => ({ status: 422, code });
const notFound = { status: 404, code: 'NOT_FOUND' };
const conflict = { status: 409, code: 'CONFLICT' };
const malformed = { status: 400, code: 'MALFORMED_REQUEST' };
const unsupported = { status: 415, code: 'UNSUPPORTED_MEDIA_TYPE' };

/** Raw JSON, for what `JSON.stringify` would not say. */
const raw = (text: string): string => text;
const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);
const targetJson = (extra: string): string => raw(`{"name":"x","methods":[{"method_type":"ssh","host":"new.example.org"}],${extra}}`);
const jobJson = (extra: string): string =>
  raw(`{"name":"x","actions":[{"action_type":"command","action_name":"x","action_parameters":{"command":"true"}}],${extra}}`);
const cursorOf = (text: string): string => Buffer.from(text).toString('base64url');

const TARGETS: readonly WrongRequest[] = [
  target('no method', { methods: [] }, 'methods'),
  target('21 methods', { methods: Array.from({ length: 21 }, (_, index) => methodOf(`h${index}`)) }, 'methods'),
  target('methods that are no list', { methods: 'ssh' }, 'methods'),
  target('no name', { name: undefined }, 'name'),
  target('empty name', { name: '' }, 'name'),
  target('name over 100 characters', { name: 'x'.repeat(101) }, 'name'),
  target('name that is a number', { name: 5 }, 'name'),
  target('NUL in the name', { name: NUL }, 'name'),
  target('half a surrogate pair in the name', { name: HALF }, 'name'),
  target('NUL in the description', { description: NUL }, 'description'),
  target('half a surrogate pair in the description', { description: HALF }, 'description'),
  target('NUL in the location', { location: NUL }, 'location'),
  target('NUL in the data center', { data_center: NUL }, 'data_center'),
  target('NUL in the region', { region: NUL }, 'region'),
  target('NUL in a label', { labels: { a: NUL } }, 'labels.a'),
  target('half a surrogate pair in a label', { labels: { a: HALF } }, 'labels.a'),
  target('unknown device type', { os_type: 'no_such_system' }, 'os_type'),
  target('malformed device type', { os_type: 'No Such' }, 'os_type'),
  target('unknown environment', { environment: 'prod' }, 'environment'),
  target('unknown status', { status: 'off' }, 'status'),
  target('unknown kind', { target_type: 'host' }, 'target_type'),
  target('unknown field', { nmae: 'x' }, 'nmae'),
  target('field that only the server sets', { target_serial: 'T20250001' }, 'target_serial'),
  target('label name in upper case', { labels: { Team: 'a' } }, 'labels.Team'),
  target('empty label name', { labels: { '': 'a' } }, 'labels.'),
  target('label name with a space', { labels: { 'a b': 'a' } }, 'labels.a b'),
  target('label that is a number', { labels: { a: 1 } }, 'labels.a'),
  target('65 labels', { labels: Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`l${index}`, 'x'])) }, 'labels'),
  target('labels that are a list', { labels: ['a'] }, 'labels'),
  post('target: __proto__ among the labels', '/api/v1/targets', targetJson('"labels":{"__proto__":"x"}'), 'labels.__proto__'),
  post('target: __proto__ as a field', '/api/v1/targets', targetJson('"__proto__":{"name":"x"}'), '__proto__'),
  post('target: 10,000 levels', '/api/v1/targets', targetJson(`"labels":${nested(10_000)}`), 'labels.0.0.0.0.0.0.0'),
  method('port 0', { port: 0 }, 'port'),
  method('port 65536', { port: 65_536 }, 'port'),
  method('port -1', { port: -1 }, 'port'),
  method('port 1.5', { port: 1.5 }, 'port'),
  method('port "22x"', { port: '22x' }, 'port'),
  method('port "22"', { port: '22' }, 'port'),
  method('port null', { port: null }, 'port'),
  method('host with a space', { host: 'a b' }, 'host'),
  method('host with a line break inside', { host: 'a\nb' }, 'host'),
  method('host with NUL', { host: NUL }, 'host'),
  method('empty host', { host: '' }, 'host'),
  method('host over 253 characters', { host: `${'a.'.repeat(127)}aa` }, 'host'),
  method('host label over 63 characters', { host: 'a'.repeat(64) }, 'host'),
  method('host with an empty label', { host: 'a..b' }, 'host'),
  method('host that begins with a dash', { host: '-oProxyCommand=x' }, 'host'),
  method('host with a scheme', { host: 'ssh://a' }, 'host'),
  method('host with a port', { host: 'a:22' }, 'host'),
  method('IPv4 address out of range', { host: '10.0.0.256' }, 'host'),
  method('IPv4 address cut short', { host: '10.0.1' }, 'host'),
  method('IPv6 address of dots and colons', { host: '::.:%' }, 'host'),
  method('host that a careless pattern needs years to refuse', { host: `${'a'.repeat(60)}.${'a'.repeat(60)}!` }, 'host'),
  method('protocol that is not supported', { method_type: 'telnet' }, 'method_type'),
  method('method name with NUL', { method_name: NUL }, 'method_name'),
  method('config with an unknown field', { config: { proxy: 'x' } }, 'config.proxy'),
  method('timeout of 0 s', { config: { timeout: 0 } }, 'config.timeout'),
  method('timeout of 301 s', { config: { timeout: 301 } }, 'config.timeout'),
  method('keep-alive of -1 s', { config: { keepalive: -1 } }, 'config.keepalive'),
  method('unknown kind of credential', { credential: { credential_type: 'snmp', username: 'x' } }, 'credential.credential_type'),
  method('credential without a user', { credential: { credential_type: 'password', password: 'x' } }, 'credential.username'),
  method(
    'credential with an empty password',
    { credential: { credential_type: 'password', username: 'x', password: '' } },
    'credential.password',
  ),
  method('NUL in a password', { credential: { credential_type: 'password', username: 'x', password: NUL } }, 'credential.password'),
  method('NUL in a user name', { credential: { credential_type: 'password', username: NUL, password: 'x' } }, 'credential.username'),
  method(
    'password credential with a key',
    { credential: { credential_type: 'password', username: 'x', password: 'x', private_key: 'x' } },
    'credential.private_key',
  ),
  key('private key that is none', 'SECRET-GARBAGE'),
  key('private key cut in half', createKeyPair().privateKey.slice(0, 200)),
  key('private key of other bytes', '-----BEGIN OPENSSH PRIVATE KEY-----\nU0VDUkVULUdBUkJBR0U=\n-----END OPENSSH PRIVATE KEY-----\n'),
  key('public key in place of the private one', createKeyPair().publicKey),
  key('encrypted private key without its passphrase', encryptedKey('right')),
  key('encrypted private key with a wrong passphrase', encryptedKey('right'), 'SECRET-wrong'),
  key('encrypted private key with an empty passphrase', encryptedKey('right'), ''),
  key('private key that asks for four billion rounds', encryptedKey('right', 0xff_ff_ff_ff), 'right'),
  target(
    'method names that repeat',
    { methods: [methodOf('a', { method_name: 'x' }), methodOf('b', { method_name: 'x' })] },
    'methods.1.method_name',
  ),
  target('two primary methods', { methods: [methodOf('a', { is_primary: true }), methodOf('b', { is_primary: true })] }, 'methods'),
  post('target: host and port of another one', '/api/v1/targets', targetAt('taken.example.org'), 'methods', conflict),
  post('target: host of another one in upper case', '/api/v1/targets', targetAt('TAKEN.example.org'), 'methods', conflict),
  {
    title: 'PATCH target: host and port of another one',
    method: 'PATCH',
    path: (w) => `/api/v1/targets/${w.otherTarget}`,
    body: { methods: [methodOf('taken.example.org')] },
    field: 'methods',
    ...conflict,
  },
  {
    title: 'PATCH target: garbage key',
    method: 'PATCH',
    path: (w) => `/api/v1/targets/${w.target}`,
    body: { methods: [methodOf('a', { credential: { credential_type: 'ssh_key', username: 'x', private_key: 'SECRET-x' } })] },
    field: 'methods.0.credential.private_key',
  },
  {
    title: 'PATCH target: no methods left',
    method: 'PATCH',
    path: (w) => `/api/v1/targets/${w.target}`,
    body: { methods: [] },
    field: 'methods',
  },
  { title: 'PATCH target: name null', method: 'PATCH', path: (w) => `/api/v1/targets/${w.target}`, body: { name: null }, field: 'name' },
  { title: 'PATCH target: unknown field', method: 'PATCH', path: (w) => `/api/v1/targets/${w.target}`, body: { id: 1 }, field: 'id' },
  {
    title: 'PATCH target: unknown device type',
    method: 'PATCH',
    path: (w) => `/api/v1/targets/${w.target}`,
    body: { os_type: 'no_such_system' },
    field: 'os_type',
  },
  { title: 'PATCH target: unknown serial', method: 'PATCH', path: '/api/v1/targets/T20259999', body: { name: 'x' }, ...notFound },
  { title: 'DELETE target: unknown serial', method: 'DELETE', path: '/api/v1/targets/T20259999', ...notFound },
  get('target: unknown serial', '/api/v1/targets/T20259999', undefined, notFound),
  get('target: malformed serial', '/api/v1/targets/20259999', 'serial'),
  get('target: serial of a job', '/api/v1/targets/J20250001', 'serial'),
  get('target: serial with NUL', '/api/v1/targets/T2025%00001', 'serial'),
  get('target: serial that tries SQL', "/api/v1/targets/T20250001'%20OR%20'1'='1", 'serial'),
  get('target: serial of digits of another script', '/api/v1/targets/T%D9%A2%D9%A0%D9%A2%D9%A5%D9%A0%D9%A0%D9%A0%D9%A1', 'serial'),
  get('target: serial that is no UTF-8', '/api/v1/targets/%E0%A4%A', 'serial'),
  post('test: unknown target', '/api/v1/targets/T20259999/test', undefined, undefined, notFound),
  post('test: unknown method', (w) => `/api/v1/targets/${w.target}/test?method=none`, undefined, undefined, notFound),
  post('test: NUL in the method', (w) => `/api/v1/targets/${w.target}/test?method=a%00b`, undefined, 'method'),
  post('test: misspelt parameter', (w) => `/api/v1/targets/${w.target}/test?methd=none`, undefined, 'methd'),
  post(
    'test of a method: garbage key',
    '/api/v1/targets/test-method-config',
    { method: methodOf('a', { credential: { credential_type: 'ssh_key', username: 'x', private_key: 'SECRET-x' } }) },
    'method.credential.private_key',
  ),
  post(
    'test of a method: no credential',
    '/api/v1/targets/test-method-config',
    { method: methodOf('a', { credential: undefined }) },
    'method.credential',
  ),
];

const JOBS: readonly WrongRequest[] = [
  job('no action', { actions: [] }, 'actions'),
  job('201 actions', { actions: Array.from({ length: 201 }, () => command('true')) }, 'actions'),
  job('actions left out', { actions: undefined }, 'actions'),
  job('name with NUL', { name: NUL }, 'name'),
  job('name with half a surrogate pair', { name: HALF }, 'name'),
  job('name over 255 characters', { name: 'x'.repeat(256) }, 'name'),
  job('description with NUL', { description: NUL }, 'description'),
  job('priority 0', { priority: 0 }, 'priority'),
  job('priority 11', { priority: 11 }, 'priority'),
  job('priority 1e400', { priority: 1 }, 'priority', { body: jobJson('"priority":1e400') }),
  job('negative retry count', { retry_count: -1 }, 'retry_count'),
  job('timeout of 0 s', { timeout_seconds: 0 }, 'timeout_seconds'),
  job('timeout of more than a week', { timeout_seconds: 604_801 }, 'timeout_seconds'),
  job('timeout beyond every integer', { timeout_seconds: 1e21 }, 'timeout_seconds'),
  job('unknown field', { owner: 'me' }, 'owner'),
  job('unknown setting', { settings: { max: 1 } }, 'settings.max'),
  job('no slots', { settings: { max_concurrent_targets: 0 } }, 'settings.max_concurrent_targets'),
  job('empty list of targets', { targets: [] }, 'targets'),
  job('unknown target', { targets: ['T20259999'] }, 'targets.0'),
  job('malformed target', { targets: ['web1'] }, 'targets.0'),
  job('target that is a number', { targets: [1] }, 'targets.0'),
  job(
    'action keys that repeat',
    { actions: [command('a', { action_key: 'x' }), command('b', { action_key: 'x' })] },
    'actions.1.action_key',
  ),
  job(
    'action key that clashes with a given one',
    { actions: [command('a', { action_key: 'action_2' }), command('b')] },
    'actions.1.action_key',
  ),
  job('variable keys that repeat', { variables: [{ key: 'A' }, { key: 'A' }] }, 'variables.1.key'),
  action('unknown kind', { action_type: 'reboot' }, 'action_type'),
  action('kind that comes later', { action_type: 'file_transfer' }, 'action_type'),
  action('no name', { action_name: '' }, 'action_name'),
  action('NUL in the action name', { action_name: NUL }, 'action_name'),
  action('malformed key', { action_key: 'A-1' }, 'action_key'),
  action('empty command', { action_parameters: { command: '' } }, 'action_parameters.command'),
  action('NUL in the command', { action_parameters: { command: NUL } }, 'action_parameters.command'),
  action('half a surrogate pair in the command', { action_parameters: { command: HALF } }, 'action_parameters.command'),
  action('script fields in a command', { action_parameters: { command: 'x', scriptType: 'sh' } }, 'action_parameters.scriptType'),
  action('negative retry count of an action', { retry_count: -1 }, 'retry_count'),
  action('retry count of 11', { retry_count: 11 }, 'retry_count'),
  action('retry delay of 0', { retry_delay_seconds: 0 }, 'retry_delay_seconds'),
  action('timeout of 86,401 s', { timeout_seconds: 86_401 }, 'timeout_seconds'),
  action('timeout of 0.5 s', { timeout_seconds: 0.5 }, 'timeout_seconds'),
  action('unknown on_failure', { on_failure: 'explode' }, 'on_failure'),
  action('exit code 256', { action_config: { expected_exit_codes: [256] } }, 'action_config.expected_exit_codes.0'),
  action('no exit code', { action_config: { expected_exit_codes: [] } }, 'action_config.expected_exit_codes'),
  action('NUL in the working directory', { action_config: { working_directory: NUL } }, 'action_config.working_directory'),
  action('environment name with =', { action_config: { environment: { 'A=B': 'x' } } }, 'action_config.environment.A=B'),
  action('NUL in the environment', { action_config: { environment: { A: NUL } } }, 'action_config.environment.A'),
  action('environment value that is a number', { action_config: { environment: { A: 1 } } }, 'action_config.environment.A'),
  post(
    'job: __proto__ in the environment',
    '/api/v1/jobs',
    raw(
      '{"name":"x","actions":[{"action_type":"command","action_name":"x","action_parameters":{"command":"true"},"action_config":{"environment":{"__proto__":"x"}}}]}',
    ),
    'actions.0.action_config.environment.__proto__',
  ),
  script('unknown script type', { scriptType: 'perl' }, 'scriptType'),
  script('NUL in a script', { scriptContent: NUL }, 'scriptContent'),
  script('NUL in an argument', { arguments: ['a', NUL] }, 'arguments.1'),
  script('257 arguments', { arguments: Array.from({ length: 257 }, () => 'x') }, 'arguments'),
  variable('lower case key', { key: 'path' }, 'key'),
  variable('unknown type', { type: 'date' }, 'type'),
  variable('text for a number', { type: 'number', value: '1' }, 'value'),
  variable('number for a text', { type: 'string', value: 1 }, 'value'),
  variable('text for a boolean', { type: 'boolean', value: 'true' }, 'value'),
  variable('NUL in a value', { value: NUL }, 'value'),
  variable('NUL in nested JSON', { type: 'json', value: { a: [{ b: NUL }] } }, 'value.a.0.b'),
  variable('half a surrogate pair in nested JSON', { type: 'json', value: { a: [{ b: HALF }] } }, 'value.a.0.b'),
  variable('half a surrogate pair in a nested key', { type: 'json', value: { [HALF]: 1 } }, 'value.a\ufffdb'),
  variable('integer that JSON rounds', { type: 'number', value: 9_007_199_254_740_992 }, 'value'),
  variable('NUL in the description', { description: NUL }, 'description'),
  post(
    'job: number beyond all numbers in nested JSON',
    '/api/v1/jobs',
    jobJson('"variables":[{"key":"A","type":"json","value":{"a":[1e999]}}]'),
    'variables.0.value.a.0',
  ),
  post(
    'job: __proto__ in a variable',
    '/api/v1/jobs',
    jobJson('"variables":[{"key":"A","type":"json","value":{"a":{"__proto__":1}}}]'),
    'variables.0.value.a.__proto__',
  ),
  post(
    'job: variable of 10,000 levels',
    '/api/v1/jobs',
    jobJson(`"variables":[{"key":"A","type":"json","value":${nested(10_000)}}]`),
    'variables.0.value.0.0.0.0.0',
  ),
  { title: 'PUT job: no action', method: 'PUT', path: (w) => `/api/v1/jobs/${w.job}`, body: { name: 'x', actions: [] }, field: 'actions' },
  {
    title: 'PUT job: unknown target',
    method: 'PUT',
    path: (w) => `/api/v1/jobs/${w.job}`,
    body: jobNamed('x', { targets: ['T20259999'] }),
    field: 'targets.0',
  },
  { title: 'PUT job: unknown serial', method: 'PUT', path: '/api/v1/jobs/J20259999', body: jobNamed('x'), ...notFound },
  { title: 'DELETE job: unknown serial', method: 'DELETE', path: '/api/v1/jobs/J20259999', ...notFound },
  { title: 'DELETE job: with a run that has not ended', method: 'DELETE', path: (w) => `/api/v1/jobs/${w.job}`, ...conflict },
  get('job: unknown serial', '/api/v1/jobs/J20259999', undefined, notFound),
  get('job: malformed serial', '/api/v1/jobs/J2025', 'serial'),
  get('job: unknown version', (w) => `/api/v1/jobs/${w.job}?version=99`, undefined, notFound),
  get('job: version 0', (w) => `/api/v1/jobs/${w.job}?version=0`, 'version'),
  get('job: version x', (w) => `/api/v1/jobs/${w.job}?version=x`, 'version'),
];

const RUNS: readonly WrongRequest[] = [
  run('job without targets', 'jobWithoutTargets', {}, undefined, unprocessable('NO_TARGETS')),
  run('targets that are all off', 'jobAllOff', {}, undefined, unprocessable('TARGET_NOT_ACTIVE')),
  post(
    'run: a target that is off',
    (w) => `/api/v1/jobs/${w.jobAllOff}/executions`,
    (w: World) => ({ targets: [w.offTarget] }),
    'targets.0',
    unprocessable('TARGET_NOT_ACTIVE'),
  ),
  post(
    'run: a target that is not of the job',
    (w) => `/api/v1/jobs/${w.job}/executions`,
    (w: World) => ({ targets: [w.otherTarget] }),
    'targets.0',
  ),
  run('unknown target', 'job', { targets: ['T20259999'] }, 'targets.0'),
  run('empty list of targets', 'job', { targets: [] }, 'targets'),
  run('unknown variable', 'jobWithVariables', { variables: { MUST: 'x', OTHER: 'x' } }, 'variables.OTHER'),
  run('variable of a wrong type', 'jobWithVariables', { variables: { MUST: 'x', COUNT: 'three' } }, 'variables.COUNT'),
  run('required variable missing', 'jobWithVariables', {}, 'variables.MUST', unprocessable('VARIABLE_MISSING')),
  run('required variable null', 'jobWithVariables', { variables: { MUST: null } }, 'variables.MUST', unprocessable('VARIABLE_MISSING')),
  run('NUL in a variable', 'jobWithVariables', { variables: { MUST: NUL } }, 'variables.MUST'),
  run('NUL in nested JSON', 'jobWithVariables', { variables: { MUST: 'x', DATA: { a: [NUL] } } }, 'variables.DATA.a.0'),
  run('half a surrogate pair', 'jobWithVariables', { variables: { MUST: HALF } }, 'variables.MUST'),
  run('__proto__ as a variable', 'jobWithVariables', raw('{"variables":{"MUST":"x","__proto__":"x"}}'), 'variables.__proto__'),
  run('variable that every object has', 'jobWithVariables', { variables: { MUST: 'x', constructor: 'x' } }, 'variables.constructor'),
  run(
    'variables of 10,000 levels',
    'jobWithVariables',
    raw(`{"variables":{"MUST":"x","DATA":${nested(10_000)}}}`),
    'variables.DATA.0.0.0.0.0.0',
  ),
  run('variables that are a list', 'jobWithVariables', { variables: ['x'] }, 'variables'),
  run('201 slots', 'job', { max_concurrent_targets: 201 }, 'max_concurrent_targets'),
  run('unknown field', 'job', { target: 'x' }, 'target'),
  post('run: unknown job', '/api/v1/jobs/J20259999/executions', {}, undefined, notFound),
  post('cancel: unknown run', '/api/v1/executions/J20259999.0001/cancel', undefined, undefined, notFound),
  post('cancel: malformed serial', '/api/v1/executions/J20259999/cancel', undefined, 'serial'),
  get('run: unknown serial', '/api/v1/executions/J20259999.0001', undefined, notFound),
  get('run: malformed serial', '/api/v1/executions/J20259999.1', 'serial'),
  ...['branches', 'results', 'logs', 'events'].map((part) =>
    get(`${part} of an unknown run`, `/api/v1/executions/J20259999.0001/${part}`, undefined, notFound),
  ),
  ...[
    'x',
    '0',
    '2026-13-01T00:00:00.000Z',
    '0000-01-01T00:00:00Z',
    '+275760-09-13T00:00:00.000Z',
    'infinity',
    '2026-01-01',
    "2026-01-01T00:00:00Z' OR 1",
  ].map((id) =>
    get(`Last-Event-ID ${id}`, (w) => `/api/v1/executions/${w.execution}/events`, 'Last-Event-ID', { headers: { 'last-event-id': id } }),
  ),
  get('Last-Event-ID of 100 characters', (w) => `/api/v1/executions/${w.execution}/events`, 'last-event-id', {
    headers: { 'last-event-id': '1'.repeat(100) },
  }),
];

const LISTS: readonly WrongRequest[] = [
  ...['targets', 'jobs', 'executions'].flatMap((list) => [
    ...['0', '501', '-1', 'abc', '1.5', '', '1&limit=2', '1e400'].map((limit) =>
      get(`${list}: limit=${limit}`, `/api/v1/${list}?limit=${limit}`, 'limit'),
    ),
    ...['x', '%00', cursorOf('i-1'), cursorOf('i1x'), cursorOf(`i${'9'.repeat(30)}`), cursorOf('t1'), 'x'.repeat(201)].map((cursor) =>
      get(`${list}: cursor ${cursor.slice(0, 30)}`, `/api/v1/${list}?cursor=${cursor}`, 'cursor'),
    ),
    get(`${list}: unknown status`, `/api/v1/${list}?status=on`, 'status'),
    get(`${list}: misspelt filter`, `/api/v1/${list}?stauts=active`, 'stauts'),
  ]),
  get('targets: NUL in the search', '/api/v1/targets?search=a%00b', 'search'),
  get('targets: NUL in the host', '/api/v1/targets?host=a%00b', 'host'),
  get('targets: NUL in the device type', '/api/v1/targets?os_type=a%00b', 'os_type'),
  get('jobs: NUL in the search', '/api/v1/jobs?search=a%00b', 'search'),
  get('jobs: search over 255 characters', `/api/v1/jobs?search=${'x'.repeat(256)}`, 'search'),
  get('executions: NUL in the job', '/api/v1/executions?job=a%00b', 'job'),
  ...[
    ['branches', 'target'],
    ['results', 'target'],
    ['results', 'branch'],
    ['logs', 'target'],
    ['logs', 'branch'],
  ].map(([part = '', field = '']) =>
    get(`${part}: NUL in ${field}`, (w) => `/api/v1/executions/${w.execution}/${part}?${field}=a%00b`, field),
  ),
  get('results: action 0', (w) => `/api/v1/executions/${w.execution}/results?action_order=0`, 'action_order'),
  get('logs: 5,001 lines', (w) => `/api/v1/executions/${w.execution}/logs?limit=5001`, 'limit'),
  get('logs: unknown stream', (w) => `/api/v1/executions/${w.execution}/logs?stream=stdin`, 'stream'),
];

const ACCOUNTS: readonly WrongRequest[] = [
  token('unknown scope', { scopes: ['root'] }, 'scopes.0'),
  token('scope that every object has', { scopes: ['constructor'] }, 'scopes.0'),
  token('scope of a megabyte', { scopes: ['x'.repeat(101)] }, 'scopes.0'),
  token('no scope', { scopes: [] }, 'scopes'),
  token('name taken', { name: 'taken' }, 'name', conflict),
  token('empty name', { name: '' }, 'name'),
  token('NUL in the name', { name: NUL }, 'name'),
  token('end that is no time', { expires_at: 'tomorrow' }, 'expires_at'),
  token('end that is no day', { expires_at: '2099-02-30T00:00:00Z' }, 'expires_at'),
  token('end that has passed', { expires_at: '2020-01-01T00:00:00Z' }, 'expires_at'),
  {
    title: 'token: revoking an unknown one',
    method: 'DELETE',
    path: '/api/v1/auth/tokens/00000000-0000-4000-8000-000000000000',
    ...notFound,
  },
  { title: 'token: revoking by a malformed id', method: 'DELETE', path: '/api/v1/auth/tokens/1', field: 'uuid' },
  password('too short', { current_password: PASSWORD, new_password: 'short' }, 'new_password'),
  password('shorter than the setting', { current_password: PASSWORD, new_password: '12345678901' }, 'new_password'),
  password('current one wrong', { current_password: 'wrong', new_password: 'another long password' }, 'current_password'),
  password('the current one again', { current_password: PASSWORD, new_password: PASSWORD }, 'new_password'),
  password('NUL in the new one', { current_password: PASSWORD, new_password: `${NUL}${'x'.repeat(20)}` }, 'new_password'),
  password('over 4,096 characters', { current_password: PASSWORD, new_password: 'x'.repeat(4_097) }, 'new_password'),
  post('login: no password', '/api/v1/auth/login', { username: 'admin' }, 'password'),
  post('login: NUL in the name', '/api/v1/auth/login', { username: NUL, password: 'x' }, 'username'),
  post('login: unknown field', '/api/v1/auth/login', { username: 'admin', password: 'x', role: 'admin' }, 'role'),
];

const JSON_TYPE = { 'content-type': 'application/json' };

const HTTP: readonly WrongRequest[] = [
  post('malformed JSON', '/api/v1/targets', '{"name":', undefined, malformed),
  post('JSON with a comment', '/api/v1/targets', '{} // x', undefined, malformed),
  post('NaN', '/api/v1/targets', '{"name":NaN}', undefined, malformed),
  post('empty JSON body', '/api/v1/targets', '', undefined, malformed),
  post('a list for an object', '/api/v1/targets', '[]', ''),
  post('null for an object', '/api/v1/targets', 'null', ''),
  post('text for an object', '/api/v1/jobs', '"x"', ''),
  post('no body', '/api/v1/targets', undefined, 'name'),
  post('10,000 levels', '/api/v1/targets', nested(10_000), '0.0.0.0.0.0.0.0'),
  post(
    '100,000 unknown fields',
    '/api/v1/targets',
    Object.fromEntries(Array.from({ length: 50_000 }, (_, index) => [`f${index}`, 1])),
    'f0',
  ),
  ...[
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/xml',
    'application/jsonp',
    'json',
    '',
  ].map((type) =>
    post(`content type "${type}"`, '/api/v1/targets', '{"name":"x"}', undefined, { headers: { 'content-type': type }, ...unsupported }),
  ),
  ...['with space', 'umlaut-\u00e4', '\u007f', 'x'.repeat(201), ''].map((value) =>
    post(`Idempotency-Key ${JSON.stringify(value.slice(0, 12))} (${value.length})`, '/api/v1/jobs', jobNamed('keyed'), 'Idempotency-Key', {
      headers: { 'idempotency-key': value },
    }),
  ),
  post('Idempotency-Key on a path of 3,000 characters', `/api/v1/jobs/${'x'.repeat(3_000)}/executions`, {}, 'serial', {
    headers: { 'idempotency-key': 'long-path' },
  }),
  post('Idempotency-Key on a path with NUL', '/api/v1/jobs/J2025%00/executions', {}, 'serial', {
    headers: { 'idempotency-key': 'nul-path' },
  }),
  get('unknown path', '/api/v1/nothing', undefined, notFound),
  get('unknown version of the API', '/api/v2/jobs', undefined, notFound),
  get('path with a slash too many', '/api/v1/jobs/', undefined, notFound),
  get('path that climbs', '/api/v1/targets/..%2f..%2fetc%2fpasswd', 'serial'),
  get('page of the docs that every object has', '/docs/constructor', undefined, notFound),
  get('page of the docs that climbs', '/docs/..%2Fpackage.json', undefined, notFound),
  { title: 'PUT on a list', method: 'PUT', path: '/api/v1/targets', body: {}, ...notFound },
  { title: 'DELETE on a list', method: 'DELETE', path: '/api/v1/jobs', ...notFound },
  { title: 'PROPFIND', method: 'PROPFIND', path: '/api/v1/jobs', ...notFound },
  { title: 'OPTIONS', method: 'OPTIONS', path: '/api/v1/jobs', ...notFound },
];

describe('wrong requests', () => {
  let platform: TestPlatform;
  let world: World;
  /** An operator who may have everything that is tried here, with a password that is known. */
  let operator: string;

  beforeAll(async () => {
    platform = await startTestPlatform({ worker: false });
    const user = await addUser('operator');
    operator = await addSession(user);
    const target = await addTarget(platform, 'taken.example.org');
    const otherTarget = await addTarget(platform, 'other.example.org');
    const offTarget = await addTarget(platform, 'off.example.org', { status: 'maintenance' });
    const job = await addJob(platform, 'job', { targets: [target] });
    const variables = [
      { key: 'MUST', is_required: true },
      { key: 'COUNT', type: 'number', value: 3 },
      { key: 'DATA', type: 'json' },
    ];
    const started = await platform.api('POST', `/api/v1/jobs/${job}/executions`, {});
    world = {
      target,
      otherTarget,
      offTarget,
      job,
      jobWithoutTargets: await addJob(platform, 'no targets'),
      jobAllOff: await addJob(platform, 'all off', { targets: [offTarget] }),
      jobWithVariables: await addJob(platform, 'variables', { targets: [target], variables }),
      execution: started.body.execution_serial,
    };
    await platform.call(operator, 'POST', '/api/v1/auth/tokens', { name: 'taken', scopes: ['jobs.read'] });
  });
  afterAll(() => platform[Symbol.asyncDispose]());

  const all = [...TARGETS, ...JOBS, ...RUNS, ...LISTS, ...ACCOUNTS, ...HTTP];

  test.each(all)('$title', async ({ method = 'GET', path, body, headers = {}, status = 400, code = 'VALIDATION', field }) => {
    const before = await countRows(platform);
    const sent = typeof body === 'function' ? body(world) : body;
    const answer = await platform.call(operator, method, typeof path === 'string' ? path : path(world), sent, headers);
    expect([answer.status, answer.body.code, answer.headers.get('content-type')]).toEqual([status, code, 'application/problem+json']);
    expect(answer.body).toEqual({
      type: `urn:opsconductor:problem:${code}`,
      title: expect.any(String),
      status,
      code,
      detail: expect.stringMatching(/./),
      instance: expect.stringMatching(/^urn:opsconductor:request:/),
      ...(field !== undefined && { errors: expect.any(Array) }),
    });
    if (field !== undefined) expect(answer.body.errors.map((error: { path: string }) => error.path)).toContain(field);
    expect(JSON.stringify(answer.body).length).toBeLessThan(5_000);
    expect(JSON.stringify(answer.body)).not.toMatch(/SECRET|PRIVATE KEY|hunter2|correct horse/);
    expect(await countRows(platform)).toEqual(before);
  });

  test('a body over 1 MB is refused, with and without its length', async () => {
    const before = await countRows(platform);
    const bytes = new TextEncoder().encode(JSON.stringify(jobNamed('x', { description: 'x'.repeat(1_048_576) })));
    const headers = { ...JSON_TYPE, authorization: `Bearer ${operator}`, 'idempotency-key': 'too-large' };
    const stated = await platform.app.request('/api/v1/jobs', {
      method: 'POST',
      headers: { ...headers, 'content-length': String(bytes.length) },
      body: bytes,
    });
    const body = new Blob([bytes]).stream();
    const streamed = await platform.app.request('/api/v1/jobs', { method: 'POST', headers, body, duplex: 'half' } as RequestInit);
    for (const response of [stated, streamed]) {
      expect(response.status).toBe(413);
      expect(await response.json()).toMatchObject({ code: 'PAYLOAD_TOO_LARGE', status: 413 });
    }
    expect(await countRows(platform)).toEqual(before);
  });

  test('a body of exactly 1 MB is read', async () => {
    const text = JSON.stringify(jobNamed('x', { description: '' }));
    const body = text.replace('"description":""', `"description":"${'x'.repeat(1_048_576 - text.length)}"`);
    expect(body.length).toBe(1_048_576);
    const { status, body: answer } = await platform.call(operator, 'POST', '/api/v1/jobs', body);
    expect([status, answer.errors[0].path]).toEqual([400, 'description']);
  });

  test('a body that is not UTF-8 is refused, not repaired', async () => {
    const body = Buffer.concat([Buffer.from('{"name":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}')]);
    const response = await platform.app.request('/api/v1/jobs', {
      method: 'POST',
      headers: { ...JSON_TYPE, authorization: `Bearer ${operator}` },
      body,
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: 'MALFORMED_REQUEST' });
  });

  test('a token cannot get a scope that its maker lacks', async () => {
    const scoped = await addApiToken(await addUser('admin'), ['tokens.own', 'jobs.read']);
    for (const [who, scope] of [
      [operator, 'users.write'],
      [scoped, 'jobs.write'],
    ]) {
      const { status, body } = await platform.call(who, 'POST', '/api/v1/auth/tokens', { name: 'more', scopes: ['jobs.read', scope] });
      expect([status, body.errors]).toEqual([400, [{ path: 'scopes.1', message: `you lack ${scope} yourself` }]]);
    }
  });

  test('nobody revokes a token of another', async () => {
    const made = await platform.api('POST', '/api/v1/auth/tokens', { name: 'of admin', scopes: ['jobs.read'] });
    expect((await platform.call(operator, 'DELETE', `/api/v1/auth/tokens/${made.body.token_uuid}`)).status).toBe(404);
    expect((await platform.call(made.body.token, 'GET', '/api/v1/jobs')).status).toBe(200);
  });

  test.each([
    '::1',
    'fe80::1%eth0',
    '2001:db8::2:1',
    '::ffff:10.1.2.3',
    '10.9.8.7',
    'under_score.example.org',
    'a',
    'xn--bcher-kva.example',
    'ends.in.dot.',
    '  Padded.Example.org ',
  ])('the host %j is accepted', async (host) => {
    const { status, body } = await platform.call(operator, 'POST', '/api/v1/targets', targetAt(host));
    expect([status, body.methods?.[0].host]).toEqual([201, host.trim().toLowerCase()]);
  });

  test('text that only looks like an escaped NUL is kept', async () => {
    const value = { path: String.raw`C:\u0000` };
    const { status, body } = await platform.call(
      operator,
      'POST',
      '/api/v1/jobs',
      jobNamed('escaped', { variables: [{ key: 'A', type: 'json', value }] }),
    );
    expect([status, body.variables?.[0].value]).toEqual([201, value]);
  });

  test('a caller with a link-local address can log in', async () => {
    const socket = { remoteAddress: 'fe80::1%eth0', remotePort: 1, remoteFamily: 'IPv6' };
    const body = JSON.stringify(platform.admin);
    const response = await platform.app.request(
      '/api/v1/auth/login',
      { method: 'POST', headers: JSON_TYPE, body },
      { incoming: { socket } },
    );
    expect(response.status).toBe(200);
  });
});
