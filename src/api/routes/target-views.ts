import { OpenAPIHono, z } from '@hono/zod-openapi';
import { pageOf } from '../../contracts/page.ts';
import { TARGET_KINDS } from '../../contracts/target-kinds.ts';
import {
  TargetJob,
  TargetJobFilter,
  TargetKindList,
  TargetRun,
  TargetRunFilter,
  TargetStatistics,
  TargetStatisticsFilter,
} from '../../contracts/target-views.ts';
import { TargetKey } from '../../contracts/target.ts';
import type { ServiceDeps } from '../../services/context.ts';
import { listTargetJobs } from '../../services/targets/views/target-jobs.ts';
import { listTargetRuns } from '../../services/targets/views/target-runs.ts';
import { targetStatistics } from '../../services/targets/views/target-statistics.ts';
import { json } from '../define-route.ts';
import type { DefineRoute } from '../define-route.ts';
import type { ApiEnv } from '../env.ts';
import { TARGET_JOB, TARGET_RUN, TARGET_STATISTICS } from '../examples/target-views.ts';

const tags = ['targets'];
const TargetRef = z.object({ serial: TargetKey });

/** What is known of targets besides themselves. It comes before the routes of one target. */
export const targetViewRoutes = (deps: ServiceDeps, route: DefineRoute) =>
  new OpenAPIHono<ApiEnv>()
    .openapi(
      route(
        {
          method: 'get',
          path: '/statistics',
          tags,
          operationId: 'getTargetStatistics',
          summary: 'Count targets by what they are',
          access: 'targets.read',
          request: { query: TargetStatisticsFilter },
        },
        { 200: json(TargetStatistics, 'All, or those that the selector fits', TARGET_STATISTICS) },
      ),
      async (c) => c.json(await targetStatistics(deps, c.get('caller'), c.req.valid('query')), 200),
    )
    .openapi(
      route(
        {
          method: 'get',
          path: '/types',
          tags,
          operationId: 'listTargetTypes',
          summary: 'List kinds of targets, and the protocols by which they are usually reached',
          access: 'targets.read',
        },
        { 200: json(TargetKindList, 'Any protocol may be used with any kind', { data: [...TARGET_KINDS] }) },
      ),
      (c) => c.json({ data: [...TARGET_KINDS] }, 200),
    )
    .openapi(
      route(
        {
          method: 'get',
          path: '/{serial}/executions',
          tags,
          operationId: 'listTargetRuns',
          summary: 'List what runs did on a target',
          access: 'executions.read',
          request: { params: TargetRef, query: TargetRunFilter },
        },
        { 200: json(pageOf(TargetRun, 'TargetRunPage'), 'A page', { data: [TARGET_RUN], next: null }) },
      ),
      async (c) => c.json(await listTargetRuns(deps, c.get('caller'), c.req.valid('param').serial, c.req.valid('query')), 200),
    )
    .openapi(
      route(
        {
          method: 'get',
          path: '/{serial}/jobs',
          tags,
          operationId: 'listTargetJobs',
          summary: 'List the jobs that run on a target',
          access: 'jobs.read',
          request: { params: TargetRef, query: TargetJobFilter },
        },
        { 200: json(pageOf(TargetJob, 'TargetJobPage'), 'A page', { data: [TARGET_JOB], next: null }) },
      ),
      async (c) => c.json(await listTargetJobs(deps, c.get('caller'), c.req.valid('param').serial, c.req.valid('query')), 200),
    );
