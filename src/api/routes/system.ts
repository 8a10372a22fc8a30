import { OpenAPIHono } from '@hono/zod-openapi';
import { DatabaseHealth } from '../../contracts/database-health.ts';
import type { ServiceDeps } from '../../services/context.ts';
import { readDatabaseHealth } from '../../services/system/read-database-health.ts';
import { json } from '../define-route.ts';
import type { DefineRoute } from '../define-route.ts';
import type { ApiEnv } from '../env.ts';

export const systemRoutes = (deps: ServiceDeps, route: DefineRoute) =>
  new OpenAPIHono<ApiEnv>().openapi(
    route(
      {
        method: 'get',
        path: '/database',
        tags: ['system'],
        summary: 'Health of the database',
        description: 'What `opsconductor db health` says. Nothing is changed; it may take some seconds.',
        access: 'database.read',
      },
      { 200: json(DatabaseHealth, 'What was found') },
    ),
    async (c) => c.json(await readDatabaseHealth(deps, c.get('caller')), 200),
  );
