import { defineSignal, defineUpdate } from '@temporalio/workflow';

/** The row of the run has changed: the root reads it again, and has done so when the update is answered. */
export const steerUpdate = defineUpdate<void>('steer');
/** As the update, for whom no answer matters. */
export const steeredSignal = defineSignal('steered');
