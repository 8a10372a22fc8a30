import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import type { CountOrPercent, Rollout } from '../contracts/rollout.ts';
import { parseCount } from './command-options.ts';

/** What the options of a rollout give. */
export interface RolloutOptions {
  batches?: CountOrPercent[];
  stopAfter?: CountOrPercent;
  pauseBetween?: number;
}

/** `5` or `10%`. @throws InvalidArgumentError */
export const parsePart = (text: string): CountOrPercent => {
  if (!text.endsWith('%')) return { count: parseCount(text) };
  const percent = Number(text.slice(0, -1));
  if (text === '%' || !(percent > 0 && percent <= 100)) throw new InvalidArgumentError('A percentage is above 0% and at most 100%.');
  return { percent };
};

/** `1,10%,50%`. @throws InvalidArgumentError */
export const parseBatches = (text: string): CountOrPercent[] => text.split(',').map((part) => parsePart(part.trim()));

/** Adds `--batches`, `--stop-after`, `--pause-between`. */
export const addRolloutOptions = (command: Command): Command =>
  command
    .addOption(new Option('--batches <sizes>', 'sizes of the batches, such as 1,10%,50%; the last one is repeated').argParser(parseBatches))
    .addOption(
      new Option('--stop-after <failures>', 'begin no further target after so many failures, such as 3 or 10%').argParser(parsePart),
    )
    .addOption(new Option('--pause-between <seconds>', 'time between two batches').argParser(parseCount));

/** The rollout with what the options say in place of what it said; undefined when they say nothing. */
export const mergeRollout = (before: Rollout, { batches, stopAfter, pauseBetween }: RolloutOptions): Rollout | undefined => {
  if (batches === undefined && stopAfter === undefined && pauseBetween === undefined) return undefined;
  return {
    ...before,
    ...(batches !== undefined && { batches }),
    ...(stopAfter !== undefined && { stop_after_failures: stopAfter }),
    ...(pauseBetween !== undefined && { between_batches: { seconds: pauseBetween } }),
  };
};
