import { OpenAPIHono, z } from '@hono/zod-openapi';
import { pageOf } from '../../contracts/page.ts';
import {
  CreateSchedule,
  PauseSchedule,
  Schedule,
  ScheduleFilter,
  ScheduleSerial,
  ScheduleSummary,
  UpdateSchedule,
} from '../../contracts/schedule.ts';
import type { ServiceDeps } from '../../services/context.ts';
import { getSchedule, listSchedules } from '../../services/schedules/read-schedule.ts';
import { scheduleRevision } from '../../services/schedules/schedule-revision.ts';
import { syncSchedule } from '../../services/schedules/sync-schedule.ts';
import { createSchedule, deleteSchedule, pauseSchedule, updateSchedule } from '../../services/schedules/write-schedule.ts';
import { body, json, tagged } from '../define-route.ts';
import type { DefineRoute } from '../define-route.ts';
import type { ApiEnv } from '../env.ts';
import { CREATE_SCHEDULE, SCHEDULE, SCHEDULE_SUMMARY, UPDATE_SCHEDULE } from '../examples/schedules.ts';

const tags = ['schedules'];
const ScheduleRef = z.object({ serial: ScheduleSerial });
/** Ten thousand targets have their serials in it. */
const WITH_TARGETS = { bodyBytes: 4 * 1_048_576 };
const ANSWERS_LATER = 'Temporal is told at once; while it is away `sync_status` says so, and it is told within a minute of its return.';

/** When jobs start by themselves. */
export const scheduleRoutes = (deps: ServiceDeps, route: DefineRoute) =>
  new OpenAPIHono<ApiEnv>()
    .openapi(
      route(
        {
          method: 'get',
          path: '/',
          tags,
          operationId: 'listSchedules',
          summary: 'List schedules, those that need somebody first',
          access: 'schedules.read',
          request: { query: ScheduleFilter },
        },
        { 200: json(pageOf(ScheduleSummary, 'SchedulePage'), 'A page', { data: [SCHEDULE_SUMMARY], next: null }) },
      ),
      async (c) => c.json(await listSchedules(deps, c.get('caller'), c.req.valid('query')), 200),
    )
    .openapi(
      route(
        {
          method: 'post',
          path: '/',
          tags,
          operationId: 'createSchedule',
          summary: 'Have a job started by itself',
          description: ANSWERS_LATER,
          access: 'schedules.write',
          problems: ['NOT_FOUND', 'CONFLICT'],
          limits: WITH_TARGETS,
          request: body(CreateSchedule, CREATE_SCHEDULE),
        },
        { 201: json(Schedule, 'The schedule', SCHEDULE) },
      ),
      async (c) => c.json(await createSchedule(deps, c.get('caller'), c.req.valid('json')), 201),
    )
    .openapi(
      route(
        {
          method: 'get',
          path: '/{serial}',
          tags,
          operationId: 'getSchedule',
          summary: 'Read a schedule',
          access: 'schedules.read',
          etag: 'gives',
          request: { params: ScheduleRef },
        },
        { 200: json(Schedule, 'The schedule', SCHEDULE) },
      ),
      async (c) => c.json(tagged(c, await getSchedule(deps, c.get('caller'), c.req.valid('param').serial), scheduleRevision), 200),
    )
    .openapi(
      route(
        {
          method: 'put',
          path: '/{serial}',
          tags,
          operationId: 'updateSchedule',
          summary: 'Replace what a schedule says; its job and its pause stay',
          description: `${ANSWERS_LATER} One that is defined in code is changed there.`,
          access: 'schedules.write',
          etag: 'takes',
          problems: ['CONFLICT'],
          limits: WITH_TARGETS,
          request: { params: ScheduleRef, ...body(UpdateSchedule, UPDATE_SCHEDULE) },
        },
        { 200: json(Schedule, 'The schedule', SCHEDULE) },
      ),
      async (c) => {
        const schedule = await updateSchedule(deps, c.get('caller'), c.req.valid('param').serial, c.req.valid('json'), c.get('expected'));
        return c.json(tagged(c, schedule, scheduleRevision), 200);
      },
    )
    .openapi(
      route(
        {
          method: 'delete',
          path: '/{serial}',
          tags,
          operationId: 'deleteSchedule',
          summary: 'Delete a schedule; its ledger and its runs stay',
          access: 'schedules.write',
          etag: 'takes',
          problems: ['CONFLICT'],
          request: { params: ScheduleRef },
        },
        { 204: { description: 'Deleted' } },
      ),
      async (c) => {
        await deleteSchedule(deps, c.get('caller'), c.req.valid('param').serial, c.get('expected'));
        return c.body(null, 204);
      },
    )
    .openapi(
      route(
        {
          method: 'post',
          path: '/{serial}/pause',
          tags,
          operationId: 'pauseSchedule',
          summary: 'Pause a schedule; what runs goes on',
          access: 'schedules.write',
          problems: ['CONFLICT'],
          request: { params: ScheduleRef, ...body(PauseSchedule, { note: 'The storage is being moved.' }) },
        },
        { 200: json(Schedule, 'The schedule; its instants are skipped until it is resumed', SCHEDULE) },
      ),
      async (c) =>
        c.json(
          await pauseSchedule(deps, c.get('caller'), c.req.valid('param').serial, { paused: true, note: c.req.valid('json').note }),
          200,
        ),
    )
    .openapi(
      route(
        {
          method: 'post',
          path: '/{serial}/resume',
          tags,
          operationId: 'resumeSchedule',
          summary: 'Resume a schedule; instants of its pause stay skipped',
          access: 'schedules.write',
          problems: ['CONFLICT'],
          request: { params: ScheduleRef },
        },
        { 200: json(Schedule, 'The schedule', SCHEDULE) },
      ),
      async (c) => c.json(await pauseSchedule(deps, c.get('caller'), c.req.valid('param').serial, { paused: false }), 200),
    )
    .openapi(
      route(
        {
          method: 'post',
          path: '/{serial}/sync',
          tags,
          operationId: 'syncSchedule',
          summary: 'Bring a schedule and Temporal together now',
          description: 'As happens each minute by itself.',
          access: 'schedules.write',
          request: { params: ScheduleRef },
        },
        { 200: json(Schedule, 'The schedule', SCHEDULE) },
      ),
      async (c) => c.json(await syncSchedule(deps, c.get('caller'), c.req.valid('param').serial), 200),
    );
