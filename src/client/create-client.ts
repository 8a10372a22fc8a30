import { ApiError } from './api-error.ts';
import type { EventOptions, KeyedOptions, OperationShape } from './call-options.ts';
import { followEvents } from './follow-events.ts';
import { OPERATIONS } from './generated/operations.ts';
import type { Operations } from './generated/operations.ts';
import { readLines } from './read-lines.ts';
import { repeat } from './repeat.ts';
import { sendRequest, strangeAnswer } from './send-request.ts';
import type { ApiAddress, ApiRequest, QueryValue } from './send-request.ts';

export interface ClientOptions extends ApiAddress {
  /** How often a call is sent at most; default 5. */
  tries?: number | undefined;
  /** Told before a call is sent again: why, and after how many milliseconds. */
  onRepeat?: ((error: ApiError, pauseMs: number) => void) | undefined;
  /** Turns errors into those of the program that calls. */
  mapError?: ((error: ApiError) => Error) | undefined;
}

/** A method for each operation of the API. */
export interface Client extends Operations {
  readonly url: string;
}

type Options = KeyedOptions & EventOptions & Readonly<Record<string, unknown>>;

interface Call {
  request: ApiRequest;
  options: Options;
}

const DEFAULT_TRIES = 5;

const camelCase = (name: string): string => name.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());

const PROBLEM = 'application/problem+json';
const JSON_TYPES = 'application/json, application/*+json';
const ACCEPT: Readonly<Record<OperationShape['answer'], string>> = {
  json: JSON_TYPES,
  nothing: JSON_TYPES,
  events: `text/event-stream, ${PROBLEM}`,
  lines: `application/x-ndjson, ${PROBLEM}`,
  bytes: '*/*',
};

const headersOf = ({ headers = [], takesKey, answer }: OperationShape, options: Options): Record<string, string> => {
  const given = headers.flatMap((name): [string, string][] => {
    const value = options[name === 'prefer' ? 'wait' : camelCase(name)] as string | number | undefined;
    return value === undefined ? [] : [[name, name === 'prefer' ? `wait=${value}` : `${value}`]];
  });
  return {
    accept: ACCEPT[answer],
    ...Object.fromEntries(given),
    ...(takesKey && { 'idempotency-key': options.idempotencyKey ?? crypto.randomUUID() }),
  };
};

/** The arguments are those of the path, the body if the operation has one, and the options. */
const callOf = (shape: OperationShape, given: readonly unknown[]): Call => {
  const left = [...given];
  const path = shape.path.replaceAll(/\{\w+\}/g, () => encodeURIComponent(String(left.shift())));
  const body = shape.body === undefined ? undefined : left.shift();
  const options = (left.shift() ?? {}) as Options;
  const query = Object.fromEntries((shape.query ?? []).map((name) => [name, options[name] as QueryValue]));
  const isFile = shape.body !== undefined && (shape.body !== 'json' || body instanceof Blob);
  const content = isFile && body instanceof Blob ? { content: body, type: body.type === '' ? (shape.body ?? '') : body.type } : undefined;
  const request = {
    method: shape.method,
    path,
    query,
    headers: headersOf(shape, options),
    signal: options.signal,
    alsoAnswers: shape.alsoAnswers,
  };
  return { request: { ...request, ...(isFile ? { file: content } : { body }) }, options };
};

/** What comes as it comes. @throws ApiError when the connection breaks before the end. */
async function* readBytes(
  { url }: ApiAddress,
  { body, status }: Response,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    if (body !== null) yield* body as ReadableStream<Uint8Array> & AsyncIterable<Uint8Array>;
  } catch (cause) {
    if (signal?.aborted === true) throw cause;
    throw new ApiError('UNAVAILABLE', `The connection to ${url} broke before all had come.`, { status, cause });
  }
}

const readJson = async (address: ApiAddress, response: Response): Promise<unknown> => {
  try {
    return await response.json();
  } catch (cause) {
    throw strangeAnswer(address, response, cause);
  }
};

/** Sends the calls of one client. */
const createSender = ({ tries = DEFAULT_TRIES, onRepeat, mapError, ...address }: ClientOptions) => {
  const mapped = (error: unknown): unknown => (error instanceof ApiError && mapError !== undefined ? mapError(error) : error);
  const send = async <Answer>(
    shape: OperationShape,
    { request, options }: Call,
    read: (response: Response) => Promise<Answer>,
  ): Promise<Answer> => {
    try {
      const what = { hasKey: shape.takesKey === true, isRead: shape.method === 'GET' };
      return await repeat(
        async () => {
          const response = await sendRequest(address, request);
          const answer = await read(response);
          options.onAnswer?.({ status: response.status, headers: response.headers });
          return answer;
        },
        what,
        { tries, onRepeat, signal: options.signal },
      );
    } catch (error) {
      throw mapped(error);
    }
  };
  async function* mapErrors<Item>(items: AsyncIterable<Item>): AsyncGenerator<Item, void, undefined> {
    try {
      yield* items;
    } catch (error) {
      throw mapped(error);
    }
  }
  return { address, send, mapErrors };
};

const createMethod = (shape: OperationShape, { address, send, mapErrors }: ReturnType<typeof createSender>) => {
  const follow = ({ request, options }: Call) =>
    mapErrors(
      followEvents(
        async (lastEventId, signal) => {
          const resume = lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
          const response = await sendRequest(address, { ...request, signal, headers: { ...request.headers, ...resume } });
          options.onAnswer?.({ status: response.status, headers: response.headers });
          return response;
        },
        { ...options, types: shape.events },
      ),
    );
  const bytes = async (call: Call): Promise<AsyncIterable<Uint8Array>> =>
    mapErrors(await send(shape, call, (response) => Promise.resolve(readBytes(address, response, call.options.signal))));
  async function* lines(call: Call): AsyncGenerator<unknown, void, undefined> {
    yield* readLines(await bytes(call));
  }
  const answers: Readonly<Record<OperationShape['answer'], (call: Call) => unknown>> = {
    events: follow,
    lines,
    bytes,
    nothing: (call) => send(shape, call, async (response) => response.body?.cancel()),
    json: (call) => send(shape, call, (response) => readJson(address, response)),
  };
  return (...given: readonly unknown[]): unknown => answers[shape.answer](callOf(shape, given));
};

/**
 * A client of one API with one token. Calls that the rate limit turned away are repeated, and so are reads, and POSTs with the same idempotency key, while
 * the server is away.
 */
export const createClient = (options: ClientOptions): Client => {
  const url = options.url.replace(/\/+$/, '');
  const sender = createSender({ ...options, url });
  const methods = Object.entries<OperationShape>(OPERATIONS).map(([name, shape]) => [name, createMethod(shape, sender)]);
  return { url, ...Object.fromEntries(methods) } as Client;
};
