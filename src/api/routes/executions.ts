import { OpenAPIHono, z } from '@hono/zod-openapi';
import { Execution, ExecutionCountFilter, ExecutionFilter, ExecutionSerial } from '../../contracts/execution.ts';
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
import { EXECUTION, STEERED, STEER_NOTE } from '../examples/executions.ts';
import type { RunFeed } from '../../db/run-feed.ts';
import { streamEvents } from '../stream-events.ts';

const tags = ['executions'];
const ExecutionRef = z.object({ serial: ExecutionSerial });
const EventHeaders = z.object({
  'last-event-id': z
    .string()
    .max(64)
    .optional()
    .meta({ description: 'Id of the last event that was seen; the stream goes on from there.' }),
});

/** As `text/event-stream` writes it, field by field. */
const RunEvent = z
  .object({
    event: z.enum(['execution', 'branch', 'line', 'end']),
    id: z.string().optional(),
    data: z.string().meta({ contentMediaType: 'application/json', description: 'The execution, branch or line, as JSON.' }),
  })
  .meta({ id: 'RunEvent', description: 'One event of the stream.' });

export const executionRoutes = (deps: ServiceDeps, route: DefineRoute, feed: RunFeed) =>
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
          request: { params: ExecutionRef },
        },
        { 200: json(Execution, 'The run', EXECUTION) },
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
    )
    .openapi(
      route(
        {
          method: 'get',
          path: '/{serial}/events',
          tags,
          operationId: 'followExecution',
          summary: 'Follow a run live (server-sent events)',
          description:
            'Events: `execution`, `branch`, `line`, and `end` when the run has ended and all was sent. Ids are times; a stream resumed with Last-Event-ID starts ten seconds before it, so drop lines that you have by (branch_serial, line_number).',
          access: 'executions.read',
          streams: 'sse',
          request: { params: ExecutionRef, headers: EventHeaders },
        },
        { 200: { content: { 'text/event-stream': { schema: RunEvent } }, description: 'A stream that ends with the run' } },
      ),
      (c) => streamEvents(deps, feed, c, c.req.valid('param').serial, c.req.valid('header')['last-event-id']),
    );
