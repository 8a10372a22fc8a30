import type { z } from 'zod';
import { ApiAction } from '../../../contracts/actions/api.ts';
import type { Endpoint, HttpResponse, LoginSecret } from '../../../contracts/transport.ts';
import { meaningOfStatus } from '../../../domain/http-answer.ts';
import { OpsError } from '../../../domain/ops-error.ts';
import type { SecretMask } from '../../../domain/secret-mask.ts';
import type { OutputSink, Session } from '../../../transports/transport.ts';
import { render } from '../render.ts';
import { able, completed } from './action-handler.ts';
import type { ActionEnd, ActionHandler, ActionRun } from './action-handler.ts';

const Parameters = ApiAction.shape.action_parameters;
type Parameters = z.infer<typeof Parameters>;

const SHOWN_BODY_CHARS = 2_000;
const BYTES_A_CHARACTER = 4;

const jsonValue = (run: ActionRun, value: unknown): unknown => {
  if (typeof value === 'string') return render(run, value, 'plain');
  if (Array.isArray(value)) return value.map((item) => jsonValue(run, item));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, jsonValue(run, item)]));
};

/** A text that says that it is JSON stays JSON, whatever the values hold. */
const bodyText = (run: ActionRun, { body, headers }: Parameters): string | undefined => {
  if (body === undefined) return undefined;
  if (typeof body !== 'string') return JSON.stringify(jsonValue(run, body));
  const isJson = Object.entries(headers).some(([name, text]) => name.toLowerCase() === 'content-type' && /json/i.test(text));
  return render(run, body, isJson ? 'json' : 'plain');
};

const hasHeader = (headers: Record<string, string>, wanted: string): boolean =>
  Object.keys(headers).some((name) => name.toLowerCase() === wanted);

const headersOf = (run: ActionRun, { method, headers, body }: Parameters): Record<string, string> => {
  const own = Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, render(run, text, 'header')] as const));
  if (typeof body === 'object' && !hasHeader(own, 'content-type')) own['content-type'] = 'application/json';
  const mayRepeat = method === 'POST' && run.action.config['delivery'] === 'at_least_once';
  if (mayRepeat && !hasHeader(own, 'idempotency-key')) own['idempotency-key'] = run.deliveryKey;
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

/** Passes output on, and keeps its beginning, masked, for the text of an error. */
const keepStart = (output: OutputSink, mask: SecretMask): { sink: OutputSink; text(): string } => {
  // A secret that is cut at the end of what is kept must not reach into what is shown.
  const kept = BYTES_A_CHARACTER * (SHOWN_BODY_CHARS + mask.longest);
  let start = Buffer.alloc(0);
  return {
    sink: async (stream, chunk) => {
      if (start.length < kept) start = Buffer.concat([start, chunk.subarray(0, kept - start.length)]);
      await output(stream, chunk);
    },
    text: () => mask(start.toString()).slice(0, SHOWN_BODY_CHARS),
  };
};

const endOf = ({ method, expectedStatusCodes: expected }: Parameters, path: string, { status }: HttpResponse, body: string): ActionEnd => {
  if (expected.includes(status)) return completed(status);
  const shown = body === '' ? '' : ` The answer begins: ${body}`;
  const { category, advice } = meaningOfStatus(status, method);
  return {
    outcome: { status: 'failed', exitCode: status, failureCategory: category, errorCode: 'REQUEST_FAILED' },
    errorText: `${method} ${path.replace(/\?.*/s, '')} was answered with status ${status}; expected was ${expected.join(', ')}. ${advice}${shown}`,
  };
};

/**
 * A request: a path goes to the target's method, a URL is requested from the worker. The exit code is the HTTP status.
 * It is sent once; a POST that may be repeated (delivery at_least_once) carries an Idempotency-Key, the same each time that it is sent again.
 */
export const sendApiRequest: ActionHandler = async (run) => {
  const { action, context, signal, output } = run;
  const parameters = Parameters.parse(action.parameters);
  const headers = headersOf(run, parameters);
  const body = bodyText(run, parameters);
  const { session, path } = await reach(run, render(run, parameters.url, 'url'));
  const kept = keepStart(output, context.mask);
  const response = await able(session, 'request', action)({ method: parameters.method, path, headers, body }, kept.sink, signal);
  return endOf(parameters, path, response, kept.text());
};
