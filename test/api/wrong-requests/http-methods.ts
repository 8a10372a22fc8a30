import { job, method } from './wrong-request.ts';
import type { WrongRequest } from './wrong-request.ts';

const of = (type: string) => (title: string, fields: Record<string, unknown>, field: string, says: RegExp) =>
  method(`${type}: ${title}`, { method_type: type, credential: undefined, ...fields }, field, { says });
const rest = of('rest_api');
const redis = of('redis');
const mongodb = of('mongodb');
const elastic = of('elasticsearch');

const api = (title: string, parameters: Record<string, unknown>, field: string, says: RegExp) =>
  job(
    `api action: ${title}`,
    { actions: [{ action_type: 'api', action_name: 'x', action_parameters: { url: '/x', ...parameters } }] },
    `actions.0.action_parameters.${field}`,
    { says },
  );

/** Definitions of the methods over HTTP, Redis and MongoDB, and of api actions. */
export const HTTP_METHODS: readonly WrongRequest[] = [
  rest('unknown protocol', { config: { protocol: 'ftp' } }, 'config.protocol', /expected one of "http"\|"https"/),
  rest('protocol in upper case', { config: { protocol: 'HTTPS' } }, 'config.protocol', /expected one of "http"\|"https"/),
  rest('base path without /', { config: { base_path: 'api' } }, 'config.base_path', /must begin with \//),
  rest('base path that is a number', { config: { base_path: 1 } }, 'config.base_path', /expected string, received number/),
  rest('verify_ssl as text', { config: { verify_ssl: 'no' } }, 'config.verify_ssl', /expected boolean, received string/),
  rest('certificate that is none', { config: { ca_certificate: 'x' } }, 'config.ca_certificate', /must be certificates in PEM form/),
  rest('empty server name', { config: { server_name: '' } }, 'config.server_name', />=1 characters/),
  rest('timeout of 0 s', { config: { timeout: 0 } }, 'config.timeout', /expected number to be >=1/),
  rest('option of another method', { config: { database: 1 } }, 'config.database', /is not a field here/),
  rest(
    'credential of another method',
    { credential: { credential_type: 'ssh_key', username: 'x', private_key: 'x' } },
    'credential.credential_type',
    /REST API cannot log in with ssh_key: it takes api_key or api_token or password or client_certificate/,
  ),
  rest('API key without a key', { credential: { credential_type: 'api_key' } }, 'credential.key', /expected string, received undefined/),
  rest(
    'API key whose header is no name',
    { credential: { credential_type: 'api_key', header: 'X: a', key: 'k' } },
    'credential.header',
    /a header name is letters, digits and -/,
  ),
  rest('token that is empty', { credential: { credential_type: 'api_token', token: '' } }, 'credential.token', />=1 characters/),
  rest(
    'password without a user',
    { credential: { credential_type: 'password', password: 'hunter2' } },
    'credential.username',
    /expected string, received undefined/,
  ),
  redis('database 16', { config: { database: 16 } }, 'config.database', /expected number to be <=15/),
  redis('database -1', { config: { database: -1 } }, 'config.database', /expected number to be >=0/),
  redis('database as text', { config: { database: '0' } }, 'config.database', /expected number, received string/),
  redis('ssl as text', { config: { ssl: 'yes' } }, 'config.ssl', /expected boolean, received string/),
  redis('certificate that is none', { config: { ca_certificate: 'x' } }, 'config.ca_certificate', /must be certificates in PEM form/),
  redis(
    'token as credential',
    { credential: { credential_type: 'api_token', token: 'x' } },
    'credential.credential_type',
    /Redis cannot log in with api_token: it takes password/,
  ),
  mongodb('empty database', { config: { database: '' } }, 'config.database', />=1 characters/),
  mongodb('empty auth_source', { config: { auth_source: '' } }, 'config.auth_source', />=1 characters/),
  mongodb('empty replica set', { config: { replica_set: '' } }, 'config.replica_set', />=1 characters/),
  mongodb('pool of 0', { config: { connection_pool_size: 0 } }, 'config.connection_pool_size', /expected number to be >=1/),
  mongodb('pool of 101', { config: { connection_pool_size: 101 } }, 'config.connection_pool_size', /expected number to be <=100/),
  mongodb(
    'API key as credential',
    { credential: { credential_type: 'api_key', key: 'x' } },
    'credential.credential_type',
    /MongoDB cannot log in with api_key: it takes password/,
  ),
  elastic('ssl as a number', { config: { ssl: 1 } }, 'config.ssl', /expected boolean, received number/),
  elastic('verify_certs as text', { config: { verify_certs: 'true' } }, 'config.verify_certs', /expected boolean, received string/),
  elastic('unknown option', { config: { cluster: 'x' } }, 'config.cluster', /is not a field here/),
  elastic(
    'community as credential',
    { credential: { credential_type: 'snmp_community', community: 'x' } },
    'credential.credential_type',
    /Elasticsearch cannot log in with snmp_community: it takes password or api_key/,
  ),
  api('no url', { url: undefined }, 'url', /expected string, received undefined/),
  api('empty url', { url: '' }, 'url', /must be a URL, or a path that begins with/),
  api('url without scheme', { url: 'example.org/x' }, 'url', /must be a URL, or a path that begins with/),
  api('url of another scheme', { url: 'file:///etc/passwd' }, 'url', /must be a URL, or a path that begins with/),
  api('url over 8,192 characters', { url: `/${'x'.repeat(8_192)}` }, 'url', /<=8192 characters/),
  api('unknown HTTP method', { method: 'TRACE' }, 'method', /expected one of "GET"/),
  api('HTTP method in lower case', { method: 'get' }, 'method', /expected one of "GET"/),
  api('header whose name has a space', { headers: { 'X A': 'x' } }, 'headers.X A', /is not the name of a header/),
  api('header with a line break', { headers: { 'X-A': 'a\r\nX-B: b' } }, 'headers.X-A', /a header is one line/),
  api('header that is a number', { headers: { 'X-A': 1 } }, 'headers.X-A', /expected string, received number/),
  api('headers that are a list', { headers: ['X-A: x'] }, 'headers', /expected record, received array/),
  api('body that is a number', { body: 5 }, 'body', /must be a text, or an object or list that is sent as JSON/),
  api('body over 512 KiB', { body: 'x'.repeat(524_289) }, 'body', /<=524288 characters/),
  api('no expected status', { expectedStatusCodes: [] }, 'expectedStatusCodes', /array to have >=1 items/),
  api('status 99', { expectedStatusCodes: [99] }, 'expectedStatusCodes.0', /expected number to be >=100/),
  api('status 600', { expectedStatusCodes: [200, 600] }, 'expectedStatusCodes.1', /expected number to be <=599/),
  api('status as text', { expectedStatusCodes: ['200'] }, 'expectedStatusCodes.0', /expected number, received string/),
  api('unknown parameter', { verify: false }, 'verify', /is not a field here/),
];
