import { condition, defineSignal, setHandler } from '@temporalio/workflow';
import { record } from './activities.ts';
import type { BranchState } from './branch-state.ts';

/** A calendar may hold the branch, or hold it no more. */
export const calendarsSignal = defineSignal('calendars');

/** Has a branch to ask the calendars before its next action? Nobody asks for nothing: only after it was told so. */
export interface AskedCalendars {
  isDue: boolean;
  /** How often it was told. */
  told: number;
}

/** @param isDue it was told in the history before this one */
export const listenToCalendars = (isDue = false): AskedCalendars => {
  const calendars: AskedCalendars = { isDue, told: 0 };
  setHandler(calendarsSignal, () => {
    calendars.isDue = true;
    calendars.told += 1;
  });
  return calendars;
};

/** Waits before an action until no calendar holds the branch. What undoes the work of a branch is not held. */
export const waitForCalendars = async ({ input, calendars, undoing }: BranchState): Promise<void> => {
  if (undoing !== undefined) return;
  for (;;) {
    const { told } = calendars;
    const held = await record.askCalendars({ branch: input.branch });
    if (held === null) {
      if (calendars.told === told) calendars.isDue = false;
      return;
    }
    const isTold = (): boolean => calendars.told !== told;
    await (held.waitMs === null ? condition(isTold) : condition(isTold, held.waitMs, { summary: 'blackout' }));
  }
};
