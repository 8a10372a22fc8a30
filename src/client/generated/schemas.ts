// Made from openapi.json by `npm run client`; changes go into the routes of the API.
import type { Page } from '../page.ts';

export interface ScheduleDefinition {
  /** Unique among the schedules of its job. */
  name: string;
  description?: string | null | undefined;
  /** Serial of the job, or its name if no other job has it. */
  job: string;
  /** A rule, or several: the schedule fires on any of them. */
  when: ScheduleRule | ScheduleRule[];
  /** IANA zone of its wall times. */
  timezone?: string | undefined;
  /** No firing before. */
  start_date?: string | null | undefined;
  /** No firing after. */
  end_date?: string | null | undefined;
  /** After so many firings it has expired. */
  max_executions?: number | null | undefined;
  /** Spreads firings: each starts up to so many seconds later, the same one always by the same time. */
  jitter_seconds?: number | undefined;
  /** What becomes of a firing while the run before it still runs. */
  overlap_policy?: 'skip' | 'buffer_one' | 'buffer_all' | 'cancel_other' | 'terminate_other' | 'allow_all' | undefined;
  /** How late a firing that was missed (Temporal was away) may still start. */
  catchup_window_seconds?: number | undefined;
  /** A run that failed pauses the schedule. */
  pause_on_failure?: boolean | undefined;
  /** Of the job only these; not together with a selector. */
  targets?: string[] | undefined;
  /** Targets for which all terms hold: `key=value`, `key!=value`, `key in (a,b)`, `key notin (a,b)`, `key`, `!key`, with commas between them. Keys are name, env, os, type, location, data_center, region, health and labels. */
  target_selector?: string | undefined;
  variables?: Record<string, string | number | boolean | null | unknown[] | Record<string, unknown>> | undefined;
  /** Names of calendars whose blackouts it obeys. */
  calendars?: string[] | undefined;
  /** By which schedules are listed. */
  labels?: Record<string, string> | undefined;
  /** Changed here it pauses or resumes; while it stays as it is, what operators do is left alone. */
  paused?: boolean | undefined;
  /** Why it is paused. */
  status_note?: string | undefined;
}

export interface ScheduleRule {
  /** At this time only, with its offset. */
  once?: string | undefined;
  /** Minutes (`15m`) or hours (`6h`), counted in UTC from 1970 on whatever clocks do; at most 1440m or 168h. */
  every?: string | undefined;
  daily?: {
    /** As clocks in the zone of the schedule show it. */
    at: string;
  } | undefined;
  weekly?: {
    on: ('monday' | 'tuesday' | 'wednesday' | 'thursday' | 'friday' | 'saturday' | 'sunday')[];
    /** As clocks in the zone of the schedule show it. */
    at: string;
  } | undefined;
  monthly?: {
    /** Months without that day are left out; `last` is the last one of each. */
    day?: 'last' | number | undefined;
    /** Which of the days in `on`: 2 with tuesday is the second Tuesday, `last` the last day that is one of them. */
    week?: 'last' | number | undefined;
    on?: ('monday' | 'tuesday' | 'wednesday' | 'thursday' | 'friday' | 'saturday' | 'sunday')[] | undefined;
    /** As clocks in the zone of the schedule show it. */
    at: string;
  } | undefined;
  /** Minute, hour, day of month, month, day of week. Day of month and day of week must both fit: `0 3 8-14 * 2` is the second Tuesday. */
  cron?: string | undefined;
}

/** Things of several kinds, in any order. */
export interface DataDocument {
  /** Version of this form. */
  opsconductor?: 1 | undefined;
  exported_at?: string | undefined;
  seal?: SealHead | undefined;
  items: ({
    name: string;
    target_type?: 'system' | 'api' | 'database' | 'email' | 'web' | 'communication' | undefined;
    description?: string | null | undefined;
    os_type?: string | undefined;
    environment?: 'production' | 'staging' | 'development' | 'testing' | undefined;
    location?: string | null | undefined;
    data_center?: string | null | undefined;
    region?: string | null | undefined;
    labels?: Record<string, string> | undefined;
    status?: 'active' | 'inactive' | 'maintenance' | undefined;
    methods?: Record<string, unknown>[] | undefined;
    kind: 'target';
    serial?: string | undefined;
    /** Names the thing for good, in any installation. */
    uuid?: string | undefined;
  } | {
    name: string;
    description?: string | null | undefined;
    priority?: number | undefined;
    timeout_seconds?: number | null | undefined;
    retry_count?: number | undefined;
    variables?: ({
      key: string;
      type?: 'string' | 'number' | 'boolean' | 'json' | undefined;
      value?: string | number | boolean | null | unknown[] | Record<string, unknown> | undefined;
      description?: string | undefined;
      is_secret?: boolean | undefined;
      /** A run does not start without a value. */
      is_required?: boolean | undefined;
      /** Who starts a run is asked for it; its value here is what is proposed. */
      is_input?: boolean | undefined;
      /** The only values that it may have. */
      choices?: (string | number | boolean | null | unknown[] | Record<string, unknown>)[] | undefined;
      /** Least number; of a text, fewest characters. */
      min?: number | undefined;
      /** Largest number; of a text, most characters. */
      max?: number | undefined;
      /** Regular expression that the whole text must match. */
      pattern?: string | undefined;
      sealed?: SealedSecret | undefined;
    })[] | undefined;
    settings?: {
      max_concurrent_targets?: number | undefined;
      /** Dangerous commands of the job are meant; without it they are refused. */
      confirm_dangerous?: boolean | undefined;
      /** Its runs neither wait for a target that another run works on, nor hold one. */
      allow_shared_targets?: boolean | undefined;
      /** Keeps the exact bytes of both streams of every action as artifacts, unless an action says otherwise. */
      keep_full_output?: boolean | undefined;
      /** Pause before the first retry of the actions that do not say; 5 when left out. */
      retry_delay_seconds?: number | undefined;
      /** Of the actions that do not say; false stores no output. */
      capture_output?: boolean | undefined;
      /** Of every command and script; one of the same name of an action counts there. May refer to variables of the job. */
      environment?: Record<string, string> | undefined;
      /** Names by which jobs are listed. */
      tags?: string[] | undefined;
      rollout?: Rollout | undefined;
      /** Names of calendars: its schedules do not fire in their blackouts, and those that hold runs hold its runs. */
      calendars?: string[] | undefined;
    } | undefined;
    targets?: string[] | undefined;
    /** Targets besides those of the list, chosen when a run starts. */
    target_selector?: string | null | undefined;
    /** Why, in the words of who changes it. */
    change_note?: string | undefined;
    actions: ActionInput[];
    kind: 'job';
    serial?: string | undefined;
    /** Names the thing for good, in any installation. */
    uuid?: string | undefined;
  } | {
    name: string;
    description?: string | null | undefined;
    priority?: number | undefined;
    timeout_seconds?: number | null | undefined;
    retry_count?: number | undefined;
    variables?: ({
      key: string;
      type?: 'string' | 'number' | 'boolean' | 'json' | undefined;
      value?: string | number | boolean | null | unknown[] | Record<string, unknown> | undefined;
      description?: string | undefined;
      is_secret?: boolean | undefined;
      /** A run does not start without a value. */
      is_required?: boolean | undefined;
      /** Who starts a run is asked for it; its value here is what is proposed. */
      is_input?: boolean | undefined;
      /** The only values that it may have. */
      choices?: (string | number | boolean | null | unknown[] | Record<string, unknown>)[] | undefined;
      /** Least number; of a text, fewest characters. */
      min?: number | undefined;
      /** Largest number; of a text, most characters. */
      max?: number | undefined;
      /** Regular expression that the whole text must match. */
      pattern?: string | undefined;
      sealed?: SealedSecret | undefined;
    })[] | undefined;
    settings?: {
      max_concurrent_targets?: number | undefined;
      /** Dangerous commands of the job are meant; without it they are refused. */
      confirm_dangerous?: boolean | undefined;
      /** Its runs neither wait for a target that another run works on, nor hold one. */
      allow_shared_targets?: boolean | undefined;
      /** Keeps the exact bytes of both streams of every action as artifacts, unless an action says otherwise. */
      keep_full_output?: boolean | undefined;
      /** Pause before the first retry of the actions that do not say; 5 when left out. */
      retry_delay_seconds?: number | undefined;
      /** Of the actions that do not say; false stores no output. */
      capture_output?: boolean | undefined;
      /** Of every command and script; one of the same name of an action counts there. May refer to variables of the job. */
      environment?: Record<string, string> | undefined;
      /** Names by which jobs are listed. */
      tags?: string[] | undefined;
      rollout?: Rollout | undefined;
      /** Names of calendars: its schedules do not fire in their blackouts, and those that hold runs hold its runs. */
      calendars?: string[] | undefined;
    } | undefined;
    /** Why, in the words of who changes it. */
    change_note?: string | undefined;
    actions: ActionInput[];
    kind: 'template';
    serial?: string | undefined;
    /** Names the thing for good, in any installation. */
    uuid?: string | undefined;
  } | {
    /** Unique among the schedules of its job. */
    name: string;
    description?: string | null | undefined;
    /** Serial of the job, or its name if no other job has it. */
    job: string;
    /** A rule, or several: the schedule fires on any of them. */
    when: ScheduleRule | ScheduleRule[];
    /** IANA zone of its wall times. */
    timezone?: string | undefined;
    /** No firing before. */
    start_date?: string | null | undefined;
    /** No firing after. */
    end_date?: string | null | undefined;
    /** After so many firings it has expired. */
    max_executions?: number | null | undefined;
    /** Spreads firings: each starts up to so many seconds later, the same one always by the same time. */
    jitter_seconds?: number | undefined;
    /** What becomes of a firing while the run before it still runs. */
    overlap_policy?: 'skip' | 'buffer_one' | 'buffer_all' | 'cancel_other' | 'terminate_other' | 'allow_all' | undefined;
    /** How late a firing that was missed (Temporal was away) may still start. */
    catchup_window_seconds?: number | undefined;
    /** A run that failed pauses the schedule. */
    pause_on_failure?: boolean | undefined;
    /** Of the job only these; not together with a selector. */
    targets?: string[] | undefined;
    /** Targets for which all terms hold: `key=value`, `key!=value`, `key in (a,b)`, `key notin (a,b)`, `key`, `!key`, with commas between them. Keys are name, env, os, type, location, data_center, region, health and labels. */
    target_selector?: string | undefined;
    variables?: Record<string, string | number | boolean | null | unknown[] | Record<string, unknown>> | undefined;
    /** Names of calendars whose blackouts it obeys. */
    calendars?: string[] | undefined;
    /** By which schedules are listed. */
    labels?: Record<string, string> | undefined;
    /** Changed here it pauses or resumes; while it stays as it is, what operators do is left alone. */
    paused?: boolean | undefined;
    /** Why it is paused. */
    status_note?: string | undefined;
    kind: 'schedule';
    /** Values of secret variables, which stand as `********` among the others. */
    sealed?: Record<string, SealedSecret> | undefined;
  } | {
    kind: 'setting';
    name: string;
    value?: unknown;
  } | {
    kind: 'user';
    /** Is passed over: accounts are found by their user name. */
    uuid?: string | undefined;
    username: string;
    /** A new account needs it. */
    email?: string | undefined;
    role?: 'admin' | 'operator' | 'viewer' | undefined;
    /** Permissions on top of those of the role. */
    permissions?: ('targets.read' | 'jobs.read' | 'executions.read' | 'schedules.read' | 'discovery.read' | 'device_types.read' | 'alerts.read' | 'reports.read' | 'analytics.read' | 'monitoring.read' | 'targets.write' | 'targets.test' | 'credentials.write' | 'jobs.write' | 'jobs.execute' | 'executions.cancel' | 'executions.steer' | 'approvals.answer' | 'schedules.write' | 'discovery.run' | 'discovery.import' | 'device_types.write' | 'alerts.act' | 'reports.generate' | 'tokens.own' | 'users.write' | 'settings.write' | 'audit.read' | 'alert_rules.write' | 'templates.write' | 'reports.write' | 'workers.manage' | 'database.read' | 'data.export' | 'data.import' | 'tokens.all')[] | undefined;
    is_active?: boolean | undefined;
  } | {
    name: string;
    /** IANA zone of its wall times. */
    timezone?: string | undefined;
    /** With an allowed window all other time is blackout. */
    windows?: CalendarWindow[] | undefined;
    description?: string | null | undefined;
    /** It concerns these targets, whatever runs on them, without being named anywhere. */
    target_selector?: string | null | undefined;
    /** A firing of a schedule in a blackout is skipped, or postponed to its end. */
    firing_effect?: 'skip' | 'postpone' | undefined;
    /** Runs that go on are held between their actions until the end of a blackout. An action that runs is never ended. */
    holds_runs?: boolean | undefined;
    kind: 'calendar';
    /** Names the thing for good, in any installation. */
    uuid?: string | undefined;
  })[];
}

export interface SealHead {
  cipher: 'aes-256-gcm';
  kdf: 'argon2id';
  memory_kib: number;
  passes: number;
  lanes: number;
  salt: string;
  /** Tells a wrong passphrase from a right one. */
  check: {
    nonce: string;
    ct: string;
  };
}

/** Opens with the passphrase of the export only. */
export interface SealedSecret {
  nonce: string;
  ct: string;
}

export interface Rollout {
  /** Sizes of the batches, the canary first; the last one is repeated until no target is left. None: one batch. */
  batches?: ({
    count: number;
  } | {
    percent: number;
  })[] | undefined;
  /** Targets take their turn by this label, or by name, env, os, type, location, data_center, region or health; those without it last. */
  order_by?: string | undefined;
  /** Named like order_by. One group after another, each in batches of its own; a percentage is one of the group. */
  group_by?: string | undefined;
  /** No further target begins when so many of the run have failed. */
  stop_after_failures?: {
    count: number;
  } | {
    percent: number;
  } | undefined;
  /** The next batch begins after this time, or when one of these people has approved it. */
  between_batches?: {
    seconds: number;
  } | {
    approvers: ({
      type: 'user';
      value: string;
    } | {
      type: 'role';
      value: 'admin' | 'operator' | 'viewer';
    })[];
  } | undefined;
}

export type ActionInput = {
  /** Stable name; action_<n> when left out. */
  action_key?: string | undefined;
  action_name: string;
  action_config?: {
    /** Method of the target over which it runs; the first that can do it when left out. */
    method?: 'ssh' | 'winrm' | 'snmp' | 'telnet' | 'rest_api' | 'smtp' | 'mysql' | 'postgresql' | 'mssql' | 'oracle' | 'sqlite' | 'mongodb' | 'redis' | 'elasticsearch' | undefined;
    working_directory?: string | undefined;
    environment?: Record<string, string> | undefined;
    /** Default [0]. POSIX systems have codes from 0 to 255, Windows those of 32 bits, with or without a sign. */
    expected_exit_codes?: number[] | undefined;
    /** false stores no output, only that and how it ended. */
    capture_output?: boolean | undefined;
    /** Keeps the exact bytes of both streams as artifacts. */
    keep_full_output?: boolean | undefined;
    /** User on the target who runs it, through sudo. */
    run_as?: string | undefined;
    /** Only on targets whose os_type is one of these; on the others the action is skipped. */
    target_compatibility?: string[] | undefined;
    /** Default at_most_once. at_least_once repeats by itself what may have run already: for idempotent actions only. */
    delivery?: 'at_most_once' | 'at_least_once' | undefined;
  } | undefined;
  is_enabled?: boolean | undefined;
  timeout_seconds?: number | undefined;
  retry_count?: number | undefined;
  /** As the settings of the job say, else 5. */
  retry_delay_seconds?: number | undefined;
  /** What a failure does: ends the branch, is passed over, skips the rest, or undoes what ran by its rollback actions. */
  on_failure?: 'stop' | 'continue' | 'skip_remaining' | 'rollback' | undefined;
  conditions?: ActionCondition[] | undefined;
  dependencies?: ActionDependency[] | undefined;
  action_type: 'command';
  action_parameters: {
    command: string;
  };
  /** Undo this action, if it ran, when a later failure (or its own) rolls back. */
  rollback?: ActionInput[] | undefined;
} | {
  /** Stable name; action_<n> when left out. */
  action_key?: string | undefined;
  action_name: string;
  action_config?: {
    /** Method of the target over which it runs; the first that can do it when left out. */
    method?: 'ssh' | 'winrm' | 'snmp' | 'telnet' | 'rest_api' | 'smtp' | 'mysql' | 'postgresql' | 'mssql' | 'oracle' | 'sqlite' | 'mongodb' | 'redis' | 'elasticsearch' | undefined;
    working_directory?: string | undefined;
    environment?: Record<string, string> | undefined;
    /** Default [0]. POSIX systems have codes from 0 to 255, Windows those of 32 bits, with or without a sign. */
    expected_exit_codes?: number[] | undefined;
    /** false stores no output, only that and how it ended. */
    capture_output?: boolean | undefined;
    /** Keeps the exact bytes of both streams as artifacts. */
    keep_full_output?: boolean | undefined;
    /** User on the target who runs it, through sudo. */
    run_as?: string | undefined;
    /** Only on targets whose os_type is one of these; on the others the action is skipped. */
    target_compatibility?: string[] | undefined;
    /** Default at_most_once. at_least_once repeats by itself what may have run already: for idempotent actions only. */
    delivery?: 'at_most_once' | 'at_least_once' | undefined;
  } | undefined;
  is_enabled?: boolean | undefined;
  timeout_seconds?: number | undefined;
  retry_count?: number | undefined;
  /** As the settings of the job say, else 5. */
  retry_delay_seconds?: number | undefined;
  /** What a failure does: ends the branch, is passed over, skips the rest, or undoes what ran by its rollback actions. */
  on_failure?: 'stop' | 'continue' | 'skip_remaining' | 'rollback' | undefined;
  conditions?: ActionCondition[] | undefined;
  dependencies?: ActionDependency[] | undefined;
  action_type: 'script';
  action_parameters: {
    scriptType: 'sh' | 'bash' | 'python' | 'powershell' | 'javascript' | 'batch';
    scriptContent: string;
    arguments?: string[] | undefined;
  };
  /** Undo this action, if it ran, when a later failure (or its own) rolls back. */
  rollback?: ActionInput[] | undefined;
} | {
  /** Stable name; action_<n> when left out. */
  action_key?: string | undefined;
  action_name: string;
  action_config?: {
    /** Method of the target over which it runs; the first that can do it when left out. */
    method?: 'ssh' | 'winrm' | 'snmp' | 'telnet' | 'rest_api' | 'smtp' | 'mysql' | 'postgresql' | 'mssql' | 'oracle' | 'sqlite' | 'mongodb' | 'redis' | 'elasticsearch' | undefined;
    working_directory?: string | undefined;
    environment?: Record<string, string> | undefined;
    /** Default [0]. POSIX systems have codes from 0 to 255, Windows those of 32 bits, with or without a sign. */
    expected_exit_codes?: number[] | undefined;
    /** false stores no output, only that and how it ended. */
    capture_output?: boolean | undefined;
    /** Keeps the exact bytes of both streams as artifacts. */
    keep_full_output?: boolean | undefined;
    /** User on the target who runs it, through sudo. */
    run_as?: string | undefined;
    /** Only on targets whose os_type is one of these; on the others the action is skipped. */
    target_compatibility?: string[] | undefined;
    /** Default at_most_once. at_least_once repeats by itself what may have run already: for idempotent actions only. */
    delivery?: 'at_most_once' | 'at_least_once' | undefined;
  } | undefined;
  is_enabled?: boolean | undefined;
  timeout_seconds?: number | undefined;
  retry_count?: number | undefined;
  /** As the settings of the job say, else 5. */
  retry_delay_seconds?: number | undefined;
  /** What a failure does: ends the branch, is passed over, skips the rest, or undoes what ran by its rollback actions. */
  on_failure?: 'stop' | 'continue' | 'skip_remaining' | 'rollback' | undefined;
  conditions?: ActionCondition[] | undefined;
  dependencies?: ActionDependency[] | undefined;
  action_type: 'file';
  action_parameters: {
    operation: 'copy' | 'move';
    source: string;
    /** A file goes into a folder that is there, under its own name. */
    destination: string;
    /** false fails when the destination is there already. */
    overwrite?: boolean | undefined;
    preservePermissions?: boolean | undefined;
  } | {
    operation: 'delete';
    source: string;
    recursive?: boolean | undefined;
  } | {
    operation: 'mkdir';
    source: string;
    mode?: string | undefined;
  } | {
    operation: 'chmod';
    source: string;
    mode: string;
    recursive?: boolean | undefined;
  } | {
    operation: 'chown';
    source: string;
    owner: string;
    recursive?: boolean | undefined;
  };
  /** Undo this action, if it ran, when a later failure (or its own) rolls back. */
  rollback?: ActionInput[] | undefined;
} | {
  /** Stable name; action_<n> when left out. */
  action_key?: string | undefined;
  action_name: string;
  action_config?: {
    /** Method of the target over which it runs; the first that can do it when left out. */
    method?: 'ssh' | 'winrm' | 'snmp' | 'telnet' | 'rest_api' | 'smtp' | 'mysql' | 'postgresql' | 'mssql' | 'oracle' | 'sqlite' | 'mongodb' | 'redis' | 'elasticsearch' | undefined;
    working_directory?: string | undefined;
    environment?: Record<string, string> | undefined;
    /** Default [0]. POSIX systems have codes from 0 to 255, Windows those of 32 bits, with or without a sign. */
    expected_exit_codes?: number[] | undefined;
    /** false stores no output, only that and how it ended. */
    capture_output?: boolean | undefined;
    /** Keeps the exact bytes of both streams as artifacts. */
    keep_full_output?: boolean | undefined;
    /** User on the target who runs it, through sudo. */
    run_as?: string | undefined;
    /** Only on targets whose os_type is one of these; on the others the action is skipped. */
    target_compatibility?: string[] | undefined;
    /** Default at_most_once. at_least_once repeats by itself what may have run already: for idempotent actions only. */
    delivery?: 'at_most_once' | 'at_least_once' | undefined;
  } | undefined;
  is_enabled?: boolean | undefined;
  timeout_seconds?: number | undefined;
  retry_count?: number | undefined;
  /** As the settings of the job say, else 5. */
  retry_delay_seconds?: number | undefined;
  /** What a failure does: ends the branch, is passed over, skips the rest, or undoes what ran by its rollback actions. */
  on_failure?: 'stop' | 'continue' | 'skip_remaining' | 'rollback' | undefined;
  conditions?: ActionCondition[] | undefined;
  dependencies?: ActionDependency[] | undefined;
  action_type: 'file_transfer';
  action_parameters: {
    operation: 'upload';
    destination_path: string;
    /** Artifact to upload: its uuid, or a reference such as ${actions.fetch.artifact} to what a download of this run has fetched. */
    artifact?: string | undefined;
    /** Text to upload. */
    content?: string | undefined;
    mode?: string | undefined;
    /** What the content must have. */
    sha256?: string | undefined;
    overwrite?: boolean | undefined;
    /** Makes the folders above the destination that are missing. */
    create_parents?: boolean | undefined;
  } | {
    operation: 'download';
    source_path: string;
    /** What the file must have. */
    sha256?: string | undefined;
    /** A larger file is refused; at most max_artifact_bytes. */
    maxBytes?: number | undefined;
  };
  /** Undo this action, if it ran, when a later failure (or its own) rolls back. */
  rollback?: ActionInput[] | undefined;
} | {
  /** Stable name; action_<n> when left out. */
  action_key?: string | undefined;
  action_name: string;
  action_config?: {
    /** Method of the target over which it runs; the first that can do it when left out. */
    method?: 'ssh' | 'winrm' | 'snmp' | 'telnet' | 'rest_api' | 'smtp' | 'mysql' | 'postgresql' | 'mssql' | 'oracle' | 'sqlite' | 'mongodb' | 'redis' | 'elasticsearch' | undefined;
    working_directory?: string | undefined;
    environment?: Record<string, string> | undefined;
    /** Default [0]. POSIX systems have codes from 0 to 255, Windows those of 32 bits, with or without a sign. */
    expected_exit_codes?: number[] | undefined;
    /** false stores no output, only that and how it ended. */
    capture_output?: boolean | undefined;
    /** Keeps the exact bytes of both streams as artifacts. */
    keep_full_output?: boolean | undefined;
    /** User on the target who runs it, through sudo. */
    run_as?: string | undefined;
    /** Only on targets whose os_type is one of these; on the others the action is skipped. */
    target_compatibility?: string[] | undefined;
    /** Default at_most_once. at_least_once repeats by itself what may have run already: for idempotent actions only. */
    delivery?: 'at_most_once' | 'at_least_once' | undefined;
  } | undefined;
  is_enabled?: boolean | undefined;
  timeout_seconds?: number | undefined;
  retry_count?: number | undefined;
  /** As the settings of the job say, else 5. */
  retry_delay_seconds?: number | undefined;
  /** What a failure does: ends the branch, is passed over, skips the rest, or undoes what ran by its rollback actions. */
  on_failure?: 'stop' | 'continue' | 'skip_remaining' | 'rollback' | undefined;
  conditions?: ActionCondition[] | undefined;
  dependencies?: ActionDependency[] | undefined;
  action_type: 'api';
  action_parameters: {
    method?: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'PATCH' | 'HEAD' | undefined;
    /** A path goes to the method of the target; a URL is requested by the worker. */
    url: string;
    headers?: Record<string, string> | undefined;
    /** Text, or JSON. */
    body?: string | Record<string, unknown> | unknown[] | undefined;
    expectedStatusCodes?: number[] | undefined;
  };
  /** Undo this action, if it ran, when a later failure (or its own) rolls back. */
  rollback?: ActionInput[] | undefined;
} | {
  /** Stable name; action_<n> when left out. */
  action_key?: string | undefined;
  action_name: string;
  action_config?: {
    /** Method of the target over which it runs; the first that can do it when left out. */
    method?: 'ssh' | 'winrm' | 'snmp' | 'telnet' | 'rest_api' | 'smtp' | 'mysql' | 'postgresql' | 'mssql' | 'oracle' | 'sqlite' | 'mongodb' | 'redis' | 'elasticsearch' | undefined;
    working_directory?: string | undefined;
    environment?: Record<string, string> | undefined;
    /** Default [0]. POSIX systems have codes from 0 to 255, Windows those of 32 bits, with or without a sign. */
    expected_exit_codes?: number[] | undefined;
    /** false stores no output, only that and how it ended. */
    capture_output?: boolean | undefined;
    /** Keeps the exact bytes of both streams as artifacts. */
    keep_full_output?: boolean | undefined;
    /** User on the target who runs it, through sudo. */
    run_as?: string | undefined;
    /** Only on targets whose os_type is one of these; on the others the action is skipped. */
    target_compatibility?: string[] | undefined;
    /** Default at_most_once. at_least_once repeats by itself what may have run already: for idempotent actions only. */
    delivery?: 'at_most_once' | 'at_least_once' | undefined;
  } | undefined;
  is_enabled?: boolean | undefined;
  timeout_seconds?: number | undefined;
  retry_count?: number | undefined;
  /** As the settings of the job say, else 5. */
  retry_delay_seconds?: number | undefined;
  /** What a failure does: ends the branch, is passed over, skips the rest, or undoes what ran by its rollback actions. */
  on_failure?: 'stop' | 'continue' | 'skip_remaining' | 'rollback' | undefined;
  conditions?: ActionCondition[] | undefined;
  dependencies?: ActionDependency[] | undefined;
  action_type: 'database';
  action_parameters: {
    /** A statement; a JSON command for MongoDB, a command line for Redis. Values in it are bound, never written into it. */
    query: string;
    /** STORED_PROCEDURE calls the procedure that `query` names. The others refuse a statement that begins otherwise. */
    queryType?: 'SELECT' | 'INSERT' | 'UPDATE' | 'DELETE' | 'STORED_PROCEDURE' | undefined;
    /** Values for `${params.name}` in the query. */
    parameters?: Record<string, string | number | boolean | null> | undefined;
    /** Such as postgresql://user:${PASSWORD}@host/db: from the worker instead of by a method of the target. */
    connectionString?: string | undefined;
    maxRows?: number | undefined;
  };
  /** Undo this action, if it ran, when a later failure (or its own) rolls back. */
  rollback?: ActionInput[] | undefined;
} | {
  /** Stable name; action_<n> when left out. */
  action_key?: string | undefined;
  action_name: string;
  action_config?: {
    /** Method of the target over which it runs; the first that can do it when left out. */
    method?: 'ssh' | 'winrm' | 'snmp' | 'telnet' | 'rest_api' | 'smtp' | 'mysql' | 'postgresql' | 'mssql' | 'oracle' | 'sqlite' | 'mongodb' | 'redis' | 'elasticsearch' | undefined;
    working_directory?: string | undefined;
    environment?: Record<string, string> | undefined;
    /** Default [0]. POSIX systems have codes from 0 to 255, Windows those of 32 bits, with or without a sign. */
    expected_exit_codes?: number[] | undefined;
    /** false stores no output, only that and how it ended. */
    capture_output?: boolean | undefined;
    /** Keeps the exact bytes of both streams as artifacts. */
    keep_full_output?: boolean | undefined;
    /** User on the target who runs it, through sudo. */
    run_as?: string | undefined;
    /** Only on targets whose os_type is one of these; on the others the action is skipped. */
    target_compatibility?: string[] | undefined;
    /** Default at_most_once. at_least_once repeats by itself what may have run already: for idempotent actions only. */
    delivery?: 'at_most_once' | 'at_least_once' | undefined;
  } | undefined;
  is_enabled?: boolean | undefined;
  timeout_seconds?: number | undefined;
  retry_count?: number | undefined;
  /** As the settings of the job say, else 5. */
  retry_delay_seconds?: number | undefined;
  /** What a failure does: ends the branch, is passed over, skips the rest, or undoes what ran by its rollback actions. */
  on_failure?: 'stop' | 'continue' | 'skip_remaining' | 'rollback' | undefined;
  conditions?: ActionCondition[] | undefined;
  dependencies?: ActionDependency[] | undefined;
  action_type: 'email';
  action_parameters: {
    from?: string | undefined;
    to: string[];
    cc?: string[] | undefined;
    bcc?: string[] | undefined;
    subject: string;
    body: string;
    html?: string | undefined;
    attachments?: ({
      filename: string;
      /** Text. */
      content?: string | undefined;
      /** Bytes in Base64. */
      content_base64?: string | undefined;
      /** A file that is kept: its UUID, or a reference such as ${actions.fetch.artifact}. */
      artifact?: string | undefined;
      content_type?: string | undefined;
    })[] | undefined;
  };
  /** Undo this action, if it ran, when a later failure (or its own) rolls back. */
  rollback?: ActionInput[] | undefined;
} | {
  /** Stable name; action_<n> when left out. */
  action_key?: string | undefined;
  action_name: string;
  action_config?: {
    /** Method of the target over which it runs; the first that can do it when left out. */
    method?: 'ssh' | 'winrm' | 'snmp' | 'telnet' | 'rest_api' | 'smtp' | 'mysql' | 'postgresql' | 'mssql' | 'oracle' | 'sqlite' | 'mongodb' | 'redis' | 'elasticsearch' | undefined;
    working_directory?: string | undefined;
    environment?: Record<string, string> | undefined;
    /** Default [0]. POSIX systems have codes from 0 to 255, Windows those of 32 bits, with or without a sign. */
    expected_exit_codes?: number[] | undefined;
    /** false stores no output, only that and how it ended. */
    capture_output?: boolean | undefined;
    /** Keeps the exact bytes of both streams as artifacts. */
    keep_full_output?: boolean | undefined;
    /** User on the target who runs it, through sudo. */
    run_as?: string | undefined;
    /** Only on targets whose os_type is one of these; on the others the action is skipped. */
    target_compatibility?: string[] | undefined;
    /** Default at_most_once. at_least_once repeats by itself what may have run already: for idempotent actions only. */
    delivery?: 'at_most_once' | 'at_least_once' | undefined;
  } | undefined;
  is_enabled?: boolean | undefined;
  timeout_seconds?: number | undefined;
  retry_count?: number | undefined;
  /** As the settings of the job say, else 5. */
  retry_delay_seconds?: number | undefined;
  /** What a failure does: ends the branch, is passed over, skips the rest, or undoes what ran by its rollback actions. */
  on_failure?: 'stop' | 'continue' | 'skip_remaining' | 'rollback' | undefined;
  conditions?: ActionCondition[] | undefined;
  dependencies?: ActionDependency[] | undefined;
  action_type: 'condition';
  action_parameters: {
    conditionType: 'if';
    /** CEL over the variables, and `actions.KEY.output`, `.exit_code`, `.status`. */
    expression: string;
    then: ActionInput[];
    else?: ActionInput[] | undefined;
  } | {
    conditionType: 'switch';
    /** CEL over the variables, and `actions.KEY.output`, `.exit_code`, `.status`. */
    expression: string;
    /** What runs when the expression gives this text. */
    cases: Record<string, ActionInput[]>;
    /** What runs when no case fits. */
    else?: ActionInput[] | undefined;
  } | {
    conditionType: 'while';
    /** CEL over the variables, and `actions.KEY.output`, `.exit_code`, `.status`. */
    expression: string;
    loop: ActionInput[];
    /** More fail the action with LOOP_TOO_LONG. */
    maxIterations?: number | undefined;
  } | {
    conditionType: 'for';
    /** A list, or a number: as many times. LOOP_ITEM and LOOP_INDEX are variables of the loop. */
    expression: string;
    loop: ActionInput[];
    /** More fail the action with LOOP_TOO_LONG. */
    maxIterations?: number | undefined;
  };
  /** Undo this action, if it ran, when a later failure (or its own) rolls back. */
  rollback?: ActionInput[] | undefined;
} | {
  /** Stable name; action_<n> when left out. */
  action_key?: string | undefined;
  action_name: string;
  action_config?: {
    /** Method of the target over which it runs; the first that can do it when left out. */
    method?: 'ssh' | 'winrm' | 'snmp' | 'telnet' | 'rest_api' | 'smtp' | 'mysql' | 'postgresql' | 'mssql' | 'oracle' | 'sqlite' | 'mongodb' | 'redis' | 'elasticsearch' | undefined;
    working_directory?: string | undefined;
    environment?: Record<string, string> | undefined;
    /** Default [0]. POSIX systems have codes from 0 to 255, Windows those of 32 bits, with or without a sign. */
    expected_exit_codes?: number[] | undefined;
    /** false stores no output, only that and how it ended. */
    capture_output?: boolean | undefined;
    /** Keeps the exact bytes of both streams as artifacts. */
    keep_full_output?: boolean | undefined;
    /** User on the target who runs it, through sudo. */
    run_as?: string | undefined;
    /** Only on targets whose os_type is one of these; on the others the action is skipped. */
    target_compatibility?: string[] | undefined;
    /** Default at_most_once. at_least_once repeats by itself what may have run already: for idempotent actions only. */
    delivery?: 'at_most_once' | 'at_least_once' | undefined;
  } | undefined;
  is_enabled?: boolean | undefined;
  timeout_seconds?: number | undefined;
  retry_count?: number | undefined;
  /** As the settings of the job say, else 5. */
  retry_delay_seconds?: number | undefined;
  /** What a failure does: ends the branch, is passed over, skips the rest, or undoes what ran by its rollback actions. */
  on_failure?: 'stop' | 'continue' | 'skip_remaining' | 'rollback' | undefined;
  conditions?: ActionCondition[] | undefined;
  dependencies?: ActionDependency[] | undefined;
  action_type: 'parallel';
  action_parameters: {
    actions: ActionInput[];
    maxConcurrency?: number | undefined;
    /** false: the first failure cancels the others. */
    waitForAll?: boolean | undefined;
  };
  /** Undo this action, if it ran, when a later failure (or its own) rolls back. */
  rollback?: ActionInput[] | undefined;
} | {
  /** Stable name; action_<n> when left out. */
  action_key?: string | undefined;
  action_name: string;
  action_config?: {
    /** Method of the target over which it runs; the first that can do it when left out. */
    method?: 'ssh' | 'winrm' | 'snmp' | 'telnet' | 'rest_api' | 'smtp' | 'mysql' | 'postgresql' | 'mssql' | 'oracle' | 'sqlite' | 'mongodb' | 'redis' | 'elasticsearch' | undefined;
    working_directory?: string | undefined;
    environment?: Record<string, string> | undefined;
    /** Default [0]. POSIX systems have codes from 0 to 255, Windows those of 32 bits, with or without a sign. */
    expected_exit_codes?: number[] | undefined;
    /** false stores no output, only that and how it ended. */
    capture_output?: boolean | undefined;
    /** Keeps the exact bytes of both streams as artifacts. */
    keep_full_output?: boolean | undefined;
    /** User on the target who runs it, through sudo. */
    run_as?: string | undefined;
    /** Only on targets whose os_type is one of these; on the others the action is skipped. */
    target_compatibility?: string[] | undefined;
    /** Default at_most_once. at_least_once repeats by itself what may have run already: for idempotent actions only. */
    delivery?: 'at_most_once' | 'at_least_once' | undefined;
  } | undefined;
  is_enabled?: boolean | undefined;
  timeout_seconds?: number | undefined;
  retry_count?: number | undefined;
  /** As the settings of the job say, else 5. */
  retry_delay_seconds?: number | undefined;
  /** What a failure does: ends the branch, is passed over, skips the rest, or undoes what ran by its rollback actions. */
  on_failure?: 'stop' | 'continue' | 'skip_remaining' | 'rollback' | undefined;
  conditions?: ActionCondition[] | undefined;
  dependencies?: ActionDependency[] | undefined;
  action_type: 'wait';
  action_parameters: {
    seconds: number;
  } | {
    until: string;
  };
  /** Undo this action, if it ran, when a later failure (or its own) rolls back. */
  rollback?: ActionInput[] | undefined;
} | {
  /** Stable name; action_<n> when left out. */
  action_key?: string | undefined;
  action_name: string;
  action_config?: {
    /** Method of the target over which it runs; the first that can do it when left out. */
    method?: 'ssh' | 'winrm' | 'snmp' | 'telnet' | 'rest_api' | 'smtp' | 'mysql' | 'postgresql' | 'mssql' | 'oracle' | 'sqlite' | 'mongodb' | 'redis' | 'elasticsearch' | undefined;
    working_directory?: string | undefined;
    environment?: Record<string, string> | undefined;
    /** Default [0]. POSIX systems have codes from 0 to 255, Windows those of 32 bits, with or without a sign. */
    expected_exit_codes?: number[] | undefined;
    /** false stores no output, only that and how it ended. */
    capture_output?: boolean | undefined;
    /** Keeps the exact bytes of both streams as artifacts. */
    keep_full_output?: boolean | undefined;
    /** User on the target who runs it, through sudo. */
    run_as?: string | undefined;
    /** Only on targets whose os_type is one of these; on the others the action is skipped. */
    target_compatibility?: string[] | undefined;
    /** Default at_most_once. at_least_once repeats by itself what may have run already: for idempotent actions only. */
    delivery?: 'at_most_once' | 'at_least_once' | undefined;
  } | undefined;
  is_enabled?: boolean | undefined;
  timeout_seconds?: number | undefined;
  retry_count?: number | undefined;
  /** As the settings of the job say, else 5. */
  retry_delay_seconds?: number | undefined;
  /** What a failure does: ends the branch, is passed over, skips the rest, or undoes what ran by its rollback actions. */
  on_failure?: 'stop' | 'continue' | 'skip_remaining' | 'rollback' | undefined;
  conditions?: ActionCondition[] | undefined;
  dependencies?: ActionDependency[] | undefined;
  action_type: 'approval';
  action_parameters: {
    /** Users by name, or roles; one answer is enough. */
    approvers: ({
      type: 'user';
      value: string;
    } | {
      type: 'role';
      value: 'admin' | 'operator' | 'viewer';
    })[];
    /** What they are asked; references have their values. */
    message?: string | undefined;
    timeoutSeconds?: number | undefined;
    onTimeout?: 'fail' | 'approve' | 'skip' | undefined;
  };
  /** Undo this action, if it ran, when a later failure (or its own) rolls back. */
  rollback?: ActionInput[] | undefined;
};

/** All conditions of an action must hold, or it is skipped. */
export interface ActionCondition {
  variable: string;
  operator: '==' | '!=' | '>' | '<' | 'contains' | 'matches';
  /** References in a text have their values. */
  value: string | number | boolean;
}

export interface ActionDependency {
  action_key: string;
  /** `completed`: it ran, however it ended. */
  status?: 'success' | 'failure' | 'completed' | 'skipped' | undefined;
}

/** Has one of `weekly` (ISO days, 1 is Monday; past midnight when `to` is not later than `from`), `dates` (a date as `to` includes its day) and `ical` (a window once, or again and again by a rule of days, weeks, months or years). Wall times are those of the zone of the calendar. */
export interface CalendarWindow {
  kind: 'blackout' | 'allowed';
  summary?: string | undefined;
  weekly?: {
    days: number[];
    from: string;
    to: string;
  } | undefined;
  dates?: {
    from: string;
    to: string;
  } | undefined;
  ical?: {
    dtstart: string;
    duration: string;
    rrule?: string | undefined;
    exdates?: string[] | undefined;
  } | undefined;
}

export interface Health {
  status: 'ok';
}

export interface Problem {
  type: string;
  title: string;
  status: number;
  /** Stable; programs decide by it. */
  code: string;
  detail: string;
  /** Id of the request, as in the log of the server. */
  instance: string;
  errors?: {
    path: string;
    message: string;
  }[] | undefined;
}

export interface Readiness {
  /** `degraded`: it works, but something that it can wait for is away. `stopping`: it ends when what is under way is answered. */
  status: 'ready' | 'degraded' | 'not_ready' | 'stopping';
  checks: Record<string, {
    ok: boolean;
    required: boolean;
    message: string;
    /** When this check was last passed; null: never yet. */
    last_ok_at: string | null;
    /** How long that is ago. */
    age_seconds: number | null;
  }>;
}

/** JSON Schema 2020-12. */
export type JsonSchema = Record<string, unknown>;

export interface SessionCreated {
  /** Send it as `Authorization: Bearer …`. It is shown only here. */
  token: string;
  expires_at: string;
  user: Profile;
}

export interface Profile {
  user_uuid: string;
  username: string;
  email: string;
  role: 'admin' | 'operator' | 'viewer';
  permissions: string[];
  must_change_password: boolean;
  last_login_at: string | null;
}

export interface Login {
  username: string;
  password: string;
}

export interface UpdateProfile {
  email: string;
}

export interface PermissionTable {
  /** What each role may do. */
  roles: {
    admin?: ('targets.read' | 'jobs.read' | 'executions.read' | 'schedules.read' | 'discovery.read' | 'device_types.read' | 'alerts.read' | 'reports.read' | 'analytics.read' | 'monitoring.read' | 'targets.write' | 'targets.test' | 'credentials.write' | 'jobs.write' | 'jobs.execute' | 'executions.cancel' | 'executions.steer' | 'approvals.answer' | 'schedules.write' | 'discovery.run' | 'discovery.import' | 'device_types.write' | 'alerts.act' | 'reports.generate' | 'tokens.own' | 'users.write' | 'settings.write' | 'audit.read' | 'alert_rules.write' | 'templates.write' | 'reports.write' | 'workers.manage' | 'database.read' | 'data.export' | 'data.import' | 'tokens.all')[] | undefined;
    operator?: ('targets.read' | 'jobs.read' | 'executions.read' | 'schedules.read' | 'discovery.read' | 'device_types.read' | 'alerts.read' | 'reports.read' | 'analytics.read' | 'monitoring.read' | 'targets.write' | 'targets.test' | 'credentials.write' | 'jobs.write' | 'jobs.execute' | 'executions.cancel' | 'executions.steer' | 'approvals.answer' | 'schedules.write' | 'discovery.run' | 'discovery.import' | 'device_types.write' | 'alerts.act' | 'reports.generate' | 'tokens.own' | 'users.write' | 'settings.write' | 'audit.read' | 'alert_rules.write' | 'templates.write' | 'reports.write' | 'workers.manage' | 'database.read' | 'data.export' | 'data.import' | 'tokens.all')[] | undefined;
    viewer?: ('targets.read' | 'jobs.read' | 'executions.read' | 'schedules.read' | 'discovery.read' | 'device_types.read' | 'alerts.read' | 'reports.read' | 'analytics.read' | 'monitoring.read' | 'targets.write' | 'targets.test' | 'credentials.write' | 'jobs.write' | 'jobs.execute' | 'executions.cancel' | 'executions.steer' | 'approvals.answer' | 'schedules.write' | 'discovery.run' | 'discovery.import' | 'device_types.write' | 'alerts.act' | 'reports.generate' | 'tokens.own' | 'users.write' | 'settings.write' | 'audit.read' | 'alert_rules.write' | 'templates.write' | 'reports.write' | 'workers.manage' | 'database.read' | 'data.export' | 'data.import' | 'tokens.all')[] | undefined;
  };
  /** What the caller may do. */
  own: ('targets.read' | 'jobs.read' | 'executions.read' | 'schedules.read' | 'discovery.read' | 'device_types.read' | 'alerts.read' | 'reports.read' | 'analytics.read' | 'monitoring.read' | 'targets.write' | 'targets.test' | 'credentials.write' | 'jobs.write' | 'jobs.execute' | 'executions.cancel' | 'executions.steer' | 'approvals.answer' | 'schedules.write' | 'discovery.run' | 'discovery.import' | 'device_types.write' | 'alerts.act' | 'reports.generate' | 'tokens.own' | 'users.write' | 'settings.write' | 'audit.read' | 'alert_rules.write' | 'templates.write' | 'reports.write' | 'workers.manage' | 'database.read' | 'data.export' | 'data.import' | 'tokens.all')[];
}

export interface ChangePassword {
  current_password: string;
  new_password: string;
}

export type ApiTokenPage = Page<ApiToken>;

export interface ApiToken {
  token_uuid: string;
  name: string;
  token_prefix: string;
  scopes: string[];
  expires_at: string | null;
  last_used_at: string | null;
  created_at: string;
}

export interface ApiTokenCreated {
  token_uuid: string;
  name: string;
  token_prefix: string;
  scopes: string[];
  expires_at: string | null;
  last_used_at: string | null;
  created_at: string;
  /** Shown only here, and only in the first answer: a repeat with the same Idempotency-Key does not have it. */
  token?: string | undefined;
}

export interface CreateApiToken {
  name: string;
  scopes: string[];
  expires_at?: string | null | undefined;
}

export interface TargetTest {
  result: 'success' | 'failure';
  message: string;
  error_code: string | null;
  failure_category: string | null;
  duration_ms: number;
  host_key_fingerprint: string | null;
  target_serial: string;
  target_name: string;
}

export interface TestTargets {
  targets?: string[] | undefined;
  /** Targets for which all terms hold: `key=value`, `key!=value`, `key in (a,b)`, `key notin (a,b)`, `key`, `!key`, with commas between them. Keys are name, env, os, type, location, data_center, region, health and labels. */
  selector?: string | undefined;
}

export interface UpdatedTargets {
  /** Targets that were named, or that the selector fits. */
  total: number;
  /** Those that were not as they shall be. */
  changed: string[];
  dry_run: boolean;
}

export interface UpdateTargets {
  targets?: string[] | undefined;
  /** Targets for which all terms hold: `key=value`, `key!=value`, `key in (a,b)`, `key notin (a,b)`, `key`, `!key`, with commas between them. Keys are name, env, os, type, location, data_center, region, health and labels. */
  selector?: string | undefined;
  set?: BulkFields | undefined;
  /** Labels that each target gets; one of the same name gets the new value. */
  add_labels?: Record<string, string> | undefined;
  /** Labels that each target loses, where it has them. */
  remove_labels?: string[] | undefined;
  /** Tell what would change, and change nothing. */
  dry_run?: boolean | undefined;
}

export interface BulkFields {
  environment?: 'production' | 'staging' | 'development' | 'testing' | undefined;
  status?: 'active' | 'inactive' | 'maintenance' | undefined;
  location?: string | null | undefined;
  data_center?: string | null | undefined;
  region?: string | null | undefined;
}

export interface TargetStatistics {
  total: number;
  by_type: Record<string, number>;
  by_os: Record<string, number>;
  by_environment: Record<string, number>;
  by_status: Record<string, number>;
  by_health: Record<string, number>;
  /** A target counts once for each protocol by which it can be reached. */
  by_method: Record<string, number>;
}

export interface TargetKindList {
  data: TargetKind[];
}

export interface TargetKind {
  kind: string;
  label: string;
  methods: ('ssh' | 'winrm' | 'snmp' | 'telnet' | 'rest_api' | 'smtp' | 'mysql' | 'postgresql' | 'mssql' | 'oracle' | 'sqlite' | 'mongodb' | 'redis' | 'elasticsearch')[];
}

export type TargetRunPage = Page<TargetRun>;

export interface TargetRun {
  branch_serial: string;
  execution_serial: string;
  job_serial: string;
  job_name: string;
  status: 'scheduled' | 'running' | 'completed' | 'failed' | 'cancelled';
  exit_code: number | null;
  failure_category: 'authentication' | 'communication' | 'command_execution' | 'timeout' | 'configuration' | 'not_started' | 'lost' | 'interrupted' | 'internal' | 'rejected' | null;
  error_code: string | null;
  result_error: string | null;
  created_at: string;
  started_at: string | null;
  completed_at: string | null;
}

export type TargetJobPage = Page<TargetJob>;

export interface TargetJob {
  job_serial: string;
  name: string;
  /** Whether the job names the target, or its selector fits it now. */
  by: 'list' | 'selector';
}

/** All methods of a target, the primary one first. */
export interface MethodList {
  data: Method[];
}

export interface Method {
  method_type: 'ssh' | 'winrm' | 'snmp' | 'telnet' | 'rest_api' | 'smtp' | 'mysql' | 'postgresql' | 'mssql' | 'oracle' | 'sqlite' | 'mongodb' | 'redis' | 'elasticsearch';
  method_name: string;
  host: string | null;
  port: number | null;
  is_primary: boolean;
  is_active: boolean;
  priority: number;
  config: Record<string, unknown>;
  host_key_fingerprint: string | null;
  last_tested_at: string | null;
  last_test_result: 'success' | 'failure' | null;
  last_test_message: string | null;
  credentials: ({
    credential_uuid: string;
    credential_type: 'password' | 'ssh_key' | 'snmp_community' | 'snmp_v3' | 'api_key' | 'api_token' | 'client_certificate';
    credential_name: string;
    /** Logged in with; exactly one of those that are switched on. */
    is_primary: boolean;
    is_active: boolean;
    /** Last change, also of the secret. */
    updated_at: string;
  })[];
  /** What protects it less than it could: not encrypted, certificate not checked … */
  weaknesses: string[];
}

export type MethodInput = {
  /** How the target is reached. */
  method_type: 'ssh';
  /** Default: its type and a number. */
  method_name?: string | undefined;
  /** Used first. Exactly one method of a target is primary. */
  is_primary?: boolean | undefined;
  /** May be used. Left out: as it was; of a new one true. */
  is_active?: boolean | undefined;
  /** Order of those that are not primary, 1 first. Left out: the place in the list. */
  priority?: number | undefined;
  credential?: CredentialInput | undefined;
  host: string;
  port?: number | undefined;
  config?: {
    /** Connect and log in within this many seconds. */
    timeout?: number | undefined;
    /** Seconds between keep-alive messages; 0 turns them off. */
    keepalive?: number | undefined;
    /** What reads commands: a POSIX shell, or cmd.exe or PowerShell on Windows. Left out: cmd on a target whose os_type is a Windows, else posix. */
    shell?: 'posix' | 'cmd' | 'powershell' | undefined;
    /** Refused: it is no option: the private key of the credential says its algorithm itself. */
    key_algorithm?: unknown;
  } | undefined;
} | {
  /** How the target is reached. */
  method_type: 'winrm';
  /** Default: its type and a number. */
  method_name?: string | undefined;
  /** Used first. Exactly one method of a target is primary. */
  is_primary?: boolean | undefined;
  /** May be used. Left out: as it was; of a new one true. */
  is_active?: boolean | undefined;
  /** Order of those that are not primary, 1 first. Left out: the place in the list. */
  priority?: number | undefined;
  credential?: CredentialInput | undefined;
  host: string;
  port?: number | undefined;
  config?: {
    /** Connect and log in within this many seconds. */
    timeout?: number | undefined;
    transport?: 'ntlm' | 'basic' | undefined;
    /** What reads commands: values in them are quoted for it. */
    shell?: 'cmd' | 'powershell' | undefined;
    /** https when the port is 5986. */
    protocol?: 'http' | 'https' | undefined;
    /** true lets basic go over http: anyone in between can read the password and all output. */
    allow_unencrypted?: boolean | undefined;
    /** false trusts any certificate: anyone in between can read and change what is sent. Audited. */
    verify_ssl?: boolean | undefined;
    /** Certificates (PEM) to trust besides those of the system. */
    ca_certificate?: string | undefined;
    /** Name that the server's certificate must have; the host when left out. */
    server_name?: string | undefined;
    /** Refused: it is no option: write transport, which is ntlm or basic. */
    auth?: unknown;
  } | undefined;
} | {
  /** How the target is reached. */
  method_type: 'telnet';
  /** Default: its type and a number. */
  method_name?: string | undefined;
  /** Used first. Exactly one method of a target is primary. */
  is_primary?: boolean | undefined;
  /** May be used. Left out: as it was; of a new one true. */
  is_active?: boolean | undefined;
  /** Order of those that are not primary, 1 first. Left out: the place in the list. */
  priority?: number | undefined;
  credential?: CredentialInput | undefined;
  host: string;
  port?: number | undefined;
  config?: {
    /** Connect and log in within this many seconds. */
    timeout?: number | undefined;
    encoding?: 'utf-8' | 'latin1' | 'ascii' | undefined;
    newline?: '\r\n' | '\n' | '\r' | undefined;
    /** Regular expression, case does not matter. */
    login_prompt?: string | undefined;
    password_prompt?: string | undefined;
    /** Regular expression of the prompt after which a command is sent. */
    prompt?: string | undefined;
    /** none: a device with a command line of its own; commands are typed as they are, and have no exit code. */
    shell?: 'posix' | 'none' | undefined;
  } | undefined;
} | {
  /** How the target is reached. */
  method_type: 'snmp';
  /** Default: its type and a number. */
  method_name?: string | undefined;
  /** Used first. Exactly one method of a target is primary. */
  is_primary?: boolean | undefined;
  /** May be used. Left out: as it was; of a new one true. */
  is_active?: boolean | undefined;
  /** Order of those that are not primary, 1 first. Left out: the place in the list. */
  priority?: number | undefined;
  credential?: CredentialInput | undefined;
  host: string;
  port?: number | undefined;
  config?: {
    /** Connect and log in within this many seconds. */
    timeout?: number | undefined;
    version?: '1' | '3' | '2c' | undefined;
    retries?: number | undefined;
    security_level?: 'noAuthNoPriv' | 'authNoPriv' | 'authPriv' | undefined;
    auth_protocol?: 'MD5' | 'SHA' | 'SHA-224' | 'SHA-256' | 'SHA-384' | 'SHA-512' | undefined;
    privacy_protocol?: 'DES' | 'AES' | undefined;
    /** Refused: it is a secret and no option: give the method a credential of type snmp_community. */
    community?: unknown;
  } | undefined;
} | {
  /** How the target is reached. */
  method_type: 'rest_api';
  /** Default: its type and a number. */
  method_name?: string | undefined;
  /** Used first. Exactly one method of a target is primary. */
  is_primary?: boolean | undefined;
  /** May be used. Left out: as it was; of a new one true. */
  is_active?: boolean | undefined;
  /** Order of those that are not primary, 1 first. Left out: the place in the list. */
  priority?: number | undefined;
  credential?: CredentialInput | undefined;
  host: string;
  port?: number | undefined;
  config?: {
    /** Connect and log in within this many seconds. */
    timeout?: number | undefined;
    protocol?: 'http' | 'https' | undefined;
    base_path?: string | undefined;
    /** false trusts any certificate: anyone in between can read and change what is sent. Audited. */
    verify_ssl?: boolean | undefined;
    /** Certificates (PEM) to trust besides those of the system. */
    ca_certificate?: string | undefined;
    /** Name that the server's certificate must have; the host when left out. */
    server_name?: string | undefined;
  } | undefined;
} | {
  /** How the target is reached. */
  method_type: 'smtp';
  /** Default: its type and a number. */
  method_name?: string | undefined;
  /** Used first. Exactly one method of a target is primary. */
  is_primary?: boolean | undefined;
  /** May be used. Left out: as it was; of a new one true. */
  is_active?: boolean | undefined;
  /** Order of those that are not primary, 1 first. Left out: the place in the list. */
  priority?: number | undefined;
  credential?: CredentialInput | undefined;
  host: string;
  port?: number | undefined;
  config?: {
    /** Connect and log in within this many seconds. */
    timeout?: number | undefined;
    encryption?: 'starttls' | 'ssl' | 'none' | undefined;
    /** Refused: it is no option: mail servers of every kind are spoken to alike; host, port and encryption say all. */
    server_type?: unknown;
    /** Name with which the worker greets the server (EHLO); its own host name when left out. */
    domain?: string | undefined;
    /** Sender, where a mail names none. */
    from?: string | undefined;
    /** A connection test sends a mail to it. */
    test_recipient?: string | undefined;
    /** false trusts any certificate: anyone in between can read and change what is sent. Audited. */
    verify_ssl?: boolean | undefined;
    /** Certificates (PEM) to trust besides those of the system. */
    ca_certificate?: string | undefined;
    /** Name that the server's certificate must have; the host when left out. */
    server_name?: string | undefined;
    /** Refused: it is no option: write encryption, which is starttls, ssl or none. */
    connection_security?: unknown;
    /** Refused: it is no option: write encryption, which is starttls, ssl or none. */
    use_tls?: unknown;
    /** Refused: it is no option: write encryption, which is starttls, ssl or none. */
    use_ssl?: unknown;
    /** Refused: it is no option: a method with a credential logs in, one without does not. */
    auth_required?: unknown;
  } | undefined;
} | {
  /** How the target is reached. */
  method_type: 'mysql';
  /** Default: its type and a number. */
  method_name?: string | undefined;
  /** Used first. Exactly one method of a target is primary. */
  is_primary?: boolean | undefined;
  /** May be used. Left out: as it was; of a new one true. */
  is_active?: boolean | undefined;
  /** Order of those that are not primary, 1 first. Left out: the place in the list. */
  priority?: number | undefined;
  credential?: CredentialInput | undefined;
  host: string;
  port?: number | undefined;
  config?: {
    /** Connect and log in within this many seconds. */
    timeout?: number | undefined;
    database?: string | undefined;
    charset?: 'utf8mb4' | 'utf8' | 'latin1' | 'ascii' | undefined;
    ssl_mode?: 'disabled' | 'preferred' | 'required' | 'verify_identity' | undefined;
    /** Certificates (PEM) to trust besides those of the system. */
    ca_certificate?: string | undefined;
    /** Refused: it is no option: a branch has one connection of its own, and its actions use it one after the other. */
    connection_pool_size?: unknown;
  } | undefined;
} | {
  /** How the target is reached. */
  method_type: 'postgresql';
  /** Default: its type and a number. */
  method_name?: string | undefined;
  /** Used first. Exactly one method of a target is primary. */
  is_primary?: boolean | undefined;
  /** May be used. Left out: as it was; of a new one true. */
  is_active?: boolean | undefined;
  /** Order of those that are not primary, 1 first. Left out: the place in the list. */
  priority?: number | undefined;
  credential?: CredentialInput | undefined;
  host: string;
  port?: number | undefined;
  config?: {
    /** Connect and log in within this many seconds. */
    timeout?: number | undefined;
    database?: string | undefined;
    ssl_mode?: 'disable' | 'allow' | 'prefer' | 'require' | 'verify-ca' | 'verify-full' | undefined;
    /** Certificates (PEM) to trust besides those of the system. */
    ca_certificate?: string | undefined;
    /** Refused: it is no option: a branch has one connection of its own, and its actions use it one after the other. */
    connection_pool_size?: unknown;
  } | undefined;
} | {
  /** How the target is reached. */
  method_type: 'mssql';
  /** Default: its type and a number. */
  method_name?: string | undefined;
  /** Used first. Exactly one method of a target is primary. */
  is_primary?: boolean | undefined;
  /** May be used. Left out: as it was; of a new one true. */
  is_active?: boolean | undefined;
  /** Order of those that are not primary, 1 first. Left out: the place in the list. */
  priority?: number | undefined;
  credential?: CredentialInput | undefined;
  host: string;
  port?: number | undefined;
  config?: {
    /** Connect and log in within this many seconds. */
    timeout?: number | undefined;
    database?: string | undefined;
    encrypt?: 'yes' | 'no' | undefined;
    trust_server_certificate?: 'yes' | 'no' | undefined;
    /** Certificates (PEM) to trust besides those of the system. */
    ca_certificate?: string | undefined;
    /** Name that the server's certificate must have; the host when left out. */
    server_name?: string | undefined;
    /** Refused: it is no option: a branch has one connection of its own, and its actions use it one after the other. */
    connection_pool_size?: unknown;
    /** Refused: it is no option: SQL Server is spoken to directly, without ODBC. */
    driver?: unknown;
  } | undefined;
} | {
  /** How the target is reached. */
  method_type: 'oracle';
  /** Default: its type and a number. */
  method_name?: string | undefined;
  /** Used first. Exactly one method of a target is primary. */
  is_primary?: boolean | undefined;
  /** May be used. Left out: as it was; of a new one true. */
  is_active?: boolean | undefined;
  /** Order of those that are not primary, 1 first. Left out: the place in the list. */
  priority?: number | undefined;
  credential?: CredentialInput | undefined;
  host: string;
  port?: number | undefined;
  config: {
    /** Connect and log in within this many seconds. */
    timeout?: number | undefined;
    service_name?: string | undefined;
    sid?: string | undefined;
    protocol?: 'tcp' | 'tcps' | undefined;
    connection_pool_size?: number | undefined;
  };
} | {
  /** How the target is reached. */
  method_type: 'sqlite';
  /** Default: its type and a number. */
  method_name?: string | undefined;
  /** Used first. Exactly one method of a target is primary. */
  is_primary?: boolean | undefined;
  /** May be used. Left out: as it was; of a new one true. */
  is_active?: boolean | undefined;
  /** Order of those that are not primary, 1 first. Left out: the place in the list. */
  priority?: number | undefined;
  credential?: CredentialInput | undefined;
  config: {
    /** Connect and log in within this many seconds. */
    timeout?: number | undefined;
    /** File on the machine of the worker, within the folder that the worker's OPSCONDUCTOR_SQLITE_DIR names. It is never created. */
    database_path: string;
    /** Set before the first statement; left out: as the file has it. */
    journal_mode?: 'DELETE' | 'TRUNCATE' | 'PERSIST' | 'WAL' | undefined;
    synchronous?: 'OFF' | 'NORMAL' | 'FULL' | 'EXTRA' | undefined;
  };
} | {
  /** How the target is reached. */
  method_type: 'mongodb';
  /** Default: its type and a number. */
  method_name?: string | undefined;
  /** Used first. Exactly one method of a target is primary. */
  is_primary?: boolean | undefined;
  /** May be used. Left out: as it was; of a new one true. */
  is_active?: boolean | undefined;
  /** Order of those that are not primary, 1 first. Left out: the place in the list. */
  priority?: number | undefined;
  credential?: CredentialInput | undefined;
  host: string;
  port?: number | undefined;
  config?: {
    /** Connect and log in within this many seconds. */
    timeout?: number | undefined;
    database?: string | undefined;
    auth_source?: string | undefined;
    replica_set?: string | undefined;
    ssl?: boolean | undefined;
    /** false trusts any certificate: anyone in between can read and change what is sent. Audited. */
    verify_certs?: boolean | undefined;
    /** Certificates (PEM) to trust besides those of the system. */
    ca_certificate?: string | undefined;
    /** Name that the server's certificate must have; the host when left out. */
    server_name?: string | undefined;
    connection_pool_size?: number | undefined;
  } | undefined;
} | {
  /** How the target is reached. */
  method_type: 'redis';
  /** Default: its type and a number. */
  method_name?: string | undefined;
  /** Used first. Exactly one method of a target is primary. */
  is_primary?: boolean | undefined;
  /** May be used. Left out: as it was; of a new one true. */
  is_active?: boolean | undefined;
  /** Order of those that are not primary, 1 first. Left out: the place in the list. */
  priority?: number | undefined;
  credential?: CredentialInput | undefined;
  host: string;
  port?: number | undefined;
  config?: {
    /** Connect and log in within this many seconds. */
    timeout?: number | undefined;
    database?: number | undefined;
    ssl?: boolean | undefined;
    /** false trusts any certificate: anyone in between can read and change what is sent. Audited. */
    verify_certs?: boolean | undefined;
    /** Certificates (PEM) to trust besides those of the system. */
    ca_certificate?: string | undefined;
    /** Name that the server's certificate must have; the host when left out. */
    server_name?: string | undefined;
    /** Refused: it is no option: a branch has one connection of its own, and its actions use it one after the other. */
    connection_pool_size?: unknown;
    /** Refused: it is no option: a branch has one connection of its own, and its actions use it one after the other. */
    max_connections?: unknown;
  } | undefined;
} | {
  /** How the target is reached. */
  method_type: 'elasticsearch';
  /** Default: its type and a number. */
  method_name?: string | undefined;
  /** Used first. Exactly one method of a target is primary. */
  is_primary?: boolean | undefined;
  /** May be used. Left out: as it was; of a new one true. */
  is_active?: boolean | undefined;
  /** Order of those that are not primary, 1 first. Left out: the place in the list. */
  priority?: number | undefined;
  credential?: CredentialInput | undefined;
  host: string;
  port?: number | undefined;
  config?: {
    /** Connect and log in within this many seconds. */
    timeout?: number | undefined;
    ssl?: boolean | undefined;
    /** false trusts any certificate: anyone in between can read and change what is sent. Audited. */
    verify_certs?: boolean | undefined;
    /** Certificates (PEM) to trust besides those of the system. */
    ca_certificate?: string | undefined;
    /** Name that the server's certificate must have; the host when left out. */
    server_name?: string | undefined;
    /** Begins the name of every index that a path names. */
    index_prefix?: string | undefined;
    /** Refused: it is no option: a branch has one connection of its own, and its actions use it one after the other. */
    connection_pool_size?: unknown;
  } | undefined;
};

/** A secret. It is sealed at once and never shown again. */
export type CredentialInput = {
  username: string;
  password: string;
  credential_type: 'password';
  credential_name?: string | undefined;
} | {
  username: string;
  private_key: string;
  passphrase?: string | undefined;
  credential_type: 'ssh_key';
  credential_name?: string | undefined;
} | {
  community: string;
  credential_type: 'snmp_community';
  credential_name?: string | undefined;
} | {
  username: string;
  auth_key?: string | undefined;
  privacy_key?: string | undefined;
  credential_type: 'snmp_v3';
  credential_name?: string | undefined;
} | {
  header?: string | undefined;
  key: string;
  credential_type: 'api_key';
  credential_name?: string | undefined;
} | {
  token: string;
  credential_type: 'api_token';
  credential_name?: string | undefined;
} | {
  certificate: string;
  private_key: string;
  passphrase?: string | undefined;
  /** What to log in with beside the certificate. */
  login?: {
    username: string;
    password: string;
    credential_type: 'password';
  } | {
    header?: string | undefined;
    key: string;
    credential_type: 'api_key';
  } | {
    token: string;
    credential_type: 'api_token';
  } | undefined;
  credential_type: 'client_certificate';
  credential_name?: string | undefined;
};

export interface UpdateMethod {
  method_name?: string | undefined;
  /** Its pinned host key is forgotten when host or port change. */
  host?: string | undefined;
  port?: number | undefined;
  /** It becomes the primary one, and the other one is it no longer. */
  is_primary?: true | undefined;
  is_active?: boolean | undefined;
  priority?: number | undefined;
  /** Options that change; null takes one back to its default. Options that are left out stay as they are. */
  config?: Record<string, unknown> | undefined;
}

export interface ConnectionTest {
  result: 'success' | 'failure';
  message: string;
  error_code: string | null;
  failure_category: string | null;
  duration_ms: number;
  host_key_fingerprint: string | null;
}

/** All credentials of a method, the primary one first. */
export interface CredentialList {
  data: Credential[];
}

/** What is known of a secret. It is never shown. */
export interface Credential {
  credential_uuid: string;
  credential_type: 'password' | 'ssh_key' | 'snmp_community' | 'snmp_v3' | 'api_key' | 'api_token' | 'client_certificate';
  credential_name: string;
  /** Logged in with; exactly one of those that are switched on. */
  is_primary: boolean;
  is_active: boolean;
  /** Last change, also of the secret. */
  updated_at: string;
}

export interface AddCredential {
  credential_name?: string | undefined;
  /** It is logged in with from now on. The first one of a method is it anyway. */
  is_primary?: boolean | undefined;
  secret: CredentialSecret;
}

/** A secret. It is sealed at once and never shown again. */
export type CredentialSecret = {
  username: string;
  password: string;
  credential_type: 'password';
} | {
  username: string;
  private_key: string;
  passphrase?: string | undefined;
  credential_type: 'ssh_key';
} | {
  community: string;
  credential_type: 'snmp_community';
} | {
  username: string;
  auth_key?: string | undefined;
  privacy_key?: string | undefined;
  credential_type: 'snmp_v3';
} | {
  header?: string | undefined;
  key: string;
  credential_type: 'api_key';
} | {
  token: string;
  credential_type: 'api_token';
} | {
  certificate: string;
  private_key: string;
  passphrase?: string | undefined;
  /** What to log in with beside the certificate. */
  login?: {
    username: string;
    password: string;
    credential_type: 'password';
  } | {
    header?: string | undefined;
    key: string;
    credential_type: 'api_key';
  } | {
    token: string;
    credential_type: 'api_token';
  } | undefined;
  credential_type: 'client_certificate';
};

export interface UpdateCredential {
  credential_name?: string | undefined;
  /** It is logged in with from now on, and the other one no longer. */
  is_primary?: true | undefined;
  is_active?: boolean | undefined;
  /** Takes the place of the stored one, whole. Left out: the stored one stays. */
  secret?: {
    username: string;
    password: string;
    credential_type: 'password';
  } | {
    username: string;
    private_key: string;
    passphrase?: string | undefined;
    credential_type: 'ssh_key';
  } | {
    community: string;
    credential_type: 'snmp_community';
  } | {
    username: string;
    auth_key?: string | undefined;
    privacy_key?: string | undefined;
    credential_type: 'snmp_v3';
  } | {
    header?: string | undefined;
    key: string;
    credential_type: 'api_key';
  } | {
    token: string;
    credential_type: 'api_token';
  } | {
    certificate: string;
    private_key: string;
    passphrase?: string | undefined;
    /** What to log in with beside the certificate. */
    login?: {
      username: string;
      password: string;
      credential_type: 'password';
    } | {
      header?: string | undefined;
      key: string;
      credential_type: 'api_key';
    } | {
      token: string;
      credential_type: 'api_token';
    } | undefined;
    credential_type: 'client_certificate';
  } | undefined;
}

export interface SessionStatus {
  session_uuid: string;
  /** Its end, whatever is done. */
  expires_at: string;
  /** Its end if nothing is done. */
  idle_ends_at: string;
  /** Until the earlier of the two. */
  seconds_left: number;
  /** It ends within the setting `warning_time_minutes`. */
  is_warning: boolean;
  warning_seconds: number;
}

export type SessionPage = Page<Session>;

export interface Session {
  session_uuid: string;
  /** The session that asks. */
  is_current: boolean;
  /** Address at the login. */
  ip_address: string | null;
  user_agent: string | null;
  created_at: string;
  /** To the minute. */
  last_activity_at: string;
  /** Its end, whatever is done. */
  expires_at: string;
}

export interface SessionsEnded {
  ended: number;
}

export interface OidcInfo {
  is_enabled: boolean;
  /** The provider. */
  issuer: string | null;
  /** Where a browser begins a login. */
  start_url: string | null;
  /** True: no login comes back to a program, only browsers log in. */
  refuses_loopback: boolean;
}

export interface ExchangeCode {
  code: string;
  code_verifier: string;
}

export type UserPage = Page<User>;

export interface User {
  user_uuid: string;
  username: string;
  email: string;
  role: 'admin' | 'operator' | 'viewer';
  /** Permissions on top of those of the role. */
  permissions: ('targets.read' | 'jobs.read' | 'executions.read' | 'schedules.read' | 'discovery.read' | 'device_types.read' | 'alerts.read' | 'reports.read' | 'analytics.read' | 'monitoring.read' | 'targets.write' | 'targets.test' | 'credentials.write' | 'jobs.write' | 'jobs.execute' | 'executions.cancel' | 'executions.steer' | 'approvals.answer' | 'schedules.write' | 'discovery.run' | 'discovery.import' | 'device_types.write' | 'alerts.act' | 'reports.generate' | 'tokens.own' | 'users.write' | 'settings.write' | 'audit.read' | 'alert_rules.write' | 'templates.write' | 'reports.write' | 'workers.manage' | 'database.read' | 'data.export' | 'data.import' | 'tokens.all')[];
  /** False: deactivated. Accounts are never deleted. */
  is_active: boolean;
  must_change_password: boolean;
  /** False: no password lets it in; it logs in at the OIDC provider, or must be given one. */
  has_password: boolean;
  /** The OIDC provider that knows the account. */
  oidc_issuer: string | null;
  /** Logins with a password are refused until then. */
  locked_until: string | null;
  last_login_at: string | null;
  password_changed_at: string | null;
  created_at: string;
  updated_at: string;
}

export interface UserCreated {
  user_uuid: string;
  username: string;
  email: string;
  role: 'admin' | 'operator' | 'viewer';
  /** Permissions on top of those of the role. */
  permissions: ('targets.read' | 'jobs.read' | 'executions.read' | 'schedules.read' | 'discovery.read' | 'device_types.read' | 'alerts.read' | 'reports.read' | 'analytics.read' | 'monitoring.read' | 'targets.write' | 'targets.test' | 'credentials.write' | 'jobs.write' | 'jobs.execute' | 'executions.cancel' | 'executions.steer' | 'approvals.answer' | 'schedules.write' | 'discovery.run' | 'discovery.import' | 'device_types.write' | 'alerts.act' | 'reports.generate' | 'tokens.own' | 'users.write' | 'settings.write' | 'audit.read' | 'alert_rules.write' | 'templates.write' | 'reports.write' | 'workers.manage' | 'database.read' | 'data.export' | 'data.import' | 'tokens.all')[];
  /** False: deactivated. Accounts are never deleted. */
  is_active: boolean;
  must_change_password: boolean;
  /** False: no password lets it in; it logs in at the OIDC provider, or must be given one. */
  has_password: boolean;
  /** The OIDC provider that knows the account. */
  oidc_issuer: string | null;
  /** Logins with a password are refused until then. */
  locked_until: string | null;
  last_login_at: string | null;
  password_changed_at: string | null;
  created_at: string;
  updated_at: string;
  /** The password that was made. Shown only here, and only in the first answer: a repeat with the same Idempotency-Key does not have it. */
  password?: string | undefined;
}

export interface CreateUser {
  username: string;
  email: string;
  role?: 'admin' | 'operator' | 'viewer' | undefined;
  /** Permissions on top of those of the role. */
  permissions?: ('targets.read' | 'jobs.read' | 'executions.read' | 'schedules.read' | 'discovery.read' | 'device_types.read' | 'alerts.read' | 'reports.read' | 'analytics.read' | 'monitoring.read' | 'targets.write' | 'targets.test' | 'credentials.write' | 'jobs.write' | 'jobs.execute' | 'executions.cancel' | 'executions.steer' | 'approvals.answer' | 'schedules.write' | 'discovery.run' | 'discovery.import' | 'device_types.write' | 'alerts.act' | 'reports.generate' | 'tokens.own' | 'users.write' | 'settings.write' | 'audit.read' | 'alert_rules.write' | 'templates.write' | 'reports.write' | 'workers.manage' | 'database.read' | 'data.export' | 'data.import' | 'tokens.all')[] | undefined;
  /** Left out: a random one is made, and is in the answer once. */
  password?: string | undefined;
  /** The first login must choose another password. */
  must_change_password?: boolean | undefined;
}

export interface UpdateUser {
  username?: string | undefined;
  email?: string | undefined;
  role?: 'admin' | 'operator' | 'viewer' | undefined;
  /** Permissions on top of those of the role. */
  permissions?: ('targets.read' | 'jobs.read' | 'executions.read' | 'schedules.read' | 'discovery.read' | 'device_types.read' | 'alerts.read' | 'reports.read' | 'analytics.read' | 'monitoring.read' | 'targets.write' | 'targets.test' | 'credentials.write' | 'jobs.write' | 'jobs.execute' | 'executions.cancel' | 'executions.steer' | 'approvals.answer' | 'schedules.write' | 'discovery.run' | 'discovery.import' | 'device_types.write' | 'alerts.act' | 'reports.generate' | 'tokens.own' | 'users.write' | 'settings.write' | 'audit.read' | 'alert_rules.write' | 'templates.write' | 'reports.write' | 'workers.manage' | 'database.read' | 'data.export' | 'data.import' | 'tokens.all')[] | undefined;
  /** False deactivates: its sessions end at once, and no token of it works. */
  is_active?: boolean | undefined;
}

export interface PasswordReset {
  username: string;
  /** Must be changed at the next login. Shown only here, and only in the first answer: a repeat with the same Idempotency-Key does not have it. */
  password?: string | undefined;
}

export type OwnedApiTokenPage = Page<OwnedApiToken>;

export interface OwnedApiToken {
  token_uuid: string;
  name: string;
  token_prefix: string;
  scopes: string[];
  expires_at: string | null;
  last_used_at: string | null;
  created_at: string;
  user_uuid: string;
  username: string;
}

export type TargetPage = Page<Target>;

export interface Target {
  target_serial: string;
  target_uuid: string;
  name: string;
  target_type: 'system' | 'api' | 'database' | 'email' | 'web' | 'communication';
  description: string | null;
  os_type: string;
  environment: 'production' | 'staging' | 'development' | 'testing';
  location: string | null;
  data_center: string | null;
  region: string | null;
  labels: Record<string, string>;
  status: 'active' | 'inactive' | 'maintenance';
  health_status: 'healthy' | 'warning' | 'critical' | 'unknown';
  created_at: string;
  updated_at: string;
  methods: Method[];
}

export interface CreateTarget {
  name: string;
  target_type?: 'system' | 'api' | 'database' | 'email' | 'web' | 'communication' | undefined;
  description?: string | null | undefined;
  /** Value of a device type. */
  os_type?: string | undefined;
  environment?: 'production' | 'staging' | 'development' | 'testing' | undefined;
  location?: string | null | undefined;
  data_center?: string | null | undefined;
  region?: string | null | undefined;
  labels?: Record<string, string> | undefined;
  status?: 'active' | 'inactive' | 'maintenance' | undefined;
  methods: MethodInput[];
}

export interface TestMethodConfig {
  /** Value of a device type. */
  os_type?: string | undefined;
  method: MethodInput;
}

export interface UpdateTarget {
  name?: string | undefined;
  target_type?: 'system' | 'api' | 'database' | 'email' | 'web' | 'communication' | undefined;
  description?: string | null | undefined;
  os_type?: string | undefined;
  environment?: 'production' | 'staging' | 'development' | 'testing' | undefined;
  location?: string | null | undefined;
  data_center?: string | null | undefined;
  region?: string | null | undefined;
  labels?: Record<string, string> | undefined;
  status?: 'active' | 'inactive' | 'maintenance' | undefined;
  /** Replaces all methods, matched by method_name; options that are left out get their defaults. A method that comes without a credential keeps the one it has; that needs credentials.write where the kept one would go to another place, or travel less protected. */
  methods?: MethodInput[] | undefined;
}

export interface HostKey {
  method_name: string;
  host: string;
  port: number;
  /** Before this request; null: the host was never met. */
  pinned_fingerprint: string | null;
  /** What the host shows now. No credential was sent to it. */
  shown_fingerprint: string;
  /** Whether what it shows is pinned now. */
  is_accepted: boolean;
}

export interface AcceptHostKey {
  /** What the host must show, and what is then pinned. Left out: the host is only asked, and nothing is stored. */
  fingerprint?: string | undefined;
}

export interface JobsStatistics {
  jobs: number;
  templates: number;
  by_status: {
    draft?: number | undefined;
    scheduled?: number | undefined;
    running?: number | undefined;
    completed?: number | undefined;
    failed?: number | undefined;
    cancelled?: number | undefined;
  };
  by_type: {
    command?: number | undefined;
    script?: number | undefined;
    file_transfer?: number | undefined;
    composite?: number | undefined;
  };
  days: number;
  /** false: there were more runs than are looked at, and these are the newest of them (1,000 of a job, 10,000 of all). */
  is_complete: boolean;
  /** Runs by status. */
  runs: {
    scheduled?: number | undefined;
    running?: number | undefined;
    completed?: number | undefined;
    failed?: number | undefined;
    cancelled?: number | undefined;
  };
  /** Completed runs of all that completed or failed, 0 to 1; null when there is none. */
  success_rate: number | null;
  duration_seconds: RunDurations;
  /** The ten jobs with most failed runs. */
  most_failed: {
    job_serial: string;
    name: string;
    failed: number;
    runs: number;
  }[];
}

/** Seconds from the begin of the work of a run to its end; null when none has ended. */
export interface RunDurations {
  average: number | null;
  median: number | null;
  p95: number | null;
  longest: number | null;
}

export interface JobCheck {
  is_valid: boolean;
  /** All that is wrong, not only the first. */
  problems: {
    path: string;
    message: string;
    /** Of the problem that saving it, or running it, would answer. */
    code: string;
  }[];
  /** What does no harm to saving it, but should be known. */
  warnings: {
    path: string;
    message: string;
  }[];
}

/** A definition as `POST /jobs` takes it. */
export type UncheckedJob = Record<string, unknown>;

export interface JobStatistics {
  job_serial: string;
  days: number;
  /** false: there were more runs than are looked at, and these are the newest of them (1,000 of a job, 10,000 of all). */
  is_complete: boolean;
  /** Runs by status. */
  runs: {
    scheduled?: number | undefined;
    running?: number | undefined;
    completed?: number | undefined;
    failed?: number | undefined;
    cancelled?: number | undefined;
  };
  /** Completed runs of all that completed or failed, 0 to 1; null when there is none. */
  success_rate: number | null;
  duration_seconds: RunDurations;
  /** Targets of these runs. */
  branches: {
    total: number;
    completed: number;
    failed: number;
    cancelled: number;
  };
  /** Failed runs by category; `branches` are those that failed because targets did. */
  failures: Record<string, number>;
  last_completed_at: string | null;
  last_failed_at: string | null;
}

export interface JobUse {
  job_serial: string;
  /** That start it; the first 100. */
  schedules: {
    schedule_uuid: string;
    schedule_serial: string;
    name: string;
    status: string;
  }[];
  schedules_total: number;
  /** Made from this template; the newest 100. */
  jobs: {
    job_serial: string;
    name: string;
  }[];
  jobs_total: number;
  /** On its list. */
  targets_total: number;
  /** Serials of runs that have not ended; the newest 100. */
  open_runs: string[];
  open_runs_total: number;
  /** Ever started. */
  runs_total: number;
}

export type JobTargetPage = Page<JobTarget>;

export interface JobTarget {
  target_serial: string;
  name: string;
  status: 'active' | 'inactive' | 'maintenance';
  os_type: string;
  environment: 'production' | 'staging' | 'development' | 'testing';
}

export interface Job {
  job_serial: string;
  job_uuid: string;
  name: string;
  description: string | null;
  job_type: 'command' | 'script' | 'file_transfer' | 'composite';
  status: 'draft' | 'scheduled' | 'running' | 'completed' | 'failed' | 'cancelled';
  priority: number;
  tags: string[];
  /** User name. */
  created_by: string;
  /** `code`: a deploy manages it, and nobody else changes it. */
  definition_source: 'code' | 'api';
  /** The run that was started last. */
  last_execution: {
    execution_serial: string;
    status: 'scheduled' | 'running' | 'completed' | 'failed' | 'cancelled';
    created_at: string;
    completed_at: string | null;
  } | null;
  definition_version: number;
  created_at: string;
  updated_at: string;
  started_at: string | null;
  completed_at: string | null;
  timeout_seconds: number | null;
  retry_count: number;
  variables: ShownVariable[];
  settings: Record<string, unknown>;
  actions: Action[];
  target_count: number;
  /** The first 1000 of its list, in order; `/targets` has all. */
  targets: string[];
  target_selector: string | null;
  /** From which it was made. */
  template: string | null;
  /** Of this version. */
  change_note: string | null;
}

export interface ShownVariable {
  key: string;
  type: string;
  /** null for secrets */
  value?: unknown;
  description?: string | undefined;
  is_secret: boolean;
  is_required: boolean;
  is_input: boolean;
  /** The only values that it may have. */
  choices?: (string | number | boolean | null | unknown[] | Record<string, unknown>)[] | undefined;
  /** Least number; of a text, fewest characters. */
  min?: number | undefined;
  /** Largest number; of a text, most characters. */
  max?: number | undefined;
  /** Regular expression that the whole text must match. */
  pattern?: string | undefined;
}

/** Bodies of conditions, loops and parallels are in action_parameters, as they were given. */
export interface Action {
  action_order: number;
  action_key: string;
  action_name: string;
  action_type: 'command' | 'script' | 'file_transfer' | 'api' | 'database' | 'file' | 'email' | 'condition' | 'parallel' | 'wait' | 'approval';
  action_parameters: Record<string, unknown>;
  action_config: Record<string, unknown>;
  is_enabled: boolean;
  timeout_seconds: number;
  retry_count: number | null;
  retry_delay_seconds: number;
  on_failure: 'stop' | 'continue' | 'skip_remaining' | 'rollback';
  conditions: ActionCondition[];
  dependencies: ActionDependency[];
  /** Actions of this same form. */
  rollback: Record<string, unknown>[];
}

export interface ChangeJobTargets {
  /** Those that are on the list already stay. */
  add?: string[] | undefined;
  /** Those that are not on the list are passed over. */
  remove?: string[] | undefined;
}

export type JobPage = Page<JobSummary>;

export interface JobSummary {
  job_serial: string;
  job_uuid: string;
  name: string;
  description: string | null;
  job_type: 'command' | 'script' | 'file_transfer' | 'composite';
  status: 'draft' | 'scheduled' | 'running' | 'completed' | 'failed' | 'cancelled';
  priority: number;
  tags: string[];
  /** User name. */
  created_by: string;
  /** `code`: a deploy manages it, and nobody else changes it. */
  definition_source: 'code' | 'api';
  /** The run that was started last. */
  last_execution: {
    execution_serial: string;
    status: 'scheduled' | 'running' | 'completed' | 'failed' | 'cancelled';
    created_at: string;
    completed_at: string | null;
  } | null;
  definition_version: number;
  created_at: string;
  updated_at: string;
  started_at: string | null;
  completed_at: string | null;
}

export interface CreateJob {
  name: string;
  description?: string | null | undefined;
  priority?: number | undefined;
  timeout_seconds?: number | null | undefined;
  retry_count?: number | undefined;
  variables?: VariableInput[] | undefined;
  settings?: {
    max_concurrent_targets?: number | undefined;
    /** Dangerous commands of the job are meant; without it they are refused. */
    confirm_dangerous?: boolean | undefined;
    /** Its runs neither wait for a target that another run works on, nor hold one. */
    allow_shared_targets?: boolean | undefined;
    /** Keeps the exact bytes of both streams of every action as artifacts, unless an action says otherwise. */
    keep_full_output?: boolean | undefined;
    /** Pause before the first retry of the actions that do not say; 5 when left out. */
    retry_delay_seconds?: number | undefined;
    /** Of the actions that do not say; false stores no output. */
    capture_output?: boolean | undefined;
    /** Of every command and script; one of the same name of an action counts there. May refer to variables of the job. */
    environment?: Record<string, string> | undefined;
    /** Names by which jobs are listed. */
    tags?: string[] | undefined;
    rollout?: Rollout | undefined;
    /** Names of calendars: its schedules do not fire in their blackouts, and those that hold runs hold its runs. */
    calendars?: string[] | undefined;
  } | undefined;
  /** The list of the job, which no version holds. An edit without it leaves the list as it is. */
  targets?: string[] | undefined;
  /** Targets besides those of the list, chosen when a run starts. */
  target_selector?: string | null | undefined;
  /** Why, in the words of who changes it. */
  change_note?: string | undefined;
  actions: ActionInput[];
}

/** Reaches commands and scripts as an environment variable of this name. */
export interface VariableInput {
  key: string;
  type?: 'string' | 'number' | 'boolean' | 'json' | undefined;
  value?: string | number | boolean | null | unknown[] | Record<string, unknown> | undefined;
  description?: string | undefined;
  is_secret?: boolean | undefined;
  /** A run does not start without a value. */
  is_required?: boolean | undefined;
  /** Who starts a run is asked for it; its value here is what is proposed. */
  is_input?: boolean | undefined;
  /** The only values that it may have. */
  choices?: (string | number | boolean | null | unknown[] | Record<string, unknown>)[] | undefined;
  /** Least number; of a text, fewest characters. */
  min?: number | undefined;
  /** Largest number; of a text, most characters. */
  max?: number | undefined;
  /** Regular expression that the whole text must match. */
  pattern?: string | undefined;
}

/** Targets and selector are those of the original when left out. */
export interface CloneJob {
  name: string;
  targets?: string[] | undefined;
  /** Targets for which all terms hold: `key=value`, `key!=value`, `key in (a,b)`, `key notin (a,b)`, `key`, `!key`, with commas between them. Keys are name, env, os, type, location, data_center, region, health and labels. */
  target_selector?: string | null | undefined;
  /** Why, in the words of who changes it. */
  change_note?: string | undefined;
}

export interface Execution {
  execution_serial: string;
  execution_uuid: string;
  job_serial: string;
  job_name: string;
  definition_version: number;
  status: 'scheduled' | 'running' | 'completed' | 'failed' | 'cancelled';
  trigger_type: 'manual' | 'api' | 'schedule';
  /** User name. */
  triggered_by: string | null;
  max_concurrent_targets: number;
  total_branches: number;
  completed_branches: number;
  failed_branches: number;
  cancelled_branches: number;
  /** Attempts whose outcome is not known, and of which nobody has told it: a person must look at the target (`runs lost`). */
  unresolved_attempts: number;
  failure_category: 'authentication' | 'communication' | 'command_execution' | 'timeout' | 'configuration' | 'not_started' | 'lost' | 'interrupted' | 'internal' | 'rejected' | null;
  /** Whose fault a failure is: credentials, network, target, definition, a person, us. */
  fault: string | null;
  error_code: string | null;
  error_message: string | null;
  cancel_requested_at: string | null;
  /** Since when no further target begins; those at work go on. */
  paused_at: string | null;
  /** Why. */
  hold_reason: 'user' | 'approval' | 'delay' | 'lock' | 'blackout' | null;
  /** When it goes on by itself; null: a person must act. */
  resumes_at: string | null;
  rollout: Rollout;
  /** The run whose failed targets this one repeats. */
  retry_of: string | null;
  workflow_id: string;
  run_id: string | null;
  closed_by: 'workflow' | 'reconciler' | null;
  created_at: string;
  started_at: string | null;
  completed_at: string | null;
}

export interface StartExecution {
  targets?: string[] | undefined;
  /** Of the targets of the job only these; of a job without any, these. Chosen once, when the run starts. Not together with `targets`. */
  selector?: string | undefined;
  variables?: Record<string, string | number | boolean | null | unknown[] | Record<string, unknown>> | undefined;
  max_concurrent_targets?: number | undefined;
  /** In place of the one of the job. */
  rollout?: {
    /** Sizes of the batches, the canary first; the last one is repeated until no target is left. None: one batch. */
    batches?: ({
      count: number;
    } | {
      percent: number;
    })[] | undefined;
    /** Targets take their turn by this label, or by name, env, os, type, location, data_center, region or health; those without it last. */
    order_by?: string | undefined;
    /** Named like order_by. One group after another, each in batches of its own; a percentage is one of the group. */
    group_by?: string | undefined;
    /** No further target begins when so many of the run have failed. */
    stop_after_failures?: {
      count: number;
    } | {
      percent: number;
    } | undefined;
    /** The next batch begins after this time, or when one of these people has approved it. */
    between_batches?: {
      seconds: number;
    } | {
      approvers: ({
        type: 'user';
        value: string;
      } | {
        type: 'role';
        value: 'admin' | 'operator' | 'viewer';
      })[];
    } | undefined;
  } | undefined;
}

export interface JobPlan {
  job_serial: string;
  job_name: string;
  definition_version: number;
  /** That the run would go over. */
  total_targets: number;
  left_out_total: number;
  /** The first 100 targets of the job that the run would leave out. */
  left_out: LeftOutTarget[];
  targets: PlanTarget[];
  /** Cursor of the next page; null on the last one. */
  next: string | null;
}

export interface LeftOutTarget {
  target_serial: string;
  target_name: string;
  reason: string;
}

export interface PlanTarget {
  target_serial: string;
  target_name: string;
  steps: PlanStep[];
  /** One for each method that an action would use; empty unless asked for. */
  probes: ({
    result: 'success' | 'failure';
    message: string;
    error_code: string | null;
    failure_category: string | null;
    duration_ms: number;
    host_key_fingerprint: string | null;
    method_name: string;
    method_type: 'ssh' | 'winrm' | 'snmp' | 'telnet' | 'rest_api' | 'smtp' | 'mysql' | 'postgresql' | 'mssql' | 'oracle' | 'sqlite' | 'mongodb' | 'redis' | 'elasticsearch';
    address: string;
  })[];
}

export interface PlanStep {
  action_order: number;
  action_key: string;
  action_name: string;
  action_type: 'command' | 'script' | 'file_transfer' | 'api' | 'database' | 'file' | 'email' | 'condition' | 'parallel' | 'wait' | 'approval';
  /** Order of the action around it. */
  parent: number | null;
  /** Where in that action. */
  slot: 'then' | 'else' | 'case' | 'loop' | 'parallel' | 'rollback' | null;
  /** Of a switch: the text that leads to it. */
  case: string | null;
  /** decided: while it runs, by what is not known yet. fails: it will surely fail if it is reached. */
  verdict: 'runs' | 'skipped' | 'decided' | 'fails';
  reason: string | null;
  /** Name of the method over which it runs. */
  method: string | null;
  /** With the values that are known; secrets are masked, what is not known yet stands as it is written. */
  texts: {
    field: string;
    text: string;
  }[];
  /** Of its connectionString: what protects it less than it could. */
  weaknesses: string[];
}

export interface PlanJob {
  targets?: string[] | undefined;
  /** Of the targets of the job only these; of a job without any, these. Chosen once, when the run starts. Not together with `targets`. */
  selector?: string | undefined;
  variables?: Record<string, string | number | boolean | null | unknown[] | Record<string, unknown>> | undefined;
  max_concurrent_targets?: number | undefined;
  /** In place of the one of the job. */
  rollout?: {
    /** Sizes of the batches, the canary first; the last one is repeated until no target is left. None: one batch. */
    batches?: ({
      count: number;
    } | {
      percent: number;
    })[] | undefined;
    /** Targets take their turn by this label, or by name, env, os, type, location, data_center, region or health; those without it last. */
    order_by?: string | undefined;
    /** Named like order_by. One group after another, each in batches of its own; a percentage is one of the group. */
    group_by?: string | undefined;
    /** No further target begins when so many of the run have failed. */
    stop_after_failures?: {
      count: number;
    } | {
      percent: number;
    } | undefined;
    /** The next batch begins after this time, or when one of these people has approved it. */
    between_batches?: {
      seconds: number;
    } | {
      approvers: ({
        type: 'user';
        value: string;
      } | {
        type: 'role';
        value: 'admin' | 'operator' | 'viewer';
      })[];
    } | undefined;
  } | undefined;
  /** Connects to the targets of the page and logs in; nothing is run on them. */
  probe?: boolean | undefined;
  /** Targets of a page. */
  limit?: number | undefined;
  cursor?: string | undefined;
}

export type JobVersionPage = Page<JobVersion>;

export interface JobVersion {
  definition_version: number;
  is_current: boolean;
  name: string;
  change_note: string | null;
  /** User name of the editor. */
  created_by: string | null;
  created_at: string;
}

export interface JobComparison {
  job_serial: string;
  from_version: number;
  to_version: number;
  /** Empty: none. Lists of targets are of no version. */
  differences: JobDifference[];
}

export interface JobDifference {
  /** Such as `settings.tags`, `variables.RELEASE.value`, `actions.fetch.action_parameters.command`. */
  path: string;
  change: 'added' | 'removed' | 'changed' | 'moved';
  /** null where there was nothing, and for secrets; of what moved the former place. */
  before?: unknown;
  after?: unknown;
}

export interface RestoreVersion {
  /** Why, in the words of who changes it. */
  change_note?: string | undefined;
}

export interface CreateTemplate {
  name: string;
  description?: string | null | undefined;
  priority?: number | undefined;
  timeout_seconds?: number | null | undefined;
  retry_count?: number | undefined;
  variables?: VariableInput[] | undefined;
  settings?: {
    max_concurrent_targets?: number | undefined;
    /** Dangerous commands of the job are meant; without it they are refused. */
    confirm_dangerous?: boolean | undefined;
    /** Its runs neither wait for a target that another run works on, nor hold one. */
    allow_shared_targets?: boolean | undefined;
    /** Keeps the exact bytes of both streams of every action as artifacts, unless an action says otherwise. */
    keep_full_output?: boolean | undefined;
    /** Pause before the first retry of the actions that do not say; 5 when left out. */
    retry_delay_seconds?: number | undefined;
    /** Of the actions that do not say; false stores no output. */
    capture_output?: boolean | undefined;
    /** Of every command and script; one of the same name of an action counts there. May refer to variables of the job. */
    environment?: Record<string, string> | undefined;
    /** Names by which jobs are listed. */
    tags?: string[] | undefined;
    rollout?: Rollout | undefined;
    /** Names of calendars: its schedules do not fire in their blackouts, and those that hold runs hold its runs. */
    calendars?: string[] | undefined;
  } | undefined;
  /** Why, in the words of who changes it. */
  change_note?: string | undefined;
  actions: ActionInput[];
}

export interface JobFromTemplate {
  name: string;
  /** That of the template when left out. */
  description?: string | null | undefined;
  targets?: string[] | undefined;
  /** Targets for which all terms hold: `key=value`, `key!=value`, `key in (a,b)`, `key notin (a,b)`, `key`, `!key`, with commas between them. Keys are name, env, os, type, location, data_center, region, health and labels. */
  target_selector?: string | null | undefined;
  /** Values of variables of the template. What is asked at the start of a run is asked there, too. */
  parameters?: Record<string, string | number | boolean | null | unknown[] | Record<string, unknown>> | undefined;
  /** Why, in the words of who changes it. */
  change_note?: string | undefined;
}

export interface CloneTemplate {
  name: string;
  /** Why, in the words of who changes it. */
  change_note?: string | undefined;
}

export interface SchedulePlan {
  /** With one problem nothing of the set is applied. */
  problems: DefinitionProblem[];
  /** One for each definition without a problem, and for each schedule that is in no file. */
  changes: ScheduleChange[];
  /** What was done in Temporal and has not been noticed yet. */
  drift: ScheduleDrift[];
  /** Why Temporal could not be asked; null: it was. */
  drift_unknown: string | null;
  /** Schedules of code of which Temporal has not been told yet: an apply, or the next minute, does. */
  pending: number;
  /** What was done in Temporal in the last seven days, the latest first, at most 1,000. */
  events: ScheduleEvent[];
}

export interface DefinitionProblem {
  /** Which of the definitions, from 0. */
  definition: number;
  source: string;
  /** Field of the definition, such as `when.cron`; empty: the whole of it. */
  path: string;
  message: string;
}

export interface ScheduleChange {
  /** `adopt`: it was made by the API and is defined in code from now on; `left`: it came from code, is in none of these files, and stays without prune. */
  change: 'create' | 'update' | 'adopt' | 'delete' | 'left' | 'unchanged';
  /** Null: it is in none of the files. */
  source: string | null;
  /** Null: it is not there yet. */
  schedule_serial: string | null;
  name: string;
  job_serial: string;
  job_name: string;
  differences: PlannedDifference[];
}

/** A field, before and after; null where it is not. Secrets are shown as `********`. */
export interface PlannedDifference {
  path: string;
  before?: unknown;
  after?: unknown;
}

export interface ScheduleDrift {
  schedule_serial: string;
  name: string;
  /** What was done in Temporal. `edited` and `missing` are put back, by an apply or within a minute; `paused` and `resumed` are taken over. */
  kind: 'edited' | 'missing' | 'paused' | 'resumed';
}

export interface ScheduleEvent {
  schedule_serial: string;
  name: string;
  at: string;
  /** `restore_schedule`: an edit in Temporal was put back; the others were done in Temporal and taken over. */
  action: 'restore_schedule' | 'pause_schedule' | 'resume_schedule';
  note: string | null;
  /** From what somebody had made of it in Temporal to what it is again. */
  differences: PlannedDifference[];
}

export interface ScheduleCode {
  definitions: {
    /** Where it stands, in the words of problems and of the audit trail: file, and line after a colon. */
    source: string;
    /** A ScheduleDefinition; what is wrong with it is the answer of a plan. */
    definition?: unknown;
  }[];
  /** Schedules that came from code and are in none of these files are deleted. */
  prune?: boolean | undefined;
}

export interface AppliedSchedules {
  created: number;
  updated: number;
  adopted: number;
  deleted: number;
  left: number;
  unchanged: number;
  /** Schedules that Temporal was told of by this call. */
  settled: number;
  /** Those that it is still to be told of: apply again, until there is none. */
  pending: number;
  /** Stored, but Temporal could not be told; they are among the pending ones and are tried again each minute. */
  failed: {
    schedule_serial: string;
    name: string;
    message: string;
  }[];
}

export interface ExportedSchedules {
  data: {
    schedule_serial: string;
    job_serial: string;
    /** A ScheduleDefinition without what has its default. A secret is `********`: that keeps the one which is stored. */
    definition: Record<string, unknown>;
  }[];
}

export type ScheduleFiringPage = Page<ScheduleFiring>;

export interface ScheduleFiring {
  /** Serial of the row in the ledger. */
  execution_serial: string;
  schedule_serial: string;
  schedule_name: string;
  /** The planned instant as Temporal announces it, jitter included; of a run-now its request. */
  scheduled_at: string;
  firing_type: 'planned' | 'backfill' | 'run_now';
  status: 'scheduled' | 'running' | 'completed' | 'failed' | 'skipped';
  skip_reason: 'overlap' | 'paused' | 'missed_catchup' | 'job_deleted' | 'max_executions' | 'ended' | 'no_targets' | 'blackout' | 'maintenance' | null;
  /** A blackout moved its start to here. */
  postponed_until: string | null;
  started_at: string | null;
  /** From the planned instant to the start of its workflow, which then obeys the calendars. */
  start_delay_ms: number | null;
  completed_at: string | null;
  /** The run that it started. */
  run: string | null;
  result_summary: string | null;
  error_message: string | null;
  workflow_id: string | null;
}

export interface UpcomingFirings {
  data: UpcomingFiring[];
  /** False: the period has more than `limit`; ask for a shorter one. */
  is_complete: boolean;
}

export interface UpcomingFiring {
  schedule_serial: string;
  schedule_name: string;
  job_serial: string;
  /** As Temporal announces it, jitter included. */
  at: string;
  /** The same in the zone of the schedule. */
  local: string;
}

export interface SchedulePreview {
  timezone: string;
  instants: ({
    at: string;
    local: string;
    /** `doubled`: clocks show this time twice on that day. */
    note: 'doubled' | null;
  })[];
  /** What changes of clocks do to its wall times: skipped, doubled. */
  notes: string[];
}

export interface PreviewSchedule {
  /** A rule, or several: the schedule fires on any of them. */
  when: ScheduleRule | ScheduleRule[];
  /** IANA zone of its wall times. */
  timezone?: string | undefined;
  /** No firing before. */
  start_date?: string | null | undefined;
  /** No firing after. */
  end_date?: string | null | undefined;
  /** After so many firings it has expired. */
  max_executions?: number | null | undefined;
  /** Spreads firings: each starts up to so many seconds later, the same one always by the same time. */
  jitter_seconds?: number | undefined;
  /** What becomes of a firing while the run before it still runs. */
  overlap_policy?: 'skip' | 'buffer_one' | 'buffer_all' | 'cancel_other' | 'terminate_other' | 'allow_all' | undefined;
  /** How late a firing that was missed (Temporal was away) may still start. */
  catchup_window_seconds?: number | undefined;
  /** A run that failed pauses the schedule. */
  pause_on_failure?: boolean | undefined;
}

export interface ScheduleBackfill {
  /** Instants that the period has, with those that have a run and are left alone. */
  instants: number;
}

export interface BackfillSchedule {
  from: string;
  to: string;
  /** Of these firings; `buffer_all`, one after the other, when left out. */
  overlap_policy?: 'skip' | 'buffer_one' | 'buffer_all' | 'cancel_other' | 'terminate_other' | 'allow_all' | undefined;
}

export type SchedulePage = Page<ScheduleSummary>;

export interface ScheduleSummary {
  schedule_serial: string;
  schedule_uuid: string;
  name: string;
  description: string | null;
  job_serial: string;
  job_name: string;
  when: ScheduleRule[];
  timezone: string;
  status: 'active' | 'paused' | 'expired';
  status_note: string | null;
  /** As Temporal announces it. */
  next_run_at: string | null;
  last_run_at: string | null;
  execution_count: number;
  /** `failing`: its last firing failed; `late`: an instant is overdue, or the last start was late by more than a minute; `unsynced`: Temporal does not have it as it is here. */
  attention: 'failing' | 'late' | 'unsynced' | null;
  last_firing: {
    /** Serial of the row in the ledger. */
    execution_serial: string;
    /** The planned instant as Temporal announces it, jitter included; of a run-now its request. */
    scheduled_at: string;
    firing_type: 'planned' | 'backfill' | 'run_now';
    status: 'scheduled' | 'running' | 'completed' | 'failed' | 'skipped';
    skip_reason: 'overlap' | 'paused' | 'missed_catchup' | 'job_deleted' | 'max_executions' | 'ended' | 'no_targets' | 'blackout' | 'maintenance' | null;
    /** A blackout moved its start to here. */
    postponed_until: string | null;
    started_at: string | null;
    /** From the planned instant to the start of its workflow, which then obeys the calendars. */
    start_delay_ms: number | null;
    completed_at: string | null;
    /** The run that it started. */
    run: string | null;
    result_summary: string | null;
    error_message: string | null;
    workflow_id: string | null;
  } | null;
  labels: Record<string, string>;
  calendars: string[];
  definition_source: 'code' | 'api';
  sync_status: 'pending' | 'synced' | 'error';
  /** User name. Its runs are started in this name. */
  created_by: string;
  created_at: string;
  updated_at: string;
}

export interface Schedule {
  schedule_serial: string;
  schedule_uuid: string;
  name: string;
  description: string | null;
  job_serial: string;
  job_name: string;
  when: ScheduleRule[];
  timezone: string;
  status: 'active' | 'paused' | 'expired';
  status_note: string | null;
  /** As Temporal announces it. */
  next_run_at: string | null;
  last_run_at: string | null;
  execution_count: number;
  /** `failing`: its last firing failed; `late`: an instant is overdue, or the last start was late by more than a minute; `unsynced`: Temporal does not have it as it is here. */
  attention: 'failing' | 'late' | 'unsynced' | null;
  last_firing: {
    /** Serial of the row in the ledger. */
    execution_serial: string;
    /** The planned instant as Temporal announces it, jitter included; of a run-now its request. */
    scheduled_at: string;
    firing_type: 'planned' | 'backfill' | 'run_now';
    status: 'scheduled' | 'running' | 'completed' | 'failed' | 'skipped';
    skip_reason: 'overlap' | 'paused' | 'missed_catchup' | 'job_deleted' | 'max_executions' | 'ended' | 'no_targets' | 'blackout' | 'maintenance' | null;
    /** A blackout moved its start to here. */
    postponed_until: string | null;
    started_at: string | null;
    /** From the planned instant to the start of its workflow, which then obeys the calendars. */
    start_delay_ms: number | null;
    completed_at: string | null;
    /** The run that it started. */
    run: string | null;
    result_summary: string | null;
    error_message: string | null;
    workflow_id: string | null;
  } | null;
  labels: Record<string, string>;
  calendars: string[];
  definition_source: 'code' | 'api';
  sync_status: 'pending' | 'synced' | 'error';
  /** User name. Its runs are started in this name. */
  created_by: string;
  created_at: string;
  updated_at: string;
  start_date: string | null;
  end_date: string | null;
  max_executions: number | null;
  jitter_seconds: number;
  overlap_policy: 'skip' | 'buffer_one' | 'buffer_all' | 'cancel_other' | 'terminate_other' | 'allow_all';
  catchup_window_seconds: number;
  pause_on_failure: boolean;
  /** Null: as the job says, or by the selector. */
  targets: string[] | null;
  target_selector: string | null;
  /** Secrets are shown as `********`. */
  variables: Record<string, unknown>;
  /** File of a schedule that is defined in code. */
  definition_path: string | null;
  definition_hash: string;
  temporal_schedule_id: string;
  /** Why it could not be compared with Temporal, or told to it, when that was tried last. */
  sync_error: string | null;
  synced_at: string | null;
  /** What Temporal counted when it was asked last; shown, but decides nothing. */
  temporal_counters: Record<string, unknown>;
}

export interface CreateSchedule {
  /** Unique among the schedules of its job. */
  name: string;
  description?: string | null | undefined;
  job: string;
  /** A rule, or several: the schedule fires on any of them. */
  when: ScheduleRule | ScheduleRule[];
  /** IANA zone of its wall times. */
  timezone?: string | undefined;
  /** No firing before. */
  start_date?: string | null | undefined;
  /** No firing after. */
  end_date?: string | null | undefined;
  /** After so many firings it has expired. */
  max_executions?: number | null | undefined;
  /** Spreads firings: each starts up to so many seconds later, the same one always by the same time. */
  jitter_seconds?: number | undefined;
  /** What becomes of a firing while the run before it still runs. */
  overlap_policy?: 'skip' | 'buffer_one' | 'buffer_all' | 'cancel_other' | 'terminate_other' | 'allow_all' | undefined;
  /** How late a firing that was missed (Temporal was away) may still start. */
  catchup_window_seconds?: number | undefined;
  /** A run that failed pauses the schedule. */
  pause_on_failure?: boolean | undefined;
  /** Of the job only these; not together with a selector. */
  targets?: string[] | undefined;
  /** Targets for which all terms hold: `key=value`, `key!=value`, `key in (a,b)`, `key notin (a,b)`, `key`, `!key`, with commas between them. Keys are name, env, os, type, location, data_center, region, health and labels. */
  target_selector?: string | undefined;
  variables?: Record<string, string | number | boolean | null | unknown[] | Record<string, unknown>> | undefined;
  /** Names of calendars whose blackouts it obeys. */
  calendars?: string[] | undefined;
  /** By which schedules are listed. */
  labels?: Record<string, string> | undefined;
  /** Made paused; nothing fires before it is resumed. */
  paused?: boolean | undefined;
  /** Why it is paused. */
  status_note?: string | undefined;
}

/** What is left out has its default. Secrets of variables are given anew. */
export interface UpdateSchedule {
  /** Unique among the schedules of its job. */
  name: string;
  description?: string | null | undefined;
  /** A rule, or several: the schedule fires on any of them. */
  when: ScheduleRule | ScheduleRule[];
  /** IANA zone of its wall times. */
  timezone?: string | undefined;
  /** No firing before. */
  start_date?: string | null | undefined;
  /** No firing after. */
  end_date?: string | null | undefined;
  /** After so many firings it has expired. */
  max_executions?: number | null | undefined;
  /** Spreads firings: each starts up to so many seconds later, the same one always by the same time. */
  jitter_seconds?: number | undefined;
  /** What becomes of a firing while the run before it still runs. */
  overlap_policy?: 'skip' | 'buffer_one' | 'buffer_all' | 'cancel_other' | 'terminate_other' | 'allow_all' | undefined;
  /** How late a firing that was missed (Temporal was away) may still start. */
  catchup_window_seconds?: number | undefined;
  /** A run that failed pauses the schedule. */
  pause_on_failure?: boolean | undefined;
  /** Of the job only these; not together with a selector. */
  targets?: string[] | undefined;
  /** Targets for which all terms hold: `key=value`, `key!=value`, `key in (a,b)`, `key notin (a,b)`, `key`, `!key`, with commas between them. Keys are name, env, os, type, location, data_center, region, health and labels. */
  target_selector?: string | undefined;
  variables?: Record<string, string | number | boolean | null | unknown[] | Record<string, unknown>> | undefined;
  /** Names of calendars whose blackouts it obeys. */
  calendars?: string[] | undefined;
  /** By which schedules are listed. */
  labels?: Record<string, string> | undefined;
}

export interface PauseSchedule {
  /** Why it is paused. */
  note?: string | undefined;
}

export type CalendarPage = Page<CalendarSummary>;

export interface CalendarSummary {
  calendar_uuid: string;
  name: string;
  description: string | null;
  timezone: string;
  window_count: number;
  target_selector: string | null;
  firing_effect: 'skip' | 'postpone';
  holds_runs: boolean;
  /** The blackout in force now; null: it is open. */
  blackout: {
    summary: string | null;
    /** When it is open again; null: not within 400 days. */
    until: string | null;
  } | null;
  /** User name. */
  created_by: string | null;
  created_at: string;
  updated_at: string;
}

export interface Calendar {
  calendar_uuid: string;
  name: string;
  description: string | null;
  timezone: string;
  window_count: number;
  target_selector: string | null;
  firing_effect: 'skip' | 'postpone';
  holds_runs: boolean;
  /** The blackout in force now; null: it is open. */
  blackout: {
    summary: string | null;
    /** When it is open again; null: not within 400 days. */
    until: string | null;
  } | null;
  /** User name. */
  created_by: string | null;
  created_at: string;
  updated_at: string;
  windows: CalendarWindow[];
  /** What names it, the first hundred of each. */
  used_by: {
    jobs: {
      job_serial: string;
      name: string;
    }[];
    schedules: {
      schedule_serial: string;
      name: string;
    }[];
  };
}

export interface CreateCalendar {
  name: string;
  /** IANA zone of its wall times. */
  timezone?: string | undefined;
  /** With an allowed window all other time is blackout. */
  windows?: CalendarWindow[] | undefined;
  description?: string | null | undefined;
  /** It concerns these targets, whatever runs on them, without being named anywhere. */
  target_selector?: string | null | undefined;
  /** A firing of a schedule in a blackout is skipped, or postponed to its end. */
  firing_effect?: 'skip' | 'postpone' | undefined;
  /** Runs that go on are held between their actions until the end of a blackout. An action that runs is never ended. */
  holds_runs?: boolean | undefined;
}

export interface ImportedCalendar {
  calendar: Calendar;
  /** Events that became windows. */
  imported: number;
  refused: ({
    /** Its place in the file, from 1. */
    event: number;
    uid: string | null;
    summary: string | null;
    reason: string;
  })[];
}

export interface ImportCalendar {
  name: string;
  /** An iCalendar file (.ics), of which each event becomes a window. */
  text: string;
  kind?: 'blackout' | 'allowed' | undefined;
  /** Default what the file says, or the zone of the first event that names one. */
  timezone?: string | undefined;
  /** IANA zones of names that the file uses and that are none. */
  zones?: Record<string, string> | undefined;
  /** A calendar of this name gets the windows of the file in place of its own; the rest of it stays. */
  replace?: boolean | undefined;
  /** Events that cannot be taken are left out. Otherwise one of them refuses the file. */
  skip_refused?: boolean | undefined;
  description?: string | null | undefined;
  /** It concerns these targets, whatever runs on them, without being named anywhere. */
  target_selector?: string | null | undefined;
  /** A firing of a schedule in a blackout is skipped, or postponed to its end. */
  firing_effect?: 'skip' | 'postpone' | undefined;
  /** Runs that go on are held between their actions until the end of a blackout. An action that runs is never ended. */
  holds_runs?: boolean | undefined;
}

/** What overlaps, or follows at once, is one; it is cut at the ends of the period. */
export interface CalendarBlackouts {
  calendar: string;
  timezone: string;
  from: string;
  to: string;
  blackouts: {
    from: string;
    to: string;
    /** Of the windows that it is made of. */
    summaries: string[];
  }[];
}

export type TargetLockPage = Page<TargetLock>;

/** A branch that holds its target, or waits for it. */
export interface TargetLock {
  target_serial: string;
  target_name: string;
  branch_serial: string;
  execution_serial: string;
  job_name: string;
  state: 'holds' | 'waits';
  since: string;
}

export interface SteeredExecution {
  execution_serial: string;
  execution_uuid: string;
  job_serial: string;
  job_name: string;
  definition_version: number;
  status: 'scheduled' | 'running' | 'completed' | 'failed' | 'cancelled';
  trigger_type: 'manual' | 'api' | 'schedule';
  /** User name. */
  triggered_by: string | null;
  max_concurrent_targets: number;
  total_branches: number;
  completed_branches: number;
  failed_branches: number;
  cancelled_branches: number;
  /** Attempts whose outcome is not known, and of which nobody has told it: a person must look at the target (`runs lost`). */
  unresolved_attempts: number;
  failure_category: 'authentication' | 'communication' | 'command_execution' | 'timeout' | 'configuration' | 'not_started' | 'lost' | 'interrupted' | 'internal' | 'rejected' | null;
  /** Whose fault a failure is: credentials, network, target, definition, a person, us. */
  fault: string | null;
  error_code: string | null;
  error_message: string | null;
  cancel_requested_at: string | null;
  /** Since when no further target begins; those at work go on. */
  paused_at: string | null;
  /** Why. */
  hold_reason: 'user' | 'approval' | 'delay' | 'lock' | 'blackout' | null;
  /** When it goes on by itself; null: a person must act. */
  resumes_at: string | null;
  rollout: Rollout;
  /** The run whose failed targets this one repeats. */
  retry_of: string | null;
  workflow_id: string;
  run_id: string | null;
  closed_by: 'workflow' | 'reconciler' | null;
  created_at: string;
  started_at: string | null;
  completed_at: string | null;
  /** The workflow of the run has answered. False: it is written down, and the workflow is told again within a minute. */
  acknowledged: boolean;
}

export interface SteerNote {
  /** Why; stands in the log of the run and in the audit trail. */
  note?: string | undefined;
}

export interface AnswerBatch {
  answer: 'approved' | 'rejected';
  /** Why; stands in the log of the run and in the audit trail. */
  note?: string | undefined;
}

export interface ChangeExecution {
  max_concurrent_targets?: number | undefined;
  /** Takes the place of the one before; batches that have begun stay as they are. */
  rollout?: {
    /** Sizes of the batches, the canary first; the last one is repeated until no target is left. None: one batch. */
    batches?: ({
      count: number;
    } | {
      percent: number;
    })[] | undefined;
    /** Targets take their turn by this label, or by name, env, os, type, location, data_center, region or health; those without it last. */
    order_by?: string | undefined;
    /** Named like order_by. One group after another, each in batches of its own; a percentage is one of the group. */
    group_by?: string | undefined;
    /** No further target begins when so many of the run have failed. */
    stop_after_failures?: {
      count: number;
    } | {
      percent: number;
    } | undefined;
    /** The next batch begins after this time, or when one of these people has approved it. */
    between_batches?: {
      seconds: number;
    } | {
      approvers: ({
        type: 'user';
        value: string;
      } | {
        type: 'role';
        value: 'admin' | 'operator' | 'viewer';
      })[];
    } | undefined;
  } | undefined;
  /** Why; stands in the log of the run and in the audit trail. */
  note?: string | undefined;
}

export interface RetryBranches {
  /** None: all that failed. */
  branches?: string[] | undefined;
  /** Where each goes on; failed_action: what comes before it is not done again. A new run begins at the first. */
  from?: 'first_action' | 'failed_action' | undefined;
  /** true: an action of which nobody knows whether it ran, and that is to run at most once, is done again by from: failed_action. Else such a branch is refused until that attempt is resolved. */
  repeat_unknown?: boolean | undefined;
  /** In a run of its own, linked to this one: the only way when this one has ended. */
  new_run?: boolean | undefined;
  /** Why; stands in the log of the run and in the audit trail. */
  note?: string | undefined;
}

export interface SkipAction {
  action_order: number;
  /** Why; stands in the log of the run and in the audit trail. */
  note?: string | undefined;
}

export type ApprovalPage = Page<Approval>;

/** An action that waits for the answer of a person. */
export interface Approval {
  action_serial: string;
  iteration: number;
  execution_serial: string;
  branch_serial: string;
  job_name: string;
  target_serial: string;
  target_name: string;
  action_name: string;
  message: string | null;
  approvers: ({
    type: 'user';
    value: string;
  } | {
    type: 'role';
    value: 'admin' | 'operator' | 'viewer';
  })[];
  asked_at: string;
  expires_at: string;
  /** What happens when nobody answers until expires_at. */
  on_timeout: 'fail' | 'approve' | 'skip';
}

export interface ActionResult {
  action_serial: string;
  branch_serial: string;
  target_serial: string;
  action_order: number;
  action_name: string;
  action_type: 'command' | 'script' | 'file_transfer' | 'api' | 'database' | 'file' | 'email' | 'condition' | 'parallel' | 'wait' | 'approval';
  iteration: number;
  attempt: number;
  is_final: boolean;
  status: 'scheduled' | 'running' | 'completed' | 'failed' | 'cancelled' | 'skipped';
  skip_reason: 'disabled' | 'condition_false' | 'dependency_not_met' | 'skip_remaining' | 'branch_stopped' | 'user' | null;
  failure_category: 'authentication' | 'communication' | 'command_execution' | 'timeout' | 'configuration' | 'not_started' | 'lost' | 'interrupted' | 'internal' | 'rejected' | null;
  /** Whose fault a failure is: credentials, network, target, definition, a person, us. */
  fault: string | null;
  error_code: string | null;
  exit_code: number | null;
  command_executed: string | null;
  result_output: string | null;
  result_error: string | null;
  /** There is more output than is shown here: ask with a larger `max_output`. */
  output_cut: boolean;
  /** Not all of the output was kept. */
  output_truncated: boolean;
  output_bytes: number | null;
  output_lines: number;
  execution_time_ms: number | null;
  worker_identity: string | null;
  started_at: string | null;
  completed_at: string | null;
  /** The answer to an approval, or what a person found out about an attempt whose outcome was not known. */
  resolution: 'approved' | 'rejected' | 'expired' | 'succeeded' | 'failed' | 'not_run' | 'skipped' | null;
  resolution_note: string | null;
  /** Username; null: the time of an approval was over. */
  resolved_by: string | null;
  resolved_at: string | null;
}

export interface AnswerApproval {
  answer: 'approved' | 'rejected';
  /** Why; stands on the record and in the audit trail. */
  note?: string | undefined;
  /** The turn of a loop that is answered, as the list of approvals tells it; left out: the one that waits. */
  iteration?: number | undefined;
}

export interface ResolveAttempt {
  /** What really happened. The attempt stays failed; this stands beside it. */
  outcome: 'succeeded' | 'failed' | 'not_run';
  /** How it is known: what was looked at on the target. */
  note: string;
}

export type ExecutionPage = Page<Execution>;

/** Runs by state. */
export interface ExecutionCounts {
  scheduled: number;
  running: number;
  completed: number;
  failed: number;
  cancelled: number;
  total: number;
  /** At least one state has more runs than are counted: its number is 10,000. */
  is_capped: boolean;
}

export interface OneExecution {
  execution_serial: string;
  execution_uuid: string;
  job_serial: string;
  job_name: string;
  definition_version: number;
  status: 'scheduled' | 'running' | 'completed' | 'failed' | 'cancelled';
  trigger_type: 'manual' | 'api' | 'schedule';
  /** User name. */
  triggered_by: string | null;
  max_concurrent_targets: number;
  total_branches: number;
  completed_branches: number;
  failed_branches: number;
  cancelled_branches: number;
  /** Attempts whose outcome is not known, and of which nobody has told it: a person must look at the target (`runs lost`). */
  unresolved_attempts: number;
  failure_category: 'authentication' | 'communication' | 'command_execution' | 'timeout' | 'configuration' | 'not_started' | 'lost' | 'interrupted' | 'internal' | 'rejected' | null;
  /** Whose fault a failure is: credentials, network, target, definition, a person, us. */
  fault: string | null;
  error_code: string | null;
  error_message: string | null;
  cancel_requested_at: string | null;
  /** Since when no further target begins; those at work go on. */
  paused_at: string | null;
  /** Why. */
  hold_reason: 'user' | 'approval' | 'delay' | 'lock' | 'blackout' | null;
  /** When it goes on by itself; null: a person must act. */
  resumes_at: string | null;
  rollout: Rollout;
  /** The run whose failed targets this one repeats. */
  retry_of: string | null;
  workflow_id: string;
  run_id: string | null;
  closed_by: 'workflow' | 'reconciler' | null;
  created_at: string;
  started_at: string | null;
  completed_at: string | null;
  /** By what the targets of the run were chosen. */
  target_selection: {
    /** Whose it is: that of the version of the job which runs, or given when the run was started. */
    source: 'job' | 'run';
    /** What targets had to be, or which labels they had to have, as the run started; null: a list names them. */
    selector: string | null;
  };
}

export type BranchPage = Page<Branch>;

export interface Branch {
  branch_serial: string;
  branch_number: number;
  batch_number: number;
  /** How often a person had it run again in this run. */
  retry_number: number;
  target_serial: string;
  target_name: string;
  status: 'scheduled' | 'running' | 'completed' | 'failed' | 'cancelled';
  exit_code: number | null;
  failure_category: 'authentication' | 'communication' | 'command_execution' | 'timeout' | 'configuration' | 'not_started' | 'lost' | 'interrupted' | 'internal' | 'rejected' | null;
  /** Whose fault a failure is: credentials, network, target, definition, a person, us. */
  fault: string | null;
  error_code: string | null;
  result_output: string | null;
  result_error: string | null;
  /** There is more output than is shown here: ask with a larger `max_output`. */
  output_cut: boolean;
  last_line_number: number;
  workflow_id: string | null;
  closed_by: 'workflow' | 'reconciler' | null;
  hold_reason: 'user' | 'approval' | 'delay' | 'lock' | 'blackout' | null;
  /** Since when it holds its target, until it has ended; null: waits, or shares it. */
  lock_acquired_at: string | null;
  /** The branch that holds its target. */
  waits_for: string | null;
  started_at: string | null;
  completed_at: string | null;
  updated_at: string;
}

export type ActionResultPage = Page<ActionResult>;

export type LogPage = Page<LogLine>;

export interface LogLine {
  timestamp: string;
  branch_serial: string | null;
  target_name: string | null;
  line_number: number | null;
  stream: 'stdout' | 'stderr' | null;
  log_phase: 'creation' | 'target_selection' | 'authentication' | 'communication' | 'action_execution' | 'result_collection' | 'completion';
  log_level: 'debug' | 'info' | 'warning' | 'error';
  log_category: 'authentication' | 'communication' | 'command_execution' | 'file_transfer' | 'system';
  log_message: string;
  log_details: Record<string, unknown> | null;
}

/** The branches of a run, counted. */
export interface ExecutionSummary {
  branches: {
    scheduled: number;
    running: number;
    completed: number;
    failed: number;
    cancelled: number;
  };
  /** Why branches have failed, the most frequent cause first; at most 100 causes. */
  failures: ({
    failure_category: 'authentication' | 'communication' | 'command_execution' | 'timeout' | 'configuration' | 'not_started' | 'lost' | 'interrupted' | 'internal' | 'rejected';
    error_code: string | null;
    branches: number;
  })[];
  batches: {
    batch_number: number;
    scheduled: number;
    running: number;
    completed: number;
    failed: number;
    cancelled: number;
  }[];
  duration: Durations;
}

/** How long those took that have ended; null: none has. */
export interface Durations {
  min_ms: number | null;
  avg_ms: number | null;
  p95_ms: number | null;
  max_ms: number | null;
}

export interface ActionSummaries {
  data: ActionSummary[];
}

/** What came of one action on all targets; what counts is the last attempt of each turn. */
export interface ActionSummary {
  action_order: number;
  action_name: string;
  action_type: 'command' | 'script' | 'file_transfer' | 'api' | 'database' | 'file' | 'email' | 'condition' | 'parallel' | 'wait' | 'approval';
  running: number;
  completed: number;
  failed: number;
  cancelled: number;
  skipped: number;
  /** Attempts whose outcome is not known, and of which nobody has told it. */
  unresolved: number;
  /** All tries, repeats included. */
  attempts: number;
  /** Branches that have come to it. */
  targets: number;
  duration: Durations;
}

export interface ExecutionComparison {
  first: Execution;
  second: Execution;
  data: ComparedTarget[];
  /** Cursor of the next page, which may be short or empty; null on the last one. */
  next: string | null;
}

export interface ComparedTarget {
  target_serial: string;
  target_name: string;
  /** missing: one of the runs does not have the target. output: the last output is another. */
  differences: ('missing' | 'status' | 'exit_code' | 'failure' | 'output')[];
  first: ComparedBranch;
  second: ComparedBranch;
}

export type ComparedBranch = {
  branch_serial: string;
  status: 'scheduled' | 'running' | 'completed' | 'failed' | 'cancelled';
  exit_code: number | null;
  failure_category: 'authentication' | 'communication' | 'command_execution' | 'timeout' | 'configuration' | 'not_started' | 'lost' | 'interrupted' | 'internal' | 'rejected' | null;
  error_code: string | null;
  duration_ms: number | null;
} | null;

export type FoundLines = Page<FoundLine>;

export interface FoundLine {
  timestamp: string;
  branch_serial: string | null;
  target_name: string | null;
  line_number: number | null;
  stream: 'stdout' | 'stderr' | null;
  log_phase: 'creation' | 'target_selection' | 'authentication' | 'communication' | 'action_execution' | 'result_collection' | 'completion';
  log_level: 'debug' | 'info' | 'warning' | 'error';
  log_category: 'authentication' | 'communication' | 'command_execution' | 'file_transfer' | 'system';
  log_message: string;
  log_details: Record<string, unknown> | null;
  job_serial: string;
  /** null: a line of the job itself. */
  execution_serial: string | null;
  target_serial: string | null;
}

export type SerialMatches = Page<SerialMatch>;

export interface SerialMatch {
  level: 'target' | 'job' | 'execution' | 'branch' | 'action';
  serial: string;
  /** Of the target or job; of a run that of its job, of a branch that of its target, of an action its own. */
  name: string;
  /** State of a run, branch or the last attempt of an action; of a job or target its own. */
  status: string;
  /** The run that it is, or is a part of. */
  execution_serial: string | null;
  /** Where the API has it. */
  path: string;
}

export interface SerialCounts {
  level: 'target' | 'job' | 'execution' | 'branch' | 'action';
  /** As it is understood. */
  pattern: string;
  /** Things that it fits. */
  total: number;
  /** States that none is in are not there. */
  by_status: {
    active?: number | undefined;
    inactive?: number | undefined;
    maintenance?: number | undefined;
    draft?: number | undefined;
    scheduled?: number | undefined;
    running?: number | undefined;
    completed?: number | undefined;
    failed?: number | undefined;
    cancelled?: number | undefined;
    skipped?: number | undefined;
  };
  /** How many jobs they are, or are of; so for the others. What is above says nothing of what is below: 0. */
  jobs: number;
  executions: number;
  branches: number;
  /** That branches and actions were on. */
  targets: number;
  /** More fit: only the first 10,000 or so were counted, or what was found in two seconds. */
  is_capped: boolean;
}

export interface PatternCheck {
  is_valid: boolean;
  /** What it looks for; null when it is no pattern. */
  level: 'target' | 'job' | 'execution' | 'branch' | 'action' | null;
  /** As it is understood. */
  pattern: string | null;
  problem: string | null;
  /** What may have been meant. */
  suggestions: string[];
}

export type ArtifactPage = Page<Artifact>;

export interface Artifact {
  artifact_uuid: string;
  /** output: of a program. download: fetched from a target. upload: given to be sent. */
  artifact_type: 'output' | 'download' | 'upload';
  name: string;
  /** null while it is being written, or when it broke off. */
  size_bytes: number | null;
  /** Hex. */
  sha256: string | null;
  /** Run that made it; null for uploads. */
  execution_serial: string | null;
  action_serial: string | null;
  attempt: number | null;
  /** User name of the uploader. */
  created_by: string | null;
  created_at: string;
  completed_at: string | null;
  /** Removed after this time. */
  expires_at: string | null;
}

export interface Maintenance {
  enabled: boolean;
  /** User name. */
  changed_by: string | null;
  changed_at: string | null;
  /** Counts its changes. */
  version: number;
  /** Runs that have begun and have not ended, the paused ones too. */
  running: number;
  /** Runs that are accepted and have not begun. */
  waiting: number;
}

export interface ChangeMaintenance {
  enabled: boolean;
  /** Why; stands in the audit trail. */
  note?: string | undefined;
}

export interface DatabaseHealth {
  /** Version of PostgreSQL. */
  server: string;
  database: string;
  size_bytes: number;
  /** Since when the server counts scans and rows; null when it does not tell. */
  statistics_since: string | null;
  /** The worst first. */
  findings: DatabaseFinding[];
  /** By total time; empty without pg_stat_statements. */
  slowest_statements: SlowStatement[];
  /** The largest first, at most 20. */
  tables: TableHealth[];
  connections: ConnectionUse;
}

export interface DatabaseFinding {
  kind: 'unused_index' | 'duplicate_index' | 'redundant_index' | 'invalid_index' | 'bloated_index' | 'unindexed_foreign_key' | 'sequential_scans' | 'slow_statement' | 'statements_unavailable' | 'dead_rows' | 'transaction_id_age' | 'long_transaction' | 'connections' | 'idle_in_transaction' | 'default_partition_rows' | 'limited_view';
  severity: 'info' | 'warning' | 'critical';
  /** What it is about: an index, a table, an application. */
  object: string;
  /** What was seen. */
  sentence: string;
  /** What to do about it. */
  suggestion: string;
  /** SQL that would mend it. It is never run by itself. */
  statement?: string | undefined;
  /** The numbers of the sentence. */
  facts: Record<string, number>;
}

export interface SlowStatement {
  /** On one line, at most 300 characters, literals left out. */
  text: string;
  calls: number;
  mean_ms: number;
  total_ms: number;
  /** Rows given or changed, of all calls. */
  rows: number;
  /** Part of the time of all statements of this database, 0 to 1. */
  share: number;
}

export interface TableHealth {
  /** A partitioned table stands for all of its partitions. */
  table: string;
  size_bytes: number;
  /** Part of size_bytes. */
  index_bytes: number;
  live_rows: number;
  dead_rows: number;
  sequential_scans: number;
  /** Rows that sequential scans have read. */
  sequential_rows: number;
  index_scans: number;
  last_vacuum: string | null;
  last_analyze: string | null;
}

export interface ConnectionUse {
  /** max_connections of the server. */
  max: number;
  /** Part of max that only superusers and privileged roles may take. */
  reserved: number;
  /** Of all databases of the server. */
  used: number;
  by_application: {
    application: string;
    total: number;
    active: number;
    idle: number;
    idle_in_transaction: number;
  }[];
}

export interface SystemInfo {
  /** Of OpsConductor, as the process that answers has it. */
  version: string;
  node_version: string;
  /** Name of the machine on which the process runs that answers. */
  host: string;
  /** Since when that process runs. */
  started_at: string;
  uptime_seconds: number;
  database: {
    /** Of PostgreSQL. */
    version: string;
    name: string;
    /** The last one that was applied. */
    migration: string | null;
    migrated_at: string | null;
    /** Version of OpsConductor that applied it. */
    migrated_by: string | null;
  };
  temporal: {
    address: string;
    namespace: string;
    /** What the names of its task queues begin with. */
    task_queue: string;
  };
  counts: {
    targets: number;
    jobs: number;
    templates: number;
    schedules: number;
    /** Accounts that may log in. */
    users: number;
    /** Accepted, and not begun. */
    runs_scheduled: number;
    runs_running: number;
    /** Begun, and paused. */
    runs_held: number;
  };
}

/** What a job must confirm (confirm_dangerous). */
export interface DangerousPatterns {
  /** Regular expressions, case ignored, `^` and `$` at each line. */
  patterns: string[];
  /** The list of this version of OpsConductor. */
  is_default: boolean;
  /** Counts its changes. */
  version: number;
  /** User name. */
  updated_by: string | null;
  updated_at: string | null;
}

export interface ChangeDangerousPatterns {
  /** The whole list; null: that of this version of OpsConductor. */
  patterns: string[] | null;
  /** Of the list that was read: refused when another has changed it since. */
  version?: number | undefined;
  /** Why; stands in the audit trail. */
  note?: string | undefined;
}

export interface SettingList {
  data: Setting[];
}

export interface Setting {
  key: string;
  /** What is in force. */
  value: string | number | boolean | null | unknown[] | Record<string, unknown>;
  default: string | number | boolean | null | unknown[] | Record<string, unknown>;
  is_default: boolean;
  /** Why what is stored is not in force: the default is, until it is corrected. */
  problem: string | null;
  /** What is stored, where that is not in force; else null. */
  stored: string | number | boolean | null | unknown[] | Record<string, unknown>;
  description: string;
  /** The source file that obeys it. */
  consumer: string;
  /** Type and range of its values, as JSON Schema. */
  schema: Record<string, unknown>;
  /** Counts its changes. */
  version: number;
  /** User name. */
  updated_by: string | null;
  updated_at: string | null;
}

export interface ChangeSettings {
  /** New values by name: all of them are taken, or none. */
  values: Record<string, string | number | boolean | null | unknown[] | Record<string, unknown>>;
  /** Why; stands in the audit trail. */
  note?: string | undefined;
}

export interface ChangeSetting {
  /** As the schema of the setting says. */
  value: string | number | boolean | null | unknown[] | Record<string, unknown>;
  /** Why; stands in the audit trail. */
  note?: string | undefined;
}

export type AuditEventPage = Page<AuditEvent>;

export interface AuditEvent {
  /** Its number; there are gaps. */
  id: number;
  occurred_at: string;
  event_type: 'user_login' | 'user_logout' | 'user_created' | 'user_updated' | 'user_deleted' | 'target_created' | 'target_updated' | 'target_deleted' | 'target_connection_test' | 'job_created' | 'job_updated' | 'job_deleted' | 'job_executed' | 'bulk_operation' | 'system_config_changed' | 'security_violation' | 'data_export' | 'permission_changed' | 'discovery_job_created' | 'system_maintenance' | 'user_login_failed' | 'credential_accessed' | 'credential_changed' | 'execution_cancelled' | 'schedule_changed' | 'api_token_created' | 'api_token_revoked' | 'alert_state_changed' | 'data_import' | 'execution_changed';
  /** What was done, such as `update_target`. */
  action: string;
  severity: 'low' | 'medium' | 'high' | 'critical';
  actor_type: 'user' | 'api_token' | 'system' | 'anonymous';
  /** Who did it; null for OpsConductor itself and for strangers. */
  username: string | null;
  user_uuid: string | null;
  /** Name of the API token that was used. */
  api_token: string | null;
  api_token_uuid: string | null;
  /** To what: a table, or a concept. */
  resource_type: string;
  /** Serial, uuid or name. */
  resource_id: string | null;
  /** Before and after, without secrets. */
  details: Record<string, unknown>;
  ip_address: string | null;
  user_agent: string | null;
  /** X-Request-Id of the answer. */
  request_id: string | null;
}

export interface AuditEventTypes {
  event_types: ('user_login' | 'user_logout' | 'user_created' | 'user_updated' | 'user_deleted' | 'target_created' | 'target_updated' | 'target_deleted' | 'target_connection_test' | 'job_created' | 'job_updated' | 'job_deleted' | 'job_executed' | 'bulk_operation' | 'system_config_changed' | 'security_violation' | 'data_export' | 'permission_changed' | 'discovery_job_created' | 'system_maintenance' | 'user_login_failed' | 'credential_accessed' | 'credential_changed' | 'execution_cancelled' | 'schedule_changed' | 'api_token_created' | 'api_token_revoked' | 'alert_state_changed' | 'data_import' | 'execution_changed')[];
  severities: ('low' | 'medium' | 'high' | 'critical')[];
  actor_types: ('user' | 'api_token' | 'system' | 'anonymous')[];
}

export interface AuditStatistics {
  from: string;
  total: number;
  by_event_type: ({
    event_type: 'user_login' | 'user_logout' | 'user_created' | 'user_updated' | 'user_deleted' | 'target_created' | 'target_updated' | 'target_deleted' | 'target_connection_test' | 'job_created' | 'job_updated' | 'job_deleted' | 'job_executed' | 'bulk_operation' | 'system_config_changed' | 'security_violation' | 'data_export' | 'permission_changed' | 'discovery_job_created' | 'system_maintenance' | 'user_login_failed' | 'credential_accessed' | 'credential_changed' | 'execution_cancelled' | 'schedule_changed' | 'api_token_created' | 'api_token_revoked' | 'alert_state_changed' | 'data_import' | 'execution_changed';
    events: number;
  })[];
  by_severity: ({
    severity: 'low' | 'medium' | 'high' | 'critical';
    events: number;
  })[];
  /** The twenty with the most events. */
  by_user: {
    username: string;
    events: number;
  }[];
  /** Days of UTC that have any. */
  by_day: {
    day: string;
    events: number;
  }[];
}

export type AuditSealPage = Page<AuditSeal>;

export interface AuditSeal {
  id: number;
  from_event_id: number;
  to_event_id: number;
  event_count: number;
  /** Time of the newest event that it covers. */
  events_until: string;
  events_hash: string;
  previous_seal_hash: string | null;
  /** Vouches for this seal and all before it. */
  seal_hash: string;
  sealed_at: string;
}

export type AuditVerificationLine = AuditProgress | AuditFinding | AuditVerdict;

/** How many were looked at so far. */
export interface AuditProgress {
  type: 'progress';
  events: number;
  seals: number;
}

/** Something that nobody with the rights of OpsConductor can have done. */
export interface AuditFinding {
  type: 'finding';
  kind: 'event_altered' | 'events_missing' | 'events_added' | 'events_changed' | 'seal_altered' | 'seal_missing' | 'anchor_missing';
  event_id: number | null;
  seal_id: number | null;
  message: string;
}

export interface AuditVerdict {
  type: 'verdict';
  intact: boolean;
  /** Events whose signature was verified. */
  events: number;
  /** Seals that were verified with the events that they cover. */
  seals: number;
  /** All of them; at most 1,000 are told. */
  findings: number;
  /** Seals whose months retention has dropped; their own signatures were verified. */
  dropped_seals: number;
  /** Events that no seal covers yet: one that was removed from among them is not found. */
  unsealed_events: number;
  /** The newest seal. Kept somewhere else, its hash shows later that nothing up to it was removed (`anchor`). */
  head: {
    seal_id: number;
    seal_hash: string;
    to_event_id: number;
  } | null;
}

export interface OneAuditEvent {
  /** Its number; there are gaps. */
  id: number;
  occurred_at: string;
  event_type: 'user_login' | 'user_logout' | 'user_created' | 'user_updated' | 'user_deleted' | 'target_created' | 'target_updated' | 'target_deleted' | 'target_connection_test' | 'job_created' | 'job_updated' | 'job_deleted' | 'job_executed' | 'bulk_operation' | 'system_config_changed' | 'security_violation' | 'data_export' | 'permission_changed' | 'discovery_job_created' | 'system_maintenance' | 'user_login_failed' | 'credential_accessed' | 'credential_changed' | 'execution_cancelled' | 'schedule_changed' | 'api_token_created' | 'api_token_revoked' | 'alert_state_changed' | 'data_import' | 'execution_changed';
  /** What was done, such as `update_target`. */
  action: string;
  severity: 'low' | 'medium' | 'high' | 'critical';
  actor_type: 'user' | 'api_token' | 'system' | 'anonymous';
  /** Who did it; null for OpsConductor itself and for strangers. */
  username: string | null;
  user_uuid: string | null;
  /** Name of the API token that was used. */
  api_token: string | null;
  api_token_uuid: string | null;
  /** To what: a table, or a concept. */
  resource_type: string;
  /** Serial, uuid or name. */
  resource_id: string | null;
  /** Before and after, without secrets. */
  details: Record<string, unknown>;
  ip_address: string | null;
  user_agent: string | null;
  /** X-Request-Id of the answer. */
  request_id: string | null;
  /** `invalid`: the row is not as OpsConductor signed it. */
  signature: 'valid' | 'invalid';
  /** The seal that covers it; null while it is young. */
  seal_id: number | null;
}

export interface ExportData {
  types: ('settings' | 'users' | 'calendars' | 'targets' | 'templates' | 'jobs' | 'schedules')[];
  /** `csv`: one type only, of targets, users or settings. */
  format?: 'json' | 'yaml' | 'csv' | undefined;
  /** Of the targets only those that it fits. */
  selector?: string | undefined;
  /** Of the targets, jobs, templates and schedules only these. */
  serials?: string[] | undefined;
  /** Seals the secrets into the document: those of credentials and of the variables of jobs. Without it the document only says that they are there. */
  passphrase?: string | undefined;
}

export interface ImportReport {
  summary: ImportSummary;
  rows: ImportRow[];
}

export interface ImportSummary {
  line: 'summary';
  mode: 'merge' | 'append' | 'replace';
  /** true: nothing was changed. */
  validate_only: boolean;
  /** Things in the document. */
  total: number;
  created: number;
  updated: number;
  unchanged: number;
  skipped: number;
  removed: number;
  failed: number;
}

export interface ImportRow {
  line: 'row';
  /** Place of the thing in the document, from 1; in CSV the row of the sheet, the header being 1. null: the document has it not. */
  row: number | null;
  /** null: it is of no known kind. */
  type: 'settings' | 'users' | 'calendars' | 'targets' | 'templates' | 'jobs' | 'schedules' | null;
  name: string | null;
  /** Serial of a target, job, template or schedule; uuid of a user or calendar. */
  serial: string | null;
  /** `skipped`: it is there, and left as it is: the mode is append, or a deploy manages it. */
  outcome: 'created' | 'updated' | 'unchanged' | 'skipped' | 'removed' | 'failed';
  /** Of what was updated. */
  changes: ImportChange[];
  warnings: string[];
  /** Why it failed; nothing of this row was written then. */
  problem: {
    code: string;
    detail: string;
    errors: {
      path: string;
      message: string;
    }[];
  } | null;
}

/** Values of secrets are not in it, only that they are others. */
export interface ImportChange {
  /** Field of the thing, such as `methods.ssh_1.port`. */
  path: string;
  from?: unknown;
  to?: unknown;
}

export type ImportLine = ImportBegin | ImportRow | ImportSummary;

export interface ImportBegin {
  line: 'begin';
  /** Things in the document. */
  total: number;
}

/** Codes of problems; they are stable. */
export type ProblemCode =
  | 'CONFIRMATION_NEEDED'
  | 'CONFLICT'
  | 'CONNECTION_CLOSED'
  | 'CONNECTION_LOST'
  | 'CONNECTION_REFUSED'
  | 'CONNECTION_TIMED_OUT'
  | 'CREDENTIAL_MISSING'
  | 'CREDENTIAL_UNREADABLE'
  | 'FORBIDDEN'
  | 'HEADERS_TOO_LARGE'
  | 'HOST_UNREACHABLE'
  | 'IDEMPOTENCY_MISMATCH'
  | 'INTERNAL'
  | 'IN_PROGRESS'
  | 'MAINTENANCE'
  | 'MALFORMED_REQUEST'
  | 'METHOD_MISSING'
  | 'METHOD_UNSUPPORTED'
  | 'NAME_NOT_FOUND'
  | 'NOT_FOUND'
  | 'NO_TARGETS'
  | 'PASSPHRASE_WRONG'
  | 'PASSWORD_CHANGE_REQUIRED'
  | 'PAYLOAD_TOO_LARGE'
  | 'PROTOCOL_ERROR'
  | 'RANGE_NOT_SATISFIABLE'
  | 'RATE_LIMITED'
  | 'REQUEST_TIMEOUT'
  | 'REVISION_MISMATCH'
  | 'SCOPE_TOO_WIDE'
  | 'TARGET_NOT_ACTIVE'
  | 'TOKEN_IN_URL'
  | 'TOO_MANY_BATCHES'
  | 'UNAUTHENTICATED'
  | 'UNAVAILABLE'
  | 'UNPROCESSABLE'
  | 'UNSUPPORTED_MEDIA_TYPE'
  | 'VALIDATION'
  | 'VARIABLE_MISSING';
