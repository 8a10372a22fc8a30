import type { ProblemCode } from './generated/schemas.ts';

/** One thing that is wrong with what was sent: where, and why. */
export interface FieldProblem {
  path: string;
  message: string;
}

interface ErrorParts {
  /** Undefined: nothing answered. */
  status?: number | undefined;
  fields?: readonly FieldProblem[];
  retryAfterSeconds?: number | undefined;
  requestId?: string | undefined;
  cause?: unknown;
}

/** A call that failed: the API refused it, or nothing that is OpsConductor answered. The message is for people; programs decide by `code`. */
export class ApiError extends Error {
  /** A code of docs/errors.md; a server that is newer may have others. */
  readonly code: ProblemCode | (string & Record<never, never>);
  readonly status: number | undefined;
  readonly fields: readonly FieldProblem[];
  /** Seconds after which a repeat may succeed. */
  readonly retryAfterSeconds: number | undefined;
  /** As in the log of the server. */
  readonly requestId: string | undefined;

  constructor(code: ApiError['code'], message: string, { status, fields = [], retryAfterSeconds, requestId, cause }: ErrorParts = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'ApiError';
    this.code = code;
    this.status = status;
    this.fields = fields;
    this.retryAfterSeconds = retryAfterSeconds;
    this.requestId = requestId;
  }
}
