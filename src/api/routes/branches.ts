import { OpenAPIHono, z } from '@hono/zod-openapi';
import { ActionSerial, AttemptFilter, Branch, BranchSerial, OneBranch } from '../../contracts/execution.ts';
import type { ServiceDeps } from '../../services/context.ts';
import { getBranch } from '../../services/executions/read-branches.ts';
import { listAttempts } from '../../services/executions/read-results.ts';
import { json } from '../define-route.ts';
import type { DefineRoute } from '../define-route.ts';
import type { ApiEnv } from '../env.ts';
import { ACTION_RESULT, BRANCH } from '../examples/executions.ts';
import { ActionResultPage } from './execution-parts.ts';

const tags = ['executions'];

/** One branch, one action, by serials of their own. */
export const branchRoutes = (deps: ServiceDeps, route: DefineRoute) =>
  new OpenAPIHono<ApiEnv>()
    .openapi(
      route(
        {
          method: 'get',
          path: '/branches/{branch}',
          tags,
          operationId: 'getBranch',
          summary: 'Read a branch: one target of a run',
          access: 'executions.read',
          request: { params: z.object({ branch: BranchSerial }), query: OneBranch },
        },
        { 200: json(Branch, 'The branch', BRANCH) },
      ),
      async (c) => c.json(await getBranch(deps, c.get('caller'), c.req.valid('param').branch, c.req.valid('query')), 200),
    )
    .openapi(
      route(
        {
          method: 'get',
          path: '/actions/{action}',
          tags,
          operationId: 'listAttempts',
          summary: 'Attempts of one action on one target, with their outputs',
          access: 'executions.read',
          request: { params: z.object({ action: ActionSerial }), query: AttemptFilter },
        },
        { 200: json(ActionResultPage, 'A page', { data: [ACTION_RESULT], next: null }) },
      ),
      async (c) => c.json(await listAttempts(deps, c.get('caller'), c.req.valid('param').action, c.req.valid('query')), 200),
    );
