import { OpenAPIHono, z } from '@hono/zod-openapi';
import { JobCheck, UncheckedJob } from '../../contracts/job-check.ts';
import { CloneTemplate, CreateTemplate, JobFromTemplate, TemplateFilter } from '../../contracts/job-template.ts';
import { Job, JobSummary, TemplateKey, TemplateSerial } from '../../contracts/job.ts';
import { JobUse } from '../../contracts/job-statistics.ts';
import { VersionNumber } from '../../contracts/job-version.ts';
import { pageOf } from '../../contracts/page.ts';
import type { ServiceDeps } from '../../services/context.ts';
import { cloneJobTemplate, createJobFromTemplate } from '../../services/jobs/copy-job.ts';
import { jobRevision } from '../../services/jobs/job-revision.ts';
import { readJobUse } from '../../services/jobs/job-use.ts';
import { getJob, listJobTemplates } from '../../services/jobs/read-jobs.ts';
import { updateJob } from '../../services/jobs/update-job.ts';
import { validateJob, validateStoredJob } from '../../services/jobs/validate-job.ts';
import { createJobTemplate, deleteJob } from '../../services/jobs/write-job.ts';
import { body, json, tagged } from '../define-route.ts';
import type { DefineRoute } from '../define-route.ts';
import type { ApiEnv } from '../env.ts';
import { CREATE_TEMPLATE, JOB, JOB_CHECK, JOB_FROM_TEMPLATE, JOB_SUMMARY, JOB_USE, TEMPLATE } from '../examples/jobs.ts';

const tags = ['templates'];
const TemplateRef = z.object({ serial: TemplateSerial });
const TemplateKeyRef = z.object({ serial: TemplateKey });
const Version = z.strictObject({ version: VersionNumber.optional().meta({ description: 'Default the current one.' }) });
const KIND = 'template';

/** Patterns for jobs: definitions that never run themselves. */
export const jobTemplateRoutes = (deps: ServiceDeps, route: DefineRoute) =>
  new OpenAPIHono<ApiEnv>()
    .openapi(
      route(
        {
          method: 'get',
          path: '/',
          tags,
          operationId: 'listJobTemplates',
          summary: 'List job templates',
          access: 'jobs.read',
          request: { query: TemplateFilter },
        },
        { 200: json(pageOf(JobSummary, 'JobPage'), 'A page', { data: [JOB_SUMMARY], next: null }) },
      ),
      async (c) => c.json(await listJobTemplates(deps, c.get('caller'), c.req.valid('query')), 200),
    )
    .openapi(
      route(
        {
          method: 'post',
          path: '/',
          tags,
          operationId: 'createJobTemplate',
          summary: 'Define a job template',
          access: 'jobs.write',
          problems: ['CONFIRMATION_NEEDED'],
          request: body(CreateTemplate, CREATE_TEMPLATE),
        },
        { 201: json(Job, 'Version 1 of the template', TEMPLATE) },
      ),
      async (c) => c.json(await createJobTemplate(deps, c.get('caller'), c.req.valid('json')), 201),
    )
    .openapi(
      route(
        {
          method: 'post',
          path: '/validate',
          tags,
          operationId: 'validateJobTemplate',
          summary: 'Check the definition of a template; nothing is written',
          access: 'jobs.read',
          request: body(UncheckedJob, CREATE_TEMPLATE),
        },
        { 200: json(JobCheck, 'All that is wrong with it', JOB_CHECK) },
      ),
      async (c) => c.json(await validateJob(deps, c.get('caller'), KIND, c.req.valid('json')), 200),
    )
    .openapi(
      route(
        {
          method: 'get',
          path: '/{serial}',
          tags,
          operationId: 'getJobTemplate',
          summary: 'Read a job template',
          access: 'jobs.read',
          etag: 'gives',
          request: { params: TemplateKeyRef, query: Version },
        },
        { 200: json(Job, 'The template', TEMPLATE) },
      ),
      async (c) => {
        const template = await getJob(deps, c.get('caller'), KIND, c.req.valid('param').serial, c.req.valid('query').version);
        return c.json(tagged(c, template, jobRevision), 200);
      },
    )
    .openapi(
      route(
        {
          method: 'put',
          path: '/{serial}',
          tags,
          operationId: 'updateJobTemplate',
          summary: 'Make a new version of a job template',
          access: 'jobs.write',
          etag: 'takes',
          problems: ['CONFIRMATION_NEEDED', 'CONFLICT'],
          request: { params: TemplateRef, ...body(CreateTemplate, CREATE_TEMPLATE) },
        },
        { 200: json(Job, 'The new version; the present one when nothing is another', TEMPLATE) },
      ),
      async (c) => {
        const input = { ...c.req.valid('json'), target_selector: null };
        const template = await updateJob(deps, c.get('caller'), KIND, c.req.valid('param').serial, input, c.get('expected'));
        return c.json(tagged(c, template, jobRevision), 200);
      },
    )
    .openapi(
      route(
        {
          method: 'delete',
          path: '/{serial}',
          tags,
          operationId: 'deleteJobTemplate',
          summary: 'Delete a job template; jobs that were made from it stay',
          access: 'jobs.write',
          etag: 'takes',
          problems: ['CONFLICT'],
          request: { params: TemplateRef },
        },
        { 204: { description: 'Deleted' } },
      ),
      async (c) => {
        await deleteJob(deps, c.get('caller'), KIND, c.req.valid('param').serial, c.get('expected'));
        return c.body(null, 204);
      },
    )
    .openapi(
      route(
        {
          method: 'post',
          path: '/{serial}/jobs',
          tags,
          operationId: 'createJobFromTemplate',
          summary: 'Make a job from a template',
          access: 'jobs.write',
          problems: ['CONFIRMATION_NEEDED', 'CREDENTIAL_UNREADABLE'],
          request: { params: TemplateRef, ...body(JobFromTemplate, JOB_FROM_TEMPLATE) },
          limits: { bodyBytes: 4 * 1_048_576 },
        },
        { 201: json(Job, 'The job', JOB) },
      ),
      async (c) => c.json(await createJobFromTemplate(deps, c.get('caller'), c.req.valid('param').serial, c.req.valid('json')), 201),
    )
    .openapi(
      route(
        {
          method: 'post',
          path: '/{serial}/clone',
          tags,
          operationId: 'cloneJobTemplate',
          summary: 'Make a template like another',
          access: 'jobs.write',
          problems: ['CONFIRMATION_NEEDED', 'CREDENTIAL_UNREADABLE'],
          request: { params: TemplateRef, ...body(CloneTemplate, { name: 'Disk space, weekly' }) },
        },
        { 201: json(Job, 'The new template', TEMPLATE) },
      ),
      async (c) => c.json(await cloneJobTemplate(deps, c.get('caller'), c.req.valid('param').serial, c.req.valid('json')), 201),
    )
    .openapi(
      route(
        {
          method: 'post',
          path: '/{serial}/validate',
          tags,
          operationId: 'validateStoredJobTemplate',
          summary: 'Check a template as it is stored, with the settings of today',
          access: 'jobs.read',
          request: { params: TemplateRef },
        },
        { 200: json(JobCheck, 'All that is wrong with it now', JOB_CHECK) },
      ),
      async (c) => c.json(await validateStoredJob(deps, c.get('caller'), { kind: KIND, ...c.req.valid('param') }), 200),
    )
    .openapi(
      route(
        {
          method: 'get',
          path: '/{serial}/used-by',
          tags,
          operationId: 'getJobTemplateUse',
          summary: 'Jobs that were made from a template',
          access: 'jobs.read',
          request: { params: TemplateRef },
        },
        { 200: json(JobUse, 'What came of it', JOB_USE) },
      ),
      async (c) => c.json(await readJobUse(deps, c.get('caller'), { kind: KIND, ...c.req.valid('param') }), 200),
    );
