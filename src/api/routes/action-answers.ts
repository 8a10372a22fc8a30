import { OpenAPIHono, z } from '@hono/zod-openapi';
import { ActionSerial, AnswerApproval, Approval, ResolveAttempt } from '../../contracts/action-answers.ts';
import { ActionResult, ExecutionSerial } from '../../contracts/execution.ts';
import { pageOf } from '../../contracts/page.ts';
import type { ServiceDeps } from '../../services/context.ts';
import { answerAction } from '../../services/executions/answer-action.ts';
import { ApprovalFilter, listApprovals } from '../../services/executions/list-approvals.ts';
import { resolveAttempt } from '../../services/executions/resolve-attempt.ts';
import { json } from '../define-route.ts';
import type { DefineRoute } from '../define-route.ts';
import type { ApiEnv } from '../env.ts';

const tags = ['executions'];
const params = z.object({ serial: ExecutionSerial, action: ActionSerial });
const body = <Schema extends z.ZodType>(schema: Schema, description: string) => ({
  body: { ...json(schema, description), required: true },
});

/** What single actions wait for from a person: an answer, or what really happened. */
export const actionAnswerRoutes = (deps: ServiceDeps, route: DefineRoute) =>
  new OpenAPIHono<ApiEnv>()
    .openapi(
      route(
        {
          method: 'get',
          path: '/approvals',
          tags,
          summary: 'Actions that wait for the answer of a person',
          access: 'executions.read',
          request: { query: ApprovalFilter },
        },
        { 200: json(pageOf(Approval, 'ApprovalPage'), 'Oldest first') },
      ),
      async (c) => c.json(await listApprovals(deps, c.get('caller'), c.req.valid('query')), 200),
    )
    .openapi(
      route(
        {
          method: 'post',
          path: '/{serial}/actions/{action}/answer',
          tags,
          summary: 'Answer an approval; the first answer counts',
          access: 'approvals.answer',
          problems: [404, 409, 503],
          request: { params, ...body(AnswerApproval, 'The answer') },
        },
        { 200: json(ActionResult, 'How the approval ended') },
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
          summary: 'Tell what really happened to an attempt whose outcome is not known',
          access: 'executions.steer',
          problems: [404, 409],
          request: { params, ...body(ResolveAttempt, 'What happened, and how it is known') },
        },
        { 200: json(ActionResult, 'The attempt, with what was told of it') },
      ),
      async (c) => {
        const { serial, action } = c.req.valid('param');
        return c.json(await resolveAttempt(deps, c.get('caller'), serial, action, c.req.valid('json')), 200);
      },
    );
