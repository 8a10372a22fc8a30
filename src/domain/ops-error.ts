import type { FailureCategory } from '../contracts/enums.ts';

/** What each code means at both borders: the HTTP status of the API, and the failure category of the record. */
export const ERROR_CODES = {
  VALIDATION: { status: 400, category: 'configuration' },
  MALFORMED_REQUEST: { status: 400, category: 'configuration' },
  TOKEN_IN_URL: { status: 400, category: 'configuration' },
  UNAUTHENTICATED: { status: 401, category: 'authentication' },
  FORBIDDEN: { status: 403, category: 'configuration' },
  PASSWORD_CHANGE_REQUIRED: { status: 403, category: 'configuration' },
  NOT_FOUND: { status: 404, category: 'configuration' },
  METHOD_NOT_ALLOWED: { status: 405, category: 'configuration' },
  NOT_ACCEPTABLE: { status: 406, category: 'configuration' },
  REQUEST_TIMEOUT: { status: 408, category: 'configuration' },
  CONFLICT: { status: 409, category: 'configuration' },
  IN_PROGRESS: { status: 409, category: 'configuration' },
  AMBIGUOUS: { status: 409, category: 'configuration' },
  REVISION_MISMATCH: { status: 412, category: 'configuration' },
  PAYLOAD_TOO_LARGE: { status: 413, category: 'configuration' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, category: 'configuration' },
  RANGE_NOT_SATISFIABLE: { status: 416, category: 'configuration' },
  UNPROCESSABLE: { status: 422, category: 'configuration' },
  NO_TARGETS: { status: 422, category: 'configuration' },
  TARGET_NOT_ACTIVE: { status: 422, category: 'configuration' },
  METHOD_MISSING: { status: 422, category: 'configuration' },
  METHOD_UNSUPPORTED: { status: 422, category: 'configuration' },
  CREDENTIAL_MISSING: { status: 422, category: 'configuration' },
  CREDENTIAL_UNREADABLE: { status: 422, category: 'configuration' },
  PASSPHRASE_WRONG: { status: 422, category: 'configuration' },
  OUTPUT_MASKED: { status: 422, category: 'configuration' },
  VARIABLE_MISSING: { status: 422, category: 'configuration' },
  IDEMPOTENCY_MISMATCH: { status: 422, category: 'configuration' },
  SCOPE_TOO_WIDE: { status: 422, category: 'configuration' },
  PRECONDITION_REQUIRED: { status: 428, category: 'configuration' },
  RATE_LIMITED: { status: 429, category: 'configuration' },
  HEADERS_TOO_LARGE: { status: 431, category: 'configuration' },
  INTERNAL: { status: 500, category: 'internal' },
  MAINTENANCE: { status: 503, category: 'internal' },
  UNAVAILABLE: { status: 503, category: 'internal' },
  ADDRESS_DENIED: { status: 422, category: 'configuration' },
  NAME_NOT_FOUND: { status: 422, category: 'communication' },
  CONNECTION_REFUSED: { status: 422, category: 'communication' },
  CONNECTION_TIMED_OUT: { status: 422, category: 'communication' },
  HOST_UNREACHABLE: { status: 422, category: 'communication' },
  CONNECTION_CLOSED: { status: 422, category: 'communication' },
  CONNECTION_LOST: { status: 422, category: 'communication' },
  PROTOCOL_ERROR: { status: 422, category: 'communication' },
  HOST_KEY_CHANGED: { status: 422, category: 'communication' },
  CERTIFICATE_REFUSED: { status: 422, category: 'communication' },
  LOGIN_REJECTED: { status: 422, category: 'authentication' },
  KEY_UNUSABLE: { status: 422, category: 'authentication' },
  RUN_AS_REFUSED: { status: 422, category: 'authentication' },
  COMMAND_FAILED: { status: 422, category: 'command_execution' },
  COMMAND_KILLED: { status: 422, category: 'command_execution' },
  QUERY_INVALID: { status: 422, category: 'configuration' },
  QUERY_REFUSED: { status: 422, category: 'authentication' },
  QUERY_FAILED: { status: 422, category: 'command_execution' },
  REQUEST_FAILED: { status: 422, category: 'command_execution' },
  MAIL_REFUSED: { status: 422, category: 'command_execution' },
  OID_FAILED: { status: 422, category: 'command_execution' },
  FILE_MISSING: { status: 422, category: 'command_execution' },
  FILE_REFUSED: { status: 422, category: 'command_execution' },
  FILE_FAILED: { status: 422, category: 'command_execution' },
  CHECKSUM_MISMATCH: { status: 422, category: 'command_execution' },
  CONDITION_FAILED: { status: 422, category: 'configuration' },
  LOOP_TOO_LONG: { status: 422, category: 'configuration' },
  APPROVAL_REJECTED: { status: 422, category: 'rejected' },
  APPROVAL_EXPIRED: { status: 422, category: 'rejected' },
  ROLLOUT_STOPPED: { status: 422, category: 'command_execution' },
  CONFIRMATION_NEEDED: { status: 422, category: 'configuration' },
  ACTION_TIMED_OUT: { status: 422, category: 'timeout' },
  TOO_MANY_BATCHES: { status: 422, category: 'configuration' },
  ROLLOUT_REJECTED: { status: 422, category: 'rejected' },
  RUN_TIMED_OUT: { status: 422, category: 'timeout' },
  NOT_STARTED: { status: 422, category: 'not_started' },
  OUTCOME_UNKNOWN: { status: 422, category: 'lost' },
  WORKER_STOPPED: { status: 422, category: 'interrupted' },
  SHARD_STOPPED: { status: 422, category: 'interrupted' },
} as const satisfies Record<string, { status: number; category: FailureCategory }>;

export type ErrorCode = keyof typeof ERROR_CODES;

/** One thing that is wrong with an input: where (a path such as `actions.0.action_parameters.command`) and why. */
export interface FieldProblem {
  path: string;
  message: string;
}

/**
 * The only error thrown on purpose. The message says, to a stranger at 3 a.m., what failed, where, whose fault it is and what to do;
 * it never holds a secret. `code` is stable and documented; ERROR_CODES says what it means to HTTP and to the record.
 */
export class OpsError extends Error {
  readonly code: ErrorCode;
  readonly fields: readonly FieldProblem[];
  /** Seconds after which a repeat may succeed. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options: { cause?: unknown; fields?: readonly FieldProblem[]; retryAfterSeconds?: number } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'OpsError';
    this.code = code;
    this.fields = options.fields ?? [];
    this.retryAfterSeconds = options.retryAfterSeconds;
  }

  get category(): FailureCategory {
    return ERROR_CODES[this.code].category;
  }
}
