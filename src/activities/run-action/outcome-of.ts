import { Context } from '@temporalio/activity';
import type { ActionOutcome } from '../../contracts/run.ts';
import type { ProgramExit } from '../../contracts/transport.ts';
import type { DefinedAction } from '../../db/load-definition.ts';
import { Aborted } from '../../domain/aborted.ts';
import { OpsError } from '../../domain/ops-error.ts';

/** The attempt took longer than its action may. */
export class ActionTimeout extends Error {}

/** What an exit means for the record. A method without exit codes tells neither code nor signal: that a command ended is then all there is. */
export const outcomeOfExit = ({ exitCode, signal }: ProgramExit, expected: readonly number[]): ActionOutcome => {
  // 0xC0000005 may be written with or without a sign.
  if (signal === null && (exitCode === null || expected.some((code) => (code | 0) === (exitCode | 0))))
    return { status: 'completed', exitCode, failureCategory: null, errorCode: null };
  return {
    status: 'failed',
    exitCode,
    failureCategory: 'command_execution',
    errorCode: signal === null ? 'COMMAND_FAILED' : 'COMMAND_KILLED',
  };
};

/** Code (null: cancelled) and sentence of why an attempt was ended. */
interface Why {
  code: OpsError['code'] | null;
  says: string;
}

const whyOf = (reason: unknown, { timeoutSeconds }: DefinedAction): Why => {
  if (reason instanceof ActionTimeout) return { code: 'ACTION_TIMED_OUT', says: `The action took longer than its ${timeoutSeconds} s.` };
  const { cancellationDetails } = Context.current();
  if (cancellationDetails?.workerShutdown === true) return { code: 'WORKER_STOPPED', says: 'The worker was stopped.' };
  if (cancellationDetails?.cancelRequested === true) return { code: null, says: 'Cancelled.' };
  const says = 'Temporal gave this attempt up (the worker was silent too long, or its workflow is gone).';
  return { code: 'OUTCOME_UNKNOWN', says };
};

/** Whether a work ended because it was told to, and not by an error of its own. */
const isAborted = (error: unknown, signal: AbortSignal): boolean =>
  signal.aborted && (error instanceof Aborted || error === signal.reason || Context.current().cancellationSignal.aborted);

interface Failure {
  outcome: ActionOutcome;
  errorText: string;
}

const failedWith = (code: OpsError['code'], errorText: string): Failure => {
  const { category } = new OpsError(code, errorText);
  return { outcome: { status: 'failed', exitCode: null, failureCategory: category, errorCode: code }, errorText };
};

/**
 * What an error means for the record. An attempt that was ended is timed out, interrupted or cancelled only where nothing of it was sent or it is seen
 * to have ended: else it may have been done, and its outcome is unknown whatever ended it.
 * @param signal that of the attempt
 */
export const outcomeOfError = (error: unknown, action: DefinedAction, signal: AbortSignal): Failure => {
  if (error instanceof OpsError) {
    const isEndUnseen = error.code === 'OUTCOME_UNKNOWN' && signal.aborted;
    return failedWith(error.code, isEndUnseen ? `${whyOf(signal.reason, action).says} ${error.message}` : error.message);
  }
  if (!isAborted(error, signal))
    return failedWith('INTERNAL', `OpsConductor failed, not the target: ${error instanceof Error ? error.message : String(error)}`);
  const { code, says } = whyOf(signal.reason, action);
  const text = error instanceof Aborted ? `${says} ${error.message}` : says;
  if (error instanceof Aborted && error.work === 'unknown') return failedWith('OUTCOME_UNKNOWN', text);
  if (code !== null) return failedWith(code, text);
  return { outcome: { status: 'cancelled', exitCode: null, failureCategory: null, errorCode: null }, errorText: text };
};
