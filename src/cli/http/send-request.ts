import { ERROR_CODES, OpsError } from '../../domain/ops-error.ts';
import type { ErrorCode, FieldProblem } from '../../domain/ops-error.ts';

/** Where the API is and with which token. */
export interface ApiAddress {
  /** Without a slash at its end. */
  url: string;
  token: string | undefined;
}

export interface ApiRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  path: string;
  query?: Readonly<Record<string, string | number | undefined>>;
  body?: unknown;
  /** Sent as it is, instead of a JSON body. */
  file?: Blob;
  headers?: Readonly<Record<string, string>>;
  signal?: AbortSignal | undefined;
}

interface ProblemParts {
  code?: unknown;
  detail?: unknown;
  errors?: unknown;
}

const CODE_OF_STATUS: Readonly<Record<number, ErrorCode>> = {
  401: 'UNAUTHENTICATED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  413: 'PAYLOAD_TOO_LARGE',
  502: 'UNAVAILABLE',
  503: 'UNAVAILABLE',
  504: 'UNAVAILABLE',
};

const isKnownCode = (code: unknown): code is ErrorCode => typeof code === 'string' && Object.hasOwn(ERROR_CODES, code);

const fieldsOf = (errors: unknown): FieldProblem[] =>
  Array.isArray(errors)
    ? (errors as Partial<FieldProblem>[]).map(({ path, message }) => ({ path: path ?? '', message: message ?? '' }))
    : [];

const retryAfterOf = (response: Response): number | undefined => {
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds : undefined;
};

const urlOf = ({ url }: ApiAddress, { path, query = {} }: ApiRequest): string => {
  const given = Object.entries(query).flatMap(([name, value]): [string, string][] => (value === undefined ? [] : [[name, String(value)]]));
  const search = new URLSearchParams(given).toString();
  return `${url}${path}${search === '' ? '' : `?${search}`}`;
};

const toOpsError = async (address: ApiAddress, response: Response): Promise<OpsError> => {
  const problem = (await response.json().catch(() => undefined)) as ProblemParts | null | undefined;
  const byStatus = CODE_OF_STATUS[response.status] ?? (response.status >= 500 ? 'UNAVAILABLE' : 'INTERNAL');
  if (typeof problem?.detail !== 'string') {
    return new OpsError(
      byStatus,
      `${address.url} answers with status ${response.status}, but not as OpsConductor does. Is the address right?`,
    );
  }
  const retryAfterSeconds = retryAfterOf(response);
  return new OpsError(isKnownCode(problem.code) ? problem.code : byStatus, problem.detail, {
    fields: fieldsOf(problem.errors),
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  });
};

const connectionError = ({ url }: ApiAddress, error: unknown): OpsError => {
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : '';
  const message = `Nothing answers at ${url}${code}; is \`opsconductor up\` running? Set OPSCONDUCTOR_URL, or give --url, when it is elsewhere.`;
  return new OpsError('UNAVAILABLE', message, { cause: error });
};

/**
 * Sends one request and gives back an answer that succeeded.
 * @throws OpsError of the problem document; UNAVAILABLE when nothing answers, or something else does.
 */
export const sendRequest = async (address: ApiAddress, request: ApiRequest): Promise<Response> => {
  const { method, body, file, headers, signal } = request;
  const response = await fetch(urlOf(address, request), {
    method,
    redirect: 'manual',
    headers: {
      accept: 'application/json, application/problem+json',
      ...(address.token !== undefined && { authorization: `Bearer ${address.token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(file !== undefined && { 'content-type': 'application/octet-stream' }),
      ...headers,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    ...(file !== undefined && { body: file }),
    ...(signal !== undefined && { signal }),
  }).catch((error: unknown) => {
    if (signal?.aborted === true) throw error;
    throw connectionError(address, error);
  });
  if (!response.ok) throw await toOpsError(address, response);
  return response;
};
