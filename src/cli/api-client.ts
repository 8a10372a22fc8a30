import { randomUUID } from 'node:crypto';
import { ReadableStream } from 'node:stream/web';
import type { z } from 'zod';
import type { Artifact } from '../contracts/artifact.ts';
import type { AuditEvent, AuditSeal, OneAuditEvent } from '../contracts/audit.ts';
import type { AuditVerificationLine } from '../contracts/audit-verification.ts';
import type { ChangeDangerousPatterns, DangerousPatterns } from '../contracts/dangerous-list.ts';
import type { ChangePassword, Login, Profile, SessionCreated } from '../contracts/auth.ts';
import type { AnswerApproval, Approval, ResolveAttempt } from '../contracts/action-answers.ts';
import type { ActionResult, Branch, Execution, LogLine, TargetLock } from '../contracts/execution.ts';
import type { ActionSummaries, ExecutionComparison, ExecutionCounts, ExecutionSummary } from '../contracts/execution-summary.ts';
import type { FoundLine } from '../contracts/log-search.ts';
import type { SerialMatch } from '../contracts/serial.ts';
import type { Job, JobSummary, StartExecution } from '../contracts/job.ts';
import type { JobCheck } from '../contracts/job-check.ts';
import type { JobsStatistics, JobStatistics, JobUse } from '../contracts/job-statistics.ts';
import type { ChangeJobTargets, JobTarget } from '../contracts/job-target.ts';
import type { CloneJob, CloneTemplate, JobFromTemplate } from '../contracts/job-template.ts';
import type { JobComparison, JobVersion, RestoreVersion } from '../contracts/job-version.ts';
import type { Page } from '../contracts/page.ts';
import type { JobPlan, PlanJob } from '../contracts/plan.ts';
import type { ChangeMaintenance, ChangeSetting, Maintenance, Setting } from '../contracts/setting.ts';
import type { AnswerBatch, ChangeExecution, RetryBranches, SkipAction, SteeredExecution, SteerNote } from '../contracts/steering.ts';
import type { TargetTest, TestTargets, UpdatedTargets, UpdateTargets } from '../contracts/target-bulk.ts';
import type { Credential, CredentialList, UpdateMethod } from '../contracts/target-method.ts';
import type { TargetJob, TargetKind, TargetRun, TargetStatistics } from '../contracts/target-views.ts';
import type { AcceptHostKey, ConnectionTest, CreateTarget, HostKey, Method, Target } from '../contracts/target.ts';
import { OpsError } from '../domain/ops-error.ts';
import type { RunEvent } from '../services/executions/follow-execution.ts';
import { createAccountCalls } from './http/account-calls.ts';
import type { AccountCalls } from './http/account-calls.ts';
import { followEvents } from './http/follow-events.ts';
import type { FollowOptions } from './http/follow-events.ts';
import { readLines } from './http/read-lines.ts';
import { retryPost } from './http/retry-post.ts';
import { sendRequest } from './http/send-request.ts';
import type { ApiAddress, ApiRequest } from './http/send-request.ts';

/** Filters and place of one page; what a list knows is in the OpenAPI document. */
export type ListQuery = Readonly<Record<string, string | number | undefined>>;

/** The calls of the API that the command line makes. All throw OpsError. */
export interface ApiClient extends AccountCalls {
  readonly url: string;
  login(input: Login): Promise<SessionCreated>;
  logout(): Promise<void>;
  me(): Promise<Profile>;
  changePassword(input: ChangePassword): Promise<void>;
  createTarget(input: z.input<typeof CreateTarget>): Promise<Target>;
  listTargets(query: ListQuery): Promise<Page<Target>>;
  getTarget(serial: string): Promise<Target>;
  /** The input is checked by the server, so it may be anything. */
  updateTarget(serial: string, input: unknown): Promise<Target>;
  testTarget(serial: string): Promise<ConnectionTest>;
  addTargetMethod(serial: string, input: unknown): Promise<Method>;
  getTargetMethod(serial: string, method: string): Promise<Method>;
  updateTargetMethod(serial: string, method: string, input: UpdateMethod): Promise<Method>;
  deleteTargetMethod(serial: string, method: string): Promise<void>;
  testTargetMethod(serial: string, method: string): Promise<ConnectionTest>;
  listCredentials(serial: string, method: string): Promise<CredentialList>;
  addCredential(serial: string, method: string, input: unknown): Promise<Credential>;
  updateCredential(serial: string, method: string, uuid: string, input: unknown): Promise<Credential>;
  deleteCredential(serial: string, method: string, uuid: string): Promise<void>;
  /** What came of each, as soon as it is there. */
  testTargets(input: TestTargets): Promise<AsyncIterable<TargetTest>>;
  updateTargets(input: z.input<typeof UpdateTargets>): Promise<UpdatedTargets>;
  getTargetStatistics(query: ListQuery): Promise<TargetStatistics>;
  listTargetTypes(): Promise<{ data: TargetKind[] }>;
  listTargetRuns(serial: string, query: ListQuery): Promise<Page<TargetRun>>;
  listTargetJobs(serial: string, query: ListQuery): Promise<Page<TargetJob>>;
  acceptHostKey(serial: string, query: ListQuery, input: AcceptHostKey): Promise<HostKey>;
  deleteTarget(serial: string): Promise<void>;
  /** The definition is checked by the server, so it may be anything. */
  createJob(definition: unknown): Promise<Job>;
  updateJob(serial: string, definition: unknown): Promise<Job>;
  listJobs(query: ListQuery): Promise<Page<JobSummary>>;
  getJob(serial: string, query?: ListQuery): Promise<Job>;
  deleteJob(serial: string): Promise<void>;
  cloneJob(serial: string, input: CloneJob): Promise<Job>;
  /** The definition may be anything: what is wrong with it is the answer. */
  validateJob(definition: unknown): Promise<JobCheck>;
  validateStoredJob(serial: string): Promise<JobCheck>;
  listJobVersions(serial: string, query: ListQuery): Promise<Page<JobVersion>>;
  compareJobVersions(serial: string, version: number, other: number): Promise<JobComparison>;
  restoreJobVersion(serial: string, version: number, input: RestoreVersion): Promise<Job>;
  getJobStatistics(serial: string, query: ListQuery): Promise<JobStatistics>;
  getJobsStatistics(query: ListQuery): Promise<JobsStatistics>;
  getJobUse(serial: string): Promise<JobUse>;
  listJobTargets(serial: string, query: ListQuery): Promise<Page<JobTarget>>;
  changeJobTargets(serial: string, input: ChangeJobTargets): Promise<Job>;
  createJobTemplate(definition: unknown): Promise<Job>;
  updateJobTemplate(serial: string, definition: unknown): Promise<Job>;
  listJobTemplates(query: ListQuery): Promise<Page<JobSummary>>;
  getJobTemplate(serial: string, query?: ListQuery): Promise<Job>;
  deleteJobTemplate(serial: string): Promise<void>;
  cloneJobTemplate(serial: string, input: CloneTemplate): Promise<Job>;
  validateJobTemplate(definition: unknown): Promise<JobCheck>;
  validateStoredJobTemplate(serial: string): Promise<JobCheck>;
  listJobTemplateVersions(serial: string, query: ListQuery): Promise<Page<JobVersion>>;
  compareJobTemplateVersions(serial: string, version: number, other: number): Promise<JobComparison>;
  restoreJobTemplateVersion(serial: string, version: number, input: RestoreVersion): Promise<Job>;
  getJobTemplateUse(serial: string): Promise<JobUse>;
  createJobFromTemplate(serial: string, input: JobFromTemplate): Promise<Job>;
  /** Writes nothing, so it needs no key. */
  planJob(job: string, input: z.input<typeof PlanJob>): Promise<JobPlan>;
  /** @param key the same key starts the same run, however often it is sent. */
  startExecution(job: string, input: StartExecution, key?: string): Promise<Execution>;
  listExecutions(query: ListQuery): Promise<Page<Execution>>;
  countExecutions(query: ListQuery): Promise<ExecutionCounts>;
  summariseExecution(serial: string): Promise<ExecutionSummary>;
  summariseActions(serial: string): Promise<ActionSummaries>;
  compareExecutions(first: string, second: string, query: ListQuery): Promise<ExecutionComparison>;
  getBranch(branch: string): Promise<Branch>;
  listAttempts(action: string, query: ListQuery): Promise<Page<ActionResult>>;
  findSerials(query: ListQuery): Promise<Page<SerialMatch>>;
  searchLogs(query: ListQuery): Promise<Page<FoundLine>>;
  /** All lines of a run as a file. */
  downloadLog(serial: string, query: ListQuery): Promise<AsyncIterable<Uint8Array>>;
  getExecution(serial: string): Promise<Execution>;
  listBranches(serial: string, query: ListQuery): Promise<Page<Branch>>;
  listLogs(serial: string, query: ListQuery): Promise<Page<LogLine>>;
  cancelExecution(serial: string, input: SteerNote): Promise<SteeredExecution>;
  pauseExecution(serial: string, input: SteerNote): Promise<SteeredExecution>;
  resumeExecution(serial: string, input: SteerNote): Promise<SteeredExecution>;
  answerBatch(serial: string, input: AnswerBatch): Promise<SteeredExecution>;
  changeExecution(serial: string, input: ChangeExecution): Promise<SteeredExecution>;
  /** The new run, if one was asked for. */
  retryExecution(serial: string, input: RetryBranches): Promise<SteeredExecution>;
  cancelBranch(serial: string, branch: string, input: SteerNote): Promise<SteeredExecution>;
  skipAction(serial: string, branch: string, input: SkipAction): Promise<SteeredExecution>;
  listLocks(query: ListQuery): Promise<Page<TargetLock>>;
  listResults(serial: string, query: ListQuery): Promise<Page<ActionResult>>;
  listApprovals(query: ListQuery): Promise<Page<Approval>>;
  answerAction(execution: string, action: string, input: AnswerApproval): Promise<ActionResult>;
  resolveAttempt(execution: string, action: string, input: ResolveAttempt): Promise<ActionResult>;
  dangerousPatterns(): Promise<DangerousPatterns>;
  changeDangerousPatterns(input: ChangeDangerousPatterns): Promise<DangerousPatterns>;
  listSettings(): Promise<{ data: Setting[] }>;
  getSetting(key: string): Promise<Setting>;
  changeSetting(key: string, input: ChangeSetting): Promise<Setting>;
  removeSettingValue(key: string): Promise<void>;
  maintenance(): Promise<Maintenance>;
  changeMaintenance(input: ChangeMaintenance): Promise<Maintenance>;
  listAuditEvents(query: ListQuery): Promise<Page<AuditEvent>>;
  getAuditEvent(id: string): Promise<OneAuditEvent>;
  listAuditSeals(query: ListQuery): Promise<Page<AuditSeal>>;
  exportAudit(query: ListQuery): Promise<AsyncIterable<Uint8Array>>;
  /** Lines as they come; the last one is the verdict, unless the connection breaks. */
  verifyAudit(query: ListQuery): AsyncIterable<AuditVerificationLine>;
  uploadArtifact(name: string, file: Blob): Promise<Artifact>;
  listArtifacts(query: ListQuery): Promise<Page<Artifact>>;
  getArtifact(uuid: string): Promise<Artifact>;
  downloadArtifact(uuid: string): Promise<AsyncIterable<Uint8Array>>;
  deleteArtifact(uuid: string): Promise<void>;
  /** Follows a run to its end, through broken connections; every line comes once. */
  events(serial: string, options?: FollowOptions): AsyncGenerator<RunEvent, void, undefined>;
}

const readJson = async <Answer>(address: ApiAddress, response: Response): Promise<Answer> => {
  if (response.status === 204) return undefined as Answer;
  try {
    return (await response.json()) as Answer;
  } catch (cause) {
    throw new OpsError('UNAVAILABLE', `${address.url} answers, but not as OpsConductor does. Is the address right?`, { cause });
  }
};

const createCalls = (address: ApiAddress) => {
  const call = async <Answer>(request: ApiRequest): Promise<Answer> => readJson<Answer>(address, await sendRequest(address, request));
  return {
    call,
    get: <Answer>(path: string, query: ListQuery = {}) => call<Answer>({ method: 'GET', path: `/api/v1${path}`, query }),
    remove: <Answer = void>(path: string) => call<Answer>({ method: 'DELETE', path: `/api/v1${path}` }),
    post: <Answer>(path: string, body?: unknown, key: string = randomUUID()) =>
      retryPost(() => call<Answer>({ method: 'POST', path: `/api/v1${path}`, body, headers: { 'idempotency-key': key } })),
  };
};

const at = (serial: string): string => encodeURIComponent(serial);

const versionCalls = ({ get, post }: Pick<ReturnType<typeof createCalls>, 'get' | 'post'>) => {
  const of = (kind: 'jobs' | 'job-templates') => ({
    list: (serial: string, query: ListQuery) => get<Page<JobVersion>>(`/${kind}/${at(serial)}/versions`, query),
    compare: (serial: string, version: number, other: number) =>
      get<JobComparison>(`/${kind}/${at(serial)}/versions/${version}/diff/${other}`),
    restore: (serial: string, version: number, input: RestoreVersion) =>
      post<Job>(`/${kind}/${at(serial)}/versions/${version}/restore`, input),
  });
  const [jobs, templates] = [of('jobs'), of('job-templates')];
  return {
    listJobVersions: jobs.list,
    compareJobVersions: jobs.compare,
    restoreJobVersion: jobs.restore,
    listJobTemplateVersions: templates.list,
    compareJobTemplateVersions: templates.compare,
    restoreJobTemplateVersion: templates.restore,
  };
};

/** Typed calls over HTTP. POSTs carry an idempotency key and are repeated with it, up to five times, while the server is away. */
export const createApiClient = (address: ApiAddress): ApiClient => {
  const calls = createCalls(address);
  const { call, get, post, remove } = calls;
  return {
    ...createAccountCalls(calls),
    url: address.url,
    // No key is kept for callers who are not logged in yet: a login is sent once.
    login: (input) => call({ method: 'POST', path: '/api/v1/auth/login', body: input }),
    logout: () => post('/auth/logout'),
    me: () => get('/auth/me'),
    changePassword: (input) => post('/auth/password', input),
    createTarget: (input) => post('/targets', input),
    listTargets: (query) => get('/targets', query),
    getTarget: (serial) => get(`/targets/${at(serial)}`),
    updateTarget: (serial, input) => call({ method: 'PATCH', path: `/api/v1/targets/${at(serial)}`, body: input }),
    // It looks at the host anew each time, so it needs no key.
    acceptHostKey: (serial, query, input) => call({ method: 'POST', path: `/api/v1/targets/${at(serial)}/host-key`, query, body: input }),
    testTarget: (serial) => post(`/targets/${at(serial)}/test`),
    addTargetMethod: (serial, input) => post(`/targets/${at(serial)}/methods`, input),
    getTargetMethod: (serial, method) => get(`/targets/${at(serial)}/methods/${at(method)}`),
    updateTargetMethod: (serial, method, input) =>
      call({ method: 'PATCH', path: `/api/v1/targets/${at(serial)}/methods/${at(method)}`, body: input }),
    deleteTargetMethod: (serial, method) => remove(`/targets/${at(serial)}/methods/${at(method)}`),
    testTargetMethod: (serial, method) => post(`/targets/${at(serial)}/methods/${at(method)}/test`),
    listCredentials: (serial, method) => get(`/targets/${at(serial)}/methods/${at(method)}/credentials`),
    addCredential: (serial, method, input) => post(`/targets/${at(serial)}/methods/${at(method)}/credentials`, input),
    updateCredential: (serial, method, uuid, input) =>
      call({ method: 'PATCH', path: `/api/v1/targets/${at(serial)}/methods/${at(method)}/credentials/${at(uuid)}`, body: input }),
    deleteCredential: (serial, method, uuid) => remove(`/targets/${at(serial)}/methods/${at(method)}/credentials/${at(uuid)}`),
    async testTargets(input) {
      const { body } = await sendRequest(address, { method: 'POST', path: '/api/v1/targets/bulk/test', body: input });
      return readLines<TargetTest>(body ?? ReadableStream.from<Uint8Array>([]));
    },
    updateTargets: (input) => post('/targets/bulk/update', input),
    getTargetStatistics: (query) => get('/targets/statistics', query),
    listTargetTypes: () => get('/targets/types'),
    listTargetRuns: (serial, query) => get(`/targets/${at(serial)}/executions`, query),
    listTargetJobs: (serial, query) => get(`/targets/${at(serial)}/jobs`, query),
    deleteTarget: (serial) => remove(`/targets/${at(serial)}`),
    createJob: (definition) => post('/jobs', definition),
    updateJob: (serial, definition) => call({ method: 'PUT', path: `/api/v1/jobs/${at(serial)}`, body: definition }),
    listJobs: (query) => get('/jobs', query),
    getJob: (serial, query) => get(`/jobs/${at(serial)}`, query),
    deleteJob: (serial) => remove(`/jobs/${at(serial)}`),
    cloneJob: (serial, input) => post(`/jobs/${at(serial)}/clone`, input),
    // They write nothing, so they need no key.
    validateJob: (definition) => call({ method: 'POST', path: '/api/v1/jobs/validate', body: definition }),
    validateStoredJob: (serial) => call({ method: 'POST', path: `/api/v1/jobs/${at(serial)}/validate` }),
    ...versionCalls({ get, post }),
    getJobStatistics: (serial, query) => get(`/jobs/${at(serial)}/statistics`, query),
    getJobsStatistics: (query) => get('/jobs/statistics', query),
    getJobUse: (serial) => get(`/jobs/${at(serial)}/used-by`),
    listJobTargets: (serial, query) => get(`/jobs/${at(serial)}/targets`, query),
    changeJobTargets: (serial, input) => post(`/jobs/${at(serial)}/targets`, input),
    createJobTemplate: (definition) => post('/job-templates', definition),
    updateJobTemplate: (serial, definition) => call({ method: 'PUT', path: `/api/v1/job-templates/${at(serial)}`, body: definition }),
    listJobTemplates: (query) => get('/job-templates', query),
    getJobTemplate: (serial, query) => get(`/job-templates/${at(serial)}`, query),
    deleteJobTemplate: (serial) => remove(`/job-templates/${at(serial)}`),
    cloneJobTemplate: (serial, input) => post(`/job-templates/${at(serial)}/clone`, input),
    validateJobTemplate: (definition) => call({ method: 'POST', path: '/api/v1/job-templates/validate', body: definition }),
    validateStoredJobTemplate: (serial) => call({ method: 'POST', path: `/api/v1/job-templates/${at(serial)}/validate` }),
    getJobTemplateUse: (serial) => get(`/job-templates/${at(serial)}/used-by`),
    createJobFromTemplate: (serial, input) => post(`/job-templates/${at(serial)}/jobs`, input),
    planJob: (job, input) => call({ method: 'POST', path: `/api/v1/jobs/${at(job)}/plan`, body: input }),
    startExecution: (job, input, key) => post(`/jobs/${at(job)}/executions`, input, key),
    listExecutions: (query) => get('/executions', query),
    countExecutions: (query) => get('/executions/counts', query),
    summariseExecution: (serial) => get(`/executions/${at(serial)}/summary`),
    summariseActions: (serial) => get(`/executions/${at(serial)}/actions`),
    compareExecutions: (first, second, query) => get(`/executions/${at(first)}/compare/${at(second)}`, query),
    getBranch: (branch) => get(`/branches/${at(branch)}`),
    listAttempts: (action, query) => get(`/actions/${at(action)}`, query),
    findSerials: (query) => get('/serials', query),
    searchLogs: (query) => get('/logs', query),
    async downloadLog(serial, query) {
      const accept = 'text/plain, application/x-ndjson, application/problem+json';
      const path = `/api/v1/executions/${at(serial)}/logs/download`;
      const { body } = await sendRequest(address, { method: 'GET', path, query, headers: { accept } });
      return body ?? ReadableStream.from<Uint8Array>([]);
    },
    getExecution: (serial) => get(`/executions/${at(serial)}`),
    listBranches: (serial, query) => get(`/executions/${at(serial)}/branches`, query),
    listLogs: (serial, query) => get(`/executions/${at(serial)}/logs`, query),
    cancelExecution: (serial, input) => post(`/executions/${at(serial)}/cancel`, input),
    pauseExecution: (serial, input) => post(`/executions/${at(serial)}/pause`, input),
    resumeExecution: (serial, input) => post(`/executions/${at(serial)}/resume`, input),
    answerBatch: (serial, input) => post(`/executions/${at(serial)}/approve`, input),
    changeExecution: (serial, input) => call({ method: 'PATCH', path: `/api/v1/executions/${at(serial)}`, body: input }),
    retryExecution: (serial, input) => post(`/executions/${at(serial)}/retry`, input),
    cancelBranch: (serial, branch, input) => post(`/executions/${at(serial)}/branches/${at(branch)}/cancel`, input),
    skipAction: (serial, branch, input) => post(`/executions/${at(serial)}/branches/${at(branch)}/skip`, input),
    listLocks: (query) => get('/executions/locks', query),
    listResults: (serial, query) => get(`/executions/${at(serial)}/results`, query),
    listApprovals: (query) => get('/executions/approvals', query),
    answerAction: (serial, action, input) => post(`/executions/${at(serial)}/actions/${at(action)}/answer`, input),
    resolveAttempt: (serial, action, input) => post(`/executions/${at(serial)}/actions/${at(action)}/resolve`, input),
    dangerousPatterns: () => get('/system/dangerous-patterns'),
    listSettings: () => get('/settings'),
    getSetting: (key) => get(`/settings/${at(key)}`),
    changeSetting: (key, input) => call({ method: 'PUT', path: `/api/v1/settings/${at(key)}`, body: input }),
    removeSettingValue: (key) => remove(`/settings/${at(key)}`),
    maintenance: () => get('/system/maintenance'),
    changeMaintenance: (input) => call({ method: 'PUT', path: '/api/v1/system/maintenance', body: input }),
    listAuditEvents: (query) => get('/audit', query),
    getAuditEvent: (id) => get(`/audit/${at(id)}`),
    listAuditSeals: (query) => get('/audit/seals', query),
    async exportAudit(query) {
      const { body } = await sendRequest(address, { method: 'GET', path: '/api/v1/audit/export', query, headers: { accept: '*/*' } });
      return body ?? ReadableStream.from<Uint8Array>([]);
    },
    async *verifyAudit(query) {
      const { body } = await sendRequest(address, { method: 'GET', path: '/api/v1/audit/verification', query, headers: { accept: '*/*' } });
      yield* readLines<AuditVerificationLine>(body);
    },
    changeDangerousPatterns: (input) => call({ method: 'PUT', path: '/api/v1/system/dangerous-patterns', body: input }),
    uploadArtifact(name, file) {
      const request = { path: '/api/v1/artifacts', query: { name }, file, headers: { 'idempotency-key': randomUUID() } };
      return retryPost(() => call({ method: 'POST', ...request }));
    },
    listArtifacts: (query) => get('/artifacts', query),
    getArtifact: (uuid) => get(`/artifacts/${at(uuid)}`),
    deleteArtifact: (uuid) => remove(`/artifacts/${at(uuid)}`),
    async downloadArtifact(uuid) {
      const { body } = await sendRequest(address, { method: 'GET', path: `/api/v1/artifacts/${at(uuid)}/content` });
      return body ?? ReadableStream.from<Uint8Array>([]);
    },
    events: (serial, options) =>
      followEvents((lastEventId, signal) => {
        const resume = lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
        return sendRequest(address, {
          method: 'GET',
          path: `/api/v1/executions/${at(serial)}/events`,
          signal,
          headers: { accept: 'text/event-stream', ...resume },
        });
      }, options),
  };
};
