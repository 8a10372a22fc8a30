import { ApiError } from './api-error.ts';
import type { FieldProblem } from './api-error.ts';

/** Where the API is and with which token. */
export interface ApiAddress {
  /** Without a slash at its end. */
  url: string;
  token?: string | undefined;
}

/** What may stand in a query; the parts of a list are joined with commas. */
export type QueryValue = string | number | boolean | readonly (string | number)[] | undefined;

export interface ApiRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  path: string;
  query?: Readonly<Record<string, QueryValue>>;
  body?: unknown;
  /** Sent as it is, instead of a JSON body. */
  file?: { content: Blob; type: string } | undefined;
  headers?: Readonly<Record<string, string>>;
  signal?: AbortSignal | undefined;
  /** Statuses that are no failure when the answer is JSON, and no problem document. */
  alsoAnswers?: readonly number[] | undefined;
}

const CODE_OF_STATUS: Readonly<Record<number, ApiError['code']>> = {
  401: 'UNAUTHENTICATED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  413: 'PAYLOAD_TOO_LARGE',
  429: 'RATE_LIMITED',
  502: 'UNAVAILABLE',
  503: 'UNAVAILABLE',
  504: 'UNAVAILABLE',
};

const codeOfStatus = (status: number): ApiError['code'] => CODE_OF_STATUS[status] ?? (status >= 500 ? 'UNAVAILABLE' : 'INTERNAL');

const fieldsOf = (errors: unknown): FieldProblem[] =>
  Array.isArray(errors)
    ? (errors as Partial<FieldProblem>[]).map(({ path, message }) => ({ path: path ?? '', message: message ?? '' }))
    : [];

/** Seconds or a date (RFC 9110). */
const retryAfterOf = (response: Response): number | undefined => {
  const text = response.headers.get('retry-after');
  if (text === null) return undefined;
  const seconds = /^\d+$/.test(text.trim()) ? Number(text) : (Date.parse(text) - Date.now()) / 1_000;
  return Number.isFinite(seconds) ? Math.max(0, Math.ceil(seconds)) : undefined;
};

const urlOf = ({ url }: ApiAddress, { path, query = {} }: ApiRequest): string => {
  const given = Object.entries(query).flatMap(([name, value]): [string, string][] => (value === undefined ? [] : [[name, String(value)]]));
  const search = new URLSearchParams(given).toString();
  return `${url}${path}${search === '' ? '' : `?${search}`}`;
};

interface ProblemParts {
  code?: unknown;
  detail?: unknown;
  errors?: unknown;
  instance?: unknown;
}

/** Something else answers. */
export const strangeAnswer = ({ url }: ApiAddress, { status }: Response, cause?: unknown): ApiError => {
  const code = status < 300 ? 'UNAVAILABLE' : codeOfStatus(status);
  return new ApiError(code, `${url} answers with status ${status}, but not as OpsConductor does. Is the address right?`, { status, cause });
};

const errorOf = async (address: ApiAddress, response: Response): Promise<ApiError> => {
  const problem = (await response.json().catch(() => undefined)) as ProblemParts | null | undefined;
  if (typeof problem?.detail !== 'string') return strangeAnswer(address, response);
  return new ApiError(typeof problem.code === 'string' ? problem.code : codeOfStatus(response.status), problem.detail, {
    status: response.status,
    fields: fieldsOf(problem.errors),
    retryAfterSeconds: retryAfterOf(response),
    requestId: typeof problem.instance === 'string' ? problem.instance : undefined,
  });
};

const isAnswer = ({ ok, status, headers }: Response, { alsoAnswers = [] }: ApiRequest): boolean =>
  ok || (alsoAnswers.includes(status) && headers.get('content-type')?.startsWith('application/json') === true);

const connectionError = ({ url }: ApiAddress, error: unknown): ApiError => {
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : '';
  return new ApiError('UNAVAILABLE', `Nothing answers at ${url}${code}.`, { cause: error });
};

/**
 * Sends one request and gives back an answer that succeeded, or one that the request takes as well.
 * @throws ApiError of the problem document; UNAVAILABLE when nothing answers, or something else does; the reason of the signal.
 */
export const sendRequest = async (address: ApiAddress, request: ApiRequest): Promise<Response> => {
  // fetch would say of such a header that nothing answers.
  if (address.token !== undefined && !/^[\x21-\x7e]+$/.test(address.token))
    throw new ApiError(
      'UNAUTHENTICATED',
      'The token holds a character that no token has: a space, a line end or a letter with an accent.',
      {
        status: 401,
      },
    );
  const { method, body, file, headers, signal } = request;
  const response = await fetch(urlOf(address, request), {
    method,
    redirect: 'manual',
    headers: {
      ...(address.token !== undefined && { authorization: `Bearer ${address.token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(file !== undefined && { 'content-type': file.type }),
      ...headers,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    ...(file !== undefined && { body: file.content }),
    ...(signal !== undefined && { signal }),
  }).catch((error: unknown) => {
    if (signal?.aborted === true) throw error;
    throw connectionError(address, error);
  });
  if (!isAnswer(response, request)) throw await errorOf(address, response);
  return response;
};
