import type { Context } from 'hono';
import { HTTPException } from 'hono/http-exception';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { Logger } from 'pino';
import type { Problem } from '../contracts/problem.ts';
import { isDatabaseAway, isOutcomeUnknown } from '../db/database-away.ts';
import type { Commits } from '../db/note-commits.ts';
import { sqlStateOf } from '../db/sql-state.ts';
import { ERROR_CODES, OpsError } from '../domain/ops-error.ts';
import type { ErrorCode } from '../domain/ops-error.ts';
import type { ApiEnv, RouteFacts } from './env.ts';
import { withoutTokens } from './url-tokens.ts';

const TITLES: Partial<Record<ErrorCode, string>> = {
  VALIDATION: 'The request is not valid',
  UNAUTHENTICATED: 'Not logged in',
  FORBIDDEN: 'Not allowed',
  NOT_FOUND: 'Not found',
  CONFLICT: 'Conflict',
  INTERNAL: 'OpsConductor failed',
};

/** The problem document of an error. Anything but an OpsError becomes INTERNAL without its message, which may hold secrets. */
export const problemOf = (error: OpsError, requestId: string): Problem => ({
  type: `urn:opsconductor:problem:${error.code}`,
  title: TITLES[error.code] ?? error.code.toLowerCase().replaceAll('_', ' '),
  status: ERROR_CODES[error.code].status,
  code: error.code,
  detail: error.message,
  instance: `urn:opsconductor:request:${requestId}`,
  ...(error.fields.length > 0 && { errors: [...error.fields] }),
});

const CODE_OF_STATUS: Readonly<Record<number, ErrorCode>> = {
  400: 'MALFORMED_REQUEST',
  404: 'NOT_FOUND',
  413: 'PAYLOAD_TOO_LARGE',
  415: 'UNSUPPORTED_MEDIA_TYPE',
};

const CANCELLED = '57014';

/** A read that the database ended for its time would take as long again: to send it once more helps nobody. */
const tooLong = (cause: unknown): OpsError =>
  new OpsError(
    'SCOPE_TOO_WIDE',
    'What was asked for took longer than one statement may, and the database ended it. Ask for less: a smaller page, a shorter time, more filters. If it was not much, `opsconductor db health` says what holds the database up.',
    { cause },
  );

const databaseAway = (mayBeDone: boolean): OpsError =>
  mayBeDone
    ? new OpsError(
        'UNAVAILABLE',
        'The connection to the database was lost before it said whether this was done: it may have been. Look before you send it again.',
      )
    : new OpsError('UNAVAILABLE', 'The database does not answer. Nothing was changed; try again in a moment.', { retryAfterSeconds: 1 });

const toOpsError = (error: unknown, isRead: boolean, commits: Commits | undefined): OpsError | undefined => {
  if (error instanceof OpsError) return error;
  if (isRead && sqlStateOf(error) === CANCELLED) return tooLong(error);
  if (isDatabaseAway(error)) return databaseAway(!isRead && isOutcomeUnknown(error, commits));
  if (error instanceof HTTPException) {
    const code = CODE_OF_STATUS[error.status];
    if (code !== undefined) return new OpsError(code, error.message === '' ? 'The request could not be read.' : error.message);
  }
  return undefined;
};

/** Answers with the problem document of an error; what is not ours is logged with its cause and answered without it. */
export const respondWithProblem =
  (log: Logger) =>
  (error: unknown, c: Context<ApiEnv>): Response => {
    const requestId = c.get('requestId');
    const known = toOpsError(error, c.req.method === 'GET' || c.req.method === 'HEAD', c.get('commits'));
    if (known === undefined) log.error({ err: error, requestId, path: withoutTokens(c.req.path) }, 'request failed');
    const shown =
      known ??
      new OpsError(
        'INTERNAL',
        `OpsConductor failed to answer; it is not your fault. The log of the server has the cause under request ${requestId}.`,
      );
    // Clients are generated from what routes declare: another code is a mistake of ours, though the answer is right.
    const route = c.get('route') as RouteFacts | undefined;
    if (route?.problems.includes(shown.code) === false)
      log.error({ requestId, operationId: route.operationId, code: shown.code }, 'problem that the route does not declare');
    const { status } = ERROR_CODES[shown.code];
    if (shown.code === 'UNAUTHENTICATED') c.header('WWW-Authenticate', 'Bearer');
    if (shown.retryAfterSeconds !== undefined) c.header('Retry-After', String(shown.retryAfterSeconds));
    return c.json(problemOf(shown, requestId), status as ContentfulStatusCode, { 'Content-Type': 'application/problem+json' });
  };
