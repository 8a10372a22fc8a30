import { OpenAPIHono, z } from '@hono/zod-openapi';
import { JobCheck, UncheckedJob } from '../../contracts/job-check.ts';
import { Job, JobSerial } from '../../contracts/job.ts';
import { JobsStatistics, JobStatistics, JobUse, StatisticsDays } from '../../contracts/job-statistics.ts';
import { ChangeJobTargets, JobTarget, JobTargetFilter } from '../../contracts/job-target.ts';
import { pageOf } from '../../contracts/page.ts';
import type { ServiceDeps } from '../../services/context.ts';
import { jobRevision } from '../../services/jobs/job-revision.ts';
import { readJobsStatistics, readJobStatistics } from '../../services/jobs/job-statistics.ts';
import { changeJobTargets, listJobTargets } from '../../services/jobs/job-targets.ts';
import { readJobUse } from '../../services/jobs/job-use.ts';
import { validateJob, validateStoredJob } from '../../services/jobs/validate-job.ts';
import { body, json, tagged } from '../define-route.ts';
import type { DefineRoute } from '../define-route.ts';
import type { ApiEnv } from '../env.ts';
import { CREATE_JOB, JOB, JOB_CHECK, JOB_STATISTICS, JOB_TARGET, JOB_USE, JOBS_STATISTICS } from '../examples/jobs.ts';

const tags = ['jobs'];
const JobRef = z.object({ serial: JobSerial });

/** What is known of jobs besides their definitions: checks, targets, use, statistics. */
export const jobFactRoutes = (deps: ServiceDeps, route: DefineRoute) =>
  new OpenAPIHono<ApiEnv>()
    .openapi(
      route(
        {
          method: 'get',
          path: '/statistics',
          tags,
          operationId: 'getJobsStatistics',
          summary: 'Count jobs, and how their runs ended',
          access: 'jobs.read',
          request: { query: StatisticsDays },
        },
        { 200: json(JobsStatistics, 'Of all jobs', JOBS_STATISTICS) },
      ),
      async (c) => c.json(await readJobsStatistics(deps, c.get('caller'), c.req.valid('query').days), 200),
    )
    .openapi(
      route(
        {
          method: 'post',
          path: '/validate',
          tags,
          operationId: 'validateJob',
          summary: 'Check a definition; nothing is written',
          access: 'jobs.read',
          request: body(UncheckedJob, CREATE_JOB),
        },
        { 200: json(JobCheck, 'All that is wrong with it', JOB_CHECK) },
      ),
      async (c) => c.json(await validateJob(deps, c.get('caller'), 'job', c.req.valid('json')), 200),
    )
    .openapi(
      route(
        {
          method: 'post',
          path: '/{serial}/validate',
          tags,
          operationId: 'validateStoredJob',
          summary: 'Check a job as it is stored, with the targets and settings of today',
          access: 'jobs.read',
          request: { params: JobRef },
        },
        { 200: json(JobCheck, 'All that is wrong with it now', JOB_CHECK) },
      ),
      async (c) => c.json(await validateStoredJob(deps, c.get('caller'), { kind: 'job', ...c.req.valid('param') }), 200),
    )
    .openapi(
      route(
        {
          method: 'get',
          path: '/{serial}/statistics',
          tags,
          operationId: 'getJobStatistics',
          summary: 'How the runs of a job ended, and how long they took',
          access: 'jobs.read',
          request: { params: JobRef, query: StatisticsDays },
        },
        { 200: json(JobStatistics, 'Of its runs', JOB_STATISTICS) },
      ),
      async (c) => c.json(await readJobStatistics(deps, c.get('caller'), c.req.valid('param').serial, c.req.valid('query').days), 200),
    )
    .openapi(
      route(
        {
          method: 'get',
          path: '/{serial}/used-by',
          tags,
          operationId: 'getJobUse',
          summary: 'What starts a job and what it runs on',
          access: 'jobs.read',
          request: { params: JobRef },
        },
        { 200: json(JobUse, 'What would miss it', JOB_USE) },
      ),
      async (c) => c.json(await readJobUse(deps, c.get('caller'), { kind: 'job', ...c.req.valid('param') }), 200),
    )
    .openapi(
      route(
        {
          method: 'get',
          path: '/{serial}/targets',
          tags,
          operationId: 'listJobTargets',
          summary: 'List the targets on the list of a job',
          access: 'jobs.read',
          request: { params: JobRef, query: JobTargetFilter },
        },
        { 200: json(pageOf(JobTarget, 'JobTargetPage'), 'A page', { data: [JOB_TARGET], next: null }) },
      ),
      async (c) => c.json(await listJobTargets(deps, c.get('caller'), c.req.valid('param').serial, c.req.valid('query')), 200),
    )
    .openapi(
      route(
        {
          method: 'post',
          path: '/{serial}/targets',
          tags,
          operationId: 'changeJobTargets',
          summary: 'Add targets to the list of a job, or take some from it',
          access: 'jobs.write',
          etag: 'takes',
          problems: ['CONFLICT'],
          request: { params: JobRef, ...body(ChangeJobTargets, { add: ['T20250002'], remove: ['T20250001'] }) },
          limits: { bodyBytes: 4 * 1_048_576 },
        },
        { 200: json(Job, 'The job; its version is the same', JOB) },
      ),
      async (c) => {
        const job = await changeJobTargets(deps, c.get('caller'), c.req.valid('param').serial, c.req.valid('json'), c.get('expected'));
        return c.json(tagged(c, job, jobRevision), 200);
      },
    );
