import { OpenAPIHono, z } from '@hono/zod-openapi';
import { Job, JobSerial, TemplateSerial } from '../../contracts/job.ts';
import { JobComparison, JobVersion, JobVersionFilter, RestoreVersion, VersionNumber } from '../../contracts/job-version.ts';
import { pageOf } from '../../contracts/page.ts';
import type { ServiceDeps } from '../../services/context.ts';
import type { Kind } from '../../services/jobs/job-kind.ts';
import { jobRevision } from '../../services/jobs/job-revision.ts';
import { compareJobVersions, listJobVersions } from '../../services/jobs/job-versions.ts';
import { restoreJobVersion } from '../../services/jobs/update-job.ts';
import { body, json, tagged } from '../define-route.ts';
import type { DefineRoute } from '../define-route.ts';
import type { ApiEnv } from '../env.ts';
import { JOB, JOB_COMPARISON, JOB_VERSION } from '../examples/jobs.ts';

const VersionPage = pageOf(JobVersion, 'JobVersionPage');

const NAMES = {
  job: { tags: ['jobs'], of: 'Job', a: 'a job', serial: JobSerial },
  template: { tags: ['templates'], of: 'JobTemplate', a: 'a template', serial: TemplateSerial },
} as const satisfies Record<Kind, object>;

/** Versions of jobs, or of templates. */
export const jobVersionRoutes = (deps: ServiceDeps, route: DefineRoute, kind: Kind) => {
  const { tags, of, a, serial: named } = NAMES[kind];
  const Ref = z.object({ serial: named });
  const VersionRef = Ref.extend({ version: VersionNumber });
  const VersionsRef = VersionRef.extend({ other: VersionNumber });
  return new OpenAPIHono<ApiEnv>()
    .openapi(
      route(
        {
          method: 'get',
          path: '/{serial}/versions',
          tags: [...tags],
          operationId: `list${of}Versions`,
          summary: `List the versions of ${a}`,
          access: 'jobs.read',
          request: { params: Ref, query: JobVersionFilter },
        },
        { 200: json(VersionPage, 'A page, the newest first', { data: [JOB_VERSION], next: null }) },
      ),
      async (c) => {
        const { serial } = c.req.valid('param');
        return c.json(await listJobVersions(deps, c.get('caller'), { kind, serial }, c.req.valid('query')), 200);
      },
    )
    .openapi(
      route(
        {
          method: 'get',
          path: '/{serial}/versions/{version}/diff/{other}',
          tags: [...tags],
          operationId: `compare${of}Versions`,
          summary: `In what two versions of ${a} differ`,
          access: 'jobs.read',
          request: { params: VersionsRef },
        },
        { 200: json(JobComparison, 'What is another in the second', JOB_COMPARISON) },
      ),
      async (c) => {
        const { serial, version, other } = c.req.valid('param');
        return c.json(await compareJobVersions(deps, c.get('caller'), { kind, serial }, [version, other]), 200);
      },
    )
    .openapi(
      route(
        {
          method: 'post',
          path: '/{serial}/versions/{version}/restore',
          tags: [...tags],
          operationId: `restore${of}Version`,
          summary: `Make a former version of ${a} the next one`,
          access: 'jobs.write',
          etag: 'takes',
          problems: ['CONFIRMATION_NEEDED', 'CONFLICT'],
          request: { params: VersionRef, ...body(RestoreVersion, { change_note: 'The new mirror is down.' }) },
        },
        { 200: json(Job, 'The new version; the present one when nothing is another', JOB) },
      ),
      async (c) => {
        const { serial, version } = c.req.valid('param');
        const { change_note: note } = c.req.valid('json');
        const job = await restoreJobVersion(deps, c.get('caller'), { kind, serial, version }, note, c.get('expected'));
        return c.json(tagged(c, job, jobRevision), 200);
      },
    );
};
