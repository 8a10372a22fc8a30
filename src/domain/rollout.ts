import type { CountOrPercent, Rollout } from '../contracts/rollout.ts';
import { OpsError } from './ops-error.ts';

/** More would make the history of the run's workflow too long. */
const MOST_BATCHES = 1_000;

/** Does the run go over its targets in several batches? */
export const hasBatches = ({ batches, group_by: groupBy }: Rollout): boolean => batches !== undefined || groupBy !== undefined;

/** How many of `total` are meant: a percentage is rounded up, and nothing is less than one. */
export const countOf = (part: CountOrPercent, total: number): number =>
  'count' in part ? part.count : Math.max(1, Math.ceil((part.percent * total) / 100));

/**
 * Sizes of the batches of groups that follow each other. Each group begins with the first size; the last size is repeated to the group's end.
 * @param groups how many targets each has
 * @throws OpsError TOO_MANY_BATCHES
 */
export const batchSizes = (groups: readonly number[], batches: readonly CountOrPercent[] = [{ percent: 100 }]): number[] => {
  const sizes: number[] = [];
  for (const group of groups) {
    for (let index = 0, left = group; left > 0; index += 1) {
      const part = batches[Math.min(index, batches.length - 1)];
      const size = Math.min(left, part === undefined ? left : countOf(part, group));
      sizes.push(size);
      left -= size;
      if (sizes.length > MOST_BATCHES)
        throw new OpsError(
          'TOO_MANY_BATCHES',
          `The rollout makes more than ${MOST_BATCHES} batches of the targets. Make the last batch larger.`,
        );
    }
  }
  return sizes;
};
