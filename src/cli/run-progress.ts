import type { ExecutionStatus } from '../contracts/enums.ts';
import type { Branch, Execution } from '../client/index.ts';
import type { RunEvent } from '../services/executions/follow-execution.ts';
import { cleanText, lastOverwrite } from './terminal/clean-text.ts';

/** What is known of a run from its events. */
export interface RunProgress {
  readonly execution: Execution;
  readonly counts: Readonly<Record<ExecutionStatus, number>>;
  readonly total: number;
  /** Branches that have ended. */
  readonly done: number;
  /** All branches that are known, in the order of their numbers. */
  branches(): Branch[];
  /** The newest line of a branch that runs. */
  lastLine(branch: string): string;
  readonly failures: readonly Branch[];
  elapsedMs(now: number): number;
  /** Undefined while nothing has ended yet. */
  remainingMs(now: number): number | undefined;
  /** @returns the branch that has ended by this event. */
  apply(event: RunEvent): Branch | undefined;
}

const ENDED: readonly ExecutionStatus[] = ['completed', 'failed', 'cancelled'];

/** True when a run or branch has ended. */
export const hasEnded = (status: ExecutionStatus): boolean => ENDED.includes(status);

/** @param first the run as it was read before its events. */
export const createRunProgress = (first: Execution): RunProgress => {
  let execution = first;
  const counts: Record<ExecutionStatus, number> = { scheduled: 0, running: 0, completed: 0, failed: 0, cancelled: 0 };
  const branches = new Map<string, Branch>();
  const lastLines = new Map<string, string>();
  let order: string[] = [];
  const failures: Branch[] = [];

  const applyBranch = (branch: Branch): Branch | undefined => {
    const before = branches.get(branch.branch_serial)?.status;
    branches.set(branch.branch_serial, branch);
    if (before === undefined) order = [];
    if (before === branch.status) return undefined;
    if (before !== undefined) counts[before] -= 1;
    counts[branch.status] += 1;
    lastLines.delete(branch.branch_serial);
    if (branch.status === 'failed') failures.push(branch);
    return hasEnded(branch.status) ? branch : undefined;
  };

  const noteLine = (serial: string | null, text: string): void => {
    const shown = cleanText(lastOverwrite(text));
    if (serial !== null && shown !== '' && branches.get(serial)?.status === 'running') lastLines.set(serial, shown);
  };

  const progress: RunProgress = {
    get execution() {
      return execution;
    },
    counts,
    get total() {
      return Math.max(execution.total_branches, branches.size);
    },
    get done() {
      return counts.completed + counts.failed + counts.cancelled;
    },
    branches() {
      // Sorted anew only when one has come: a view asks ten times a second.
      if (order.length === 0)
        order = [...branches.values()].toSorted((a, b) => a.branch_number - b.branch_number).map((branch) => branch.branch_serial);
      return order.flatMap((serial) => branches.get(serial) ?? []);
    },
    lastLine: (branch) => lastLines.get(branch) ?? '',
    failures,
    elapsedMs(now) {
      const from = Date.parse(execution.started_at ?? execution.created_at);
      const to = execution.completed_at === null ? now : Date.parse(execution.completed_at);
      return Math.max(0, to - from);
    },
    remainingMs(now) {
      if (progress.done === 0 || progress.total === 0 || hasEnded(execution.status)) return undefined;
      return (progress.elapsedMs(now) / progress.done) * (progress.total - progress.done);
    },
    apply(event) {
      if (event.type === 'execution') execution = event.data;
      if (event.type === 'line') noteLine(event.data.branch_serial, event.data.log_message);
      return event.type === 'branch' ? applyBranch(event.data) : undefined;
    },
  };
  return progress;
};
