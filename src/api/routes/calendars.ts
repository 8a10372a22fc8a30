import { OpenAPIHono, z } from '@hono/zod-openapi';
import {
  Calendar,
  CalendarBlackouts,
  CalendarFilter,
  CalendarKey,
  CalendarPeriod,
  CalendarSummary,
  CreateCalendar,
  ImportCalendar,
  ImportedCalendar,
} from '../../contracts/calendar.ts';
import { pageOf } from '../../contracts/page.ts';
import { calendarRevision } from '../../services/calendars/calendar-rows.ts';
import { importCalendar } from '../../services/calendars/import-calendar.ts';
import { getCalendar, listBlackouts, listCalendars } from '../../services/calendars/read-calendars.ts';
import { createCalendar, deleteCalendar, updateCalendar } from '../../services/calendars/write-calendar.ts';
import type { ServiceDeps } from '../../services/context.ts';
import { body, json, tagged } from '../define-route.ts';
import type { DefineRoute } from '../define-route.ts';
import type { ApiEnv } from '../env.ts';
import {
  CALENDAR,
  CALENDAR_BLACKOUTS,
  CALENDAR_SUMMARY,
  CREATE_CALENDAR,
  IMPORT_CALENDAR,
  IMPORTED_CALENDAR,
} from '../examples/calendars.ts';

const tags = ['calendars'];
const CalendarRef = z.object({ calendar: CalendarKey });
/** A file of 2 MB, as JSON spells it. */
const IMPORT_BYTES = 5 * 1_048_576;

/** When schedules do not fire, and runs are held. */
export const calendarRoutes = (deps: ServiceDeps, route: DefineRoute) =>
  new OpenAPIHono<ApiEnv>()
    .openapi(
      route(
        {
          method: 'get',
          path: '/',
          tags,
          operationId: 'listCalendars',
          summary: 'List calendars',
          access: 'schedules.read',
          request: { query: CalendarFilter },
        },
        { 200: json(pageOf(CalendarSummary, 'CalendarPage'), 'A page', { data: [CALENDAR_SUMMARY], next: null }) },
      ),
      async (c) => c.json(await listCalendars(deps, c.get('caller'), c.req.valid('query')), 200),
    )
    .openapi(
      route(
        {
          method: 'post',
          path: '/',
          tags,
          operationId: 'createCalendar',
          summary: 'Make a calendar',
          access: 'schedules.write',
          problems: ['CONFLICT'],
          request: body(CreateCalendar, CREATE_CALENDAR),
        },
        { 201: json(Calendar, 'Made', CALENDAR) },
      ),
      async (c) => c.json(await createCalendar(deps, c.get('caller'), c.req.valid('json')), 201),
    )
    .openapi(
      route(
        {
          method: 'post',
          path: '/import',
          tags,
          operationId: 'importCalendar',
          summary: 'Make a calendar of an iCalendar file, or give its events to one',
          description:
            'Each event becomes a window: once, all day, or again and again. An event that cannot be a window refuses the file, or is left out and told.',
          access: 'schedules.write',
          problems: ['CONFLICT'],
          limits: { bodyBytes: IMPORT_BYTES },
          request: body(ImportCalendar, IMPORT_CALENDAR),
        },
        { 200: json(ImportedCalendar, 'The calendar, and what was left out', IMPORTED_CALENDAR) },
      ),
      async (c) => c.json(await importCalendar(deps, c.get('caller'), c.req.valid('json')), 200),
    )
    .openapi(
      route(
        {
          method: 'get',
          path: '/{calendar}',
          tags,
          operationId: 'getCalendar',
          summary: 'Read a calendar, and what names it',
          access: 'schedules.read',
          etag: 'gives',
          request: { params: CalendarRef },
        },
        { 200: json(Calendar, 'The calendar', CALENDAR) },
      ),
      async (c) => c.json(tagged(c, await getCalendar(deps, c.get('caller'), c.req.valid('param').calendar), calendarRevision), 200),
    )
    .openapi(
      route(
        {
          method: 'put',
          path: '/{calendar}',
          tags,
          operationId: 'updateCalendar',
          summary: 'Replace what a calendar says',
          description:
            'Runs that it holds, or has to hold, are looked at again within a minute. A calendar that is named anywhere keeps its name.',
          access: 'schedules.write',
          etag: 'takes',
          problems: ['CONFLICT'],
          request: { params: CalendarRef, ...body(CreateCalendar, CREATE_CALENDAR) },
        },
        { 200: json(Calendar, 'As it is now', CALENDAR) },
      ),
      async (c) => {
        const calendar = await updateCalendar(deps, c.get('caller'), c.req.valid('param').calendar, c.req.valid('json'), c.get('expected'));
        return c.json(tagged(c, calendar, calendarRevision), 200);
      },
    )
    .openapi(
      route(
        {
          method: 'delete',
          path: '/{calendar}',
          tags,
          operationId: 'deleteCalendar',
          summary: 'Delete a calendar that nothing names',
          access: 'schedules.write',
          etag: 'takes',
          problems: ['CONFLICT'],
          request: { params: CalendarRef },
        },
        { 204: { description: 'Deleted' } },
      ),
      async (c) => {
        await deleteCalendar(deps, c.get('caller'), c.req.valid('param').calendar, c.get('expected'));
        return c.body(null, 204);
      },
    )
    .openapi(
      route(
        {
          method: 'get',
          path: '/{calendar}/windows',
          tags,
          operationId: 'listCalendarBlackouts',
          summary: 'When a calendar is blacked out',
          access: 'schedules.read',
          request: { params: CalendarRef, query: CalendarPeriod },
        },
        { 200: json(CalendarBlackouts, 'In order', CALENDAR_BLACKOUTS) },
      ),
      async (c) => c.json(await listBlackouts(deps, c.get('caller'), c.req.valid('param').calendar, c.req.valid('query')), 200),
    );
