// Made from openapi.json by `npm run client`; changes go into the routes of the API.
import type {
  CallOptions,
  EventOptions,
  KeyedOptions,
  OperationShape,
  ServerEvent,
} from '../call-options.ts';
import type {
  Page,
} from '../page.ts';
import type {
  AcceptHostKey,
  ActionResult,
  ActionSummaries,
  AddCredential,
  AnswerApproval,
  AnswerBatch,
  ApiToken,
  ApiTokenCreated,
  AppliedSchedules,
  Approval,
  Artifact,
  AuditEvent,
  AuditEventTypes,
  AuditSeal,
  AuditStatistics,
  AuditVerificationLine,
  BackfillSchedule,
  Branch,
  Calendar,
  CalendarBlackouts,
  CalendarSummary,
  ChangeDangerousPatterns,
  ChangeExecution,
  ChangeJobTargets,
  ChangeMaintenance,
  ChangePassword,
  ChangeSetting,
  ChangeSettings,
  CloneJob,
  CloneTemplate,
  ConnectionTest,
  CreateApiToken,
  CreateCalendar,
  CreateJob,
  CreateSchedule,
  CreateTarget,
  CreateTemplate,
  CreateUser,
  Credential,
  CredentialList,
  DangerousPatterns,
  DataDocument,
  DatabaseHealth,
  ExchangeCode,
  Execution,
  ExecutionComparison,
  ExecutionCounts,
  ExecutionSummary,
  ExportData,
  ExportedSchedules,
  FoundLine,
  Health,
  HostKey,
  ImportCalendar,
  ImportLine,
  ImportedCalendar,
  Job,
  JobCheck,
  JobComparison,
  JobFromTemplate,
  JobPlan,
  JobStatistics,
  JobSummary,
  JobTarget,
  JobUse,
  JobVersion,
  JobsStatistics,
  JsonSchema,
  LogLine,
  Login,
  Maintenance,
  Method,
  MethodInput,
  MethodList,
  OidcInfo,
  OneAuditEvent,
  OneExecution,
  OwnedApiToken,
  PasswordReset,
  PatternCheck,
  PauseSchedule,
  PermissionTable,
  PlanJob,
  PreviewSchedule,
  Profile,
  Readiness,
  ResolveAttempt,
  RestoreVersion,
  RetryBranches,
  Schedule,
  ScheduleBackfill,
  ScheduleCode,
  ScheduleFiring,
  SchedulePlan,
  SchedulePreview,
  ScheduleSummary,
  SerialCounts,
  SerialMatch,
  Session,
  SessionCreated,
  SessionStatus,
  SessionsEnded,
  Setting,
  SettingList,
  SkipAction,
  StartExecution,
  SteerNote,
  SteeredExecution,
  SystemInfo,
  Target,
  TargetJob,
  TargetKindList,
  TargetLock,
  TargetRun,
  TargetStatistics,
  TargetTest,
  TestMethodConfig,
  TestTargets,
  UncheckedJob,
  UpcomingFirings,
  UpdateCredential,
  UpdateMethod,
  UpdateProfile,
  UpdateSchedule,
  UpdateTarget,
  UpdateTargets,
  UpdateUser,
  UpdatedTargets,
  User,
  UserCreated,
} from './schemas.ts';

export interface GetProfileOptions<Field extends keyof Profile = keyof Profile> extends CallOptions {
  /** Only these fields, separated by commas. */
  fields?: readonly Field[] | undefined;
}

export interface UpdateProfileOptions extends CallOptions {
  /** ETag of what was read: when it has been changed since, nothing is changed and the answer is 412. */
  ifMatch?: string | undefined;
}

export interface GetPermissionsOptions<Field extends keyof PermissionTable = keyof PermissionTable> extends CallOptions {
  /** Only these fields, separated by commas. */
  fields?: readonly Field[] | undefined;
}

export interface ListApiTokensOptions<Field extends string = string> extends CallOptions {
  /** Items of a page, at most. */
  limit?: number | undefined;
  /** `next` of the page before, which had the same sort and filters. */
  cursor?: string | undefined;
  /** Order; `-` turns it round. */
  sort?: 'created' | '-created' | 'name' | '-name' | undefined;
  /** Only these fields of each item, separated by commas. */
  fields?: readonly Field[] | undefined;
}

export interface GetTargetStatisticsOptions<Field extends keyof TargetStatistics = keyof TargetStatistics> extends CallOptions {
  /** Targets for which all terms hold: `key=value`, `key!=value`, `key in (a,b)`, `key notin (a,b)`, `key`, `!key`, with commas between them. Keys are name, env, os, type, location, data_center, region, health and labels. */
  selector?: string | undefined;
  /** Only these fields, separated by commas. */
  fields?: readonly Field[] | undefined;
}

export interface ListTargetRunsOptions<Field extends string = string> extends CallOptions {
  /** Items of a page, at most. */
  limit?: number | undefined;
  /** `next` of the page before, which had the same sort and filters. */
  cursor?: string | undefined;
  /** Order; `-` turns it round. */
  sort?: 'created' | '-created' | undefined;
  /** Only these fields of each item, separated by commas. */
  fields?: readonly Field[] | undefined;
}

export interface ListTargetJobsOptions<Field extends string = string> extends CallOptions {
  /** Items of a page, at most. */
  limit?: number | undefined;
  /** `next` of the page before, which had the same sort and filters. */
  cursor?: string | undefined;
  /** Order; `-` turns it round. */
  sort?: 'created' | '-created' | 'name' | '-name' | undefined;
  /** Only these fields of each item, separated by commas. */
  fields?: readonly Field[] | undefined;
}

export interface GetTargetMethodOptions<Field extends keyof Method = keyof Method> extends CallOptions {
  /** Only these fields, separated by commas. */
  fields?: readonly Field[] | undefined;
}

export interface UpdateTargetMethodOptions extends CallOptions {
  /** ETag of what was read: when it has been changed since, nothing is changed and the answer is 412. */
  ifMatch?: string | undefined;
}

export interface DeleteTargetMethodOptions extends CallOptions {
  /** ETag of what was read: when it has been changed since, nothing is changed and the answer is 412. */
  ifMatch?: string | undefined;
}

export interface GetCredentialOptions<Field extends keyof Credential = keyof Credential> extends CallOptions {
  /** Only these fields, separated by commas. */
  fields?: readonly Field[] | undefined;
}

export interface UpdateCredentialOptions extends CallOptions {
  /** ETag of what was read: when it has been changed since, nothing is changed and the answer is 412. */
  ifMatch?: string | undefined;
}

export interface DeleteCredentialOptions extends CallOptions {
  /** ETag of what was read: when it has been changed since, nothing is changed and the answer is 412. */
  ifMatch?: string | undefined;
}

export interface GetSessionOptions<Field extends keyof SessionStatus = keyof SessionStatus> extends CallOptions {
  /** Only these fields, separated by commas. */
  fields?: readonly Field[] | undefined;
}

export interface ListSessionsOptions<Field extends string = string> extends CallOptions {
  /** Items of a page, at most. */
  limit?: number | undefined;
  /** `next` of the page before, which had the same sort and filters. */
  cursor?: string | undefined;
  /** Order; `-` turns it round. */
  sort?: 'created' | '-created' | undefined;
  /** Only these fields of each item, separated by commas. */
  fields?: readonly Field[] | undefined;
}

export interface StartOidcOptions extends CallOptions {
  /** Where a program of the same machine waits for the code. */
  redirect_uri?: string | undefined;
  /** SHA-256 of the `code_verifier` that the program sends with the code. */
  code_challenge?: string | undefined;
  /** Comes back to the program as it is. */
  state?: string | undefined;
}

export interface FinishOidcOptions extends CallOptions {
  code?: string | undefined;
  state?: string | undefined;
  iss?: string | undefined;
  error?: string | undefined;
  error_description?: string | undefined;
}

export interface ListUsersOptions<Field extends string = string> extends CallOptions {
  /** Items of a page, at most. */
  limit?: number | undefined;
  /** `next` of the page before, which had the same sort and filters. */
  cursor?: string | undefined;
  /** Order; `-` turns it round. */
  sort?: 'created' | '-created' | 'username' | '-username' | 'last_login' | '-last_login' | undefined;
  /** Only these fields of each item, separated by commas. */
  fields?: readonly Field[] | undefined;
  /** Part of the user name or mail address. */
  search?: string | undefined;
  /** The whole user name, without regard to case. */
  username?: string | undefined;
  role?: 'admin' | 'operator' | 'viewer' | undefined;
  is_active?: string | undefined;
}

export interface GetUserOptions<Field extends keyof User = keyof User> extends CallOptions {
  /** Only these fields, separated by commas. */
  fields?: readonly Field[] | undefined;
}

export interface UpdateUserOptions extends CallOptions {
  /** ETag of what was read: when it has been changed since, nothing is changed and the answer is 412. */
  ifMatch?: string | undefined;
}

export interface ListUserSessionsOptions<Field extends string = string> extends CallOptions {
  /** Items of a page, at most. */
  limit?: number | undefined;
  /** `next` of the page before, which had the same sort and filters. */
  cursor?: string | undefined;
  /** Order; `-` turns it round. */
  sort?: 'created' | '-created' | undefined;
  /** Only these fields of each item, separated by commas. */
  fields?: readonly Field[] | undefined;
}

export interface ListUserTokensOptions<Field extends string = string> extends CallOptions {
  /** Items of a page, at most. */
  limit?: number | undefined;
  /** `next` of the page before, which had the same sort and filters. */
  cursor?: string | undefined;
  /** Order; `-` turns it round. */
  sort?: 'created' | '-created' | undefined;
  /** Only these fields of each item, separated by commas. */
  fields?: readonly Field[] | undefined;
}

export interface ListAllTokensOptions<Field extends string = string> extends CallOptions {
  /** Items of a page, at most. */
  limit?: number | undefined;
  /** `next` of the page before, which had the same sort and filters. */
  cursor?: string | undefined;
  /** Order; `-` turns it round. */
  sort?: 'created' | '-created' | undefined;
  /** Only these fields of each item, separated by commas. */
  fields?: readonly Field[] | undefined;
}

export interface ListTargetsOptions<Field extends string = string> extends CallOptions {
  /** Items of a page, at most. */
  limit?: number | undefined;
  /** `next` of the page before, which had the same sort and filters. */
  cursor?: string | undefined;
  /** Order; `-` turns it round. */
  sort?: 'created' | '-created' | 'name' | '-name' | undefined;
  /** Only these fields of each item, separated by commas. */
  fields?: readonly Field[] | undefined;
  /** Part of the name, or a serial. */
  search?: string | undefined;
  environment?: 'production' | 'staging' | 'development' | 'testing' | undefined;
  status?: 'active' | 'inactive' | 'maintenance' | undefined;
  os_type?: string | undefined;
  /** Address or name of one of its methods. */
  host?: string | undefined;
  target_type?: 'system' | 'api' | 'database' | 'email' | 'web' | 'communication' | undefined;
  health_status?: 'healthy' | 'warning' | 'critical' | 'unknown' | undefined;
  /** Of one of its methods that is switched on. */
  method_type?: 'ssh' | 'winrm' | 'snmp' | 'telnet' | 'rest_api' | 'smtp' | 'mysql' | 'postgresql' | 'mssql' | 'oracle' | 'sqlite' | 'mongodb' | 'redis' | 'elasticsearch' | undefined;
  location?: string | undefined;
  data_center?: string | undefined;
  region?: string | undefined;
  /** Targets for which all terms hold: `key=value`, `key!=value`, `key in (a,b)`, `key notin (a,b)`, `key`, `!key`, with commas between them. Keys are name, env, os, type, location, data_center, region, health and labels. */
  selector?: string | undefined;
}

export interface GetTargetOptions<Field extends keyof Target = keyof Target> extends CallOptions {
  /** Only these fields, separated by commas. */
  fields?: readonly Field[] | undefined;
}

export interface UpdateTargetOptions extends CallOptions {
  /** ETag of what was read: when it has been changed since, nothing is changed and the answer is 412. */
  ifMatch?: string | undefined;
}

export interface DeleteTargetOptions extends CallOptions {
  /** ETag of what was read: when it has been changed since, nothing is changed and the answer is 412. */
  ifMatch?: string | undefined;
}

export interface TestTargetOptions extends KeyedOptions {
  /** Name of the method; default the primary one. */
  method?: string | undefined;
}

export interface AcceptHostKeyOptions extends KeyedOptions {
  /** Name of the method; default the first SSH method. */
  method?: string | undefined;
}

export interface GetJobsStatisticsOptions<Field extends keyof JobsStatistics = keyof JobsStatistics> extends CallOptions {
  /** Runs that were started in so many days until now. */
  days?: number | undefined;
  /** Only these fields, separated by commas. */
  fields?: readonly Field[] | undefined;
}

export interface GetJobStatisticsOptions<Field extends keyof JobStatistics = keyof JobStatistics> extends CallOptions {
  /** Runs that were started in so many days until now. */
  days?: number | undefined;
  /** Only these fields, separated by commas. */
  fields?: readonly Field[] | undefined;
}

export interface GetJobUseOptions<Field extends keyof JobUse = keyof JobUse> extends CallOptions {
  /** Only these fields, separated by commas. */
  fields?: readonly Field[] | undefined;
}

export interface ListJobTargetsOptions<Field extends string = string> extends CallOptions {
  /** Items of a page, at most. */
  limit?: number | undefined;
  /** `next` of the page before, which had the same sort and filters. */
  cursor?: string | undefined;
  /** Order; `-` turns it round. */
  sort?: 'created' | '-created' | undefined;
  /** Only these fields of each item, separated by commas. */
  fields?: readonly Field[] | undefined;
  status?: 'active' | 'inactive' | 'maintenance' | undefined;
}

export interface ChangeJobTargetsOptions extends KeyedOptions {
  /** ETag of what was read: when it has been changed since, nothing is changed and the answer is 412. */
  ifMatch?: string | undefined;
}

export interface ListJobsOptions<Field extends string = string> extends CallOptions {
  /** Items of a page, at most. */
  limit?: number | undefined;
  /** `next` of the page before, which had the same sort and filters. */
  cursor?: string | undefined;
  /** Order; `-` turns it round. */
  sort?: 'created' | '-created' | 'name' | '-name' | undefined;
  /** Only these fields of each item, separated by commas. */
  fields?: readonly Field[] | undefined;
  /** Part of the name, or a serial. */
  search?: string | undefined;
  status?: 'draft' | 'scheduled' | 'running' | 'completed' | 'failed' | 'cancelled' | undefined;
  /** One of its tags. */
  tag?: string | undefined;
  job_type?: 'command' | 'script' | 'file_transfer' | 'composite' | undefined;
  /** User name. */
  created_by?: string | undefined;
  /** On its list. */
  target?: string | undefined;
  /** From which it was made. */
  template?: string | undefined;
  source?: 'code' | 'api' | undefined;
}

export interface GetJobOptions<Field extends keyof Job = keyof Job> extends CallOptions {
  /** Default the current one. */
  version?: number | undefined;
  /** Only these fields, separated by commas. */
  fields?: readonly Field[] | undefined;
}

export interface UpdateJobOptions extends CallOptions {
  /** ETag of what was read: when it has been changed since, nothing is changed and the answer is 412. */
  ifMatch?: string | undefined;
}

export interface DeleteJobOptions extends CallOptions {
  /** ETag of what was read: when it has been changed since, nothing is changed and the answer is 412. */
  ifMatch?: string | undefined;
}

export interface StartExecutionOptions extends KeyedOptions {
  /** Seconds that the answer is held back at most, until it has ended. */
  wait?: number | undefined;
}

export interface ListJobVersionsOptions<Field extends string = string> extends CallOptions {
  /** Items of a page, at most. */
  limit?: number | undefined;
  /** `next` of the page before, which had the same sort and filters. */
  cursor?: string | undefined;
  /** Order; `-` turns it round. */
  sort?: 'version' | '-version' | undefined;
  /** Only these fields of each item, separated by commas. */
  fields?: readonly Field[] | undefined;
}

export interface CompareJobVersionsOptions<Field extends keyof JobComparison = keyof JobComparison> extends CallOptions {
  /** Only these fields, separated by commas. */
  fields?: readonly Field[] | undefined;
}

export interface RestoreJobVersionOptions extends KeyedOptions {
  /** ETag of what was read: when it has been changed since, nothing is changed and the answer is 412. */
  ifMatch?: string | undefined;
}

export interface ListJobTemplatesOptions<Field extends string = string> extends CallOptions {
  /** Items of a page, at most. */
  limit?: number | undefined;
  /** `next` of the page before, which had the same sort and filters. */
  cursor?: string | undefined;
  /** Order; `-` turns it round. */
  sort?: 'created' | '-created' | 'name' | '-name' | undefined;
  /** Only these fields of each item, separated by commas. */
  fields?: readonly Field[] | undefined;
  /** Part of the name, or a serial. */
  search?: string | undefined;
  /** One of its tags. */
  tag?: string | undefined;
  /** User name. */
  created_by?: string | undefined;
}

export interface GetJobTemplateOptions<Field extends keyof Job = keyof Job> extends CallOptions {
  /** Default the current one. */
  version?: number | undefined;
  /** Only these fields, separated by commas. */
  fields?: readonly Field[] | undefined;
}

export interface UpdateJobTemplateOptions extends CallOptions {
  /** ETag of what was read: when it has been changed since, nothing is changed and the answer is 412. */
  ifMatch?: string | undefined;
}

export interface DeleteJobTemplateOptions extends CallOptions {
  /** ETag of what was read: when it has been changed since, nothing is changed and the answer is 412. */
  ifMatch?: string | undefined;
}

export interface GetJobTemplateUseOptions<Field extends keyof JobUse = keyof JobUse> extends CallOptions {
  /** Only these fields, separated by commas. */
  fields?: readonly Field[] | undefined;
}

export interface ListJobTemplateVersionsOptions<Field extends string = string> extends CallOptions {
  /** Items of a page, at most. */
  limit?: number | undefined;
  /** `next` of the page before, which had the same sort and filters. */
  cursor?: string | undefined;
  /** Order; `-` turns it round. */
  sort?: 'version' | '-version' | undefined;
  /** Only these fields of each item, separated by commas. */
  fields?: readonly Field[] | undefined;
}

export interface CompareJobTemplateVersionsOptions<Field extends keyof JobComparison = keyof JobComparison> extends CallOptions {
  /** Only these fields, separated by commas. */
  fields?: readonly Field[] | undefined;
}

export interface RestoreJobTemplateVersionOptions extends KeyedOptions {
  /** ETag of what was read: when it has been changed since, nothing is changed and the answer is 412. */
  ifMatch?: string | undefined;
}

export interface ExportSchedulesOptions extends CallOptions {
  /** Only these, with commas between them. */
  serials?: string | undefined;
  source?: 'code' | 'api' | undefined;
}

export interface ListAllScheduleFiringsOptions<Field extends string = string> extends CallOptions {
  /** Items of a page, at most. */
  limit?: number | undefined;
  /** `next` of the page before, which had the same sort and filters. */
  cursor?: string | undefined;
  /** Order; `-` turns it round. */
  sort?: 'scheduled' | '-scheduled' | undefined;
  /** Only these fields of each item, separated by commas. */
  fields?: readonly Field[] | undefined;
  status?: 'scheduled' | 'running' | 'completed' | 'failed' | 'skipped' | undefined;
  skip_reason?: 'overlap' | 'paused' | 'missed_catchup' | 'job_deleted' | 'max_executions' | 'ended' | 'no_targets' | 'blackout' | 'maintenance' | undefined;
  /** Planned at this time or later. */
  from?: string | undefined;
  /** Planned before this time. */
  to?: string | undefined;
}

export interface ListAllUpcomingFiringsOptions extends CallOptions {
  /** Now when left out, or when it has passed: the ledger has what was. */
  from?: string | undefined;
  /** A day after `from` when left out; a year after it at most. */
  to?: string | undefined;
  limit?: number | undefined;
}

export interface GetScheduleFeedOptions extends CallOptions {
  /** So many days of the ledger. */
  past_days?: number | null | undefined;
  /** So many days of what is planned. */
  coming_days?: number | null | undefined;
}

export interface GetFeedOfScheduleOptions extends CallOptions {
  /** So many days of the ledger. */
  past_days?: number | null | undefined;
  /** So many days of what is planned. */
  coming_days?: number | null | undefined;
}

export interface ListScheduleFiringsOptions<Field extends string = string> extends CallOptions {
  /** Items of a page, at most. */
  limit?: number | undefined;
  /** `next` of the page before, which had the same sort and filters. */
  cursor?: string | undefined;
  /** Order; `-` turns it round. */
  sort?: 'scheduled' | '-scheduled' | undefined;
  /** Only these fields of each item, separated by commas. */
  fields?: readonly Field[] | undefined;
  status?: 'scheduled' | 'running' | 'completed' | 'failed' | 'skipped' | undefined;
  skip_reason?: 'overlap' | 'paused' | 'missed_catchup' | 'job_deleted' | 'max_executions' | 'ended' | 'no_targets' | 'blackout' | 'maintenance' | undefined;
  /** Planned at this time or later. */
  from?: string | undefined;
  /** Planned before this time. */
  to?: string | undefined;
}

export interface ListUpcomingFiringsOptions extends CallOptions {
  /** Now when left out, or when it has passed: the ledger has what was. */
  from?: string | undefined;
  /** A day after `from` when left out; a year after it at most. */
  to?: string | undefined;
  limit?: number | undefined;
}

export interface ListSchedulesOptions<Field extends string = string> extends CallOptions {
  /** Items of a page, at most. */
  limit?: number | undefined;
  /** `next` of the page before, which had the same sort and filters. */
  cursor?: string | undefined;
  /** Order; `-` turns it round. */
  sort?: 'attention' | '-attention' | 'created' | '-created' | 'name' | '-name' | 'next_run' | '-next_run' | undefined;
  /** Only these fields of each item, separated by commas. */
  fields?: readonly Field[] | undefined;
  /** Part of the name, or a serial. */
  search?: string | undefined;
  job?: string | undefined;
  status?: 'active' | 'paused' | 'expired' | undefined;
  source?: 'code' | 'api' | undefined;
  sync_status?: 'pending' | 'synced' | 'error' | undefined;
  /** Name of a calendar that it obeys. */
  calendar?: string | undefined;
  /** `key=value` of its labels. */
  label?: string | undefined;
}

export interface GetScheduleOptions<Field extends keyof Schedule = keyof Schedule> extends CallOptions {
  /** Only these fields, separated by commas. */
  fields?: readonly Field[] | undefined;
}

export interface UpdateScheduleOptions extends CallOptions {
  /** ETag of what was read: when it has been changed since, nothing is changed and the answer is 412. */
  ifMatch?: string | undefined;
}

export interface DeleteScheduleOptions extends CallOptions {
  /** ETag of what was read: when it has been changed since, nothing is changed and the answer is 412. */
  ifMatch?: string | undefined;
}

export interface ListCalendarsOptions<Field extends string = string> extends CallOptions {
  /** Items of a page, at most. */
  limit?: number | undefined;
  /** `next` of the page before, which had the same sort and filters. */
  cursor?: string | undefined;
  /** Order; `-` turns it round. */
  sort?: 'created' | '-created' | 'name' | '-name' | undefined;
  /** Only these fields of each item, separated by commas. */
  fields?: readonly Field[] | undefined;
  /** Part of the name or description. */
  search?: string | undefined;
  holds_runs?: string | undefined;
}

export interface GetCalendarOptions<Field extends keyof Calendar = keyof Calendar> extends CallOptions {
  /** Only these fields, separated by commas. */
  fields?: readonly Field[] | undefined;
}

export interface UpdateCalendarOptions extends CallOptions {
  /** ETag of what was read: when it has been changed since, nothing is changed and the answer is 412. */
  ifMatch?: string | undefined;
}

export interface DeleteCalendarOptions extends CallOptions {
  /** ETag of what was read: when it has been changed since, nothing is changed and the answer is 412. */
  ifMatch?: string | undefined;
}

export interface ListCalendarBlackoutsOptions<Field extends keyof CalendarBlackouts = keyof CalendarBlackouts> extends CallOptions {
  /** Default now. */
  from?: string | undefined;
  /** Default 31 days after `from`; 400 days at most. */
  to?: string | undefined;
  /** Only these fields, separated by commas. */
  fields?: readonly Field[] | undefined;
}

export interface ListLocksOptions<Field extends string = string> extends CallOptions {
  /** Items of a page, at most. */
  limit?: number | undefined;
  /** `next` of the page before, which had the same sort and filters. */
  cursor?: string | undefined;
  /** Order; `-` turns it round. */
  sort?: 'created' | '-created' | undefined;
  /** Only these fields of each item, separated by commas. */
  fields?: readonly Field[] | undefined;
  target?: string | undefined;
}

export interface ChangeExecutionOptions extends CallOptions {
  /** ETag of what was read: when it has been changed since, nothing is changed and the answer is 412. */
  ifMatch?: string | undefined;
}

export interface GetExecutionOptions<Field extends keyof OneExecution = keyof OneExecution> extends CallOptions {
  /** Only these fields, separated by commas. */
  fields?: readonly Field[] | undefined;
}

export interface RetryExecutionOptions extends KeyedOptions {
  /** Seconds that the answer is held back at most, until it has ended. */
  wait?: number | undefined;
}

export interface ListApprovalsOptions<Field extends string = string> extends CallOptions {
  /** Items of a page, at most. */
  limit?: number | undefined;
  /** `next` of the page before, which had the same sort and filters. */
  cursor?: string | undefined;
  /** Order; `-` turns it round. */
  sort?: 'created' | '-created' | undefined;
  /** Only these fields of each item, separated by commas. */
  fields?: readonly Field[] | undefined;
  execution?: string | undefined;
}

export interface ListExecutionsOptions<Field extends string = string> extends CallOptions {
  /** Items of a page, at most. */
  limit?: number | undefined;
  /** `next` of the page before, which had the same sort and filters. */
  cursor?: string | undefined;
  /** Order; `-` turns it round. */
  sort?: 'created' | '-created' | undefined;
  /** Only these fields of each item, separated by commas. */
  fields?: readonly Field[] | undefined;
  status?: 'scheduled' | 'running' | 'completed' | 'failed' | 'cancelled' | undefined;
  /** Serial of a job. */
  job?: string | undefined;
  /** Version of the job that ran; together with `job`. */
  version?: number | undefined;
  /** A tag of the job. */
  tag?: string | undefined;
  /** Part of the name of the job. */
  search?: string | undefined;
  trigger?: 'manual' | 'api' | 'schedule' | undefined;
  /** User name. */
  triggered_by?: string | undefined;
  /** Serial of a target that the run has a branch on. */
  target?: string | undefined;
  failure_category?: 'authentication' | 'communication' | 'command_execution' | 'timeout' | 'configuration' | 'not_started' | 'lost' | 'interrupted' | 'internal' | 'rejected' | undefined;
  /** true: only runs with a target that failed, also while they go on. */
  has_failed?: string | undefined;
  /** The run whose failed targets were repeated. */
  retry_of?: string | undefined;
  created_from?: string | undefined;
  created_to?: string | undefined;
  completed_from?: string | undefined;
  completed_to?: string | undefined;
}

export interface CountExecutionsOptions<Field extends keyof ExecutionCounts = keyof ExecutionCounts> extends CallOptions {
  status?: 'scheduled' | 'running' | 'completed' | 'failed' | 'cancelled' | undefined;
  /** Serial of a job. */
  job?: string | undefined;
  /** Version of the job that ran; together with `job`. */
  version?: number | undefined;
  /** A tag of the job. */
  tag?: string | undefined;
  /** Part of the name of the job. */
  search?: string | undefined;
  trigger?: 'manual' | 'api' | 'schedule' | undefined;
  /** User name. */
  triggered_by?: string | undefined;
  /** Serial of a target that the run has a branch on. */
  target?: string | undefined;
  failure_category?: 'authentication' | 'communication' | 'command_execution' | 'timeout' | 'configuration' | 'not_started' | 'lost' | 'interrupted' | 'internal' | 'rejected' | undefined;
  /** true: only runs with a target that failed, also while they go on. */
  has_failed?: string | undefined;
  /** The run whose failed targets were repeated. */
  retry_of?: string | undefined;
  created_from?: string | undefined;
  created_to?: string | undefined;
  completed_from?: string | undefined;
  completed_to?: string | undefined;
  /** Only these fields, separated by commas. */
  fields?: readonly Field[] | undefined;
}

export interface ListBranchesOptions<Field extends string = string> extends CallOptions {
  /** Items of a page, at most. */
  limit?: number | undefined;
  /** `next` of the page before, which had the same sort and filters. */
  cursor?: string | undefined;
  /** Order; `-` turns it round. */
  sort?: 'branch_number' | '-branch_number' | undefined;
  /** Only these fields of each item, separated by commas. */
  fields?: readonly Field[] | undefined;
  status?: 'scheduled' | 'running' | 'completed' | 'failed' | 'cancelled' | undefined;
  /** Serial or name of a target. */
  target?: string | undefined;
  /** Part of the name of the target. */
  search?: string | undefined;
  failure_category?: 'authentication' | 'communication' | 'command_execution' | 'timeout' | 'configuration' | 'not_started' | 'lost' | 'interrupted' | 'internal' | 'rejected' | undefined;
  error_code?: string | undefined;
  batch?: number | undefined;
  /** Bytes of each output that are shown, its last ones; `output_cut` says that there is more. The outputs of a page may together have 32 MiB. */
  max_output?: number | null | undefined;
}

export interface ListResultsOptions<Field extends string = string> extends CallOptions {
  /** Items of a page, at most. */
  limit?: number | undefined;
  /** `next` of the page before, which had the same sort and filters. */
  cursor?: string | undefined;
  /** Order; `-` turns it round. */
  sort?: 'branch' | '-branch' | undefined;
  /** Only these fields of each item, separated by commas. */
  fields?: readonly Field[] | undefined;
  status?: 'scheduled' | 'running' | 'completed' | 'failed' | 'cancelled' | 'skipped' | undefined;
  target?: string | undefined;
  branch?: string | undefined;
  action_order?: number | undefined;
  /** true: only the attempt of each action that counts. */
  final?: string | undefined;
  /** Bytes of each output that are shown, its last ones; `output_cut` says that there is more. The outputs of a page may together have 32 MiB. */
  max_output?: number | null | undefined;
  /** true: only attempts whose outcome is not known, and of which nobody has told it. */
  unresolved?: string | undefined;
}

export interface ListLogsOptions<Field extends string = string> extends CallOptions {
  /** Items of a page, at most. */
  limit?: number | undefined;
  /** `next` of the page before, which had the same sort and filters. */
  cursor?: string | undefined;
  /** Order; `-` turns it round. */
  sort?: 'created' | '-created' | undefined;
  /** Only these fields of each item, separated by commas. */
  fields?: readonly Field[] | undefined;
  branch?: string | undefined;
  target?: string | undefined;
  stream?: 'stdout' | 'stderr' | undefined;
  level?: 'debug' | 'info' | 'warning' | 'error' | undefined;
}

export interface DownloadLogOptions extends CallOptions {
  /** text: a line each, its time in the zone of the setting `timezone`. ndjson: a JSON document each, as lists have them. */
  format?: 'text' | 'ndjson' | undefined;
}

export interface SummariseExecutionOptions<Field extends keyof ExecutionSummary = keyof ExecutionSummary> extends CallOptions {
  /** Only these fields, separated by commas. */
  fields?: readonly Field[] | undefined;
}

export interface CompareExecutionsOptions extends CallOptions {
  /** Items of a page, at most. */
  limit?: number | undefined;
  /** `next` of the page before, which had the same filters. */
  cursor?: string | undefined;
  /** Only targets that differ: `outcome` in anything but their output, `any` in that as well. Without it all targets. */
  only?: 'outcome' | 'any' | undefined;
}

export interface GetBranchOptions<Field extends keyof Branch = keyof Branch> extends CallOptions {
  /** Bytes of each output that are shown, its last ones; `output_cut` says that there is more. The outputs of a page may together have 32 MiB. */
  max_output?: number | null | undefined;
  /** Only these fields, separated by commas. */
  fields?: readonly Field[] | undefined;
}

export interface ListAttemptsOptions<Field extends string = string> extends CallOptions {
  /** Items of a page, at most. */
  limit?: number | undefined;
  /** `next` of the page before, which had the same sort and filters. */
  cursor?: string | undefined;
  /** Order; `-` turns it round. */
  sort?: 'created' | '-created' | undefined;
  /** Only these fields of each item, separated by commas. */
  fields?: readonly Field[] | undefined;
  /** Bytes of each output that are shown, its last ones; `output_cut` says that there is more. The outputs of a page may together have 32 MiB. */
  max_output?: number | null | undefined;
}

export interface SearchLogsOptions<Field extends string = string> extends CallOptions {
  /** Items of a page, at most. */
  limit?: number | undefined;
  /** `next` of the page before, which had the same sort and filters. */
  cursor?: string | undefined;
  /** Only these fields of each item, separated by commas. */
  fields?: readonly Field[] | undefined;
  /** Within this run. */
  execution?: string | undefined;
  /** Within this branch. */
  branch?: string | undefined;
  /** Within this job and its runs, the newest run first. */
  job?: string | undefined;
  /** Within the branches on this target (serial; in a run also its name), the newest first. */
  target?: string | undefined;
  /** Not before. Without run, branch, job or target it is needed, and may be at most 7 days before `to`. */
  from?: string | undefined;
  /** Not after; without it: now. */
  to?: string | undefined;
  /** Only lines with this text. */
  text?: string | undefined;
  /** Only lines that this regular expression of PostgreSQL (ARE) fits. */
  regex?: string | undefined;
  /** true: upper and lower case are the same, in `text` and `regex`. */
  ignore_case?: string | undefined;
  level?: 'debug' | 'info' | 'warning' | 'error' | undefined;
  phase?: 'creation' | 'target_selection' | 'authentication' | 'communication' | 'action_execution' | 'result_collection' | 'completion' | undefined;
  category?: 'authentication' | 'communication' | 'command_execution' | 'file_transfer' | 'system' | undefined;
  stream?: 'stdout' | 'stderr' | undefined;
}

export interface FindSerialsOptions<Field extends string = string> extends CallOptions {
  /** Items of a page, at most. */
  limit?: number | undefined;
  /** `next` of the page before, which had the same sort and filters. */
  cursor?: string | undefined;
  /** Only these fields of each item, separated by commas. */
  fields?: readonly Field[] | undefined;
  /** A serial, or a pattern: job, run, branch and action, separated by dots. Each part is whole, or its beginning and `*`, or `*`. How many parts there are says what is found. Serials of other widths (`J202500001`, `.001`) are understood. */
  pattern: string;
  /** Only what is in this state, one of those that its level has. */
  status?: 'active' | 'inactive' | 'maintenance' | 'draft' | 'scheduled' | 'running' | 'completed' | 'failed' | 'cancelled' | 'skipped' | undefined;
}

export interface CountSerialsOptions<Field extends keyof SerialCounts = keyof SerialCounts> extends CallOptions {
  /** A serial, or a pattern: job, run, branch and action, separated by dots. Each part is whole, or its beginning and `*`, or `*`. How many parts there are says what is found. Serials of other widths (`J202500001`, `.001`) are understood. */
  pattern: string;
  /** Only what is in this state. */
  status?: 'active' | 'inactive' | 'maintenance' | 'draft' | 'scheduled' | 'running' | 'completed' | 'failed' | 'cancelled' | 'skipped' | undefined;
  /** Only these fields, separated by commas. */
  fields?: readonly Field[] | undefined;
}

export interface CheckSerialPatternOptions<Field extends keyof PatternCheck = keyof PatternCheck> extends CallOptions {
  /** A serial, or a pattern: job, run, branch and action, separated by dots. Each part is whole, or its beginning and `*`, or `*`. How many parts there are says what is found. Serials of other widths (`J202500001`, `.001`) are understood. */
  pattern: string;
  /** Only these fields, separated by commas. */
  fields?: readonly Field[] | undefined;
}

export interface GetSerialOptions<Field extends keyof SerialMatch = keyof SerialMatch> extends CallOptions {
  /** Only these fields, separated by commas. */
  fields?: readonly Field[] | undefined;
}

export type FollowExecutionEvent =
  | ServerEvent<'execution', Execution>
  | ServerEvent<'branch', Branch>
  | ServerEvent<'line', LogLine>
  | ServerEvent<'end', {
    status: 'completed' | 'failed' | 'cancelled';
  }>;

export type FollowJobEvent =
  | ServerEvent<'execution', Execution>;

export type FollowExecutionsEvent =
  | ServerEvent<'execution', Execution>;

export interface ListArtifactsOptions<Field extends string = string> extends CallOptions {
  /** Items of a page, at most. */
  limit?: number | undefined;
  /** `next` of the page before, which had the same sort and filters. */
  cursor?: string | undefined;
  /** Order; `-` turns it round. */
  sort?: 'created' | '-created' | undefined;
  /** Only these fields of each item, separated by commas. */
  fields?: readonly Field[] | undefined;
  type?: 'output' | 'download' | 'upload' | undefined;
  /** Only those of this run. */
  execution?: string | undefined;
  /** Only those of this branch. */
  branch?: string | undefined;
  /** Only those of this action. */
  action?: string | undefined;
  /** Part of the name. */
  search?: string | undefined;
  /** User name of the uploader. */
  created_by?: string | undefined;
}

export interface UploadArtifactOptions extends KeyedOptions {
  name: string;
}

export interface GetArtifactOptions<Field extends keyof Artifact = keyof Artifact> extends CallOptions {
  /** Only these fields, separated by commas. */
  fields?: readonly Field[] | undefined;
}

export interface DownloadArtifactOptions extends CallOptions {
  /** `bytes=FROM-TO`, `bytes=FROM-` or `bytes=-LAST`: only this part, as 206. Several ranges are passed over. */
  range?: string | undefined;
  /** ETag of the content: when it is another, all of it is sent. */
  ifRange?: string | undefined;
}

export interface GetMaintenanceOptions<Field extends keyof Maintenance = keyof Maintenance> extends CallOptions {
  /** Only these fields, separated by commas. */
  fields?: readonly Field[] | undefined;
}

export interface ChangeMaintenanceOptions extends CallOptions {
  /** ETag of what was read: when it has been changed since, nothing is changed and the answer is 412. */
  ifMatch?: string | undefined;
}

export interface GetDatabaseHealthOptions<Field extends keyof DatabaseHealth = keyof DatabaseHealth> extends CallOptions {
  /** Only these fields, separated by commas. */
  fields?: readonly Field[] | undefined;
}

export interface GetSystemInfoOptions<Field extends keyof SystemInfo = keyof SystemInfo> extends CallOptions {
  /** Only these fields, separated by commas. */
  fields?: readonly Field[] | undefined;
}

export interface GetDangerousPatternsOptions<Field extends keyof DangerousPatterns = keyof DangerousPatterns> extends CallOptions {
  /** Only these fields, separated by commas. */
  fields?: readonly Field[] | undefined;
}

export interface ChangeDangerousPatternsOptions extends CallOptions {
  /** ETag of what was read: when it has been changed since, nothing is changed and the answer is 412. */
  ifMatch?: string | undefined;
}

export interface ChangeSettingsOptions extends CallOptions {
  /** ETag of what was read: when it has been changed since, nothing is changed and the answer is 412. */
  ifMatch?: string | undefined;
}

export interface GetSettingOptions<Field extends keyof Setting = keyof Setting> extends CallOptions {
  /** Only these fields, separated by commas. */
  fields?: readonly Field[] | undefined;
}

export interface ChangeSettingOptions extends CallOptions {
  /** ETag of what was read: when it has been changed since, nothing is changed and the answer is 412. */
  ifMatch?: string | undefined;
}

export interface RemoveSettingValueOptions extends CallOptions {
  /** ETag of what was read: when it has been changed since, nothing is changed and the answer is 412. */
  ifMatch?: string | undefined;
}

export interface ListAuditEventsOptions<Field extends string = string> extends CallOptions {
  /** Items of a page, at most. */
  limit?: number | undefined;
  /** `next` of the page before, which had the same sort and filters. */
  cursor?: string | undefined;
  /** Order; `-` turns it round. */
  sort?: 'occurred' | '-occurred' | undefined;
  /** Only these fields of each item, separated by commas. */
  fields?: readonly Field[] | undefined;
  event_type?: 'user_login' | 'user_logout' | 'user_created' | 'user_updated' | 'user_deleted' | 'target_created' | 'target_updated' | 'target_deleted' | 'target_connection_test' | 'job_created' | 'job_updated' | 'job_deleted' | 'job_executed' | 'bulk_operation' | 'system_config_changed' | 'security_violation' | 'data_export' | 'permission_changed' | 'discovery_job_created' | 'system_maintenance' | 'user_login_failed' | 'credential_accessed' | 'credential_changed' | 'execution_cancelled' | 'schedule_changed' | 'api_token_created' | 'api_token_revoked' | 'alert_state_changed' | 'data_import' | 'execution_changed' | undefined;
  severity?: 'low' | 'medium' | 'high' | 'critical' | undefined;
  /** User name. */
  user?: string | undefined;
  /** uuid of an API token: what was done with it. */
  via?: string | undefined;
  resource_type?: string | undefined;
  /** Serial, uuid or name; with `resource_type`. */
  resource_id?: string | undefined;
  /** Address of the client. */
  ip?: string | undefined;
  request_id?: string | undefined;
  /** This time or later. */
  from?: string | undefined;
  /** Before this time. */
  to?: string | undefined;
  /** Text in the details, of at most 7 days: from `from` to `to`, or to now. */
  search?: string | undefined;
}

export interface GetAuditEventTypesOptions<Field extends keyof AuditEventTypes = keyof AuditEventTypes> extends CallOptions {
  /** Only these fields, separated by commas. */
  fields?: readonly Field[] | undefined;
}

export interface GetAuditStatisticsOptions<Field extends keyof AuditStatistics = keyof AuditStatistics> extends CallOptions {
  /** So many days back from now. */
  days?: number | undefined;
  /** Only these fields, separated by commas. */
  fields?: readonly Field[] | undefined;
}

export interface ExportAuditOptions extends CallOptions {
  format?: 'csv' | 'json' | 'ndjson' | undefined;
  event_type?: 'user_login' | 'user_logout' | 'user_created' | 'user_updated' | 'user_deleted' | 'target_created' | 'target_updated' | 'target_deleted' | 'target_connection_test' | 'job_created' | 'job_updated' | 'job_deleted' | 'job_executed' | 'bulk_operation' | 'system_config_changed' | 'security_violation' | 'data_export' | 'permission_changed' | 'discovery_job_created' | 'system_maintenance' | 'user_login_failed' | 'credential_accessed' | 'credential_changed' | 'execution_cancelled' | 'schedule_changed' | 'api_token_created' | 'api_token_revoked' | 'alert_state_changed' | 'data_import' | 'execution_changed' | undefined;
  severity?: 'low' | 'medium' | 'high' | 'critical' | undefined;
  /** User name. */
  user?: string | undefined;
  /** uuid of an API token: what was done with it. */
  via?: string | undefined;
  resource_type?: string | undefined;
  /** Serial, uuid or name; with `resource_type`. */
  resource_id?: string | undefined;
  /** Address of the client. */
  ip?: string | undefined;
  request_id?: string | undefined;
  /** This time or later. */
  from?: string | undefined;
  /** Before this time. */
  to?: string | undefined;
  /** Text in the details, of at most 7 days: from `from` to `to`, or to now. */
  search?: string | undefined;
}

export interface ListAuditSealsOptions<Field extends string = string> extends CallOptions {
  /** Items of a page, at most. */
  limit?: number | undefined;
  /** `next` of the page before, which had the same sort and filters. */
  cursor?: string | undefined;
  /** Order; `-` turns it round. */
  sort?: 'created' | '-created' | undefined;
  /** Only these fields of each item, separated by commas. */
  fields?: readonly Field[] | undefined;
}

export interface VerifyAuditOptions extends CallOptions {
  /** Only events from here on, and the seals that cover them. */
  from?: string | undefined;
  /** Only events before. */
  to?: string | undefined;
  /** Hash of a seal that was noted earlier: it must still be there. */
  anchor?: string | undefined;
}

export interface GetAuditEventOptions<Field extends keyof OneAuditEvent = keyof OneAuditEvent> extends CallOptions {
  /** Only these fields, separated by commas. */
  fields?: readonly Field[] | undefined;
}

export interface ImportDataOptions extends KeyedOptions {
  /** `merge` makes what is not there and changes what is another; `append` makes what is not there and leaves the rest as it is; `replace` is merge, and removes what the document has not, of the types that it holds. */
  mode?: 'merge' | 'append' | 'replace' | undefined;
  /** Everything is done as if, and taken back in the end: the report is the same, and nothing is changed. */
  validate_only?: string | undefined;
  /** Passphrase of the sealed secrets of the document, percent-encoded (UTF-8). Without it they are left out. */
  xPassphrase?: string | undefined;
}

/** The operations of the API. All reject with ApiError. */
export interface Operations {
  /**
   * This process lives.
   * `GET /healthz`, permission: public.
   */
  getHealth(options?: CallOptions): Promise<Health>;
  /**
   * This process can work.
   * `GET /readyz`, permission: public.
   */
  getReadiness(options?: CallOptions): Promise<Readiness>;
  /**
   * Measurements of this process and of the platform, for Prometheus.
   * `GET /metrics`, permission: monitoring.read.
   */
  getMetrics(options?: CallOptions): Promise<AsyncIterable<Uint8Array>>;
  /**
   * JSON Schema of a definition.
   * `GET /api/v1/schemas/{name}`, permission: public.
   * For editors, which complete and check files by it: `# yaml-language-server: $schema=…/api/v1/schemas/job`.
   */
  getDefinitionSchema(name: string, options?: CallOptions): Promise<JsonSchema>;
  /**
   * Log in.
   * `POST /api/v1/auth/login`, permission: public.
   */
  login(body: Login, options?: CallOptions): Promise<SessionCreated>;
  /**
   * End this session.
   * `POST /api/v1/auth/logout`, permission: authenticated.
   */
  logout(options?: KeyedOptions): Promise<void>;
  /**
   * Own profile.
   * `GET /api/v1/auth/me`, permission: authenticated.
   */
  getProfile<Field extends keyof Profile = keyof Profile>(options?: GetProfileOptions<Field>): Promise<Pick<Profile, Field>>;
  /**
   * Change own mail address.
   * `PATCH /api/v1/auth/me`, permission: authenticated.
   * Of name, role and permissions others decide.
   */
  updateProfile(body: UpdateProfile, options?: UpdateProfileOptions): Promise<Profile>;
  /**
   * What each role may do, and the caller.
   * `GET /api/v1/auth/permissions`, permission: authenticated.
   */
  getPermissions<Field extends keyof PermissionTable = keyof PermissionTable>(options?: GetPermissionsOptions<Field>): Promise<Pick<PermissionTable, Field>>;
  /**
   * Change own password.
   * `POST /api/v1/auth/password`, permission: authenticated.
   */
  changePassword(body: ChangePassword, options?: KeyedOptions): Promise<void>;
  /**
   * Own API tokens.
   * `GET /api/v1/auth/tokens`, permission: tokens.own.
   */
  listApiTokens<Field extends keyof ApiToken = keyof ApiToken>(options?: ListApiTokensOptions<Field>): Promise<Page<Pick<ApiToken, Field>>>;
  /**
   * Make an API token.
   * `POST /api/v1/auth/tokens`, permission: tokens.own.
   */
  createApiToken(body: CreateApiToken, options?: KeyedOptions): Promise<ApiTokenCreated>;
  /**
   * Revoke an API token.
   * `DELETE /api/v1/auth/tokens/{uuid}`, permission: tokens.own.
   */
  revokeApiToken(uuid: string, options?: CallOptions): Promise<void>;
  /**
   * Test the connections of several targets.
   * `POST /api/v1/targets/bulk/test`, permission: targets.test.
   * Answers with one JSON document a line, as soon as each target is tested; ten are tested at once. A failure is a result. The rest is not tested when the client goes away; its Idempotency-Key is free again then. A repeat of what was answered whole gets the same results, without a test.
   */
  testTargets(body: TestTargets, options?: KeyedOptions): AsyncGenerator<TargetTest, void, undefined>;
  /**
   * Change several targets, all of them or none.
   * `POST /api/v1/targets/bulk/update`, permission: targets.write.
   */
  updateTargets(body: UpdateTargets, options?: KeyedOptions): Promise<UpdatedTargets>;
  /**
   * Count targets by what they are.
   * `GET /api/v1/targets/statistics`, permission: targets.read.
   */
  getTargetStatistics<Field extends keyof TargetStatistics = keyof TargetStatistics>(options?: GetTargetStatisticsOptions<Field>): Promise<Pick<TargetStatistics, Field>>;
  /**
   * List kinds of targets, and the protocols by which they are usually reached.
   * `GET /api/v1/targets/types`, permission: targets.read.
   */
  listTargetTypes(options?: CallOptions): Promise<TargetKindList>;
  /**
   * List what runs did on a target.
   * `GET /api/v1/targets/{serial}/executions`, permission: executions.read.
   */
  listTargetRuns<Field extends keyof TargetRun = keyof TargetRun>(serial: string, options?: ListTargetRunsOptions<Field>): Promise<Page<Pick<TargetRun, Field>>>;
  /**
   * List the jobs that run on a target.
   * `GET /api/v1/targets/{serial}/jobs`, permission: jobs.read.
   */
  listTargetJobs<Field extends keyof TargetJob = keyof TargetJob>(serial: string, options?: ListTargetJobsOptions<Field>): Promise<Page<Pick<TargetJob, Field>>>;
  /**
   * List the methods of a target.
   * `GET /api/v1/targets/{serial}/methods`, permission: targets.read.
   */
  listTargetMethods(serial: string, options?: CallOptions): Promise<MethodList>;
  /**
   * Add a method to a target.
   * `POST /api/v1/targets/{serial}/methods`, permission: targets.write.
   */
  addTargetMethod(serial: string, body: MethodInput, options?: KeyedOptions): Promise<Method>;
  /**
   * Read a method of a target.
   * `GET /api/v1/targets/{serial}/methods/{method}`, permission: targets.read.
   */
  getTargetMethod<Field extends keyof Method = keyof Method>(serial: string, method: string, options?: GetTargetMethodOptions<Field>): Promise<Pick<Method, Field>>;
  /**
   * Change a method of a target.
   * `PATCH /api/v1/targets/{serial}/methods/{method}`, permission: targets.write.
   * It also needs credentials.write where the stored credential would go to another place, or travel less protected. A target always has one primary method: with the primary one switched off, the next by priority becomes it.
   */
  updateTargetMethod(serial: string, method: string, body: UpdateMethod, options?: UpdateTargetMethodOptions): Promise<Method>;
  /**
   * Remove a method of a target, with its credentials.
   * `DELETE /api/v1/targets/{serial}/methods/{method}`, permission: targets.write.
   * The last method that is switched on stays (409). When the primary one goes, the next by priority becomes it.
   */
  deleteTargetMethod(serial: string, method: string, options?: DeleteTargetMethodOptions): Promise<void>;
  /**
   * Test the connection by a method.
   * `POST /api/v1/targets/{serial}/methods/{method}/test`, permission: targets.test.
   */
  testTargetMethod(serial: string, method: string, options?: KeyedOptions): Promise<ConnectionTest>;
  /**
   * List what is known of the credentials of a method.
   * `GET /api/v1/targets/{serial}/methods/{method}/credentials`, permission: targets.read.
   */
  listCredentials(serial: string, method: string, options?: CallOptions): Promise<CredentialList>;
  /**
   * Add a credential to a method.
   * `POST /api/v1/targets/{serial}/methods/{method}/credentials`, permission: credentials.write.
   */
  addCredential(serial: string, method: string, body: AddCredential, options?: KeyedOptions): Promise<Credential>;
  /**
   * Read what is known of a credential.
   * `GET /api/v1/targets/{serial}/methods/{method}/credentials/{uuid}`, permission: targets.read.
   */
  getCredential<Field extends keyof Credential = keyof Credential>(serial: string, method: string, uuid: string, options?: GetCredentialOptions<Field>): Promise<Pick<Credential, Field>>;
  /**
   * Change a credential, or replace its secret.
   * `PATCH /api/v1/targets/{serial}/methods/{method}/credentials/{uuid}`, permission: credentials.write.
   */
  updateCredential(serial: string, method: string, uuid: string, body: UpdateCredential, options?: UpdateCredentialOptions): Promise<Credential>;
  /**
   * Remove a credential; its secret is gone.
   * `DELETE /api/v1/targets/{serial}/methods/{method}/credentials/{uuid}`, permission: credentials.write.
   */
  deleteCredential(serial: string, method: string, uuid: string, options?: DeleteCredentialOptions): Promise<void>;
  /**
   * When this session ends.
   * `GET /api/v1/auth/session`, permission: authenticated.
   * Asking does not keep it alive. An API token has no session.
   */
  getSession<Field extends keyof SessionStatus = keyof SessionStatus>(options?: GetSessionOptions<Field>): Promise<Pick<SessionStatus, Field>>;
  /**
   * Keep this session alive.
   * `POST /api/v1/auth/session/extend`, permission: authenticated.
   * As any other request does. It never lives longer than its absolute end.
   */
  extendSession(options?: KeyedOptions): Promise<SessionStatus>;
  /**
   * Own sessions.
   * `GET /api/v1/auth/sessions`, permission: authenticated.
   */
  listSessions<Field extends keyof Session = keyof Session>(options?: ListSessionsOptions<Field>): Promise<Page<Pick<Session, Field>>>;
  /**
   * End all other own sessions.
   * `DELETE /api/v1/auth/sessions`, permission: authenticated.
   */
  revokeOtherSessions(options?: CallOptions): Promise<SessionsEnded>;
  /**
   * End one of the own sessions.
   * `DELETE /api/v1/auth/sessions/{session}`, permission: authenticated.
   */
  revokeSession(session: string, options?: CallOptions): Promise<void>;
  /**
   * Whether an OIDC provider is set up.
   * `GET /api/v1/auth/oidc`, permission: public.
   */
  getOidc(options?: CallOptions): Promise<OidcInfo>;
  /**
   * Log in at the OIDC provider.
   * `GET /api/v1/auth/oidc/start`, permission: public.
   * For browsers. A program of the same machine gives its address, and gets a code there that it exchanges for the session.
   */
  startOidc(options?: StartOidcOptions): Promise<void>;
  /**
   * Come back from the OIDC provider.
   * `GET /api/v1/auth/oidc/callback`, permission: public.
   * The provider sends the browser here. The session is never in an address.
   */
  finishOidc(options?: FinishOidcOptions): Promise<SessionCreated>;
  /**
   * Exchange the code of an OIDC login.
   * `POST /api/v1/auth/oidc/token`, permission: public.
   * The code is good once, for a minute, with the verifier of the program that began the login.
   */
  exchangeOidcCode(body: ExchangeCode, options?: CallOptions): Promise<SessionCreated>;
  /**
   * List users.
   * `GET /api/v1/users`, permission: users.write.
   */
  listUsers<Field extends keyof User = keyof User>(options?: ListUsersOptions<Field>): Promise<Page<Pick<User, Field>>>;
  /**
   * Add a user.
   * `POST /api/v1/users`, permission: users.write.
   * Nobody gives rights that he lacks. Without a password a random one is made, which is in this answer only.
   */
  createUser(body: CreateUser, options?: KeyedOptions): Promise<UserCreated>;
  /**
   * One user.
   * `GET /api/v1/users/{uuid}`, permission: users.write.
   */
  getUser<Field extends keyof User = keyof User>(uuid: string, options?: GetUserOptions<Field>): Promise<Pick<User, Field>>;
  /**
   * Change, deactivate or activate a user.
   * `PATCH /api/v1/users/{uuid}`, permission: users.write.
   * What is left out stays. Nobody changes an account that has more rights than he has, gives rights that he lacks, or changes his own role. The last active administrator stays.
   */
  updateUser(uuid: string, body: UpdateUser, options?: UpdateUserOptions): Promise<User>;
  /**
   * Give a user a random password.
   * `POST /api/v1/users/{uuid}/reset-password`, permission: users.write.
   * It is in this answer only, and must be changed at the next login. Unlocks the account and ends its sessions.
   */
  resetUserPassword(uuid: string, options?: KeyedOptions): Promise<PasswordReset>;
  /**
   * Unlock a user after wrong passwords.
   * `POST /api/v1/users/{uuid}/unlock`, permission: users.write.
   */
  unlockUser(uuid: string, options?: KeyedOptions): Promise<User>;
  /**
   * Have a user change the password.
   * `POST /api/v1/users/{uuid}/require-password-change`, permission: users.write.
   * Until then the account, its sessions and its API tokens can do nothing else.
   */
  requirePasswordChange(uuid: string, options?: KeyedOptions): Promise<User>;
  /**
   * Sessions of a user.
   * `GET /api/v1/users/{uuid}/sessions`, permission: users.write.
   */
  listUserSessions<Field extends keyof Session = keyof Session>(uuid: string, options?: ListUserSessionsOptions<Field>): Promise<Page<Pick<Session, Field>>>;
  /**
   * End all sessions of a user.
   * `DELETE /api/v1/users/{uuid}/sessions`, permission: users.write.
   * API tokens go on.
   */
  revokeUserSessions(uuid: string, options?: CallOptions): Promise<SessionsEnded>;
  /**
   * End a session of a user.
   * `DELETE /api/v1/users/{uuid}/sessions/{session}`, permission: users.write.
   */
  revokeUserSession(uuid: string, session: string, options?: CallOptions): Promise<void>;
  /**
   * API tokens of a user.
   * `GET /api/v1/users/{uuid}/tokens`, permission: tokens.all.
   */
  listUserTokens<Field extends keyof OwnedApiToken = keyof OwnedApiToken>(uuid: string, options?: ListUserTokensOptions<Field>): Promise<Page<Pick<OwnedApiToken, Field>>>;
  /**
   * Revoke an API token of a user.
   * `DELETE /api/v1/users/{uuid}/tokens/{token}`, permission: tokens.all.
   */
  revokeUserToken(uuid: string, token: string, options?: CallOptions): Promise<void>;
  /**
   * API tokens of everybody.
   * `GET /api/v1/tokens`, permission: tokens.all.
   */
  listAllTokens<Field extends keyof OwnedApiToken = keyof OwnedApiToken>(options?: ListAllTokensOptions<Field>): Promise<Page<Pick<OwnedApiToken, Field>>>;
  /**
   * List targets.
   * `GET /api/v1/targets`, permission: targets.read.
   */
  listTargets<Field extends keyof Target = keyof Target>(options?: ListTargetsOptions<Field>): Promise<Page<Pick<Target, Field>>>;
  /**
   * Add a target with its methods and credentials.
   * `POST /api/v1/targets`, permission: targets.write.
   */
  createTarget(body: CreateTarget, options?: KeyedOptions): Promise<Target>;
  /**
   * Test a method that is not saved.
   * `POST /api/v1/targets/test-method-config`, permission: targets.test.
   */
  testMethodConfig(body: TestMethodConfig, options?: KeyedOptions): Promise<ConnectionTest>;
  /**
   * Read a target.
   * `GET /api/v1/targets/{serial}`, permission: targets.read.
   */
  getTarget<Field extends keyof Target = keyof Target>(serial: string, options?: GetTargetOptions<Field>): Promise<Pick<Target, Field>>;
  /**
   * Change a target.
   * `PATCH /api/v1/targets/{serial}`, permission: targets.write.
   */
  updateTarget(serial: string, body: UpdateTarget, options?: UpdateTargetOptions): Promise<Target>;
  /**
   * Delete a target; its record stays.
   * `DELETE /api/v1/targets/{serial}`, permission: targets.write.
   */
  deleteTarget(serial: string, options?: DeleteTargetOptions): Promise<void>;
  /**
   * Test the connection.
   * `POST /api/v1/targets/{serial}/test`, permission: targets.test.
   */
  testTarget(serial: string, options?: TestTargetOptions): Promise<ConnectionTest>;
  /**
   * Ask an SSH target for its host key, and pin it when it is the confirmed one.
   * `POST /api/v1/targets/{serial}/host-key`, permission: targets.write.
   * With a fingerprint it also needs credentials.write where the method has a credential: the next login sends it to that host.
   */
  acceptHostKey(serial: string, body: AcceptHostKey, options?: AcceptHostKeyOptions): Promise<HostKey>;
  /**
   * Count jobs, and how their runs ended.
   * `GET /api/v1/jobs/statistics`, permission: jobs.read.
   */
  getJobsStatistics<Field extends keyof JobsStatistics = keyof JobsStatistics>(options?: GetJobsStatisticsOptions<Field>): Promise<Pick<JobsStatistics, Field>>;
  /**
   * Check a definition; nothing is written.
   * `POST /api/v1/jobs/validate`, permission: jobs.read.
   */
  validateJob(body: UncheckedJob, options?: KeyedOptions): Promise<JobCheck>;
  /**
   * Check a job as it is stored, with the targets and settings of today.
   * `POST /api/v1/jobs/{serial}/validate`, permission: jobs.read.
   */
  validateStoredJob(serial: string, options?: KeyedOptions): Promise<JobCheck>;
  /**
   * How the runs of a job ended, and how long they took.
   * `GET /api/v1/jobs/{serial}/statistics`, permission: jobs.read.
   */
  getJobStatistics<Field extends keyof JobStatistics = keyof JobStatistics>(serial: string, options?: GetJobStatisticsOptions<Field>): Promise<Pick<JobStatistics, Field>>;
  /**
   * What starts a job and what it runs on.
   * `GET /api/v1/jobs/{serial}/used-by`, permission: jobs.read.
   */
  getJobUse<Field extends keyof JobUse = keyof JobUse>(serial: string, options?: GetJobUseOptions<Field>): Promise<Pick<JobUse, Field>>;
  /**
   * List the targets on the list of a job.
   * `GET /api/v1/jobs/{serial}/targets`, permission: jobs.read.
   */
  listJobTargets<Field extends keyof JobTarget = keyof JobTarget>(serial: string, options?: ListJobTargetsOptions<Field>): Promise<Page<Pick<JobTarget, Field>>>;
  /**
   * Add targets to the list of a job, or take some from it.
   * `POST /api/v1/jobs/{serial}/targets`, permission: jobs.write.
   */
  changeJobTargets(serial: string, body: ChangeJobTargets, options?: ChangeJobTargetsOptions): Promise<Job>;
  /**
   * List jobs.
   * `GET /api/v1/jobs`, permission: jobs.read.
   */
  listJobs<Field extends keyof JobSummary = keyof JobSummary>(options?: ListJobsOptions<Field>): Promise<Page<Pick<JobSummary, Field>>>;
  /**
   * Define a job.
   * `POST /api/v1/jobs`, permission: jobs.write.
   */
  createJob(body: CreateJob, options?: KeyedOptions): Promise<Job>;
  /**
   * Read a job.
   * `GET /api/v1/jobs/{serial}`, permission: jobs.read.
   */
  getJob<Field extends keyof Job = keyof Job>(serial: string, options?: GetJobOptions<Field>): Promise<Pick<Job, Field>>;
  /**
   * Make a new version of a job.
   * `PUT /api/v1/jobs/{serial}`, permission: jobs.write.
   */
  updateJob(serial: string, body: CreateJob, options?: UpdateJobOptions): Promise<Job>;
  /**
   * Delete a job; its record stays.
   * `DELETE /api/v1/jobs/{serial}`, permission: jobs.write.
   */
  deleteJob(serial: string, options?: DeleteJobOptions): Promise<void>;
  /**
   * Make a job like another, secrets included.
   * `POST /api/v1/jobs/{serial}/clone`, permission: jobs.write.
   */
  cloneJob(serial: string, body: CloneJob, options?: KeyedOptions): Promise<Job>;
  /**
   * Run a job.
   * `POST /api/v1/jobs/{serial}/executions`, permission: jobs.execute.
   */
  startExecution(serial: string, body: StartExecution, options?: StartExecutionOptions): Promise<Execution>;
  /**
   * What a run of a job would do; nothing is written.
   * `POST /api/v1/jobs/{serial}/plan`, permission: jobs.execute.
   */
  planJob(serial: string, body: PlanJob, options?: KeyedOptions): Promise<JobPlan>;
  /**
   * List the versions of a job.
   * `GET /api/v1/jobs/{serial}/versions`, permission: jobs.read.
   */
  listJobVersions<Field extends keyof JobVersion = keyof JobVersion>(serial: string, options?: ListJobVersionsOptions<Field>): Promise<Page<Pick<JobVersion, Field>>>;
  /**
   * In what two versions of a job differ.
   * `GET /api/v1/jobs/{serial}/versions/{version}/diff/{other}`, permission: jobs.read.
   */
  compareJobVersions<Field extends keyof JobComparison = keyof JobComparison>(serial: string, version: string, other: string, options?: CompareJobVersionsOptions<Field>): Promise<Pick<JobComparison, Field>>;
  /**
   * Make a former version of a job the next one.
   * `POST /api/v1/jobs/{serial}/versions/{version}/restore`, permission: jobs.write.
   */
  restoreJobVersion(serial: string, version: string, body: RestoreVersion, options?: RestoreJobVersionOptions): Promise<Job>;
  /**
   * List job templates.
   * `GET /api/v1/job-templates`, permission: jobs.read.
   */
  listJobTemplates<Field extends keyof JobSummary = keyof JobSummary>(options?: ListJobTemplatesOptions<Field>): Promise<Page<Pick<JobSummary, Field>>>;
  /**
   * Define a job template.
   * `POST /api/v1/job-templates`, permission: jobs.write.
   */
  createJobTemplate(body: CreateTemplate, options?: KeyedOptions): Promise<Job>;
  /**
   * Check the definition of a template; nothing is written.
   * `POST /api/v1/job-templates/validate`, permission: jobs.read.
   */
  validateJobTemplate(body: UncheckedJob, options?: KeyedOptions): Promise<JobCheck>;
  /**
   * Read a job template.
   * `GET /api/v1/job-templates/{serial}`, permission: jobs.read.
   */
  getJobTemplate<Field extends keyof Job = keyof Job>(serial: string, options?: GetJobTemplateOptions<Field>): Promise<Pick<Job, Field>>;
  /**
   * Make a new version of a job template.
   * `PUT /api/v1/job-templates/{serial}`, permission: jobs.write.
   */
  updateJobTemplate(serial: string, body: CreateTemplate, options?: UpdateJobTemplateOptions): Promise<Job>;
  /**
   * Delete a job template; jobs that were made from it stay.
   * `DELETE /api/v1/job-templates/{serial}`, permission: jobs.write.
   */
  deleteJobTemplate(serial: string, options?: DeleteJobTemplateOptions): Promise<void>;
  /**
   * Make a job from a template.
   * `POST /api/v1/job-templates/{serial}/jobs`, permission: jobs.write.
   */
  createJobFromTemplate(serial: string, body: JobFromTemplate, options?: KeyedOptions): Promise<Job>;
  /**
   * Make a template like another.
   * `POST /api/v1/job-templates/{serial}/clone`, permission: jobs.write.
   */
  cloneJobTemplate(serial: string, body: CloneTemplate, options?: KeyedOptions): Promise<Job>;
  /**
   * Check a template as it is stored, with the settings of today.
   * `POST /api/v1/job-templates/{serial}/validate`, permission: jobs.read.
   */
  validateStoredJobTemplate(serial: string, options?: KeyedOptions): Promise<JobCheck>;
  /**
   * Jobs that were made from a template.
   * `GET /api/v1/job-templates/{serial}/used-by`, permission: jobs.read.
   */
  getJobTemplateUse<Field extends keyof JobUse = keyof JobUse>(serial: string, options?: GetJobTemplateUseOptions<Field>): Promise<Pick<JobUse, Field>>;
  /**
   * List the versions of a template.
   * `GET /api/v1/job-templates/{serial}/versions`, permission: jobs.read.
   */
  listJobTemplateVersions<Field extends keyof JobVersion = keyof JobVersion>(serial: string, options?: ListJobTemplateVersionsOptions<Field>): Promise<Page<Pick<JobVersion, Field>>>;
  /**
   * In what two versions of a template differ.
   * `GET /api/v1/job-templates/{serial}/versions/{version}/diff/{other}`, permission: jobs.read.
   */
  compareJobTemplateVersions<Field extends keyof JobComparison = keyof JobComparison>(serial: string, version: string, other: string, options?: CompareJobTemplateVersionsOptions<Field>): Promise<Pick<JobComparison, Field>>;
  /**
   * Make a former version of a template the next one.
   * `POST /api/v1/job-templates/{serial}/versions/{version}/restore`, permission: jobs.write.
   */
  restoreJobTemplateVersion(serial: string, version: string, body: RestoreVersion, options?: RestoreJobTemplateVersionOptions): Promise<Job>;
  /**
   * Show what definitions in code would change.
   * `POST /api/v1/schedules/plan`, permission: schedules.read.
   * The whole set of definitions is sent, and held against the schedules that there are. What is wrong with any of them is in the answer, as is what somebody edited in Temporal. A repeat with the same Idempotency-Key is a new plan. See docs/schedules-as-code.md.
   */
  planSchedules(body: ScheduleCode, options?: KeyedOptions): Promise<SchedulePlan>;
  /**
   * Make schedules be as definitions in code say.
   * `POST /api/v1/schedules/apply`, permission: schedules.write.
   * Nothing is applied when one of the definitions cannot be (422, with all that is wrong). What is so already is left alone, so that it may be sent again whatever became of it: `pending` says how many Temporal is still to be told of. A repeat with the same Idempotency-Key is answered as the first; to apply again, send another. One apply at a time (409).
   */
  applySchedules(body: ScheduleCode, options?: KeyedOptions): Promise<AppliedSchedules>;
  /**
   * Read schedules as definitions in code.
   * `GET /api/v1/schedules/definitions`, permission: schedules.read.
   * Of all schedules, of those that are named, or of those of one source. What has its default is left out.
   */
  exportSchedules(options?: ExportSchedulesOptions): Promise<ExportedSchedules>;
  /**
   * Read the ledger of all schedules: what became of each planned instant.
   * `GET /api/v1/schedules/executions`, permission: schedules.read.
   */
  listAllScheduleFirings<Field extends keyof ScheduleFiring = keyof ScheduleFiring>(options?: ListAllScheduleFiringsOptions<Field>): Promise<Page<Pick<ScheduleFiring, Field>>>;
  /**
   * What all schedules will start in a period.
   * `GET /api/v1/schedules/upcoming`, permission: schedules.read.
   * As Temporal announces them; calendars are not asked. Paused schedules have none.
   */
  listAllUpcomingFirings(options?: ListAllUpcomingFiringsOptions): Promise<UpcomingFirings>;
  /**
   * The next instants of rules that no schedule has yet; nothing is written.
   * `POST /api/v1/schedules/preview`, permission: schedules.read.
   * As Temporal would announce them, without jitter; `notes` says what changes of clocks do to them.
   */
  previewSchedule(body: PreviewSchedule, options?: KeyedOptions): Promise<SchedulePreview>;
  /**
   * All schedules as a calendar: what became of past instants, and those to come.
   * `GET /api/v1/schedules/feed.ics`, permission: schedules.read.
   * Calendar programs that send no `Authorization` cannot fetch it: a token in an address would stand in logs. Have curl or `opsconductor schedules feed` write a file.
   */
  getScheduleFeed(options?: GetScheduleFeedOptions): Promise<AsyncIterable<Uint8Array>>;
  /**
   * A schedule as a calendar: what became of past instants, and those to come.
   * `GET /api/v1/schedules/{serial}/feed.ics`, permission: schedules.read.
   * Calendar programs that send no `Authorization` cannot fetch it: a token in an address would stand in logs. Have curl or `opsconductor schedules feed` write a file.
   */
  getFeedOfSchedule(serial: string, options?: GetFeedOfScheduleOptions): Promise<AsyncIterable<Uint8Array>>;
  /**
   * Read the ledger of a schedule, also of one that is deleted.
   * `GET /api/v1/schedules/{serial}/executions`, permission: schedules.read.
   */
  listScheduleFirings<Field extends keyof ScheduleFiring = keyof ScheduleFiring>(serial: string, options?: ListScheduleFiringsOptions<Field>): Promise<Page<Pick<ScheduleFiring, Field>>>;
  /**
   * What a schedule will start in a period.
   * `GET /api/v1/schedules/{serial}/upcoming`, permission: schedules.read.
   * As Temporal announces them; calendars are not asked. Paused schedules have none.
   */
  listUpcomingFirings(serial: string, options?: ListUpcomingFiringsOptions): Promise<UpcomingFirings>;
  /**
   * Start the run of a schedule now, whatever its pause, limits and calendars.
   * `POST /api/v1/schedules/{serial}/run`, permission: schedules.write.
   * Needs jobs.execute as well.
   */
  runScheduleNow(serial: string, options?: KeyedOptions): Promise<ScheduleFiring>;
  /**
   * Start the instants of a period that has passed, as if they were due.
   * `POST /api/v1/schedules/{serial}/backfill`, permission: schedules.write.
   * An instant that has a run is left alone. Needs jobs.execute as well.
   */
  backfillSchedule(serial: string, body: BackfillSchedule, options?: KeyedOptions): Promise<ScheduleBackfill>;
  /**
   * List schedules, those that need somebody first.
   * `GET /api/v1/schedules`, permission: schedules.read.
   */
  listSchedules<Field extends keyof ScheduleSummary = keyof ScheduleSummary>(options?: ListSchedulesOptions<Field>): Promise<Page<Pick<ScheduleSummary, Field>>>;
  /**
   * Have a job started by itself.
   * `POST /api/v1/schedules`, permission: schedules.write.
   * Temporal is told at once; while it is away `sync_status` says so, and it is told within a minute of its return.
   */
  createSchedule(body: CreateSchedule, options?: KeyedOptions): Promise<Schedule>;
  /**
   * Read a schedule.
   * `GET /api/v1/schedules/{serial}`, permission: schedules.read.
   */
  getSchedule<Field extends keyof Schedule = keyof Schedule>(serial: string, options?: GetScheduleOptions<Field>): Promise<Pick<Schedule, Field>>;
  /**
   * Replace what a schedule says; its job and its pause stay.
   * `PUT /api/v1/schedules/{serial}`, permission: schedules.write.
   * Temporal is told at once; while it is away `sync_status` says so, and it is told within a minute of its return. One that is defined in code is changed there.
   */
  updateSchedule(serial: string, body: UpdateSchedule, options?: UpdateScheduleOptions): Promise<Schedule>;
  /**
   * Delete a schedule; its ledger and its runs stay.
   * `DELETE /api/v1/schedules/{serial}`, permission: schedules.write.
   */
  deleteSchedule(serial: string, options?: DeleteScheduleOptions): Promise<void>;
  /**
   * Pause a schedule; what runs goes on.
   * `POST /api/v1/schedules/{serial}/pause`, permission: schedules.write.
   */
  pauseSchedule(serial: string, body: PauseSchedule, options?: KeyedOptions): Promise<Schedule>;
  /**
   * Resume a schedule; instants of its pause stay skipped.
   * `POST /api/v1/schedules/{serial}/resume`, permission: schedules.write.
   */
  resumeSchedule(serial: string, options?: KeyedOptions): Promise<Schedule>;
  /**
   * Bring a schedule and Temporal together now.
   * `POST /api/v1/schedules/{serial}/sync`, permission: schedules.write.
   * As happens each minute by itself.
   */
  syncSchedule(serial: string, options?: KeyedOptions): Promise<Schedule>;
  /**
   * List calendars.
   * `GET /api/v1/calendars`, permission: schedules.read.
   */
  listCalendars<Field extends keyof CalendarSummary = keyof CalendarSummary>(options?: ListCalendarsOptions<Field>): Promise<Page<Pick<CalendarSummary, Field>>>;
  /**
   * Make a calendar.
   * `POST /api/v1/calendars`, permission: schedules.write.
   */
  createCalendar(body: CreateCalendar, options?: KeyedOptions): Promise<Calendar>;
  /**
   * Make a calendar of an iCalendar file, or give its events to one.
   * `POST /api/v1/calendars/import`, permission: schedules.write.
   * Each event becomes a window: once, all day, or again and again. An event that cannot be a window refuses the file, or is left out and told.
   */
  importCalendar(body: ImportCalendar, options?: KeyedOptions): Promise<ImportedCalendar>;
  /**
   * Read a calendar, and what names it.
   * `GET /api/v1/calendars/{calendar}`, permission: schedules.read.
   */
  getCalendar<Field extends keyof Calendar = keyof Calendar>(calendar: string, options?: GetCalendarOptions<Field>): Promise<Pick<Calendar, Field>>;
  /**
   * Replace what a calendar says.
   * `PUT /api/v1/calendars/{calendar}`, permission: schedules.write.
   * Runs that it holds, or has to hold, are looked at again within a minute. A calendar that is named anywhere keeps its name.
   */
  updateCalendar(calendar: string, body: CreateCalendar, options?: UpdateCalendarOptions): Promise<Calendar>;
  /**
   * Delete a calendar that nothing names.
   * `DELETE /api/v1/calendars/{calendar}`, permission: schedules.write.
   */
  deleteCalendar(calendar: string, options?: DeleteCalendarOptions): Promise<void>;
  /**
   * When a calendar is blacked out.
   * `GET /api/v1/calendars/{calendar}/windows`, permission: schedules.read.
   */
  listCalendarBlackouts<Field extends keyof CalendarBlackouts = keyof CalendarBlackouts>(calendar: string, options?: ListCalendarBlackoutsOptions<Field>): Promise<Pick<CalendarBlackouts, Field>>;
  /**
   * Who holds which target, and who waits for it.
   * `GET /api/v1/executions/locks`, permission: executions.read.
   */
  listLocks<Field extends keyof TargetLock = keyof TargetLock>(options?: ListLocksOptions<Field>): Promise<Page<Pick<TargetLock, Field>>>;
  /**
   * Begin no further target; those at work go on.
   * `POST /api/v1/executions/{serial}/pause`, permission: executions.steer.
   */
  pauseExecution(serial: string, body: SteerNote, options?: KeyedOptions): Promise<SteeredExecution>;
  /**
   * Let a run that is held go on.
   * `POST /api/v1/executions/{serial}/resume`, permission: executions.steer.
   */
  resumeExecution(serial: string, body: SteerNote, options?: KeyedOptions): Promise<SteeredExecution>;
  /**
   * Answer the approval before the next batch.
   * `POST /api/v1/executions/{serial}/approve`, permission: approvals.answer.
   */
  answerBatch(serial: string, body: AnswerBatch, options?: KeyedOptions): Promise<SteeredExecution>;
  /**
   * Change the window or the rollout of a run that goes on.
   * `PATCH /api/v1/executions/{serial}`, permission: executions.steer.
   */
  changeExecution(serial: string, body: ChangeExecution, options?: ChangeExecutionOptions): Promise<SteeredExecution>;
  /**
   * Read a run.
   * `GET /api/v1/executions/{serial}`, permission: executions.read.
   */
  getExecution<Field extends keyof OneExecution = keyof OneExecution>(serial: string, options?: GetExecutionOptions<Field>): Promise<Pick<OneExecution, Field>>;
  /**
   * Run targets again that failed, in this run or in a new one.
   * `POST /api/v1/executions/{serial}/retry`, permission: executions.steer.
   */
  retryExecution(serial: string, body: RetryBranches, options?: RetryExecutionOptions): Promise<SteeredExecution>;
  /**
   * Stop the work on one target.
   * `POST /api/v1/executions/{serial}/branches/{branch}/cancel`, permission: executions.cancel.
   */
  cancelBranch(serial: string, branch: string, body: SteerNote, options?: KeyedOptions): Promise<SteeredExecution>;
  /**
   * End an action that runs, and go on behind it.
   * `POST /api/v1/executions/{serial}/branches/{branch}/skip`, permission: executions.steer.
   */
  skipAction(serial: string, branch: string, body: SkipAction, options?: KeyedOptions): Promise<SteeredExecution>;
  /**
   * Actions that wait for the answer of a person.
   * `GET /api/v1/executions/approvals`, permission: executions.read.
   */
  listApprovals<Field extends keyof Approval = keyof Approval>(options?: ListApprovalsOptions<Field>): Promise<Page<Pick<Approval, Field>>>;
  /**
   * Answer an approval; the first answer counts.
   * `POST /api/v1/executions/{serial}/actions/{action}/answer`, permission: approvals.answer.
   */
  answerAction(serial: string, action: string, body: AnswerApproval, options?: KeyedOptions): Promise<ActionResult>;
  /**
   * Tell what really happened to an attempt whose outcome is not known.
   * `POST /api/v1/executions/{serial}/actions/{action}/resolve`, permission: executions.steer.
   */
  resolveAttempt(serial: string, action: string, body: ResolveAttempt, options?: KeyedOptions): Promise<ActionResult>;
  /**
   * List runs.
   * `GET /api/v1/executions`, permission: executions.read.
   */
  listExecutions<Field extends keyof Execution = keyof Execution>(options?: ListExecutionsOptions<Field>): Promise<Page<Pick<Execution, Field>>>;
  /**
   * Count runs by state; of each state at most 10,000 are counted.
   * `GET /api/v1/executions/counts`, permission: executions.read.
   */
  countExecutions<Field extends keyof ExecutionCounts = keyof ExecutionCounts>(options?: CountExecutionsOptions<Field>): Promise<Pick<ExecutionCounts, Field>>;
  /**
   * Stop a run.
   * `POST /api/v1/executions/{serial}/cancel`, permission: executions.cancel.
   */
  cancelExecution(serial: string, body?: SteerNote, options?: KeyedOptions): Promise<SteeredExecution>;
  /**
   * Branches of a run, one a target.
   * `GET /api/v1/executions/{serial}/branches`, permission: executions.read.
   */
  listBranches<Field extends keyof Branch = keyof Branch>(serial: string, options?: ListBranchesOptions<Field>): Promise<Page<Pick<Branch, Field>>>;
  /**
   * Attempts of the actions of a run, by target; a run that goes on adds to pages that were read.
   * `GET /api/v1/executions/{serial}/results`, permission: executions.read.
   */
  listResults<Field extends keyof ActionResult = keyof ActionResult>(serial: string, options?: ListResultsOptions<Field>): Promise<Page<Pick<ActionResult, Field>>>;
  /**
   * Log lines of a run; one that goes on is followed by its events.
   * `GET /api/v1/executions/{serial}/logs`, permission: executions.read.
   */
  listLogs<Field extends keyof LogLine = keyof LogLine>(serial: string, options?: ListLogsOptions<Field>): Promise<Page<Pick<LogLine, Field>>>;
  /**
   * All lines of a run as a file.
   * `GET /api/v1/executions/{serial}/logs/download`, permission: executions.read.
   * The lines that are stored when it is read, in the order in which they were stored, as slowly as the client takes them. As text a line begins with its time, in the zone of the setting `timezone`, and the name of its target; `|` is output, `!` is stderr, `#` is what OpsConductor says.
   */
  downloadLog(serial: string, options?: DownloadLogOptions): Promise<AsyncIterable<Uint8Array>>;
  /**
   * Count the targets of a run by state, batch and cause of failure.
   * `GET /api/v1/executions/{serial}/summary`, permission: executions.read.
   */
  summariseExecution<Field extends keyof ExecutionSummary = keyof ExecutionSummary>(serial: string, options?: SummariseExecutionOptions<Field>): Promise<Pick<ExecutionSummary, Field>>;
  /**
   * What came of each action of a run on all its targets.
   * `GET /api/v1/executions/{serial}/actions`, permission: executions.read.
   */
  summariseActions(serial: string, options?: CallOptions): Promise<ActionSummaries>;
  /**
   * Compare two runs, target by target.
   * `GET /api/v1/executions/{serial}/compare/{other}`, permission: executions.read.
   * With `only` a page looks at 2,000 targets: it may be short or empty, and still not be the last.
   */
  compareExecutions(serial: string, other: string, options?: CompareExecutionsOptions): Promise<ExecutionComparison>;
  /**
   * Read a branch: one target of a run.
   * `GET /api/v1/branches/{branch}`, permission: executions.read.
   */
  getBranch<Field extends keyof Branch = keyof Branch>(branch: string, options?: GetBranchOptions<Field>): Promise<Pick<Branch, Field>>;
  /**
   * Attempts of one action on one target, with their outputs.
   * `GET /api/v1/actions/{action}`, permission: executions.read.
   */
  listAttempts<Field extends keyof ActionResult = keyof ActionResult>(action: string, options?: ListAttemptsOptions<Field>): Promise<Page<Pick<ActionResult, Field>>>;
  /**
   * Search lines within a run, a branch, a job, a target or at most 7 days.
   * `GET /api/v1/logs`, permission: executions.read.
   * Lines of a run come as they were stored, of several runs or branches the newest first, of a time by their times. A page looks at 50,000 lines at most, for about two seconds: it may have few lines or none, and `next` all the same; go on until `next` is null. A wider search, and an expression that takes too long, is refused (422 `SCOPE_TOO_WIDE`). Few are answered at once: more of one user are 429 `RATE_LIMITED`, more of all 503 `UNAVAILABLE`, both with when to come again.
   */
  searchLogs<Field extends keyof FoundLine = keyof FoundLine>(options?: SearchLogsOptions<Field>): Promise<Page<Pick<FoundLine, Field>>>;
  /**
   * Find targets, jobs, runs, branches and actions by a pattern of their serials.
   * `GET /api/v1/serials`, permission: executions.read.
   * A page looks at 2,000 runs and branches at most: it may be short or empty, and still not be the last. Jobs take the permission jobs.read, targets targets.read.
   */
  findSerials<Field extends keyof SerialMatch = keyof SerialMatch>(options: FindSerialsOptions<Field>): Promise<Page<Pick<SerialMatch, Field>>>;
  /**
   * Count what a pattern of serials fits, by state, and of how many jobs, runs, branches and targets it is.
   * `GET /api/v1/serials/counts`, permission: executions.read.
   * Jobs take the permission jobs.read, targets targets.read.
   */
  countSerials<Field extends keyof SerialCounts = keyof SerialCounts>(options: CountSerialsOptions<Field>): Promise<Pick<SerialCounts, Field>>;
  /**
   * Say how a pattern of serials is understood, or what is wrong with it.
   * `GET /api/v1/serials/check`, permission: executions.read.
   */
  checkSerialPattern<Field extends keyof PatternCheck = keyof PatternCheck>(options: CheckSerialPatternOptions<Field>): Promise<Pick<PatternCheck, Field>>;
  /**
   * Say what a serial of any level names, and where it is.
   * `GET /api/v1/serials/{serial}`, permission: executions.read.
   */
  getSerial<Field extends keyof SerialMatch = keyof SerialMatch>(serial: string, options?: GetSerialOptions<Field>): Promise<Pick<SerialMatch, Field>>;
  /**
   * Follow a run live (server-sent events).
   * `GET /api/v1/executions/{serial}/events`, permission: executions.read.
   * Events: `execution`, `branch`, `line`, and `end` when the run has ended and all was sent. Ids are times, on the last event of what was read together; a stream resumed with Last-Event-ID starts ten seconds before it, so drop lines that you have by (branch_serial, line_number). The stream ends with the event `closed` when the server stops (come back) or when the session or token may not read runs any more.
   */
  followExecution(serial: string, options?: EventOptions): AsyncGenerator<FollowExecutionEvent, void, undefined>;
  /**
   * Follow the runs of a job live (server-sent events).
   * `GET /api/v1/jobs/{serial}/events`, permission: executions.read.
   * One event, `execution`: a run of the job as it is now, first those that are open, then each that changes. The stream ends with the event `closed` when the server stops (come back) or when the session or token may not read runs any more.
   */
  followJob(serial: string, options?: EventOptions): AsyncGenerator<FollowJobEvent, void, undefined>;
  /**
   * Follow all runs live (server-sent events).
   * `GET /api/v1/events`, permission: executions.read.
   * One event, `execution`: a run as it is now, first those that are open, then each that changes. A stream resumed with Last-Event-ID tells what changed since, up to an hour back. The stream ends with the event `closed` when the server stops (come back) or when the session or token may not read runs any more.
   */
  followExecutions(options?: EventOptions): AsyncGenerator<FollowExecutionsEvent, void, undefined>;
  /**
   * List artifacts.
   * `GET /api/v1/artifacts`, permission: executions.read.
   */
  listArtifacts<Field extends keyof Artifact = keyof Artifact>(options?: ListArtifactsOptions<Field>): Promise<Page<Pick<Artifact, Field>>>;
  /**
   * Upload a file for file_transfer actions.
   * `POST /api/v1/artifacts`, permission: jobs.write.
   * The body is the file, up to `max_artifact_bytes`; it is stored as it comes, and refused when it is not as long as `Content-Length` says. With an Idempotency-Key, what its headers say of it (length, type, digest) stands for it.
   */
  uploadArtifact(body: Blob, options: UploadArtifactOptions): Promise<Artifact>;
  /**
   * Read an artifact.
   * `GET /api/v1/artifacts/{uuid}`, permission: executions.read.
   */
  getArtifact<Field extends keyof Artifact = keyof Artifact>(uuid: string, options?: GetArtifactOptions<Field>): Promise<Pick<Artifact, Field>>;
  /**
   * Remove an artifact.
   * `DELETE /api/v1/artifacts/{uuid}`, permission: jobs.write.
   * At once, with its content. Not while a run that goes on makes it, or names it.
   */
  deleteArtifact(uuid: string, options?: CallOptions): Promise<void>;
  /**
   * Download an artifact, or a part of it.
   * `GET /api/v1/artifacts/{uuid}/content`, permission: jobs.execute.
   * The exact bytes: outputs are not masked, so what a program printed of a secret is in them. Audited. The ETag is the SHA-256, so a download that broke off goes on with Range and If-Range.
   */
  downloadArtifact(uuid: string, options?: DownloadArtifactOptions): Promise<AsyncIterable<Uint8Array>>;
  /**
   * Is OpsConductor in maintenance?.
   * `GET /api/v1/system/maintenance`, permission: executions.read.
   */
  getMaintenance<Field extends keyof Maintenance = keyof Maintenance>(options?: GetMaintenanceOptions<Field>): Promise<Pick<Maintenance, Field>>;
  /**
   * Begin or end the maintenance.
   * `PUT /api/v1/system/maintenance`, permission: settings.write.
   * In maintenance a start is answered 503 MAINTENANCE (by other processes within ten seconds), runs that were accepted wait, and running ones go on to their end. When it ends those that waited begin at once.
   */
  changeMaintenance(body: ChangeMaintenance, options?: ChangeMaintenanceOptions): Promise<Maintenance>;
  /**
   * Health of the database.
   * `GET /api/v1/system/database`, permission: database.read.
   * What `opsconductor db health` says. Nothing is changed; it may take some seconds.
   */
  getDatabaseHealth<Field extends keyof DatabaseHealth = keyof DatabaseHealth>(options?: GetDatabaseHealthOptions<Field>): Promise<Pick<DatabaseHealth, Field>>;
  /**
   * What runs here.
   * `GET /api/v1/system/info`, permission: database.read.
   * Versions, where the process that answers and its stores are, and how much there is. No secret is in it.
   */
  getSystemInfo<Field extends keyof SystemInfo = keyof SystemInfo>(options?: GetSystemInfoOptions<Field>): Promise<Pick<SystemInfo, Field>>;
  /**
   * What counts as a dangerous command.
   * `GET /api/v1/system/dangerous-patterns`, permission: settings.write.
   */
  getDangerousPatterns<Field extends keyof DangerousPatterns = keyof DangerousPatterns>(options?: GetDangerousPatternsOptions<Field>): Promise<Pick<DangerousPatterns, Field>>;
  /**
   * Replace the list of dangerous commands.
   * `PUT /api/v1/system/dangerous-patterns`, permission: settings.write.
   * Other processes know the new list some seconds later. Jobs that are saved already are not asked again.
   */
  changeDangerousPatterns(body: ChangeDangerousPatterns, options?: ChangeDangerousPatternsOptions): Promise<DangerousPatterns>;
  /**
   * List the settings.
   * `GET /api/v1/settings`, permission: settings.write.
   */
  listSettings(options?: CallOptions): Promise<SettingList>;
  /**
   * Change several settings.
   * `PATCH /api/v1/settings`, permission: settings.write.
   * All of them or, when one is refused, none. The ETag is that of the whole list. This process obeys it at once, others within ten seconds.
   */
  changeSettings(body: ChangeSettings, options?: ChangeSettingsOptions): Promise<SettingList>;
  /**
   * Read a setting.
   * `GET /api/v1/settings/{key}`, permission: settings.write.
   */
  getSetting<Field extends keyof Setting = keyof Setting>(key: string, options?: GetSettingOptions<Field>): Promise<Pick<Setting, Field>>;
  /**
   * Change a setting.
   * `PUT /api/v1/settings/{key}`, permission: settings.write.
   * This process obeys it at once, others within ten seconds.
   */
  changeSetting(key: string, body: ChangeSetting, options?: ChangeSettingOptions): Promise<Setting>;
  /**
   * Give a setting its default.
   * `DELETE /api/v1/settings/{key}`, permission: settings.write.
   * This process obeys it at once, others within ten seconds.
   */
  removeSettingValue(key: string, options?: RemoveSettingValueOptions): Promise<void>;
  /**
   * Search the audit trail.
   * `GET /api/v1/audit`, permission: audit.read.
   */
  listAuditEvents<Field extends keyof AuditEvent = keyof AuditEvent>(options?: ListAuditEventsOptions<Field>): Promise<Page<Pick<AuditEvent, Field>>>;
  /**
   * What audit events may be.
   * `GET /api/v1/audit/event-types`, permission: audit.read.
   */
  getAuditEventTypes<Field extends keyof AuditEventTypes = keyof AuditEventTypes>(options?: GetAuditEventTypesOptions<Field>): Promise<Pick<AuditEventTypes, Field>>;
  /**
   * Count the audit trail.
   * `GET /api/v1/audit/statistics`, permission: audit.read.
   * Reads all events of the time: some seconds for millions.
   */
  getAuditStatistics<Field extends keyof AuditStatistics = keyof AuditStatistics>(options?: GetAuditStatisticsOptions<Field>): Promise<Pick<AuditStatistics, Field>>;
  /**
   * Export the audit trail.
   * `GET /api/v1/audit/export`, permission: audit.read.
   * All events that the filters leave, newest first, as they come from the database. Takes `data.export` too, and is audited itself. In CSV, texts that a spreadsheet would take for a formula have an apostrophe before them. An export that ends without the end of its form (JSON), or before the connection was closed in order, was broken off.
   */
  exportAudit(options?: ExportAuditOptions): Promise<AsyncIterable<Uint8Array>>;
  /**
   * List the seals of the audit trail.
   * `GET /api/v1/audit/seals`, permission: audit.read.
   * Every ten minutes the events that are settled are sealed. Each seal vouches for those before it.
   */
  listAuditSeals<Field extends keyof AuditSeal = keyof AuditSeal>(options?: ListAuditSealsOptions<Field>): Promise<Page<Pick<AuditSeal, Field>>>;
  /**
   * Verify the audit trail.
   * `GET /api/v1/audit/verification`, permission: audit.read.
   * Looks at the signature of each event and seal, and whether the seals cover exactly the events that there are. Answers while it looks, a JSON document a line; the last line is the verdict. An answer that ends without one was broken off. Audited itself.
   */
  verifyAudit(options?: VerifyAuditOptions): AsyncGenerator<AuditVerificationLine, void, undefined>;
  /**
   * Read an audit event.
   * `GET /api/v1/audit/{id}`, permission: audit.read.
   */
  getAuditEvent<Field extends keyof OneAuditEvent = keyof OneAuditEvent>(id: string, options?: GetAuditEventOptions<Field>): Promise<Pick<OneAuditEvent, Field>>;
  /**
   * Export targets, jobs, templates, calendars, settings and users.
   * `POST /api/v1/data/export`, permission: data.export.
   * One document with what is there, read while it is sent. Takes the right to read each of its types, too (settings.write and users.write for those), and with a passphrase credentials.write. No hash of a password is in it, and a secret only sealed with the passphrase: Argon2id, AES-256-GCM. A document that ends without the end of its form, or before the connection was closed in order, was broken off. Audited. A repeat with the same Idempotency-Key is a new export.
   */
  exportData(body: ExportData, options?: KeyedOptions): Promise<AsyncIterable<Uint8Array>>;
  /**
   * Import a document, or apply one that people wrote.
   * `POST /api/v1/data/import`, permission: data.import.
   * The body is the document: JSON or CSV of at most 64 MiB, YAML of at most 16 MiB. Takes the right to write each of its types, too, and credentials.write for secrets. What becomes of each thing stands in the report: as one JSON document or, with `Accept: application/x-ndjson`, a line each as soon as it is stored, the summary last. A thing that fails does not stop the others. See docs/export.md.
   */
  importData(body: DataDocument | Blob, options?: ImportDataOptions): AsyncGenerator<ImportLine, void, undefined>;
}

/** Where each operation is and what it takes. */
export const OPERATIONS = {
  getHealth: { method: 'GET', path: '/healthz', answer: 'json' },
  getReadiness: { method: 'GET', path: '/readyz', answer: 'json', alsoAnswers: [503] },
  getMetrics: { method: 'GET', path: '/metrics', answer: 'bytes' },
  getDefinitionSchema: { method: 'GET', path: '/api/v1/schemas/{name}', answer: 'json' },
  login: { method: 'POST', path: '/api/v1/auth/login', body: 'json', answer: 'json' },
  logout: { method: 'POST', path: '/api/v1/auth/logout', takesKey: true, answer: 'nothing' },
  getProfile: { method: 'GET', path: '/api/v1/auth/me', query: ['fields'], answer: 'json' },
  updateProfile: { method: 'PATCH', path: '/api/v1/auth/me', headers: ['if-match'], body: 'json', answer: 'json' },
  getPermissions: { method: 'GET', path: '/api/v1/auth/permissions', query: ['fields'], answer: 'json' },
  changePassword: { method: 'POST', path: '/api/v1/auth/password', takesKey: true, body: 'json', answer: 'nothing' },
  listApiTokens: { method: 'GET', path: '/api/v1/auth/tokens', query: ['limit', 'cursor', 'sort', 'fields'], answer: 'json' },
  createApiToken: { method: 'POST', path: '/api/v1/auth/tokens', takesKey: true, body: 'json', answer: 'json' },
  revokeApiToken: { method: 'DELETE', path: '/api/v1/auth/tokens/{uuid}', answer: 'nothing' },
  testTargets: { method: 'POST', path: '/api/v1/targets/bulk/test', takesKey: true, body: 'json', answer: 'lines' },
  updateTargets: { method: 'POST', path: '/api/v1/targets/bulk/update', takesKey: true, body: 'json', answer: 'json' },
  getTargetStatistics: { method: 'GET', path: '/api/v1/targets/statistics', query: ['selector', 'fields'], answer: 'json' },
  listTargetTypes: { method: 'GET', path: '/api/v1/targets/types', answer: 'json' },
  listTargetRuns: { method: 'GET', path: '/api/v1/targets/{serial}/executions', query: ['limit', 'cursor', 'sort', 'fields'], answer: 'json' },
  listTargetJobs: { method: 'GET', path: '/api/v1/targets/{serial}/jobs', query: ['limit', 'cursor', 'sort', 'fields'], answer: 'json' },
  listTargetMethods: { method: 'GET', path: '/api/v1/targets/{serial}/methods', answer: 'json' },
  addTargetMethod: { method: 'POST', path: '/api/v1/targets/{serial}/methods', takesKey: true, body: 'json', answer: 'json' },
  getTargetMethod: { method: 'GET', path: '/api/v1/targets/{serial}/methods/{method}', query: ['fields'], answer: 'json' },
  updateTargetMethod: { method: 'PATCH', path: '/api/v1/targets/{serial}/methods/{method}', headers: ['if-match'], body: 'json', answer: 'json' },
  deleteTargetMethod: { method: 'DELETE', path: '/api/v1/targets/{serial}/methods/{method}', headers: ['if-match'], answer: 'nothing' },
  testTargetMethod: { method: 'POST', path: '/api/v1/targets/{serial}/methods/{method}/test', takesKey: true, answer: 'json' },
  listCredentials: { method: 'GET', path: '/api/v1/targets/{serial}/methods/{method}/credentials', answer: 'json' },
  addCredential: { method: 'POST', path: '/api/v1/targets/{serial}/methods/{method}/credentials', takesKey: true, body: 'json', answer: 'json' },
  getCredential: { method: 'GET', path: '/api/v1/targets/{serial}/methods/{method}/credentials/{uuid}', query: ['fields'], answer: 'json' },
  updateCredential: { method: 'PATCH', path: '/api/v1/targets/{serial}/methods/{method}/credentials/{uuid}', headers: ['if-match'], body: 'json', answer: 'json' },
  deleteCredential: { method: 'DELETE', path: '/api/v1/targets/{serial}/methods/{method}/credentials/{uuid}', headers: ['if-match'], answer: 'nothing' },
  getSession: { method: 'GET', path: '/api/v1/auth/session', query: ['fields'], answer: 'json' },
  extendSession: { method: 'POST', path: '/api/v1/auth/session/extend', takesKey: true, answer: 'json' },
  listSessions: { method: 'GET', path: '/api/v1/auth/sessions', query: ['limit', 'cursor', 'sort', 'fields'], answer: 'json' },
  revokeOtherSessions: { method: 'DELETE', path: '/api/v1/auth/sessions', answer: 'json' },
  revokeSession: { method: 'DELETE', path: '/api/v1/auth/sessions/{session}', answer: 'nothing' },
  getOidc: { method: 'GET', path: '/api/v1/auth/oidc', answer: 'json' },
  startOidc: { method: 'GET', path: '/api/v1/auth/oidc/start', query: ['redirect_uri', 'code_challenge', 'state'], answer: 'nothing' },
  finishOidc: { method: 'GET', path: '/api/v1/auth/oidc/callback', query: ['code', 'state', 'iss', 'error', 'error_description'], answer: 'json' },
  exchangeOidcCode: { method: 'POST', path: '/api/v1/auth/oidc/token', body: 'json', answer: 'json' },
  listUsers: { method: 'GET', path: '/api/v1/users', query: ['limit', 'cursor', 'sort', 'fields', 'search', 'username', 'role', 'is_active'], answer: 'json' },
  createUser: { method: 'POST', path: '/api/v1/users', takesKey: true, body: 'json', answer: 'json' },
  getUser: { method: 'GET', path: '/api/v1/users/{uuid}', query: ['fields'], answer: 'json' },
  updateUser: { method: 'PATCH', path: '/api/v1/users/{uuid}', headers: ['if-match'], body: 'json', answer: 'json' },
  resetUserPassword: { method: 'POST', path: '/api/v1/users/{uuid}/reset-password', takesKey: true, answer: 'json' },
  unlockUser: { method: 'POST', path: '/api/v1/users/{uuid}/unlock', takesKey: true, answer: 'json' },
  requirePasswordChange: { method: 'POST', path: '/api/v1/users/{uuid}/require-password-change', takesKey: true, answer: 'json' },
  listUserSessions: { method: 'GET', path: '/api/v1/users/{uuid}/sessions', query: ['limit', 'cursor', 'sort', 'fields'], answer: 'json' },
  revokeUserSessions: { method: 'DELETE', path: '/api/v1/users/{uuid}/sessions', answer: 'json' },
  revokeUserSession: { method: 'DELETE', path: '/api/v1/users/{uuid}/sessions/{session}', answer: 'nothing' },
  listUserTokens: { method: 'GET', path: '/api/v1/users/{uuid}/tokens', query: ['limit', 'cursor', 'sort', 'fields'], answer: 'json' },
  revokeUserToken: { method: 'DELETE', path: '/api/v1/users/{uuid}/tokens/{token}', answer: 'nothing' },
  listAllTokens: { method: 'GET', path: '/api/v1/tokens', query: ['limit', 'cursor', 'sort', 'fields'], answer: 'json' },
  listTargets: { method: 'GET', path: '/api/v1/targets', query: ['limit', 'cursor', 'sort', 'fields', 'search', 'environment', 'status', 'os_type', 'host', 'target_type', 'health_status', 'method_type', 'location', 'data_center', 'region', 'selector'], answer: 'json' },
  createTarget: { method: 'POST', path: '/api/v1/targets', takesKey: true, body: 'json', answer: 'json' },
  testMethodConfig: { method: 'POST', path: '/api/v1/targets/test-method-config', takesKey: true, body: 'json', answer: 'json' },
  getTarget: { method: 'GET', path: '/api/v1/targets/{serial}', query: ['fields'], answer: 'json' },
  updateTarget: { method: 'PATCH', path: '/api/v1/targets/{serial}', headers: ['if-match'], body: 'json', answer: 'json' },
  deleteTarget: { method: 'DELETE', path: '/api/v1/targets/{serial}', headers: ['if-match'], answer: 'nothing' },
  testTarget: { method: 'POST', path: '/api/v1/targets/{serial}/test', query: ['method'], takesKey: true, answer: 'json' },
  acceptHostKey: { method: 'POST', path: '/api/v1/targets/{serial}/host-key', query: ['method'], takesKey: true, body: 'json', answer: 'json' },
  getJobsStatistics: { method: 'GET', path: '/api/v1/jobs/statistics', query: ['days', 'fields'], answer: 'json' },
  validateJob: { method: 'POST', path: '/api/v1/jobs/validate', takesKey: true, body: 'json', answer: 'json' },
  validateStoredJob: { method: 'POST', path: '/api/v1/jobs/{serial}/validate', takesKey: true, answer: 'json' },
  getJobStatistics: { method: 'GET', path: '/api/v1/jobs/{serial}/statistics', query: ['days', 'fields'], answer: 'json' },
  getJobUse: { method: 'GET', path: '/api/v1/jobs/{serial}/used-by', query: ['fields'], answer: 'json' },
  listJobTargets: { method: 'GET', path: '/api/v1/jobs/{serial}/targets', query: ['limit', 'cursor', 'sort', 'fields', 'status'], answer: 'json' },
  changeJobTargets: { method: 'POST', path: '/api/v1/jobs/{serial}/targets', headers: ['if-match'], takesKey: true, body: 'json', answer: 'json' },
  listJobs: { method: 'GET', path: '/api/v1/jobs', query: ['limit', 'cursor', 'sort', 'fields', 'search', 'status', 'tag', 'job_type', 'created_by', 'target', 'template', 'source'], answer: 'json' },
  createJob: { method: 'POST', path: '/api/v1/jobs', takesKey: true, body: 'json', answer: 'json' },
  getJob: { method: 'GET', path: '/api/v1/jobs/{serial}', query: ['version', 'fields'], answer: 'json' },
  updateJob: { method: 'PUT', path: '/api/v1/jobs/{serial}', headers: ['if-match'], body: 'json', answer: 'json' },
  deleteJob: { method: 'DELETE', path: '/api/v1/jobs/{serial}', headers: ['if-match'], answer: 'nothing' },
  cloneJob: { method: 'POST', path: '/api/v1/jobs/{serial}/clone', takesKey: true, body: 'json', answer: 'json' },
  startExecution: { method: 'POST', path: '/api/v1/jobs/{serial}/executions', headers: ['prefer'], takesKey: true, body: 'json', answer: 'json' },
  planJob: { method: 'POST', path: '/api/v1/jobs/{serial}/plan', takesKey: true, body: 'json', answer: 'json' },
  listJobVersions: { method: 'GET', path: '/api/v1/jobs/{serial}/versions', query: ['limit', 'cursor', 'sort', 'fields'], answer: 'json' },
  compareJobVersions: { method: 'GET', path: '/api/v1/jobs/{serial}/versions/{version}/diff/{other}', query: ['fields'], answer: 'json' },
  restoreJobVersion: { method: 'POST', path: '/api/v1/jobs/{serial}/versions/{version}/restore', headers: ['if-match'], takesKey: true, body: 'json', answer: 'json' },
  listJobTemplates: { method: 'GET', path: '/api/v1/job-templates', query: ['limit', 'cursor', 'sort', 'fields', 'search', 'tag', 'created_by'], answer: 'json' },
  createJobTemplate: { method: 'POST', path: '/api/v1/job-templates', takesKey: true, body: 'json', answer: 'json' },
  validateJobTemplate: { method: 'POST', path: '/api/v1/job-templates/validate', takesKey: true, body: 'json', answer: 'json' },
  getJobTemplate: { method: 'GET', path: '/api/v1/job-templates/{serial}', query: ['version', 'fields'], answer: 'json' },
  updateJobTemplate: { method: 'PUT', path: '/api/v1/job-templates/{serial}', headers: ['if-match'], body: 'json', answer: 'json' },
  deleteJobTemplate: { method: 'DELETE', path: '/api/v1/job-templates/{serial}', headers: ['if-match'], answer: 'nothing' },
  createJobFromTemplate: { method: 'POST', path: '/api/v1/job-templates/{serial}/jobs', takesKey: true, body: 'json', answer: 'json' },
  cloneJobTemplate: { method: 'POST', path: '/api/v1/job-templates/{serial}/clone', takesKey: true, body: 'json', answer: 'json' },
  validateStoredJobTemplate: { method: 'POST', path: '/api/v1/job-templates/{serial}/validate', takesKey: true, answer: 'json' },
  getJobTemplateUse: { method: 'GET', path: '/api/v1/job-templates/{serial}/used-by', query: ['fields'], answer: 'json' },
  listJobTemplateVersions: { method: 'GET', path: '/api/v1/job-templates/{serial}/versions', query: ['limit', 'cursor', 'sort', 'fields'], answer: 'json' },
  compareJobTemplateVersions: { method: 'GET', path: '/api/v1/job-templates/{serial}/versions/{version}/diff/{other}', query: ['fields'], answer: 'json' },
  restoreJobTemplateVersion: { method: 'POST', path: '/api/v1/job-templates/{serial}/versions/{version}/restore', headers: ['if-match'], takesKey: true, body: 'json', answer: 'json' },
  planSchedules: { method: 'POST', path: '/api/v1/schedules/plan', takesKey: true, body: 'json', answer: 'json' },
  applySchedules: { method: 'POST', path: '/api/v1/schedules/apply', takesKey: true, body: 'json', answer: 'json' },
  exportSchedules: { method: 'GET', path: '/api/v1/schedules/definitions', query: ['serials', 'source'], answer: 'json' },
  listAllScheduleFirings: { method: 'GET', path: '/api/v1/schedules/executions', query: ['limit', 'cursor', 'sort', 'fields', 'status', 'skip_reason', 'from', 'to'], answer: 'json' },
  listAllUpcomingFirings: { method: 'GET', path: '/api/v1/schedules/upcoming', query: ['from', 'to', 'limit'], answer: 'json' },
  previewSchedule: { method: 'POST', path: '/api/v1/schedules/preview', takesKey: true, body: 'json', answer: 'json' },
  getScheduleFeed: { method: 'GET', path: '/api/v1/schedules/feed.ics', query: ['past_days', 'coming_days'], answer: 'bytes' },
  getFeedOfSchedule: { method: 'GET', path: '/api/v1/schedules/{serial}/feed.ics', query: ['past_days', 'coming_days'], answer: 'bytes' },
  listScheduleFirings: { method: 'GET', path: '/api/v1/schedules/{serial}/executions', query: ['limit', 'cursor', 'sort', 'fields', 'status', 'skip_reason', 'from', 'to'], answer: 'json' },
  listUpcomingFirings: { method: 'GET', path: '/api/v1/schedules/{serial}/upcoming', query: ['from', 'to', 'limit'], answer: 'json' },
  runScheduleNow: { method: 'POST', path: '/api/v1/schedules/{serial}/run', takesKey: true, answer: 'json' },
  backfillSchedule: { method: 'POST', path: '/api/v1/schedules/{serial}/backfill', takesKey: true, body: 'json', answer: 'json' },
  listSchedules: { method: 'GET', path: '/api/v1/schedules', query: ['limit', 'cursor', 'sort', 'fields', 'search', 'job', 'status', 'source', 'sync_status', 'calendar', 'label'], answer: 'json' },
  createSchedule: { method: 'POST', path: '/api/v1/schedules', takesKey: true, body: 'json', answer: 'json' },
  getSchedule: { method: 'GET', path: '/api/v1/schedules/{serial}', query: ['fields'], answer: 'json' },
  updateSchedule: { method: 'PUT', path: '/api/v1/schedules/{serial}', headers: ['if-match'], body: 'json', answer: 'json' },
  deleteSchedule: { method: 'DELETE', path: '/api/v1/schedules/{serial}', headers: ['if-match'], answer: 'nothing' },
  pauseSchedule: { method: 'POST', path: '/api/v1/schedules/{serial}/pause', takesKey: true, body: 'json', answer: 'json' },
  resumeSchedule: { method: 'POST', path: '/api/v1/schedules/{serial}/resume', takesKey: true, answer: 'json' },
  syncSchedule: { method: 'POST', path: '/api/v1/schedules/{serial}/sync', takesKey: true, answer: 'json' },
  listCalendars: { method: 'GET', path: '/api/v1/calendars', query: ['limit', 'cursor', 'sort', 'fields', 'search', 'holds_runs'], answer: 'json' },
  createCalendar: { method: 'POST', path: '/api/v1/calendars', takesKey: true, body: 'json', answer: 'json' },
  importCalendar: { method: 'POST', path: '/api/v1/calendars/import', takesKey: true, body: 'json', answer: 'json' },
  getCalendar: { method: 'GET', path: '/api/v1/calendars/{calendar}', query: ['fields'], answer: 'json' },
  updateCalendar: { method: 'PUT', path: '/api/v1/calendars/{calendar}', headers: ['if-match'], body: 'json', answer: 'json' },
  deleteCalendar: { method: 'DELETE', path: '/api/v1/calendars/{calendar}', headers: ['if-match'], answer: 'nothing' },
  listCalendarBlackouts: { method: 'GET', path: '/api/v1/calendars/{calendar}/windows', query: ['from', 'to', 'fields'], answer: 'json' },
  listLocks: { method: 'GET', path: '/api/v1/executions/locks', query: ['limit', 'cursor', 'sort', 'fields', 'target'], answer: 'json' },
  pauseExecution: { method: 'POST', path: '/api/v1/executions/{serial}/pause', takesKey: true, body: 'json', answer: 'json' },
  resumeExecution: { method: 'POST', path: '/api/v1/executions/{serial}/resume', takesKey: true, body: 'json', answer: 'json' },
  answerBatch: { method: 'POST', path: '/api/v1/executions/{serial}/approve', takesKey: true, body: 'json', answer: 'json' },
  changeExecution: { method: 'PATCH', path: '/api/v1/executions/{serial}', headers: ['if-match'], body: 'json', answer: 'json' },
  getExecution: { method: 'GET', path: '/api/v1/executions/{serial}', query: ['fields'], answer: 'json' },
  retryExecution: { method: 'POST', path: '/api/v1/executions/{serial}/retry', headers: ['prefer'], takesKey: true, body: 'json', answer: 'json' },
  cancelBranch: { method: 'POST', path: '/api/v1/executions/{serial}/branches/{branch}/cancel', takesKey: true, body: 'json', answer: 'json' },
  skipAction: { method: 'POST', path: '/api/v1/executions/{serial}/branches/{branch}/skip', takesKey: true, body: 'json', answer: 'json' },
  listApprovals: { method: 'GET', path: '/api/v1/executions/approvals', query: ['limit', 'cursor', 'sort', 'fields', 'execution'], answer: 'json' },
  answerAction: { method: 'POST', path: '/api/v1/executions/{serial}/actions/{action}/answer', takesKey: true, body: 'json', answer: 'json' },
  resolveAttempt: { method: 'POST', path: '/api/v1/executions/{serial}/actions/{action}/resolve', takesKey: true, body: 'json', answer: 'json' },
  listExecutions: { method: 'GET', path: '/api/v1/executions', query: ['limit', 'cursor', 'sort', 'fields', 'status', 'job', 'version', 'tag', 'search', 'trigger', 'triggered_by', 'target', 'failure_category', 'has_failed', 'retry_of', 'created_from', 'created_to', 'completed_from', 'completed_to'], answer: 'json' },
  countExecutions: { method: 'GET', path: '/api/v1/executions/counts', query: ['status', 'job', 'version', 'tag', 'search', 'trigger', 'triggered_by', 'target', 'failure_category', 'has_failed', 'retry_of', 'created_from', 'created_to', 'completed_from', 'completed_to', 'fields'], answer: 'json' },
  cancelExecution: { method: 'POST', path: '/api/v1/executions/{serial}/cancel', takesKey: true, body: 'json', answer: 'json' },
  listBranches: { method: 'GET', path: '/api/v1/executions/{serial}/branches', query: ['limit', 'cursor', 'sort', 'fields', 'status', 'target', 'search', 'failure_category', 'error_code', 'batch', 'max_output'], answer: 'json' },
  listResults: { method: 'GET', path: '/api/v1/executions/{serial}/results', query: ['limit', 'cursor', 'sort', 'fields', 'status', 'target', 'branch', 'action_order', 'final', 'max_output', 'unresolved'], answer: 'json' },
  listLogs: { method: 'GET', path: '/api/v1/executions/{serial}/logs', query: ['limit', 'cursor', 'sort', 'fields', 'branch', 'target', 'stream', 'level'], answer: 'json' },
  downloadLog: { method: 'GET', path: '/api/v1/executions/{serial}/logs/download', query: ['format'], answer: 'bytes' },
  summariseExecution: { method: 'GET', path: '/api/v1/executions/{serial}/summary', query: ['fields'], answer: 'json' },
  summariseActions: { method: 'GET', path: '/api/v1/executions/{serial}/actions', answer: 'json' },
  compareExecutions: { method: 'GET', path: '/api/v1/executions/{serial}/compare/{other}', query: ['limit', 'cursor', 'only'], answer: 'json' },
  getBranch: { method: 'GET', path: '/api/v1/branches/{branch}', query: ['max_output', 'fields'], answer: 'json' },
  listAttempts: { method: 'GET', path: '/api/v1/actions/{action}', query: ['limit', 'cursor', 'sort', 'fields', 'max_output'], answer: 'json' },
  searchLogs: { method: 'GET', path: '/api/v1/logs', query: ['limit', 'cursor', 'fields', 'execution', 'branch', 'job', 'target', 'from', 'to', 'text', 'regex', 'ignore_case', 'level', 'phase', 'category', 'stream'], answer: 'json' },
  findSerials: { method: 'GET', path: '/api/v1/serials', query: ['limit', 'cursor', 'fields', 'pattern', 'status'], answer: 'json' },
  countSerials: { method: 'GET', path: '/api/v1/serials/counts', query: ['pattern', 'status', 'fields'], answer: 'json' },
  checkSerialPattern: { method: 'GET', path: '/api/v1/serials/check', query: ['pattern', 'fields'], answer: 'json' },
  getSerial: { method: 'GET', path: '/api/v1/serials/{serial}', query: ['fields'], answer: 'json' },
  followExecution: { method: 'GET', path: '/api/v1/executions/{serial}/events', answer: 'events', events: ['execution', 'branch', 'line', 'end'] },
  followJob: { method: 'GET', path: '/api/v1/jobs/{serial}/events', answer: 'events', events: ['execution'] },
  followExecutions: { method: 'GET', path: '/api/v1/events', answer: 'events', events: ['execution'] },
  listArtifacts: { method: 'GET', path: '/api/v1/artifacts', query: ['limit', 'cursor', 'sort', 'fields', 'type', 'execution', 'branch', 'action', 'search', 'created_by'], answer: 'json' },
  uploadArtifact: { method: 'POST', path: '/api/v1/artifacts', query: ['name'], takesKey: true, body: 'application/octet-stream', answer: 'json' },
  getArtifact: { method: 'GET', path: '/api/v1/artifacts/{uuid}', query: ['fields'], answer: 'json' },
  deleteArtifact: { method: 'DELETE', path: '/api/v1/artifacts/{uuid}', answer: 'nothing' },
  downloadArtifact: { method: 'GET', path: '/api/v1/artifacts/{uuid}/content', headers: ['range', 'if-range'], answer: 'bytes' },
  getMaintenance: { method: 'GET', path: '/api/v1/system/maintenance', query: ['fields'], answer: 'json' },
  changeMaintenance: { method: 'PUT', path: '/api/v1/system/maintenance', headers: ['if-match'], body: 'json', answer: 'json' },
  getDatabaseHealth: { method: 'GET', path: '/api/v1/system/database', query: ['fields'], answer: 'json' },
  getSystemInfo: { method: 'GET', path: '/api/v1/system/info', query: ['fields'], answer: 'json' },
  getDangerousPatterns: { method: 'GET', path: '/api/v1/system/dangerous-patterns', query: ['fields'], answer: 'json' },
  changeDangerousPatterns: { method: 'PUT', path: '/api/v1/system/dangerous-patterns', headers: ['if-match'], body: 'json', answer: 'json' },
  listSettings: { method: 'GET', path: '/api/v1/settings', answer: 'json' },
  changeSettings: { method: 'PATCH', path: '/api/v1/settings', headers: ['if-match'], body: 'json', answer: 'json' },
  getSetting: { method: 'GET', path: '/api/v1/settings/{key}', query: ['fields'], answer: 'json' },
  changeSetting: { method: 'PUT', path: '/api/v1/settings/{key}', headers: ['if-match'], body: 'json', answer: 'json' },
  removeSettingValue: { method: 'DELETE', path: '/api/v1/settings/{key}', headers: ['if-match'], answer: 'nothing' },
  listAuditEvents: { method: 'GET', path: '/api/v1/audit', query: ['limit', 'cursor', 'sort', 'fields', 'event_type', 'severity', 'user', 'via', 'resource_type', 'resource_id', 'ip', 'request_id', 'from', 'to', 'search'], answer: 'json' },
  getAuditEventTypes: { method: 'GET', path: '/api/v1/audit/event-types', query: ['fields'], answer: 'json' },
  getAuditStatistics: { method: 'GET', path: '/api/v1/audit/statistics', query: ['days', 'fields'], answer: 'json' },
  exportAudit: { method: 'GET', path: '/api/v1/audit/export', query: ['format', 'event_type', 'severity', 'user', 'via', 'resource_type', 'resource_id', 'ip', 'request_id', 'from', 'to', 'search'], answer: 'bytes' },
  listAuditSeals: { method: 'GET', path: '/api/v1/audit/seals', query: ['limit', 'cursor', 'sort', 'fields'], answer: 'json' },
  verifyAudit: { method: 'GET', path: '/api/v1/audit/verification', query: ['from', 'to', 'anchor'], answer: 'lines' },
  getAuditEvent: { method: 'GET', path: '/api/v1/audit/{id}', query: ['fields'], answer: 'json' },
  exportData: { method: 'POST', path: '/api/v1/data/export', takesKey: true, body: 'json', answer: 'bytes' },
  importData: { method: 'POST', path: '/api/v1/data/import', query: ['mode', 'validate_only'], headers: ['x-passphrase'], takesKey: true, body: 'json', answer: 'lines' },
} as const satisfies Record<keyof Operations, OperationShape>;
