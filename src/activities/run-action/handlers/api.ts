import type { z } from 'zod';
import { ApiAction } from '../../../contracts/actions/api.ts';
import type { Endpoint, HttpResponse, LoginSecret } from '../../../contracts/transport.ts';
import { OpsError } from '../../../domain/ops-error.ts';
import { substitute } from '../../../domain/variables.ts';
import type { VariableValues } from '../../../domain/variables.ts';
import type { OutputSink, Session } from '../../../transports/transport.ts';
import { able, completed } from './action-handler.ts';
import type { ActionEnd, ActionHandler, ActionRun } from './action-handler.ts';

const Parameters = ApiAction.shape.action_parameters;
type Parameters = z.infer<typeof Parameters>;

const SHOWN_BODY_BYTES = 2_000;

/** Values stand in a place where they cannot end what surrounds them. */
const urlText = (text: string, values: VariableValues): string =>
  substitute(text, Object.fromEntries(Object.entries(values).map(([name, value]) => [name, encodeURIComponent(value.toWellFormed())])));

const headerText = (name: string, text: string, values: VariableValues): string => {
  const value = substitute(text, values);
  if (!/[\r\n\0]/.test(value)) return value;
  throw new OpsError('VALIDATION', `The header ${name} of this action would hold a line break from a variable. Correct the variable.`);
};

const jsonValue = (value: unknown, values: VariableValues): unknown => {
  if (typeof value === 'string') return substitute(value, values);
  if (Array.isArray(value)) return value.map((item) => jsonValue(item, values));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, jsonValue(item, values)]));
};

const bodyText = (body: unknown, values: VariableValues): string | undefined => {
  if (body === undefined) return undefined;
  return typeof body === 'string' ? substitute(body, values) : JSON.stringify(jsonValue(body, values));
};

const hasHeader = (headers: Record<string, string>, wanted: string): boolean =>
  Object.keys(headers).some((name) => name.toLowerCase() === wanted);

const headersOf = ({ action, context, marker }: ActionRun, { method, headers, body }: Parameters): Record<string, string> => {
  const own = Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, headerText(name, text, context.variables)] as const));
  if (typeof body === 'object' && !hasHeader(own, 'content-type')) own['content-type'] = 'application/json';
  const mayRepeat = method === 'POST' && action.config['delivery'] === 'at_least_once';
  if (mayRepeat && !hasHeader(own, 'idempotency-key')) own['idempotency-key'] = marker;
  return own;
};

const secretOf = ({ username, password }: URL): LoginSecret | undefined =>
  username === '' ? undefined : { type: 'password', username: decodeURIComponent(username), password: decodeURIComponent(password) };

/** An absolute URL is requested by the worker itself, over a connection of its own. */
const endpointOf = async ({ deps }: ActionRun, url: URL): Promise<Endpoint> => {
  const isTls = url.protocol === 'https:';
  const { connection_timeout_seconds: seconds } = await deps.readSettings();
  return {
    methodType: 'rest_api',
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? (isTls ? 443 : 80) : Number(url.port),
    config: { protocol: isTls ? 'https' : 'http' },
    hostKeyFingerprint: undefined,
    platform: 'posix',
    connectTimeoutMs: seconds * 1_000,
    keepAliveMs: 0,
    secret: secretOf(url),
  };
};

const parseUrl = (text: string): URL => {
  const url = URL.parse(text);
  if (url === null) throw new OpsError('VALIDATION', `The url of this action is not a URL once its variables are put in.`);
  return url;
};

const reach = async (run: ActionRun, rendered: string): Promise<{ session: Session; path: string }> => {
  if (rendered.startsWith('/')) return { session: await run.connect(), path: rendered };
  const url = parseUrl(rendered);
  return { session: await run.connectTo(await endpointOf(run, url)), path: `${url.pathname}${url.search}` };
};

/** Passes output on, and keeps its first bytes for the text of an error. */
const keepStart = (output: OutputSink): { sink: OutputSink; text(): string } => {
  let start = Buffer.alloc(0);
  return {
    sink: async (stream, chunk) => {
      if (start.length < SHOWN_BODY_BYTES) start = Buffer.concat([start, chunk.subarray(0, SHOWN_BODY_BYTES - start.length)]);
      await output(stream, chunk);
    },
    text: () => start.toString(),
  };
};

const endOf = ({ method, expectedStatusCodes: expected }: Parameters, path: string, { status }: HttpResponse, body: string): ActionEnd => {
  if (expected.includes(status)) return completed(status);
  const shown = body === '' ? '' : ` The answer begins: ${body}`;
  return {
    outcome: { status: 'failed', exitCode: status, failureCategory: 'command_execution', errorCode: 'REQUEST_FAILED' },
    errorText: `${method} ${path.replace(/\?.*/s, '')} was answered with status ${status}; expected was ${expected.join(', ')}.${shown}`,
  };
};

/**
 * A request: a path goes to the target's method, a URL is requested from the worker. The exit code is the HTTP status.
 * It is sent once; a POST that may be repeated (delivery at_least_once) carries an Idempotency-Key, the same for a repeat of the attempt.
 */
export const sendApiRequest: ActionHandler = async (run) => {
  const { action, context, signal, output } = run;
  const parameters = Parameters.parse(action.parameters);
  const headers = headersOf(run, parameters);
  const body = bodyText(parameters.body, context.variables);
  const { session, path } = await reach(run, urlText(parameters.url, context.variables));
  const kept = keepStart(output);
  const response = await able(session, 'request', action)({ method: parameters.method, path, headers, body }, kept.sink, signal);
  return endOf(parameters, path, response, kept.text());
};
