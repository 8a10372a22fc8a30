import { z } from 'zod';
import { DANGEROUS_PATTERNS } from './dangerous-patterns.ts';

const MAX_DAYS = 3_650;
const integer = (least: number, most: number, initial: number) => z.number().int().min(least).max(most).default(initial);
const days = (kept: number) => integer(1, MAX_DAYS, kept);

const isExpression = (text: string): boolean => {
  try {
    return new RegExp(text, 'im') instanceof RegExp;
  } catch {
    return false;
  }
};
const Expression = z.string().min(1).max(1_000).refine(isExpression, 'must be a regular expression');

/** A network; `/32` or `/128` is one address. */
const Network = z.union([z.cidrv4(), z.cidrv6()], 'must be a network in CIDR form, such as 10.0.0.0/8 or fe80::/10');

const RATE_LIMIT = 'src/api/middleware/rate-limit.ts';

/** Names of zones only: an offset would not know of summer time. */
const isTimeZone = (text: string): boolean => {
  try {
    return /^[A-Za-z]/.test(text) && new Intl.DateTimeFormat('en-US', { timeZone: text }) instanceof Intl.DateTimeFormat;
  } catch {
    return false;
  }
};

const HISTORY_RULES = 'src/db/retention/history-rules.ts';
const PURGE_RULES = 'src/db/retention/purge-rules.ts';

/**
 * The runtime settings: `schema` is type, range and default, `description` is for people, `consumer` is the source file that obeys it. A setting that
 * nothing obeys has no place here: the API does not know it then.
 */
export const SETTINGS = {
  session_timeout_seconds: {
    schema: integer(60, 86_400, 28_800),
    description: 'A login ends after this time, whatever is done.',
    consumer: 'src/services/auth/create-session.ts',
  },
  inactivity_timeout_minutes: {
    schema: integer(5, 480, 60),
    description: 'A login ends after this time without a request.',
    consumer: 'src/services/auth/authenticate.ts',
  },
  warning_time_minutes: {
    schema: integer(1, 10, 2),
    description: 'How long before its end a login is said to end soon.',
    consumer: 'src/domain/session-limits.ts',
  },
  max_concurrent_jobs: {
    schema: integer(1, 1_000, 50),
    description: 'Runs that may be running at once; others wait. Paused ones do not count.',
    consumer: 'src/activities/run-activities.ts',
  },
  max_concurrent_targets: {
    schema: integer(1, 200, 20),
    description:
      'Targets that one run works on at once, unless its job or its start says otherwise. Counts for runs that are started from now on.',
    consumer: 'src/services/executions/start-execution.ts',
  },
  connection_timeout_seconds: {
    schema: integer(1, 300, 30),
    description: 'Limit of connecting and logging in to a target.',
    consumer: 'src/activities/run-action/load-branch-context.ts',
  },
  command_timeout_seconds: {
    schema: integer(1, 86_400, 300),
    description: 'Limit of one try of an action that names none. Counts for jobs that are saved from now on.',
    consumer: 'src/services/jobs/prepare-definition.ts',
  },
  execution_timeout_seconds: {
    schema: integer(60, 604_800, 1_800),
    description: 'Limit of a run whose job names none.',
    consumer: 'src/activities/run-activities.ts',
  },
  retry_backoff_coefficient: {
    schema: z.number().min(1).max(10).default(2),
    description: 'Each retry of an action waits this many times longer than the one before.',
    consumer: 'src/activities/branch-activities.ts',
  },
  max_output_bytes: {
    schema: integer(1_024, 16_777_216, 1_048_576),
    description: 'Output of a try that is kept with its result, its last bytes, for each of its streams.',
    consumer: 'src/activities/run-action/open-writer.ts',
  },
  max_log_bytes: {
    schema: integer(1_024, 17_179_869_184, 67_108_864),
    description: 'Output of a try that is kept as lines of the log, its first bytes.',
    consumer: 'src/activities/run-action/open-writer.ts',
  },
  max_artifact_bytes: {
    schema: integer(1_024, 17_179_869_184, 1_073_741_824),
    description: 'Size of one artifact.',
    consumer: 'src/services/artifacts/upload-artifact.ts',
  },
  log_retention_days: { schema: days(30), description: 'Lines of logs are kept at least this long.', consumer: HISTORY_RULES },
  task_history_retention_days: {
    schema: days(30),
    description: 'Task history and samples of workers are kept this long.',
    consumer: HISTORY_RULES,
  },
  metrics_minute_retention_days: { schema: days(7), description: 'Metrics of minutes are kept this long.', consumer: HISTORY_RULES },
  metrics_hour_retention_days: { schema: days(90), description: 'Metrics of hours are kept this long.', consumer: HISTORY_RULES },
  metrics_retention_days: { schema: days(730), description: 'All metrics are kept at least this long.', consumer: HISTORY_RULES },
  health_snapshot_retention_days: { schema: days(90), description: 'Snapshots of health are kept this long.', consumer: HISTORY_RULES },
  notification_retention_days: { schema: days(90), description: 'Logs of notifications are kept this long.', consumer: HISTORY_RULES },
  alert_retention_days: { schema: days(365), description: 'Resolved alerts are kept this long.', consumer: HISTORY_RULES },
  audit_retention_days: { schema: days(365), description: 'Audit events are kept at least this long.', consumer: HISTORY_RULES },
  artifact_retention_days: {
    schema: days(30),
    description: 'Artifacts are kept this long.',
    consumer: 'src/db/retention/expiry-rules.ts',
  },
  schedule_history_retention_days: {
    schema: days(365),
    description: 'Past firings of schedules are kept this long.',
    consumer: HISTORY_RULES,
  },
  execution_retention_days: {
    schema: integer(0, MAX_DAYS, 0),
    description: 'Runs are kept this long after their end; 0 keeps them for ever.',
    consumer: PURGE_RULES,
  },
  purge_after_days: {
    schema: integer(0, MAX_DAYS, 30),
    description: 'What people have deleted (jobs, targets, schedules, rules) is removed for good after this time.',
    consumer: PURGE_RULES,
  },
  rate_limit_token_per_minute: {
    schema: integer(0, 1_000_000, 6_000),
    description: 'Requests that one session or API token may send in a minute; 0 is no limit.',
    consumer: RATE_LIMIT,
  },
  rate_limit_address_per_minute: {
    schema: integer(0, 1_000_000, 6_000),
    description: 'Requests that may come from one address in a minute, whoever sends them; 0 is no limit.',
    consumer: RATE_LIMIT,
  },
  rate_limit_login_per_minute: {
    schema: integer(0, 1_000_000, 20),
    description: 'Logins that may come from one address in a minute, right and wrong ones; 0 is no limit.',
    consumer: RATE_LIMIT,
  },
  dangerous_command_patterns: {
    schema: z
      .array(Expression)
      .max(200)
      .default(() => [...DANGEROUS_PATTERNS]),
    description: 'Regular expressions of what a job must confirm (confirm_dangerous). Counts for jobs that are saved from now on.',
    consumer: 'src/services/jobs/check-definition.ts',
  },
  outbound_denied_networks: {
    schema: z
      .array(Network)
      .max(200)
      .default(() => ['169.254.0.0/16', 'fe80::/10']),
    description: 'Networks to which no HTTP request of a run or a test goes, whatever name leads there.',
    consumer: 'src/cli/run-platform.ts',
  },
  timezone: {
    schema: z.string().max(100).refine(isTimeZone, 'must be the name of a time zone, such as Europe/Berlin').default('UTC'),
    description: 'Time zone of the times in downloaded logs (IANA name).',
    consumer: 'src/services/logs/download-log.ts',
  },
  maintenance_mode: {
    schema: z.boolean().default(false),
    description: 'No run is started and none that waits begins; running ones go on to their end.',
    consumer: 'src/db/grant-slots.ts',
  },
  password_min_length: {
    schema: integer(8, 128, 12),
    description: 'Characters that a new password must have at least.',
    consumer: 'src/services/auth/passwords.ts',
  },
  login_max_failures: {
    schema: integer(1, 1_000, 5),
    description: 'Wrong passwords one after the other that lock an account for a while.',
    consumer: 'src/services/auth/note-attempt.ts',
  },
  login_lock_minutes: {
    schema: integer(1, 1_440, 15),
    description: 'How long such an account stays locked.',
    consumer: 'src/services/auth/note-attempt.ts',
  },
} as const satisfies Record<string, { schema: z.ZodType; description: string; consumer: string }>;

export type SettingKey = keyof typeof SETTINGS;
type SettingSchemas = { [Key in SettingKey]: (typeof SETTINGS)[Key]['schema'] };

const schemas = Object.fromEntries(Object.entries(SETTINGS).map(([key, { schema }]) => [key, schema]));

/** The values of all settings; where one is missing, its default. */
export const Settings = z.object(schemas as SettingSchemas);
export type Settings = z.infer<typeof Settings>;

export const isSettingKey = (key: string): key is SettingKey => Object.hasOwn(SETTINGS, key);
