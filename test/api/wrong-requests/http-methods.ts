import { job, method } from './wrong-request.ts';
import type { WrongRequest } from './wrong-request.ts';

const of = (type: string) => (title: string, fields: Record<string, unknown>, field: string) =>
  method(`${type}: ${title}`, { method_type: type, credential: undefined, ...fields }, field);
const rest = of('rest_api');
const redis = of('redis');
const mongodb = of('mongodb');
const elastic = of('elasticsearch');

const api = (title: string, parameters: Record<string, unknown>, field: string) =>
  job(
    `api action: ${title}`,
    { actions: [{ action_type: 'api', action_name: 'x', action_parameters: { url: '/x', ...parameters } }] },
    `actions.0.action_parameters.${field}`,
  );

/** Definitions of the methods over HTTP, Redis and MongoDB, and of api actions. */
export const HTTP_METHODS: readonly WrongRequest[] = [
  rest('unknown protocol', { config: { protocol: 'ftp' } }, 'config.protocol'),
  rest('protocol in upper case', { config: { protocol: 'HTTPS' } }, 'config.protocol'),
  rest('base path without /', { config: { base_path: 'api' } }, 'config.base_path'),
  rest('base path that is a number', { config: { base_path: 1 } }, 'config.base_path'),
  rest('verify_ssl as text', { config: { verify_ssl: 'no' } }, 'config.verify_ssl'),
  rest('certificate that is none', { config: { ca_certificate: 'x' } }, 'config.ca_certificate'),
  rest('empty server name', { config: { server_name: '' } }, 'config.server_name'),
  rest('timeout of 0 s', { config: { timeout: 0 } }, 'config.timeout'),
  rest('option of another method', { config: { database: 1 } }, 'config.database'),
  rest(
    'credential of another method',
    { credential: { credential_type: 'ssh_key', username: 'x', private_key: 'x' } },
    'credential.credential_type',
  ),
  rest('API key without a key', { credential: { credential_type: 'api_key' } }, 'credential.key'),
  rest('API key whose header is no name', { credential: { credential_type: 'api_key', header: 'X: a', key: 'k' } }, 'credential.header'),
  rest('token that is empty', { credential: { credential_type: 'api_token', token: '' } }, 'credential.token'),
  rest('password without a user', { credential: { credential_type: 'password', password: 'hunter2' } }, 'credential.username'),
  redis('database 16', { config: { database: 16 } }, 'config.database'),
  redis('database -1', { config: { database: -1 } }, 'config.database'),
  redis('database as text', { config: { database: '0' } }, 'config.database'),
  redis('ssl as text', { config: { ssl: 'yes' } }, 'config.ssl'),
  redis('certificate that is none', { config: { ca_certificate: 'x' } }, 'config.ca_certificate'),
  redis('token as credential', { credential: { credential_type: 'api_token', token: 'x' } }, 'credential.credential_type'),
  mongodb('empty database', { config: { database: '' } }, 'config.database'),
  mongodb('empty auth_source', { config: { auth_source: '' } }, 'config.auth_source'),
  mongodb('empty replica set', { config: { replica_set: '' } }, 'config.replica_set'),
  mongodb('pool of 0', { config: { connection_pool_size: 0 } }, 'config.connection_pool_size'),
  mongodb('pool of 101', { config: { connection_pool_size: 101 } }, 'config.connection_pool_size'),
  mongodb('API key as credential', { credential: { credential_type: 'api_key', key: 'x' } }, 'credential.credential_type'),
  elastic('ssl as a number', { config: { ssl: 1 } }, 'config.ssl'),
  elastic('verify_certs as text', { config: { verify_certs: 'true' } }, 'config.verify_certs'),
  elastic('unknown option', { config: { cluster: 'x' } }, 'config.cluster'),
  elastic('community as credential', { credential: { credential_type: 'snmp_community', community: 'x' } }, 'credential.credential_type'),
  api('no url', { url: undefined }, 'url'),
  api('empty url', { url: '' }, 'url'),
  api('url without scheme', { url: 'example.org/x' }, 'url'),
  api('url of another scheme', { url: 'file:///etc/passwd' }, 'url'),
  api('url over 8,192 characters', { url: `/${'x'.repeat(8_192)}` }, 'url'),
  api('unknown HTTP method', { method: 'TRACE' }, 'method'),
  api('HTTP method in lower case', { method: 'get' }, 'method'),
  api('header whose name has a space', { headers: { 'X A': 'x' } }, 'headers.X A'),
  api('header with a line break', { headers: { 'X-A': 'a\r\nX-B: b' } }, 'headers.X-A'),
  api('header that is a number', { headers: { 'X-A': 1 } }, 'headers.X-A'),
  api('headers that are a list', { headers: ['X-A: x'] }, 'headers'),
  api('body that is a number', { body: 5 }, 'body'),
  api('body over 512 KiB', { body: 'x'.repeat(524_289) }, 'body'),
  api('no expected status', { expectedStatusCodes: [] }, 'expectedStatusCodes'),
  api('status 99', { expectedStatusCodes: [99] }, 'expectedStatusCodes.0'),
  api('status 600', { expectedStatusCodes: [200, 600] }, 'expectedStatusCodes.1'),
  api('status as text', { expectedStatusCodes: ['200'] }, 'expectedStatusCodes.0'),
  api('unknown parameter', { verify: false }, 'verify'),
];
