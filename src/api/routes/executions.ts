import { OpenAPIHono, z } from '@hono/zod-openapi';
import { ActionResult, Branch, Execution, ExecutionSerial, LogLine } from '../../contracts/execution.ts';
import { pageOf } from '../../contracts/page.ts';
import { SteeredExecution, SteerNote } from '../../contracts/steering.ts';
import type { ServiceDeps } from '../../services/context.ts';
import { cancelExecution } from '../../services/executions/cancel-execution.ts';
import {
  BranchFilter,
  ExecutionFilter,
  LogFilter,
  ResultFilter,
  getExecution,
  listBranches,
  listExecutions,
  listLogs,
  listResults,
} from '../../services/executions/read-executions.ts';
import { json } from '../define-route.ts';
import type { DefineRoute } from '../define-route.ts';
import type { ApiEnv } from '../env.ts';
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

export const executionRoutes = (deps: ServiceDeps, route: DefineRoute, feed: RunFeed) =>
  new OpenAPIHono<ApiEnv>()
    .openapi(
      route(
        { method: 'get', path: '/', tags, summary: 'List runs', access: 'executions.read', request: { query: ExecutionFilter } },
        { 200: json(pageOf(Execution, 'ExecutionPage'), 'Newest first') },
      ),
      async (c) => c.json(await listExecutions(deps, c.get('caller'), c.req.valid('query')), 200),
    )
    .openapi(
      route(
        {
          method: 'get',
          path: '/{serial}',
          tags,
          summary: 'Read a run',
          access: 'executions.read',
          problems: [404],
          request: { params: ExecutionRef },
        },
        { 200: json(Execution, 'The run') },
      ),
      async (c) => c.json(await getExecution(deps, c.get('caller'), c.req.valid('param').serial), 200),
    )
    .openapi(
      route(
        {
          method: 'get',
          path: '/{serial}/branches',
          tags,
          summary: 'Branches of a run, one a target',
          access: 'executions.read',
          problems: [404],
          request: { params: ExecutionRef, query: BranchFilter },
        },
        { 200: json(pageOf(Branch, 'BranchPage'), 'By number') },
      ),
      async (c) => c.json(await listBranches(deps, c.get('caller'), c.req.valid('param').serial, c.req.valid('query')), 200),
    )
    .openapi(
      route(
        {
          method: 'get',
          path: '/{serial}/results',
          tags,
          summary: 'Attempts of the actions of a run, by target; a run that goes on adds to pages that were read',
          access: 'executions.read',
          problems: [404],
          request: { params: ExecutionRef, query: ResultFilter },
        },
        { 200: json(pageOf(ActionResult, 'ActionResultPage'), 'By target, oldest first') },
      ),
      async (c) => c.json(await listResults(deps, c.get('caller'), c.req.valid('param').serial, c.req.valid('query')), 200),
    )
    .openapi(
      route(
        {
          method: 'get',
          path: '/{serial}/logs',
          tags,
          summary: 'Log lines of a run; one that goes on is followed by its events',
          access: 'executions.read',
          problems: [404],
          request: { params: ExecutionRef, query: LogFilter },
        },
        { 200: json(pageOf(LogLine, 'LogPage'), 'Oldest first') },
      ),
      async (c) => c.json(await listLogs(deps, c.get('caller'), c.req.valid('param').serial, c.req.valid('query')), 200),
    )
    .openapi(
      route(
        {
          method: 'post',
          path: '/{serial}/cancel',
          tags,
          summary: 'Stop a run',
          access: 'executions.cancel',
          problems: [404],
          request: { params: ExecutionRef, body: { ...json(SteerNote, 'Why; may be left out'), required: false } },
        },
        { 202: json(SteeredExecution, 'Asked; the run ends as cancelled') },
      ),
      async (c) => c.json(await cancelExecution(deps, c.get('caller'), c.req.valid('param').serial, c.req.valid('json')), 202),
    )
    .openapi(
      route(
        {
          method: 'get',
          path: '/{serial}/events',
          tags,
          summary: 'Follow a run live (server-sent events)',
          description:
            'Events: `execution`, `branch`, `line`, and `end` when the run has ended and all was sent. Ids are times; a stream resumed with Last-Event-ID starts ten seconds before it, so drop lines that you have by (branch_serial, line_number).',
          access: 'executions.read',
          problems: [404],
          request: { params: ExecutionRef, headers: EventHeaders },
        },
        { 200: { content: { 'text/event-stream': { schema: z.string() } }, description: 'A stream that ends with the run' } },
      ),
      (c) => streamEvents(deps, feed, c, c.req.valid('param').serial, c.req.valid('header')['last-event-id']),
    );
