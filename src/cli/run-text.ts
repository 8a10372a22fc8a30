import type { Branch, Execution, OneExecution } from '../client/index.ts';
import { cleanText } from './terminal/clean-text.ts';
import { durationText } from './terminal/duration-text.ts';
import { paintStatus } from './terminal/paint.ts';
import { timeText } from './terminal/time-text.ts';
import type { Paint } from './terminal/paint.ts';
import type { RunProgress } from './run-progress.ts';

/** How long something took, or has taken so far; empty when it has not begun. */
export const tookText = ({ started_at: from, completed_at: to }: Pick<Branch, 'started_at' | 'completed_at'>, now: number): string =>
  from === null ? '' : durationText((to === null ? now : Date.parse(to)) - Date.parse(from));

/** The last line of a text that is not empty. */
export const lastLineOf = (text: string | null): string => cleanText(text?.trimEnd().split('\n').at(-1) ?? '');

/** Why a branch failed, in one line. */
export const failureText = ({ exit_code: exit, error_code: code, result_error: message }: Branch): string =>
  [exit === null || exit === 0 ? (code ?? '') : `exit ${exit}`, lastLineOf(message)].filter((part) => part !== '').join(': ');

/** What is to be said of a branch, in one line. */
export const branchText = (branch: Branch): string => {
  if (branch.status === 'failed') return failureText(branch);
  if (branch.hold_reason === 'lock') return `waits for its target${branch.waits_for === null ? '' : `, held by ${branch.waits_for}`}`;
  if (branch.hold_reason === 'blackout') return 'waits for the end of a blackout';
  return lastLineOf(branch.result_error ?? branch.result_output);
};

const HELD_BECAUSE: Readonly<Record<NonNullable<Execution['hold_reason']>, string>> = {
  user: 'paused by a person; `runs resume` lets it go on',
  approval: 'waits for an approval before its next batch; answer with `runs approve` or `runs reject`',
  delay: 'waits before its next batch',
  lock: 'waits for a target',
  blackout: 'waits for the end of a blackout',
};

const heldText = ({ hold_reason: reason, resumes_at: until }: Execution): string =>
  reason === null ? '' : `  ${HELD_BECAUSE[reason]}${until === null ? '' : `, until ${timeText(until)}`}\n`;

/** `12 running, 480 completed, 3 failed, 0 cancelled`. */
export const countsText = ({ counts }: Pick<RunProgress, 'counts'>, paint: Paint): string =>
  (['running', 'completed', 'failed', 'cancelled'] as const)
    .map((status) => (counts[status] === 0 ? paint.dim(`0 ${status}`) : paintStatus(paint, status, `${counts[status]} ${status}`)))
    .join(', ');

const unresolvedText = ({ unresolved_attempts: count, execution_serial: serial }: Execution, paint: Paint): string =>
  count === 0
    ? ''
    : `  ${paint.yellow(`The outcome of ${count} action(s) is not known: look at their targets, then say what happened. See: opsconductor runs lost ${serial}`)}\n`;

/** By what the targets of a run were chosen, in one line; of the list of its job nothing is said. */
export const chosenText = ({ target_selection: chosen }: Partial<Pick<OneExecution, 'target_selection'>>): string => {
  // A server of before does not tell.
  if (chosen === undefined) return '';
  const { source, selector } = chosen;
  if (selector !== null) return `  on what ${cleanText(selector)} chose, the selector of the ${source}\n`;
  return source === 'run' ? '  on targets that were named for this run\n' : '';
};

/** What came of a run, or where it stands, in one line or two. */
export const summaryText = (execution: Execution, paint: Paint, now: number): string => {
  const {
    status,
    completed_branches: completed,
    failed_branches: failed,
    cancelled_branches: cancelled,
    total_branches: total,
  } = execution;
  const took = tookText(execution, now);
  const time = took === '' ? '' : ` ${execution.completed_at === null ? 'for' : 'after'} ${took}`;
  const head = `${paint.bold(execution.execution_serial)} (${cleanText(execution.job_name)}) ${paintStatus(paint, status)}${time}`;
  const line = `${head}: ${completed} of ${total} targets completed, ${failed} failed, ${cancelled} cancelled\n${heldText(execution)}`;
  const error =
    execution.error_message === null
      ? ''
      : `  ${paint.red(`${execution.error_code ?? ''} ${cleanText(execution.error_message)}`.trim())}\n`;
  return `${line}${error}${unresolvedText(execution, paint)}`;
};
