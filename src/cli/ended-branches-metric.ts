import type { CountEnded } from '../db/close-branch.ts';
import type { Registry } from '../metrics/registry.ts';

/** Branches that have ended, told by the process that closed their rows. One that is run again ends again. */
export const endedBranchesMetric = (registry: Registry): CountEnded => {
  const ended = registry.counter('opsconductor_branches_ended_total', 'Branches that this process has closed, by how they ended.');
  return (status, count) => ended.add({ status }, count);
};
