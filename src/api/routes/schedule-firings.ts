import { OpenAPIHono, z } from '@hono/zod-openapi';
import { pageOf } from '../../contracts/page.ts';
import {
  BackfillSchedule,
  FeedPeriod,
  FiringFilter,
  Period,
  PreviewSchedule,
  ScheduleBackfill,
  ScheduleFiring,
  SchedulePreview,
  ScheduleSerial,
  UpcomingFirings,
} from '../../contracts/schedule.ts';
import type { ServiceDeps } from '../../services/context.ts';
import { scheduleFeed } from '../../services/schedules/feed.ts';
import { backfillSchedule, runScheduleNow } from '../../services/schedules/fire-schedule.ts';
import { listUpcoming, previewSchedule } from '../../services/schedules/foresee.ts';
import { listFirings } from '../../services/schedules/read-firings.ts';
import { body, json } from '../define-route.ts';
import type { DefineRoute } from '../define-route.ts';
import type { ApiEnv } from '../env.ts';
import { BACKFILL, FIRING, PREVIEW, SCHEDULE_PREVIEW, UPCOMING } from '../examples/schedules.ts';
import { SCHEDULE_ICS } from '../examples/streams.ts';

const tags = ['schedules'];
const ScheduleRef = z.object({ serial: ScheduleSerial });
const LEDGER = json(pageOf(ScheduleFiring, 'ScheduleFiringPage'), 'A page', { data: [FIRING], next: null });
const ICALENDAR = 'text/calendar';
const FEED = { content: { [ICALENDAR]: { schema: z.string(), example: SCHEDULE_ICS } }, description: 'An iCalendar document (RFC 5545)' };
const FEED_ASIDE =
  'Calendar programs that send no `Authorization` cannot fetch it: a token in an address would stand in logs. Have curl or `opsconductor schedules feed` write a file.';
const NO_CALENDARS = 'As Temporal announces them; calendars are not asked. Paused schedules have none.';

/** What schedules started, skipped and will start. */
export const scheduleFiringRoutes = (deps: ServiceDeps, route: DefineRoute) =>
  new OpenAPIHono<ApiEnv>()
    .openapi(
      route(
        {
          method: 'get',
          path: '/executions',
          tags,
          operationId: 'listAllScheduleFirings',
          summary: 'Read the ledger of all schedules: what became of each planned instant',
          access: 'schedules.read',
          request: { query: FiringFilter },
        },
        { 200: LEDGER },
      ),
      async (c) => c.json(await listFirings(deps, c.get('caller'), undefined, c.req.valid('query')), 200),
    )
    .openapi(
      route(
        {
          method: 'get',
          path: '/upcoming',
          tags,
          operationId: 'listAllUpcomingFirings',
          summary: 'What all schedules will start in a period',
          description: NO_CALENDARS,
          access: 'schedules.read',
          request: { query: Period },
        },
        { 200: json(UpcomingFirings, 'Earliest first', UPCOMING) },
      ),
      async (c) => c.json(await listUpcoming(deps, c.get('caller'), undefined, c.req.valid('query')), 200),
    )
    .openapi(
      route(
        {
          method: 'post',
          path: '/preview',
          tags,
          operationId: 'previewSchedule',
          summary: 'The next instants of rules that no schedule has yet; nothing is written',
          description: 'As Temporal would announce them, without jitter; `notes` says what changes of clocks do to them.',
          access: 'schedules.read',
          request: body(PreviewSchedule, PREVIEW),
        },
        { 200: json(SchedulePreview, 'The next 20 at most', SCHEDULE_PREVIEW) },
      ),
      async (c) => c.json(await previewSchedule(deps, c.get('caller'), c.req.valid('json')), 200),
    )
    .openapi(
      route(
        {
          method: 'get',
          path: '/feed.ics',
          tags,
          operationId: 'getScheduleFeed',
          summary: 'All schedules as a calendar: what became of past instants, and those to come',
          description: FEED_ASIDE,
          access: 'schedules.read',
          request: { query: FeedPeriod },
        },
        { 200: FEED },
      ),
      async (c) =>
        c.body(await scheduleFeed(deps, c.get('caller'), undefined, c.req.valid('query')), 200, {
          'Content-Type': `${ICALENDAR}; charset=utf-8`,
        }),
    )
    .openapi(
      route(
        {
          method: 'get',
          path: '/{serial}/feed.ics',
          tags,
          operationId: 'getFeedOfSchedule',
          summary: 'A schedule as a calendar: what became of past instants, and those to come',
          description: FEED_ASIDE,
          access: 'schedules.read',
          request: { params: ScheduleRef, query: FeedPeriod },
        },
        { 200: FEED },
      ),
      async (c) =>
        c.body(await scheduleFeed(deps, c.get('caller'), c.req.valid('param').serial, c.req.valid('query')), 200, {
          'Content-Type': `${ICALENDAR}; charset=utf-8`,
        }),
    )
    .openapi(
      route(
        {
          method: 'get',
          path: '/{serial}/executions',
          tags,
          operationId: 'listScheduleFirings',
          summary: 'Read the ledger of a schedule, also of one that is deleted',
          access: 'schedules.read',
          request: { params: ScheduleRef, query: FiringFilter },
        },
        { 200: LEDGER },
      ),
      async (c) => c.json(await listFirings(deps, c.get('caller'), c.req.valid('param').serial, c.req.valid('query')), 200),
    )
    .openapi(
      route(
        {
          method: 'get',
          path: '/{serial}/upcoming',
          tags,
          operationId: 'listUpcomingFirings',
          summary: 'What a schedule will start in a period',
          description: NO_CALENDARS,
          access: 'schedules.read',
          request: { params: ScheduleRef, query: Period },
        },
        { 200: json(UpcomingFirings, 'Earliest first', UPCOMING) },
      ),
      async (c) => c.json(await listUpcoming(deps, c.get('caller'), c.req.valid('param').serial, c.req.valid('query')), 200),
    )
    .openapi(
      route(
        {
          method: 'post',
          path: '/{serial}/run',
          tags,
          operationId: 'runScheduleNow',
          summary: 'Start the run of a schedule now, whatever its pause, limits and calendars',
          description: 'Needs jobs.execute as well.',
          access: 'schedules.write',
          problems: ['MAINTENANCE'],
          request: { params: ScheduleRef },
        },
        { 202: json(ScheduleFiring, 'Accepted: its row in the ledger, which the run will fill', { ...FIRING, firing_type: 'run_now' }) },
      ),
      async (c) => c.json(await runScheduleNow(deps, c.get('caller'), c.req.valid('param').serial), 202),
    )
    .openapi(
      route(
        {
          method: 'post',
          path: '/{serial}/backfill',
          tags,
          operationId: 'backfillSchedule',
          summary: 'Start the instants of a period that has passed, as if they were due',
          description: 'An instant that has a run is left alone. Needs jobs.execute as well.',
          access: 'schedules.write',
          problems: ['MAINTENANCE', 'CONFLICT'],
          request: { params: ScheduleRef, ...body(BackfillSchedule, BACKFILL) },
        },
        { 202: json(ScheduleBackfill, 'Temporal starts them', { instants: 1 }) },
      ),
      async (c) => c.json(await backfillSchedule(deps, c.get('caller'), c.req.valid('param').serial, c.req.valid('json')), 202),
    );
