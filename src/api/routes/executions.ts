import { OpenAPIHono, z } from '@hono/zod-openapi';
import {
  Execution,
  ExecutionCountFilter,
  ExecutionFilter,
  ExecutionKey,
  ExecutionSerial,
  OneExecution,
} from '../../contracts/execution.ts';
import { ExecutionCounts } from '../../contracts/execution-summary.ts';
import { pageOf } from '../../contracts/page.ts';
import { SteeredExecution, SteerNote } from '../../contracts/steering.ts';
import type { ServiceDeps } from '../../services/context.ts';
import { cancelExecution } from '../../services/executions/cancel-execution.ts';
import { executionRevision } from '../../services/executions/change-execution.ts';
import { countExecutions, listExecutions } from '../../services/executions/list-executions.ts';
import { getExecution } from '../../services/executions/read-executions.ts';
import { json, tagged } from '../define-route.ts';
import type { DefineRoute } from '../define-route.ts';
import type { ApiEnv } from '../env.ts';
import { EXECUTION_COUNTS } from '../examples/execution-summary.ts';
import { EXECUTION, ONE_EXECUTION, STEERED, STEER_NOTE } from '../examples/executions.ts';

const tags = ['executions'];
const ExecutionRef = z.object({ serial: ExecutionSerial });
const ExecutionKeyRef = z.object({ serial: ExecutionKey });

export const executionRoutes = (deps: ServiceDeps, route: DefineRoute) =>
  new OpenAPIHono<ApiEnv>()
    .openapi(
      route(
        {
          method: 'get',
          path: '/',
          tags,
          operationId: 'listExecutions',
          summary: 'List runs',
          access: 'executions.read',
          request: { query: ExecutionFilter },
        },
        { 200: json(pageOf(Execution, 'ExecutionPage'), 'A page', { data: [EXECUTION], next: null }) },
      ),
      async (c) => c.json(await listExecutions(deps, c.get('caller'), c.req.valid('query')), 200),
    )
    .openapi(
      route(
        {
          method: 'get',
          path: '/counts',
          tags,
          operationId: 'countExecutions',
          summary: 'Count runs by state; of each state at most 10,000 are counted',
          access: 'executions.read',
          request: { query: ExecutionCountFilter },
        },
        { 200: json(ExecutionCounts, 'How many', EXECUTION_COUNTS) },
      ),
      async (c) => c.json(await countExecutions(deps, c.get('caller'), c.req.valid('query')), 200),
    )
    .openapi(
      route(
        {
          method: 'get',
          path: '/{serial}',
          tags,
          operationId: 'getExecution',
          summary: 'Read a run',
          access: 'executions.read',
          etag: 'gives',
          request: { params: ExecutionKeyRef },
        },
        { 200: json(OneExecution, 'The run', ONE_EXECUTION) },
      ),
      async (c) => c.json(tagged(c, await getExecution(deps, c.get('caller'), c.req.valid('param').serial), executionRevision), 200),
    )
    .openapi(
      route(
        {
          method: 'post',
          path: '/{serial}/cancel',
          tags,
          operationId: 'cancelExecution',
          summary: 'Stop a run',
          access: 'executions.cancel',
          problems: ['CONFLICT'],
          request: { params: ExecutionRef, body: { ...json(SteerNote, 'Why; may be left out', STEER_NOTE), required: false } },
        },
        { 202: json(SteeredExecution, 'Asked; the run ends as cancelled', STEERED) },
      ),
      async (c) => c.json(await cancelExecution(deps, c.get('caller'), c.req.valid('param').serial, c.req.valid('json')), 202),
    );
