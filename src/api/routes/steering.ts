import { OpenAPIHono, z } from '@hono/zod-openapi';
import { BranchSerial, ExecutionSerial, LockFilter, TargetLock } from '../../contracts/execution.ts';
import { pageOf } from '../../contracts/page.ts';
import { AnswerBatch, ChangeExecution, RetryBranches, SkipAction, SteeredExecution, SteerNote } from '../../contracts/steering.ts';
import type { RunFeed } from '../../db/run-feed.ts';
import type { ServiceDeps } from '../../services/context.ts';
import { cancelBranch } from '../../services/executions/cancel-branch.ts';
import { changeExecution, executionRevision } from '../../services/executions/change-execution.ts';
import { answerBatch, pauseExecution, resumeExecution } from '../../services/executions/hold-execution.ts';
import { listLocks } from '../../services/executions/list-locks.ts';
import { retryExecution } from '../../services/executions/retry-execution.ts';
import { skipAction } from '../../services/executions/skip-action.ts';
import { json, tagged } from '../define-route.ts';
import type { DefineRoute } from '../define-route.ts';
import type { ApiEnv } from '../env.ts';
import type { WaitFor } from '../middleware/prefer-wait.ts';
import { waitForRun } from '../wait-for-run.ts';
import { ANSWER_BATCH, CHANGE_EXECUTION, RETRY_BRANCHES, SKIP_ACTION, STEERED, STEER_NOTE, TARGET_LOCK } from '../examples/executions.ts';
import type { ErrorCode } from '../../domain/ops-error.ts';
import type { Permission } from '../../domain/permissions.ts';

const tags = ['executions'];
const params = z.object({ serial: ExecutionSerial });
const branchParams = z.object({ serial: ExecutionSerial, branch: BranchSerial });
interface Steering<Params extends z.ZodObject, Body extends z.ZodType> {
  operationId: string;
  summary: string;
  access: Permission;
  etag?: 'takes';
  problems?: readonly ErrorCode[];
  waitFor?: WaitFor;
  params: Params;
  body: Body;
  example: z.input<Body>;
}

/** A route that changes a run that goes on. */
const steering = <Method extends 'post' | 'patch', Path extends string, Params extends z.ZodObject, Body extends z.ZodType>(
  route: DefineRoute,
  method: Method,
  path: Path,
  { params, body, example, problems = [], ...options }: Steering<Params, Body>,
) =>
  route(
    {
      method,
      path,
      tags,
      ...options,
      problems: ['CONFLICT' as const, ...problems],
      request: { params, body: { ...json(body, options.summary, example), required: true } },
    },
    { 200: json(SteeredExecution, 'The run as it is now; after a retry in a new run that one', STEERED) },
  );

/** What people do to runs that go on. */
export const steeringRoutes = (deps: ServiceDeps, route: DefineRoute, feed: RunFeed) =>
  new OpenAPIHono<ApiEnv>()
    .openapi(
      route(
        {
          method: 'get',
          path: '/locks',
          tags,
          operationId: 'listLocks',
          summary: 'Who holds which target, and who waits for it',
          access: 'executions.read',
          request: { query: LockFilter },
        },
        { 200: json(pageOf(TargetLock, 'TargetLockPage'), 'A page', { data: [TARGET_LOCK], next: null }) },
      ),
      async (c) => c.json(await listLocks(deps, c.get('caller'), c.req.valid('query')), 200),
    )
    .openapi(
      steering(route, 'post', '/{serial}/pause', {
        operationId: 'pauseExecution',
        summary: 'Begin no further target; those at work go on',
        access: 'executions.steer',
        params,
        body: SteerNote,
        example: STEER_NOTE,
      }),
      async (c) => c.json(await pauseExecution(deps, c.get('caller'), c.req.valid('param').serial, c.req.valid('json')), 200),
    )
    .openapi(
      steering(route, 'post', '/{serial}/resume', {
        operationId: 'resumeExecution',
        summary: 'Let a run that is held go on',
        access: 'executions.steer',
        params,
        body: SteerNote,
        example: STEER_NOTE,
      }),
      async (c) => c.json(await resumeExecution(deps, c.get('caller'), c.req.valid('param').serial, c.req.valid('json')), 200),
    )
    .openapi(
      steering(route, 'post', '/{serial}/approve', {
        operationId: 'answerBatch',
        summary: 'Answer the approval before the next batch',
        access: 'approvals.answer',
        params,
        body: AnswerBatch,
        example: ANSWER_BATCH,
      }),
      async (c) => c.json(await answerBatch(deps, c.get('caller'), c.req.valid('param').serial, c.req.valid('json')), 200),
    )
    .openapi(
      steering(route, 'patch', '/{serial}', {
        operationId: 'changeExecution',
        etag: 'takes',
        problems: ['TOO_MANY_BATCHES'],
        summary: 'Change the window or the rollout of a run that goes on',
        access: 'executions.steer',
        params,
        body: ChangeExecution,
        example: CHANGE_EXECUTION,
      }),
      async (c) => {
        const { serial } = c.req.valid('param');
        const execution = await changeExecution(deps, c.get('caller'), serial, c.req.valid('json'), c.get('expected'));
        return c.json(tagged(c, execution, executionRevision), 200);
      },
    )
    .openapi(
      steering(route, 'post', '/{serial}/retry', {
        operationId: 'retryExecution',
        problems: ['CREDENTIAL_UNREADABLE', 'TARGET_NOT_ACTIVE', 'MAINTENANCE'],
        summary: 'Run targets again that failed, in this run or in a new one',
        waitFor: waitForRun(deps, feed),
        access: 'executions.steer',
        params,
        body: RetryBranches,
        example: RETRY_BRANCHES,
      }),
      async (c) => {
        const run = await retryExecution(deps, c.get('caller'), c.req.valid('param').serial, c.req.valid('json'));
        c.set('execution', run.execution_serial);
        return c.json(run, 200);
      },
    )
    .openapi(
      steering(route, 'post', '/{serial}/branches/{branch}/cancel', {
        operationId: 'cancelBranch',
        summary: 'Stop the work on one target',
        access: 'executions.cancel',
        params: branchParams,
        body: SteerNote,
        example: STEER_NOTE,
      }),
      async (c) => {
        const { serial, branch } = c.req.valid('param');
        return c.json(await cancelBranch(deps, c.get('caller'), serial, branch, c.req.valid('json')), 200);
      },
    )
    .openapi(
      steering(route, 'post', '/{serial}/branches/{branch}/skip', {
        operationId: 'skipAction',
        summary: 'End an action that runs, and go on behind it',
        access: 'executions.steer',
        params: branchParams,
        body: SkipAction,
        example: SKIP_ACTION,
      }),
      async (c) => {
        const { serial, branch } = c.req.valid('param');
        return c.json(await skipAction(deps, c.get('caller'), serial, branch, c.req.valid('json')), 200);
      },
    );
