import { OpenAPIHono, z } from '@hono/zod-openapi';
import { BranchSerial, ExecutionSerial, TargetLock } from '../../contracts/execution.ts';
import { pageOf } from '../../contracts/page.ts';
import { AnswerBatch, ChangeExecution, RetryBranches, SkipAction, SteeredExecution, SteerNote } from '../../contracts/steering.ts';
import type { ServiceDeps } from '../../services/context.ts';
import { cancelBranch } from '../../services/executions/cancel-branch.ts';
import { changeExecution } from '../../services/executions/change-execution.ts';
import { answerBatch, pauseExecution, resumeExecution } from '../../services/executions/hold-execution.ts';
import { LockFilter, listLocks } from '../../services/executions/list-locks.ts';
import { retryExecution } from '../../services/executions/retry-execution.ts';
import { skipAction } from '../../services/executions/skip-action.ts';
import { json } from '../define-route.ts';
import type { DefineRoute } from '../define-route.ts';
import type { ApiEnv } from '../env.ts';
import type { Permission } from '../../domain/permissions.ts';

const tags = ['executions'];
const params = z.object({ serial: ExecutionSerial });
const branchParams = z.object({ serial: ExecutionSerial, branch: BranchSerial });
/** A route that changes a run that goes on. */
const steering = <Method extends 'post' | 'patch', Path extends string, Params extends z.ZodObject, Body extends z.ZodType>(
  route: DefineRoute,
  method: Method,
  path: Path,
  { summary, access, params, body }: { summary: string; access: Permission; params: Params; body: Body },
) =>
  route(
    { method, path, tags, summary, access, problems: [404, 409], request: { params, body: { ...json(body, summary), required: true } } },
    { 200: json(SteeredExecution, 'The run as it is now; after a retry in a new run that one') },
  );

/** What people do to runs that go on. */
export const steeringRoutes = (deps: ServiceDeps, route: DefineRoute) =>
  new OpenAPIHono<ApiEnv>()
    .openapi(
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
    )
    .openapi(
      steering(route, 'post', '/{serial}/pause', {
        summary: 'Begin no further target; those at work go on',
        access: 'executions.steer',
        params,
        body: SteerNote,
      }),
      async (c) => c.json(await pauseExecution(deps, c.get('caller'), c.req.valid('param').serial, c.req.valid('json')), 200),
    )
    .openapi(
      steering(route, 'post', '/{serial}/resume', {
        summary: 'Let a run that is held go on',
        access: 'executions.steer',
        params,
        body: SteerNote,
      }),
      async (c) => c.json(await resumeExecution(deps, c.get('caller'), c.req.valid('param').serial, c.req.valid('json')), 200),
    )
    .openapi(
      steering(route, 'post', '/{serial}/approve', {
        summary: 'Answer the approval before the next batch',
        access: 'approvals.answer',
        params,
        body: AnswerBatch,
      }),
      async (c) => c.json(await answerBatch(deps, c.get('caller'), c.req.valid('param').serial, c.req.valid('json')), 200),
    )
    .openapi(
      steering(route, 'patch', '/{serial}', {
        summary: 'Change the window or the rollout of a run that goes on',
        access: 'executions.steer',
        params,
        body: ChangeExecution,
      }),
      async (c) => c.json(await changeExecution(deps, c.get('caller'), c.req.valid('param').serial, c.req.valid('json')), 200),
    )
    .openapi(
      steering(route, 'post', '/{serial}/retry', {
        summary: 'Run targets again that failed, in this run or in a new one',
        access: 'executions.steer',
        params,
        body: RetryBranches,
      }),
      async (c) => c.json(await retryExecution(deps, c.get('caller'), c.req.valid('param').serial, c.req.valid('json')), 200),
    )
    .openapi(
      steering(route, 'post', '/{serial}/branches/{branch}/cancel', {
        summary: 'Stop the work on one target',
        access: 'executions.cancel',
        params: branchParams,
        body: SteerNote,
      }),
      async (c) => {
        const { serial, branch } = c.req.valid('param');
        return c.json(await cancelBranch(deps, c.get('caller'), serial, branch, c.req.valid('json')), 200);
      },
    )
    .openapi(
      steering(route, 'post', '/{serial}/branches/{branch}/skip', {
        summary: 'End an action that runs, and go on behind it',
        access: 'executions.steer',
        params: branchParams,
        body: SkipAction,
      }),
      async (c) => {
        const { serial, branch } = c.req.valid('param');
        return c.json(await skipAction(deps, c.get('caller'), serial, branch, c.req.valid('json')), 200);
      },
    );
