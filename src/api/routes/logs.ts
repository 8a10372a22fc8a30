import { OpenAPIHono } from '@hono/zod-openapi';
import { FoundLines, LogSearch } from '../../contracts/log-search.ts';
import type { ServiceDeps } from '../../services/context.ts';
import { searchLogs } from '../../services/logs/search-logs.ts';
import { json } from '../define-route.ts';
import type { DefineRoute } from '../define-route.ts';
import type { ApiEnv } from '../env.ts';
import { FOUND_LINE } from '../examples/executions.ts';

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
          'Lines of a run come as they were stored, of several runs or branches the newest first, of a time by their times. A page looks at 50,000 lines at most, for about two seconds: it may have few lines or none, and `next` all the same; go on until `next` is null. A wider search, and an expression that takes too long, is refused (422 `SCOPE_TOO_WIDE`).',
        access: 'executions.read',
        problems: ['SCOPE_TOO_WIDE'],
        request: { query: LogSearch },
      },
      { 200: json(FoundLines, 'Some of the lines', { data: [FOUND_LINE], next: null }) },
    ),
    async (c) => c.json(await searchLogs(deps, c.get('caller'), c.req.valid('query')), 200),
  );
