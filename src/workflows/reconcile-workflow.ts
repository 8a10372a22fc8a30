import { io } from './activities.ts';

/** Brings the record and Temporal together where one of them was away; started every minute by the schedule `sys/reconcile`. */
export async function reconcileWorkflow(): Promise<Record<string, number>> {
  return io.reconcile();
}
