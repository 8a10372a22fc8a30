import { OpenAPIHono, z } from '@hono/zod-openapi';
import { ActionSerial, AnswerApproval, Approval, ApprovalFilter, ResolveAttempt } from '../../contracts/action-answers.ts';
import { ActionResult, ExecutionSerial } from '../../contracts/execution.ts';
import { pageOf } from '../../contracts/page.ts';
import type { ServiceDeps } from '../../services/context.ts';
import { answerAction } from '../../services/executions/answer-action.ts';
import { listApprovals } from '../../services/executions/list-approvals.ts';
import { resolveAttempt } from '../../services/executions/resolve-attempt.ts';
import { body, json } from '../define-route.ts';
import type { DefineRoute } from '../define-route.ts';
import type { ApiEnv } from '../env.ts';
import { ACTION_RESULT, ANSWER_APPROVAL, APPROVAL, RESOLVE_ATTEMPT } from '../examples/executions.ts';

const tags = ['executions'];
const params = z.object({ serial: ExecutionSerial, action: ActionSerial });

/** What single actions wait for from a person: an answer, or what really happened. */
export const actionAnswerRoutes = (deps: ServiceDeps, route: DefineRoute) =>
  new OpenAPIHono<ApiEnv>()
    .openapi(
      route(
        {
          method: 'get',
          path: '/approvals',
          tags,
          operationId: 'listApprovals',
          summary: 'Actions that wait for the answer of a person',
          access: 'executions.read',
          request: { query: ApprovalFilter },
        },
        { 200: json(pageOf(Approval, 'ApprovalPage'), 'A page', { data: [APPROVAL], next: null }) },
      ),
      async (c) => c.json(await listApprovals(deps, c.get('caller'), c.req.valid('query')), 200),
    )
    .openapi(
      route(
        {
          method: 'post',
          path: '/{serial}/actions/{action}/answer',
          tags,
          operationId: 'answerAction',
          summary: 'Answer an approval; the first answer counts',
          access: 'approvals.answer',
          problems: ['CONFLICT'],
          request: { params, ...body(AnswerApproval, ANSWER_APPROVAL) },
        },
        { 200: json(ActionResult, 'How the approval ended', ACTION_RESULT) },
      ),
      async (c) => {
        const { serial, action } = c.req.valid('param');
        return c.json(await answerAction(deps, c.get('caller'), serial, action, c.req.valid('json')), 200);
      },
    )
    .openapi(
      route(
        {
          method: 'post',
          path: '/{serial}/actions/{action}/resolve',
          tags,
          operationId: 'resolveAttempt',
          summary: 'Tell what really happened to an attempt whose outcome is not known',
          access: 'executions.steer',
          problems: ['CONFLICT'],
          request: { params, ...body(ResolveAttempt, RESOLVE_ATTEMPT) },
        },
        { 200: json(ActionResult, 'The attempt, with what was told of it', ACTION_RESULT) },
      ),
      async (c) => {
        const { serial, action } = c.req.valid('param');
        return c.json(await resolveAttempt(deps, c.get('caller'), serial, action, c.req.valid('json')), 200);
      },
    );
