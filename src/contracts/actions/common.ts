import { z } from 'zod';
import { CommunicationMethodType, OnFailure } from '../enums.ts';
import { Text } from '../text.ts';
import { noDoubles, VariableKey } from '../variable.ts';

export const EnvironmentName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, 'an environment variable is named by letters, digits and _');

/** One that no option of sudo looks like. */
const UserName = z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9_.@\\-]{0,99}$/, 'must be the name of a user: letters, digits and _ . @ -');

const ExitCode = z.number().int().min(-2_147_483_648).max(4_294_967_295);

export const ActionConfig = z.strictObject({
  method: CommunicationMethodType.optional().meta({
    description: 'Method of the target over which it runs; the first that can do it when left out.',
  }),
  working_directory: Text(4_096).min(1).optional(),
  environment: z.record(EnvironmentName, Text(32_768)).optional(),
  expected_exit_codes: z.array(ExitCode).min(1).max(256).optional().meta({
    description: 'Default [0]. POSIX systems have codes from 0 to 255, Windows those of 32 bits, with or without a sign.',
  }),
  capture_output: z.boolean().optional().meta({ description: 'false stores no output, only that and how it ended.' }),
  keep_full_output: z.boolean().optional().meta({ description: 'Keeps the exact bytes of both streams as artifacts.' }),
  run_as: UserName.optional().meta({ description: 'User on the target who runs it, through sudo.' }),
  target_compatibility: z
    .array(z.string().regex(/^[a-z][a-z0-9_]{0,99}$/, 'must be a kind of system as targets have it, such as linux'))
    .min(1)
    .max(100)
    .optional()
    .meta({ description: 'Only on targets whose os_type is one of these; on the others the action is skipped.' }),
  delivery: z.enum(['at_most_once', 'at_least_once']).optional().meta({
    description: 'Default at_most_once. at_least_once repeats by itself what may have run already: for idempotent actions only.',
  }),
});

export const ActionKey = z.string().regex(/^[a-z][a-z0-9_]{0,99}$/, 'must be lower case letters, digits and _');

export const ActionCondition = z
  .strictObject({
    variable: VariableKey,
    operator: z.enum(['==', '!=', '>', '<', 'contains', 'matches']),
    value: z.union([Text(65_536), z.number(), z.boolean()]).meta({ description: 'References in a text have their values.' }),
  })
  .meta({ id: 'ActionCondition', description: 'All conditions of an action must hold, or it is skipped.' });
export type ActionCondition = z.infer<typeof ActionCondition>;

export const ActionDependency = z
  .strictObject({
    action_key: ActionKey,
    status: z.enum(['success', 'failure', 'completed', 'skipped']).default('success').meta({
      description: '`completed`: it ran, however it ended.',
    }),
  })
  .meta({ id: 'ActionDependency' });
export type ActionDependency = z.infer<typeof ActionDependency>;

/** Fields of every action. */
export const ActionCommon = {
  action_key: ActionKey.optional().meta({ description: 'Stable name; action_<n> when left out.' }),
  action_name: Text(255).min(1),
  action_config: ActionConfig.default({}),
  is_enabled: z.boolean().default(true),
  timeout_seconds: z.number().int().min(1).max(86_400).optional(),
  retry_count: z.number().int().min(0).max(10).optional(),
  retry_delay_seconds: z.number().int().min(1).max(300).optional().meta({ description: 'As the settings of the job say, else 5.' }),
  on_failure: OnFailure.default('stop').meta({
    description: 'What a failure does: ends the branch, is passed over, skips the rest, or undoes what ran by its rollback actions.',
  }),
  conditions: z.array(ActionCondition).max(50).default([]),
  dependencies: z.array(ActionDependency).max(50).superRefine(noDoubles('action_key')).default([]),
};
