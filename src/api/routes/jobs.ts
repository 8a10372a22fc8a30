import { OpenAPIHono, z } from '@hono/zod-openapi';
import { Execution } from '../../contracts/execution.ts';
import { CloneJob } from '../../contracts/job-template.ts';
import { CreateJob, Job, JobFilter, JobKey, JobSerial, JobSummary, StartExecution } from '../../contracts/job.ts';
import { pageOf } from '../../contracts/page.ts';
import { JobPlan, PlanJob } from '../../contracts/plan.ts';
import type { RunFeed } from '../../db/run-feed.ts';
import type { ServiceDeps } from '../../services/context.ts';
import { planRun } from '../../services/executions/plan-run.ts';
import { startExecution } from '../../services/executions/start-execution.ts';
import { jobRevision } from '../../services/jobs/job-revision.ts';
import { getJob, listJobs } from '../../services/jobs/read-jobs.ts';
import { cloneJob } from '../../services/jobs/copy-job.ts';
import { updateJob } from '../../services/jobs/update-job.ts';
import { createJob, deleteJob } from '../../services/jobs/write-job.ts';
import { CONNECTING_SECONDS, body, json, tagged } from '../define-route.ts';
import type { DefineRoute } from '../define-route.ts';
import type { ApiEnv } from '../env.ts';
import { waitForRun } from '../wait-for-run.ts';
import { EXECUTION } from '../examples/executions.ts';
import { CLONE_JOB, CREATE_JOB, JOB, JOB_PLAN, JOB_SUMMARY, PLAN_JOB, START_EXECUTION } from '../examples/jobs.ts';

const tags = ['jobs'];
const DEFINITION_PROBLEMS = ['CONFIRMATION_NEEDED'] as const;
const PLAN_PROBLEMS = ['NO_TARGETS', 'TARGET_NOT_ACTIVE', 'VARIABLE_MISSING'] as const;
const START_PROBLEMS = [...PLAN_PROBLEMS, 'METHOD_MISSING', 'METHOD_UNSUPPORTED', 'MAINTENANCE'] as const;
/** 100,000 serials of targets are 1.3 MB. */
const WITH_TARGETS = { bodyBytes: 4 * 1_048_576 };
const JobRef = z.object({ serial: JobSerial });
const JobKeyRef = z.object({ serial: JobKey });
const Version = z.strictObject({
  version: z.coerce.number().int().min(1).max(1_000_000).optional().meta({ description: 'Default the current one.' }),
});

export const jobRoutes = (deps: ServiceDeps, route: DefineRoute, feed: RunFeed) =>
  new OpenAPIHono<ApiEnv>()
    .openapi(
      route(
        {
          method: 'get',
          path: '/',
          tags,
          operationId: 'listJobs',
          summary: 'List jobs',
          access: 'jobs.read',
          request: { query: JobFilter },
        },
        { 200: json(pageOf(JobSummary, 'JobPage'), 'A page', { data: [JOB_SUMMARY], next: null }) },
      ),
      async (c) => c.json(await listJobs(deps, c.get('caller'), c.req.valid('query')), 200),
    )
    .openapi(
      route(
        {
          method: 'post',
          path: '/',
          tags,
          operationId: 'createJob',
          summary: 'Define a job',
          access: 'jobs.write',
          problems: DEFINITION_PROBLEMS,
          limits: WITH_TARGETS,
          request: body(CreateJob, CREATE_JOB),
        },
        { 201: json(Job, 'Version 1 of the job', JOB) },
      ),
      async (c) => c.json(await createJob(deps, c.get('caller'), c.req.valid('json')), 201),
    )
    .openapi(
      route(
        {
          method: 'get',
          path: '/{serial}',
          tags,
          operationId: 'getJob',
          summary: 'Read a job',
          access: 'jobs.read',
          etag: 'gives',
          request: { params: JobKeyRef, query: Version },
        },
        { 200: json(Job, 'The job', JOB) },
      ),
      async (c) => {
        const job = await getJob(deps, c.get('caller'), 'job', c.req.valid('param').serial, c.req.valid('query').version);
        return c.json(tagged(c, job, jobRevision), 200);
      },
    )
    .openapi(
      route(
        {
          method: 'put',
          path: '/{serial}',
          tags,
          operationId: 'updateJob',
          summary: 'Make a new version of a job',
          access: 'jobs.write',
          etag: 'takes',
          problems: [...DEFINITION_PROBLEMS, 'CONFLICT'],
          limits: WITH_TARGETS,
          request: { params: JobRef, ...body(CreateJob, CREATE_JOB) },
        },
        { 200: json(Job, 'The new version; the present one when nothing is another', JOB) },
      ),
      async (c) => {
        const job = await updateJob(deps, c.get('caller'), 'job', c.req.valid('param').serial, c.req.valid('json'), c.get('expected'));
        return c.json(tagged(c, job, jobRevision), 200);
      },
    )
    .openapi(
      route(
        {
          method: 'delete',
          path: '/{serial}',
          tags,
          operationId: 'deleteJob',
          summary: 'Delete a job; its record stays',
          access: 'jobs.write',
          etag: 'takes',
          problems: ['CONFLICT'],
          request: { params: JobRef },
        },
        { 204: { description: 'Deleted' } },
      ),
      async (c) => {
        await deleteJob(deps, c.get('caller'), 'job', c.req.valid('param').serial, c.get('expected'));
        return c.body(null, 204);
      },
    )
    .openapi(
      route(
        {
          method: 'post',
          path: '/{serial}/clone',
          tags,
          operationId: 'cloneJob',
          summary: 'Make a job like another, secrets included',
          access: 'jobs.write',
          problems: [...DEFINITION_PROBLEMS, 'CREDENTIAL_UNREADABLE'],
          request: { params: JobRef, ...body(CloneJob, CLONE_JOB) },
          limits: WITH_TARGETS,
        },
        { 201: json(Job, 'The new job', JOB) },
      ),
      async (c) => c.json(await cloneJob(deps, c.get('caller'), c.req.valid('param').serial, c.req.valid('json')), 201),
    )
    .openapi(
      route(
        {
          method: 'post',
          path: '/{serial}/executions',
          tags,
          operationId: 'startExecution',
          summary: 'Run a job',
          access: 'jobs.execute',
          problems: START_PROBLEMS,
          waitFor: waitForRun(deps, feed),
          knowsKeys: true,
          limits: WITH_TARGETS,
          request: { params: JobRef, ...body(StartExecution, START_EXECUTION) },
        },
        {
          202: json(
            Execution,
            'Accepted: it will run exactly once. After `Prefer: wait=SECONDS` as it was when it had ended or the time was over',
            EXECUTION,
          ),
        },
      ),
      async (c) => {
        const { serial } = c.req.valid('param');
        const run = await startExecution(deps, c.get('caller'), serial, c.req.valid('json'), c.req.header('idempotency-key'));
        c.set('execution', run.execution_serial);
        return c.json(run, 202);
      },
    )
    .openapi(
      route(
        {
          method: 'post',
          path: '/{serial}/plan',
          tags,
          operationId: 'planJob',
          summary: 'What a run of a job would do; nothing is written',
          access: 'jobs.execute',
          problems: PLAN_PROBLEMS,
          limits: { ...WITH_TARGETS, seconds: CONNECTING_SECONDS },
          request: { params: JobRef, ...body(PlanJob, PLAN_JOB) },
        },
        { 200: json(JobPlan, 'One page of its targets', JOB_PLAN) },
      ),
      async (c) => c.json(await planRun(deps, c.get('caller'), c.req.valid('param').serial, c.req.valid('json')), 200),
    );
