import { OpenAPIHono } from '@hono/zod-openapi';
import { TargetLock } from '../../contracts/execution.ts';
import { pageOf } from '../../contracts/page.ts';
import type { ServiceDeps } from '../../services/context.ts';
import { LockFilter, listLocks } from '../../services/executions/list-locks.ts';
import { json } from '../define-route.ts';
import type { DefineRoute } from '../define-route.ts';
import type { ApiEnv } from '../env.ts';

const tags = ['executions'];

/** What people do to runs that go on. */
export const steeringRoutes = (deps: ServiceDeps, route: DefineRoute) =>
  new OpenAPIHono<ApiEnv>().openapi(
    route(
      {
        method: 'get',
        path: '/locks',
        tags,
        summary: 'Who holds which target, and who waits for it',
        access: 'executions.read',
        request: { query: LockFilter },
      },
      { 200: json(pageOf(TargetLock, 'TargetLockPage'), 'Oldest first') },
    ),
    async (c) => c.json(await listLocks(deps, c.get('caller'), c.req.valid('query')), 200),
  );
