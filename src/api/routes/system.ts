import { OpenAPIHono } from '@hono/zod-openapi';
import { ChangeDangerousPatterns, DangerousPatterns } from '../../contracts/dangerous-list.ts';
import { DatabaseHealth } from '../../contracts/database-health.ts';
import { ChangeMaintenance, Maintenance } from '../../contracts/setting.ts';
import { SystemInfo } from '../../contracts/system-info.ts';
import type { ServiceDeps } from '../../services/context.ts';
import { changeDangerousPatterns, dangerousPatternsRevision, readDangerousPatterns } from '../../services/system/dangerous-patterns.ts';
import { changeMaintenance, maintenanceRevision, readMaintenance } from '../../services/settings/maintenance.ts';
import { readDatabaseHealth } from '../../services/system/read-database-health.ts';
import { readSystemInfo } from '../../services/system/read-system-info.ts';
import { body, json, tagged } from '../define-route.ts';
import type { DefineRoute } from '../define-route.ts';
import type { ApiEnv } from '../env.ts';
import { CHANGE_MAINTENANCE, MAINTENANCE } from '../examples/settings.ts';
import { CHANGE_DANGEROUS_PATTERNS, DANGEROUS_PATTERNS, DATABASE_HEALTH, SYSTEM_INFO } from '../examples/system.ts';

export const systemRoutes = (deps: ServiceDeps, route: DefineRoute, version: string) =>
  new OpenAPIHono<ApiEnv>()
    .openapi(
      route(
        {
          method: 'get',
          path: '/maintenance',
          tags: ['system'],
          operationId: 'getMaintenance',
          summary: 'Is OpsConductor in maintenance?',
          access: 'executions.read',
          etag: 'gives',
        },
        { 200: json(Maintenance, 'Whether it is, and what runs and waits', MAINTENANCE) },
      ),
      async (c) => c.json(tagged(c, await readMaintenance(deps, c.get('caller')), maintenanceRevision), 200),
    )
    .openapi(
      route(
        {
          method: 'put',
          path: '/maintenance',
          tags: ['system'],
          operationId: 'changeMaintenance',
          summary: 'Begin or end the maintenance',
          description:
            'In maintenance a start is answered 503 MAINTENANCE (by other processes within ten seconds), runs that were accepted wait, and running ones go on to their end. When it ends those that waited begin at once.',
          access: 'settings.write',
          etag: 'takes',
          request: body(ChangeMaintenance, CHANGE_MAINTENANCE),
        },
        { 200: json(Maintenance, 'How it is now', MAINTENANCE) },
      ),
      async (c) => {
        const state = await changeMaintenance(deps, c.get('caller'), c.req.valid('json'), c.get('expected'));
        return c.json(tagged(c, state, maintenanceRevision), 200);
      },
    )
    .openapi(
      route(
        {
          method: 'get',
          path: '/database',
          tags: ['system'],
          operationId: 'getDatabaseHealth',
          summary: 'Health of the database',
          description: 'What `opsconductor db health` says. Nothing is changed; it may take some seconds.',
          access: 'database.read',
        },
        { 200: json(DatabaseHealth, 'What was found', DATABASE_HEALTH) },
      ),
      async (c) => c.json(await readDatabaseHealth(deps, c.get('caller')), 200),
    )
    .openapi(
      route(
        {
          method: 'get',
          path: '/info',
          tags: ['system'],
          operationId: 'getSystemInfo',
          summary: 'What runs here',
          description: 'Versions, where the process that answers and its stores are, and how much there is. No secret is in it.',
          access: 'database.read',
        },
        { 200: json(SystemInfo, 'What runs here, and on what', SYSTEM_INFO) },
      ),
      async (c) => c.json(await readSystemInfo(deps, c.get('caller'), version), 200),
    )
    .openapi(
      route(
        {
          method: 'get',
          path: '/dangerous-patterns',
          tags: ['system'],
          operationId: 'getDangerousPatterns',
          summary: 'What counts as a dangerous command',
          access: 'settings.write',
          etag: 'gives',
        },
        { 200: json(DangerousPatterns, 'The list', DANGEROUS_PATTERNS) },
      ),
      async (c) => c.json(tagged(c, await readDangerousPatterns(deps, c.get('caller')), dangerousPatternsRevision), 200),
    )
    .openapi(
      route(
        {
          method: 'put',
          path: '/dangerous-patterns',
          tags: ['system'],
          operationId: 'changeDangerousPatterns',
          summary: 'Replace the list of dangerous commands',
          description: 'Other processes know the new list some seconds later. Jobs that are saved already are not asked again.',
          access: 'settings.write',
          etag: 'takes',
          problems: ['CONFLICT'],
          request: body(ChangeDangerousPatterns, CHANGE_DANGEROUS_PATTERNS),
        },
        { 200: json(DangerousPatterns, 'The new list', DANGEROUS_PATTERNS) },
      ),
      async (c) => {
        const list = await changeDangerousPatterns(deps, c.get('caller'), c.req.valid('json'), c.get('expected'));
        return c.json(tagged(c, list, dangerousPatternsRevision), 200);
      },
    );
