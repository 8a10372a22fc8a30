import type { CountOrPercent, Rollout } from '../contracts/rollout.ts';
import { OpsError } from './ops-error.ts';

/** A batch costs the history of the run's workflow up to 30 events, its own branches not among them; the server ends a history of 51,200. */
const MOST_BATCHES = 1_000;

/** Does the run go over its targets in several batches? */
export const hasBatches = ({ batches, group_by: groupBy }: Rollout): boolean => batches !== undefined || groupBy !== undefined;

/** How many of `total` are meant: a percentage is rounded up, and nothing is less than one. */
export const countOf = (part: CountOrPercent, total: number): number =>
  'count' in part ? part.count : Math.max(1, Math.ceil((part.percent * total) / 100));

/** Targets that follow each other in a run and share their batches. */
export interface TargetGroup {
  size: number;
  /** How many of them are in batches that have begun, and in how many batches. */
  begun: number;
  begunBatches: number;
}

/**
 * Sizes of the batches that have not begun, of groups that follow each other. Each group begins with the first size; the last size is repeated to
 * the group's end. A percentage is one of the whole group.
 * @throws OpsError TOO_MANY_BATCHES
 */
export const batchSizes = (groups: readonly TargetGroup[], batches: readonly CountOrPercent[] = [{ percent: 100 }]): number[] => {
  const sizes: number[] = [];
  for (const { size: group, begun, begunBatches } of groups) {
    for (let index = begunBatches, left = group - begun; left > 0; index += 1) {
      const part = batches[Math.min(index, batches.length - 1)];
      const size = Math.min(left, part === undefined ? left : countOf(part, group));
      sizes.push(size);
      left -= size;
      if (sizes.length > MOST_BATCHES) throw tooMany();
    }
  }
  return sizes;
};

const tooMany = (): OpsError =>
  new OpsError('TOO_MANY_BATCHES', `The rollout makes more than ${MOST_BATCHES} batches of the targets. Make the last batch larger.`);
