import { OpenAPIHono } from '@hono/zod-openapi';
import { AppliedSchedules, ExportedSchedules, ScheduleCode, ScheduleCodeFilter, SchedulePlan } from '../../contracts/schedule-code.ts';
import { ScheduleDefinition } from '../../contracts/schedule.ts';
import type { ServiceDeps } from '../../services/context.ts';
import { applySchedules } from '../../services/schedules/code/apply-schedules.ts';
import { exportSchedules } from '../../services/schedules/code/export-schedules.ts';
import { planSchedules } from '../../services/schedules/code/plan-schedules.ts';
import { body, json } from '../define-route.ts';
import type { DefineRoute } from '../define-route.ts';
import type { ApiEnv } from '../env.ts';
import { APPLIED_SCHEDULES, EXPORTED_SCHEDULES, SCHEDULE_CODE, SCHEDULE_PLAN } from '../examples/schedule-code.ts';

const tags = ['schedules'];
/** Some thousands of definitions, and as long as Temporal may take to tell of them all. */
const limits = { bodyBytes: 16 * 1_048_576, seconds: 120 };

export const scheduleCodeRoutes = (deps: ServiceDeps, route: DefineRoute) => {
  const routes = new OpenAPIHono<ApiEnv>();
  // Made anew: one that was made before the framework was loaded, by the command line, cannot be registered.
  routes.openAPIRegistry.register('ScheduleDefinition', ScheduleDefinition.meta({ id: 'ScheduleDefinition' }));
  return routes
    .openapi(
      route(
        {
          method: 'post',
          path: '/plan',
          tags,
          operationId: 'planSchedules',
          summary: 'Show what definitions in code would change',
          description:
            'The whole set of definitions is sent, and held against the schedules that there are. What is wrong with any of them is in the answer, as is what somebody edited in Temporal. A repeat with the same Idempotency-Key is a new plan. See docs/schedules-as-code.md.',
          access: 'schedules.read',
          answersAnew: 'It changes nothing, and a plan is worth what it is held against now.',
          limits,
          request: body(ScheduleCode, SCHEDULE_CODE),
        },
        { 200: json(SchedulePlan, 'What an apply would do', SCHEDULE_PLAN) },
      ),
      async (c) => c.json(await planSchedules(deps, c.get('caller'), c.req.valid('json')), 200),
    )
    .openapi(
      route(
        {
          method: 'post',
          path: '/apply',
          tags,
          operationId: 'applySchedules',
          summary: 'Make schedules be as definitions in code say',
          description:
            'Nothing is applied when one of the definitions cannot be (422, with all that is wrong). What is so already is left alone, so that it may be sent again whatever became of it: `pending` says how many Temporal is still to be told of. A repeat with the same Idempotency-Key is answered as the first; to apply again, send another. One apply at a time (409).',
          access: 'schedules.write',
          problems: ['CONFLICT', 'UNPROCESSABLE'],
          limits,
          request: body(ScheduleCode, SCHEDULE_CODE),
        },
        { 200: json(AppliedSchedules, 'What was changed', APPLIED_SCHEDULES) },
      ),
      async (c) => c.json(await applySchedules(deps, c.get('caller'), c.req.valid('json')), 200),
    )
    .openapi(
      route(
        {
          method: 'get',
          path: '/definitions',
          tags,
          operationId: 'exportSchedules',
          summary: 'Read schedules as definitions in code',
          description: 'Of all schedules, of those that are named, or of those of one source. What has its default is left out.',
          access: 'schedules.read',
          problems: ['NOT_FOUND'],
          request: { query: ScheduleCodeFilter },
        },
        { 200: json(ExportedSchedules, 'The definitions', EXPORTED_SCHEDULES) },
      ),
      async (c) => c.json(await exportSchedules(deps, c.get('caller'), c.req.valid('query')), 200),
    );
};
