import { command } from '../../support/fleet.ts';
import { jobNamed, methodOf, targetAt } from '../support/definitions.ts';

export const NUL = 'a\u0000b';
export const HALF = 'a\ud800b';

/** What the platform holds before the wrong requests come. */
export interface World {
  target: string;
  otherTarget: string;
  offTarget: string;
  job: string;
  jobWithoutTargets: string;
  jobAllOff: string;
  jobWithVariables: string;
  execution: string;
}

export interface WrongRequest {
  title: string;
  method?: string;
  path: string | ((world: World) => string);
  body?: unknown;
  headers?: Record<string, string>;
  status?: number;
  code?: string;
  /** Path of one of the problems; undefined: the document names none. */
  field?: string;
  /** What is said of that field. */
  says?: RegExp;
}

export const post = (
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
export const get = (
  title: string,
  path: WrongRequest['path'],
  field: string | undefined,
  rest: Partial<WrongRequest> = {},
): WrongRequest => ({
  title,
  path,
  ...(field !== undefined && { field }),
  ...rest,
});

export const target = (title: string, fields: Record<string, unknown>, field: string, rest: Partial<WrongRequest> = {}) =>
  post(`target: ${title}`, '/api/v1/targets', targetAt('new.example.org', fields), field, rest);
export const method = (title: string, fields: Record<string, unknown>, field: string, rest: Partial<WrongRequest> = {}) =>
  target(title, { methods: [methodOf('new.example.org', fields)] }, `methods.0.${field}`, rest);
export const key = (title: string, private_key: string, passphrase?: string) =>
  method(
    title,
    { credential: { credential_type: 'ssh_key', username: 'ops', private_key, ...(passphrase !== undefined && { passphrase }) } },
    'credential.private_key',
  );
export const job = (title: string, fields: Record<string, unknown>, field: string, rest: Partial<WrongRequest> = {}) =>
  post(`job: ${title}`, '/api/v1/jobs', jobNamed('new', fields), field, rest);
export const action = (title: string, fields: Record<string, unknown>, field: string) =>
  job(title, { actions: [command('true', fields)] }, `actions.0.${field}`);
export const script = (title: string, parameters: Record<string, unknown>, field: string) =>
  job(
    title,
    {
      actions: [{ action_type: 'script', action_name: 'x', action_parameters: { scriptType: 'sh', scriptContent: 'true', ...parameters } }],
    },
    `actions.0.action_parameters.${field}`,
  );
export const variable = (title: string, fields: Record<string, unknown>, field: string) =>
  job(title, { variables: [{ key: 'A', ...fields }] }, `variables.0.${field}`);
export const run = (title: string, which: keyof World, body: unknown, field: string | undefined, rest: Partial<WrongRequest> = {}) =>
  post(`run: ${title}`, (world) => `/api/v1/jobs/${world[which]}/executions`, body, field, rest);
export const token = (title: string, fields: Record<string, unknown>, field: string, rest: Partial<WrongRequest> = {}) =>
  post(`token: ${title}`, '/api/v1/auth/tokens', { name: 'new', scopes: ['jobs.read'], ...fields }, field, rest);
export const password = (title: string, body: unknown, field: string) => post(`password: ${title}`, '/api/v1/auth/password', body, field);

export const unprocessable = (code: string) => ({ status: 422, code });
export const notFound = { status: 404, code: 'NOT_FOUND' };
export const notAllowed = { status: 405, code: 'METHOD_NOT_ALLOWED' };
export const conflict = { status: 409, code: 'CONFLICT' };
export const malformed = { status: 400, code: 'MALFORMED_REQUEST' };
export const unsupported = { status: 415, code: 'UNSUPPORTED_MEDIA_TYPE' };

/** Raw JSON, for what `JSON.stringify` would not say. */
export const raw = (text: string): string => text;
export const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);
export const targetJson = (extra: string): string =>
  raw(`{"name":"x","methods":[{"method_type":"ssh","host":"new.example.org"}],${extra}}`);
export const jobJson = (extra: string): string =>
  raw(`{"name":"x","actions":[{"action_type":"command","action_name":"x","action_parameters":{"command":"true"}}],${extra}}`);
export const cursorOf = (text: string): string => Buffer.from(text).toString('base64url');
