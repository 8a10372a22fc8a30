import { Context } from '@temporalio/activity';
import type { ActionOutcome } from '../../contracts/run.ts';
import type { ProgramExit } from '../../contracts/transport.ts';
import type { DefinedAction } from '../../db/load-definition.ts';
import { OpsError } from '../../domain/ops-error.ts';

/** The attempt took longer than its action may. */
export class ActionTimeout extends Error {}

/** What an exit means for the record. A method without exit codes tells neither code nor signal: that a command ended is then all there is. */
export const outcomeOfExit = ({ exitCode, signal }: ProgramExit, expected: readonly number[]): ActionOutcome => {
  if (signal === null && (exitCode === null || expected.includes(exitCode)))
    return { status: 'completed', exitCode, failureCategory: null, errorCode: null };
  return {
    status: 'failed',
    exitCode,
    failureCategory: 'command_execution',
    errorCode: signal === null ? 'COMMAND_FAILED' : 'COMMAND_KILLED',
  };
};

/** What an error means for the record; a cancelled activity is asked why it was. */
export const outcomeOfError = (error: unknown, action: DefinedAction): { outcome: ActionOutcome; errorText: string } => {
  const failed = (code: OpsError['code'], errorText: string) => {
    const { category } = new OpsError(code, errorText);
    return { outcome: { status: 'failed' as const, exitCode: null, failureCategory: category, errorCode: code }, errorText };
  };
  if (error instanceof ActionTimeout)
    return failed('ACTION_TIMED_OUT', `The action took longer than its ${action.timeoutSeconds} s; the program on the target was ended.`);
  if (error instanceof OpsError) return failed(error.code, error.message);
  const { cancellationSignal, cancellationDetails } = Context.current();
  if (!cancellationSignal.aborted)
    return failed('INTERNAL', `OpsConductor failed, not the target: ${error instanceof Error ? error.message : String(error)}`);
  if (cancellationDetails?.workerShutdown) return failed('WORKER_STOPPED', 'The worker was stopped; the program on the target was ended.');
  if (cancellationDetails?.cancelRequested) {
    return {
      outcome: { status: 'cancelled', exitCode: null, failureCategory: null, errorCode: null },
      errorText: 'Cancelled; the program on the target was ended.',
    };
  }
  return failed(
    'OUTCOME_UNKNOWN',
    'Temporal gave this attempt up (the worker was silent too long, or its workflow is gone); the program on the target was ended.',
  );
};
