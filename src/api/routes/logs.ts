import { OpenAPIHono } from '@hono/zod-openapi';
import { FoundLines, LogSearch } from '../../contracts/log-search.ts';
import { poolSize } from '../../db/pool-state.ts';
import type { ServiceDeps } from '../../services/context.ts';
import { searchLogs } from '../../services/logs/search-logs.ts';
import { json } from '../define-route.ts';
import type { DefineRoute } from '../define-route.ts';
import type { ApiEnv } from '../env.ts';
import { createPlaces } from '../middleware/take-place.ts';
import { FOUND_LINE } from '../examples/executions.ts';

/** Each page holds a connection of the database for seconds: most of them are for everybody else. */
const searchesOf = ({ db }: ServiceDeps) =>
  createPlaces(() => {
    const inAll = Math.ceil(poolSize(db) / 4);
    return { what: 'searches', inAll, ofOneUser: Math.ceil(inAll / 2) };
  });

export const logRoutes = (deps: ServiceDeps, route: DefineRoute) =>
  new OpenAPIHono<ApiEnv>().openapi(
    route(
      {
        method: 'get',
        path: '/',
        tags: ['logs'],
        operationId: 'searchLogs',
        summary: 'Search lines within a run, a branch, a job, a target or at most 7 days',
        description:
          'Lines of a run come as they were stored, of several runs or branches the newest first, of a time by their times. A page looks at 50,000 lines at most, for about two seconds: it may have few lines or none, and `next` all the same; go on until `next` is null. A wider search, and an expression that takes too long, is refused (422 `SCOPE_TOO_WIDE`). Few are answered at once: more of one user are 429 `RATE_LIMITED`, more of all 503 `UNAVAILABLE`, both with when to come again.',
        access: 'executions.read',
        problems: ['SCOPE_TOO_WIDE'],
        limits: { places: searchesOf(deps) },
        request: { query: LogSearch },
      },
      { 200: json(FoundLines, 'Some of the lines', { data: [FOUND_LINE], next: null }) },
    ),
    async (c) => c.json(await searchLogs(deps, c.get('caller'), c.req.valid('query')), 200),
  );
