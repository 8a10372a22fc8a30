import { OpenAPIHono } from '@hono/zod-openapi';
import { ChangeDangerousPatterns, DangerousPatterns } from '../../contracts/dangerous-list.ts';
import { DatabaseHealth } from '../../contracts/database-health.ts';
import type { ServiceDeps } from '../../services/context.ts';
import { changeDangerousPatterns, readDangerousPatterns } from '../../services/system/dangerous-patterns.ts';
import { readDatabaseHealth } from '../../services/system/read-database-health.ts';
import { json } from '../define-route.ts';
import type { DefineRoute } from '../define-route.ts';
import type { ApiEnv } from '../env.ts';

export const systemRoutes = (deps: ServiceDeps, route: DefineRoute) =>
  new OpenAPIHono<ApiEnv>()
    .openapi(
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
    )
    .openapi(
      route(
        {
          method: 'get',
          path: '/dangerous-patterns',
          tags: ['system'],
          summary: 'What counts as a dangerous command',
          access: 'settings.write',
        },
        { 200: json(DangerousPatterns, 'The list') },
      ),
      async (c) => c.json(await readDangerousPatterns(deps, c.get('caller')), 200),
    )
    .openapi(
      route(
        {
          method: 'put',
          path: '/dangerous-patterns',
          tags: ['system'],
          summary: 'Replace the list of dangerous commands',
          description: 'Other processes know the new list some seconds later. Jobs that are saved already are not asked again.',
          access: 'settings.write',
          problems: [409],
          request: { body: { required: true, ...json(ChangeDangerousPatterns, '') } },
        },
        { 200: json(DangerousPatterns, 'The new list') },
      ),
      async (c) => c.json(await changeDangerousPatterns(deps, c.get('caller'), c.req.valid('json')), 200),
    );
