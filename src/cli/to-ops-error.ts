import type { ApiError } from '../client/index.ts';
import { ERROR_CODES, OpsError } from '../domain/ops-error.ts';
import type { ErrorCode } from '../domain/ops-error.ts';

const ADVICE = '; is `opsconductor up` running? Set OPSCONDUCTOR_URL, or give --url, when it is elsewhere.';

const isKnown = (code: string): code is ErrorCode => Object.hasOwn(ERROR_CODES, code);

/** A code of a newer server: what its status says. */
const codeOf = ({ code, status = 503 }: ApiError): ErrorCode => {
  if (isKnown(code)) return code;
  return status >= 500 ? 'UNAVAILABLE' : 'UNPROCESSABLE';
};

/** What the client says, as the command line tells it. */
export const toOpsError = (error: ApiError): OpsError => {
  const { message, status, fields, retryAfterSeconds } = error;
  return new OpsError(codeOf(error), status === undefined ? message.replace(/\.$/, ADVICE) : message, {
    cause: error.cause,
    fields,
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  });
};
