import { OpenAPIHono, z } from '@hono/zod-openapi';
import { ExecutionSerial } from '../../contracts/execution.ts';
import { JobSerial } from '../../contracts/job.ts';
import type { LiveHub } from '../../services/live/live-hub.ts';
import type { DefineRoute } from '../define-route.ts';
import type { ApiEnv } from '../env.ts';
import { EVENTS_OF_RUN, EVENTS_OF_RUNS } from '../examples/streams.ts';
import { RUN_EVENTS, RUNS_EVENTS } from '../run-events.ts';
import { eventId, streamLive } from '../sse.ts';

const EventHeaders = z.object({
  'last-event-id': z
    .string()
    .max(64)
    .optional()
    .meta({ description: 'Id of the last event that was seen; the stream goes on from there.' }),
});

const stream = (description: string, example: string) => ({
  200: { content: { 'text/event-stream': { schema: z.unknown(), example } }, description },
});

const ENDS =
  'The stream ends with the event `closed` when the server stops (come back) or when the session or token may not read runs any more.';

/** Live events. */
export const eventRoutes = (hub: LiveHub, route: DefineRoute) =>
  new OpenAPIHono<ApiEnv>()
    .openapi(
      route(
        {
          method: 'get',
          path: '/executions/{serial}/events',
          tags: ['executions'],
          operationId: 'followExecution',
          summary: 'Follow a run live (server-sent events)',
          description: `Events: \`execution\`, \`branch\`, \`line\`, and \`end\` when the run has ended and all was sent. Ids are times, on the last event of what was read together; a stream resumed with Last-Event-ID starts ten seconds before it, so drop lines that you have by (branch_serial, line_number). ${ENDS}`,
          access: 'executions.read',
          streams: 'sse',
          'x-events': RUN_EVENTS,
          request: { params: z.object({ serial: ExecutionSerial }), headers: EventHeaders },
        },
        stream('A stream that ends with the run', EVENTS_OF_RUN),
      ),
      async (c) => {
        const since = eventId(c.req.valid('header')['last-event-id']);
        return streamLive(c, await hub.followRun(c.get('caller'), c.req.valid('param').serial, since));
      },
    )
    .openapi(
      route(
        {
          method: 'get',
          path: '/jobs/{serial}/events',
          tags: ['jobs'],
          operationId: 'followJob',
          summary: 'Follow the runs of a job live (server-sent events)',
          description: `One event, \`execution\`: a run of the job as it is now, first those that are open, then each that changes. ${ENDS}`,
          access: 'executions.read',
          streams: 'sse',
          'x-events': RUNS_EVENTS,
          request: { params: z.object({ serial: JobSerial }), headers: EventHeaders },
        },
        stream('A stream that goes on', EVENTS_OF_RUNS),
      ),
      async (c) => {
        const since = eventId(c.req.valid('header')['last-event-id']);
        return streamLive(c, await hub.followRuns(c.get('caller'), c.req.valid('param').serial, since));
      },
    )
    .openapi(
      route(
        {
          method: 'get',
          path: '/events',
          tags: ['executions'],
          operationId: 'followExecutions',
          summary: 'Follow all runs live (server-sent events)',
          description: `One event, \`execution\`: a run as it is now, first those that are open, then each that changes. A stream resumed with Last-Event-ID tells what changed since, up to an hour back. ${ENDS}`,
          access: 'executions.read',
          streams: 'sse',
          'x-events': RUNS_EVENTS,
          request: { headers: EventHeaders },
        },
        stream('A stream that goes on', EVENTS_OF_RUNS),
      ),
      async (c) => streamLive(c, await hub.followRuns(c.get('caller'), undefined, eventId(c.req.valid('header')['last-event-id']))),
    );
