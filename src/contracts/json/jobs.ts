import { z } from 'zod';
import { ActionSlot, FailureCategory, LogLevel } from '../enums.ts';
import { ActionCondition, ActionConfig, ActionDependency, EnvironmentName } from '../actions/common.ts';
import { noDoubles, VariableKey, VariableType, VariableValue } from '../variable.ts';
import { SealedValue } from '../sealed-value.ts';
import { Rollout } from '../rollout.ts';
import { Uuid } from '../target.ts';
import { Text } from '../text.ts';
import { Calendars, Count, listOf, Name, OpenObject } from './shared.ts';
import { Selector } from '../selector.ts';

const isRegularExpression = (text: string): boolean => {
  try {
    return RegExp(text) instanceof RegExp;
  } catch {
    return false;
  }
};

const Variable = z
  .strictObject({
    key: VariableKey,
    type: VariableType,
    value: VariableValue.optional(),
    sealed: SealedValue.optional(),
    description: Text(1_000).optional(),
    is_secret: z.boolean(),
    is_required: z.boolean(),
    is_input: z.boolean().optional(),
    choices: z.array(VariableValue).min(1).optional(),
    min: z.number().optional(),
    max: z.number().optional(),
    pattern: Text(1_000).refine(isRegularExpression, 'must be a regular expression').optional(),
  })
  .refine(({ is_secret: isSecret, value }) => !isSecret || value === undefined, { path: ['value'], error: 'a secret is sealed' })
  .refine(({ is_secret: isSecret, sealed }) => isSecret || sealed === undefined, { path: ['sealed'], error: 'only secrets are sealed' })
  .refine(({ type, value }) => value === undefined || type === 'json' || typeof value === type, {
    path: ['value'],
    error: 'does not fit the type',
  })
  .refine(({ min, max }) => min === undefined || max === undefined || min <= max, { path: ['max'], error: 'is less than min' });

/** The variables that a job declares; the values of secrets are sealed, with the uuid of the job. */
export const JobsVariables = z.array(Variable).superRefine(noDoubles('key'));

export const JobsSettings = z
  .strictObject({
    execution_mode: z.enum(['sequential', 'parallel', 'batch']),
    max_concurrent_targets: z.number().int().min(1).max(200),
    rollout: Rollout,
    allow_shared_targets: z.boolean(),
    calendars: Calendars,
    confirm_dangerous: z.boolean(),
    keep_full_output: z.boolean(),
    retry_delay_seconds: z.number().int().min(1).max(300),
    log_level: LogLevel,
    capture_output: z.boolean(),
    notify: z.unknown(),
    environment: z.record(EnvironmentName, Text(32_768)),
    tags: listOf(Name),
  })
  .partial();

/** Input of an action; its keys follow from the type of the action. */
export const JobActionsActionParameters = OpenObject;

export const JobActionsActionConfig = ActionConfig;

/** All must hold. */
export const JobActionsConditions = z.array(ActionCondition);

export const JobActionsDependencies = z.array(ActionDependency).superRefine(noDoubles('action_key'));

/** Values that override those of the job; a secret is a sealed value, with the uuid of the run. */
export const JobExecutionsVariables = z.record(VariableKey, z.union([SealedValue, VariableValue]));

/** Empty = list and selector of the job. A selector is joined by the targets that it chose, once the run has begun. */
export const JobExecutionsTargetSelection = z.strictObject({ target_uuids: z.array(Uuid).optional(), selector: Selector.optional() });

/** Copied from the version, then as steering left it. */
export const JobExecutionsRollout = Rollout;

const Order = z.number().int().min(0);
const Frame: z.ZodType = z.lazy(() =>
  z.strictObject({
    order: Order,
    inside: z
      .strictObject({
        iteration: z.number().int().min(1),
        slot: ActionSlot,
        value: z.string().optional(),
        round: Order,
        rounds: Order.optional(),
        from: z.number().int().min(1).optional(),
        lanes: z.array(z.array(Frame)).optional(),
      })
      .optional(),
    failure: z.looseObject({ order: Order, at: z.array(Frame).optional() }).optional(),
    isNoted: z.boolean().optional(),
    isDone: z.boolean().optional(),
  }),
);

const Instant = z.iso.datetime({ offset: true });

/** When calendars held a branch; without an end while one does. */
export const JobExecutionBranchesHeldSpans = z.array(z.tuple([Instant, Instant.nullable()]));

/** Where a branch stood when it ended before its end. */
export const JobExecutionBranchesResumePosition = z.strictObject({
  frames: z.array(Frame),
  ran: z.array(z.tuple([Order]).rest(z.tuple([Order, Order, Order]))),
});

/** Which way a condition took; `round`: the turn of a loop that it decided. */
export const JobActionResultsDecision = z.strictObject({
  slot: ActionSlot.nullable(),
  value: Text(65_536).optional(),
  rounds: Count.optional(),
  round: Count,
});

/** What an attempt reported after it had been closed. */
export const JobActionResultsLateResult = z.strictObject({
  status: z.enum(['completed', 'failed', 'cancelled']),
  exitCode: z.number().int().nullable(),
  failureCategory: FailureCategory.nullable(),
  errorCode: Text(50).nullable(),
  output_bytes: Count,
  at: z.iso.datetime(),
});

/** `iteration`: the turn of a loop, or how often the action was begun. `continues`: the line goes on in the next row. */
export const JobExecutionLogsLogDetails = z.looseObject({
  action_serial: z
    .string()
    .regex(/^J\d{8,19}(\.\d{4,10}){3}$/, 'must be an action serial such as J20250001.0001.0001.0001')
    .optional(),
  iteration: z.number().int().min(1).optional(),
  attempt: z.number().int().min(1).optional(),
  continues: z.boolean().optional(),
});

/** The head of a version as it was; job_actions holds its actions. */
export const JobVersionsDefinition = z.strictObject({
  name: Text(255).min(1),
  description: Text(10_000).nullable(),
  priority: z.number().int().min(1).max(10),
  timeout_seconds: z.number().int().min(1).nullable(),
  retry_count: z.number().int().min(0).max(10),
  variables: JobsVariables,
  settings: JobsSettings,
  target_selector: Selector.nullable().optional(),
});
