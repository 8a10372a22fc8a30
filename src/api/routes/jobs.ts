import { OpenAPIHono, z } from '@hono/zod-openapi';
import { Execution } from '../../contracts/execution.ts';
import { CreateJob, Job, JobSerial, JobSummary, StartExecution } from '../../contracts/job.ts';
import { pageOf } from '../../contracts/page.ts';
import { JobPlan, PlanJob } from '../../contracts/plan.ts';
import type { ServiceDeps } from '../../services/context.ts';
import { planRun } from '../../services/executions/plan-run.ts';
import { startExecution } from '../../services/executions/start-execution.ts';
import { JobFilter, getJob, listJobs } from '../../services/jobs/read-jobs.ts';
import { createJob, deleteJob, updateJob } from '../../services/jobs/write-job.ts';
import { json } from '../define-route.ts';
import type { DefineRoute } from '../define-route.ts';
import type { ApiEnv } from '../env.ts';

const tags = ['jobs'];
const JobRef = z.object({ serial: JobSerial });
const Version = z.strictObject({
  version: z.coerce.number().int().min(1).max(1_000_000).optional().meta({ description: 'Default the current one.' }),
});
const body = <Schema extends z.ZodType>(schema: Schema) => ({ body: { required: true, ...json(schema, '') } });

export const jobRoutes = (deps: ServiceDeps, route: DefineRoute) =>
  new OpenAPIHono<ApiEnv>()
    .openapi(
      route(
        { method: 'get', path: '/', tags, summary: 'List jobs', access: 'jobs.read', request: { query: JobFilter } },
        { 200: json(pageOf(JobSummary, 'JobPage'), 'Newest first') },
      ),
      async (c) => c.json(await listJobs(deps, c.get('caller'), c.req.valid('query')), 200),
    )
    .openapi(
      route(
        { method: 'post', path: '/', tags, summary: 'Define a job', access: 'jobs.write', request: body(CreateJob) },
        { 201: json(Job, 'Version 1 of the job') },
      ),
      async (c) => c.json(await createJob(deps, c.get('caller'), c.req.valid('json')), 201),
    )
    .openapi(
      route(
        {
          method: 'get',
          path: '/{serial}',
          tags,
          summary: 'Read a job',
          access: 'jobs.read',
          problems: [404],
          request: { params: JobRef, query: Version },
        },
        { 200: json(Job, 'The job') },
      ),
      async (c) => c.json(await getJob(deps, c.get('caller'), c.req.valid('param').serial, c.req.valid('query').version), 200),
    )
    .openapi(
      route(
        {
          method: 'put',
          path: '/{serial}',
          tags,
          summary: 'Make a new version of a job',
          access: 'jobs.write',
          problems: [404],
          request: { params: JobRef, ...body(CreateJob) },
        },
        { 200: json(Job, 'The new version') },
      ),
      async (c) => c.json(await updateJob(deps, c.get('caller'), c.req.valid('param').serial, c.req.valid('json')), 200),
    )
    .openapi(
      route(
        {
          method: 'delete',
          path: '/{serial}',
          tags,
          summary: 'Delete a job; its record stays',
          access: 'jobs.write',
          problems: [404, 409],
          request: { params: JobRef },
        },
        { 204: { description: 'Deleted' } },
      ),
      async (c) => {
        await deleteJob(deps, c.get('caller'), c.req.valid('param').serial);
        return c.body(null, 204);
      },
    )
    .openapi(
      route(
        {
          method: 'post',
          path: '/{serial}/executions',
          tags,
          summary: 'Run a job',
          access: 'jobs.execute',
          problems: [404],
          request: { params: JobRef, ...body(StartExecution) },
        },
        { 202: json(Execution, 'Accepted: it will run exactly once') },
      ),
      async (c) =>
        c.json(
          await startExecution(deps, c.get('caller'), c.req.valid('param').serial, c.req.valid('json'), c.req.header('idempotency-key')),
          202,
        ),
    )
    .openapi(
      route(
        {
          method: 'post',
          path: '/{serial}/plan',
          tags,
          summary: 'What a run of a job would do; nothing is written',
          access: 'jobs.execute',
          problems: [404],
          request: { params: JobRef, ...body(PlanJob) },
        },
        { 200: json(JobPlan, 'One page of its targets') },
      ),
      async (c) => c.json(await planRun(deps, c.get('caller'), c.req.valid('param').serial, c.req.valid('json')), 200),
    );
