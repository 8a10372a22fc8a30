import {
  ActivityFailure,
  ApplicationFailure,
  ChildWorkflowFailure,
  TerminatedFailure,
  TimeoutFailure,
  isCancellation,
} from '@temporalio/workflow';
import type { ActionOutcome } from '../contracts/run.ts';
import { ERROR_CODES } from '../domain/ops-error.ts';
import type { ErrorCode } from '../domain/ops-error.ts';

interface Ending {
  outcome: ActionOutcome;
  message: string;
}

const failed = (failureCategory: ActionOutcome['failureCategory'], errorCode: string, message: string): Ending => ({
  outcome: { status: 'failed', exitCode: null, failureCategory, errorCode },
  message,
});

/** Activities throw an OpsError as a failure whose type is its code. */
const errorCodeOf = (type: string | undefined | null): ErrorCode | undefined =>
  type !== undefined && type !== null && Object.hasOwn(ERROR_CODES, type) ? (type as ErrorCode) : undefined;

/** What the way in which an activity or a child ended without telling means for the record. */
export const classify = (error: unknown): Ending => {
  if (isCancellation(error)) {
    return { outcome: { status: 'cancelled', exitCode: null, failureCategory: null, errorCode: null }, message: 'Cancelled.' };
  }
  const cause = error instanceof ActivityFailure || error instanceof ChildWorkflowFailure ? error.cause : error;
  if (cause instanceof TimeoutFailure) {
    if (cause.timeoutType === 'HEARTBEAT') {
      return failed(
        'lost',
        'OUTCOME_UNKNOWN',
        'The worker fell silent while this ran: it may have ended, may run still, or may never have begun. Look at the target before running it again.',
      );
    }
    if (cause.timeoutType === 'SCHEDULE_TO_START')
      return failed('not_started', 'NOT_STARTED', 'No worker took this in time. It did not run.');
    return failed(
      'lost',
      'OUTCOME_UNKNOWN',
      'The worker did not tell the end of this long after its time was up; what became of it is unknown. Look at the target.',
    );
  }
  if (cause instanceof TerminatedFailure) {
    return failed('lost', 'OUTCOME_UNKNOWN', 'The workflow was terminated from outside. What ran at that moment has an unknown outcome.');
  }
  const code = cause instanceof ApplicationFailure ? errorCodeOf(cause.type) : undefined;
  if (cause instanceof ApplicationFailure && code !== undefined) return failed(ERROR_CODES[code].category, code, cause.message);
  const message = cause instanceof ApplicationFailure || cause instanceof Error ? cause.message : 'unknown error';
  return failed('internal', 'INTERNAL', `OpsConductor failed, not the target: ${message}`);
};
