import { z } from 'zod';
import { Approvers } from '../json/shared.ts';
import { Text } from '../text.ts';
import { ActionCommon } from './common.ts';
import type { NestedAction } from './nested.ts';

/** Actions inside an action; never empty. */
export type Body = z.ZodType<NestedAction[]>;

const Expression = Text(10_000).min(1).meta({ description: 'CEL over the variables, and `actions.KEY.output`, `.exit_code`, `.status`.' });
const maxIterations = z.number().int().min(1).max(10_000).default(100).meta({ description: 'More fail the action with LOOP_TOO_LONG.' });
const THIRTY_DAYS_S = 2_592_000;

/** One way or another, or again and again. */
export const conditionAction = (body: Body) =>
  z.strictObject({
    ...ActionCommon,
    action_type: z.literal('condition'),
    action_parameters: z.discriminatedUnion('conditionType', [
      // oxlint-disable-next-line unicorn/no-thenable -- a list of actions is nothing that `await` would call
      z.strictObject({ conditionType: z.literal('if'), expression: Expression, then: body, else: body.optional() }),
      z.strictObject({
        conditionType: z.literal('switch'),
        expression: Expression,
        cases: z
          .record(Text(1_000).min(1, 'must be a text of 1 to 1000 characters'), body)
          .refine((cases) => Object.keys(cases).length > 0, 'needs at least one case')
          .meta({ description: 'What runs when the expression gives this text.' }),
        else: body.optional().meta({ description: 'What runs when no case fits.' }),
      }),
      z.strictObject({ conditionType: z.literal('while'), expression: Expression, loop: body, maxIterations }),
      z.strictObject({
        conditionType: z.literal('for'),
        expression: Expression.meta({
          description: 'A list, or a number: as many times. LOOP_ITEM and LOOP_INDEX are variables of the loop.',
        }),
        loop: body,
        maxIterations,
      }),
    ]),
  });

/** Several at once. */
export const parallelAction = (body: Body) =>
  z.strictObject({
    ...ActionCommon,
    action_type: z.literal('parallel'),
    action_parameters: z.strictObject({
      actions: body,
      maxConcurrency: z.number().int().min(1).max(20).default(5),
      waitForAll: z.boolean().default(true).meta({ description: 'false: the first failure cancels the others.' }),
    }),
  });

export const WaitAction = z.strictObject({
  ...ActionCommon,
  action_type: z.literal('wait'),
  action_parameters: z.union(
    [
      z.strictObject({ seconds: z.number().int().min(1, 'must be at least 1').max(THIRTY_DAYS_S, 'must be at most 30 days') }),
      z.strictObject({ until: z.iso.datetime({ offset: true, error: 'must be an instant with its zone, such as 2026-01-31T22:00:00Z' }) }),
    ],
    { error: 'needs either seconds (1 to 2592000, which is 30 days) or until (an instant such as 2026-01-31T22:00:00Z)' },
  ),
});

export const ApprovalAction = z.strictObject({
  ...ActionCommon,
  action_type: z.literal('approval'),
  action_parameters: z.strictObject({
    approvers: Approvers.meta({ description: 'Users by name, or roles; one answer is enough.' }),
    message: Text(4_096).min(1).optional().meta({ description: 'What they are asked; references have their values.' }),
    timeoutSeconds: z.number().int().min(1).max(THIRTY_DAYS_S, 'must be at most 30 days').default(86_400),
    onTimeout: z.enum(['fail', 'approve', 'skip']).default('fail'),
  }),
});
