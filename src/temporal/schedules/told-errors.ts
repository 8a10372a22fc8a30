import { isGrpcServiceError } from '@temporalio/client';
import { OpsError } from '../../domain/ops-error.ts';

const CODES = { cancelled: 1, refused: 3, late: 4, unknown: 5, busy: 8, away: 14 };
const AWAY: readonly number[] = [CODES.cancelled, CODES.late, CODES.busy, CODES.away];

/** The SDK wraps most errors of gRPC in its own, whose messages say nothing of the cause; a spec that is refused becomes a TypeError. */
const tellCause = (cause: unknown): unknown => {
  if (cause instanceof TypeError) return new OpsError('VALIDATION', `Temporal does not take these rules: ${cause.message}.`, { cause });
  const grpc = isGrpcServiceError(cause) ? cause : cause instanceof Error && isGrpcServiceError(cause.cause) ? cause.cause : undefined;
  if (grpc === undefined) return cause;
  const { details } = grpc;
  const code: number = grpc.code;
  if (AWAY.includes(code))
    return new OpsError('UNAVAILABLE', `Temporal does not answer (${details}). Try again when it is back.`, {
      cause,
      retryAfterSeconds: 5,
    });
  if (code === CODES.refused) return new OpsError('VALIDATION', `Temporal does not take the schedule: ${details}.`, { cause });
  if (code === CODES.unknown)
    return new OpsError('UNAVAILABLE', 'Temporal does not have the schedule yet, or no more: it gets it back within a minute.', {
      cause,
      retryAfterSeconds: 60,
    });
  return new OpsError(
    'UNAVAILABLE',
    `Temporal refused the call: ${details}. Its address, its namespace or what may be done there is wrong.`,
    {
      cause,
    },
  );
};

/** @throws OpsError UNAVAILABLE, VALIDATION for what gRPC says; errors of the SDK that name their matter pass. */
export const withToldErrors = async <T>(work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    throw tellCause(error);
  }
};
