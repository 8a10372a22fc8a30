import { CancellationScope } from '@temporalio/workflow';
import type { BranchInput, RunControl } from '../contracts/run.ts';
import { record } from './activities.ts';

/** How a run goes on, as its workflow knows it. */
export interface Steered {
  readonly control: RunControl;
  set(control: RunControl): void;
  /** Takes the control of a plan; reads it again when somebody has steered the run since it was made. */
  begin(control: RunControl): Promise<void>;
  /** Reads the row again. Who asks while a read is under way gets the next one, so what it brings is never older than the question. */
  refresh(): Promise<void>;
  /** The next branch that a person wants to have run again. Each is given once. */
  takeRetry(): BranchInput | undefined;
  hasRetry(): boolean;
  /** Calls this each time that the control was read. */
  onRead(listener: (control: RunControl) => void): void;
}

/** @param merge what of a row that was read counts here */
export const createSteered = (
  execution: string,
  first: RunControl,
  merge: (before: RunControl, read: RunControl) => RunControl = (_, read) => read,
): Steered => {
  let control = first;
  let reading: Promise<void> | undefined;
  let following: Promise<void> | undefined;
  let hasRead = false;
  let listener: (control: RunControl) => void = () => {};
  const taken = new Set<string>();
  const keyOf = ({ branch, retry }: BranchInput): string => `${branch}/${retry}`;
  const waiting = (): BranchInput | undefined => control.retries?.find((branch) => !taken.has(keyOf(branch)));

  const read = async (): Promise<void> => {
    hasRead = true;
    try {
      const row = await CancellationScope.nonCancellable(() => record.readControl({ execution }));
      control = merge(control, row);
      listener(control);
    } finally {
      reading = undefined;
    }
  };
  const readNext = async (): Promise<void> => {
    await reading;
    following = undefined;
    reading = read();
    await reading;
  };

  const refresh = (): Promise<void> => {
    if (reading !== undefined) return (following ??= readNext());
    reading = read();
    return reading;
  };

  return {
    get control() {
      return control;
    },
    set(next) {
      control = next;
    },
    async begin(next) {
      control = next;
      listener(control);
      if (hasRead) await refresh();
    },
    refresh,
    takeRetry() {
      const branch = waiting();
      if (branch !== undefined) taken.add(keyOf(branch));
      return branch;
    },
    hasRetry: () => waiting() !== undefined,
    onRead(next) {
      listener = next;
    },
  };
};
