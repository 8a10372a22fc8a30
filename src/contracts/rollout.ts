import { z } from 'zod';
import { Approvers } from './json/shared.ts';
import { LabelName } from './target.ts';

const CountOrPercent = z.union([
  z.strictObject({ count: z.number().int().min(1).max(100_000) }),
  z.strictObject({ percent: z.number().gt(0).max(100) }),
]);
export type CountOrPercent = z.infer<typeof CountOrPercent>;

const Between = z.union([z.strictObject({ seconds: z.number().int().min(1).max(604_800) }), z.strictObject({ approvers: Approvers })]);

/** How a run spreads over its targets. */
export const Rollout = z
  .strictObject({
    batches: z
      .array(CountOrPercent)
      .min(1)
      .max(100)
      .optional()
      .meta({ description: 'Sizes of the batches, the canary first; the last one is repeated until no target is left. None: one batch.' }),
    order_by: LabelName.optional().meta({
      description:
        'Targets take their turn by this label, or by name, env, os, type, location, data_center, region or health; those without it last.',
    }),
    group_by: LabelName.optional().meta({
      description: 'Named like order_by. One group after another, each in batches of its own; a percentage is one of the group.',
    }),
    stop_after_failures: CountOrPercent.optional().meta({ description: 'No further target begins when so many of the run have failed.' }),
    between_batches: Between.optional().meta({
      description: 'The next batch begins after this time, or when one of these people has approved it.',
    }),
  })
  .meta({ id: 'Rollout' });
export type Rollout = z.infer<typeof Rollout>;
