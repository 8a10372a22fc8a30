import { OpenAPIHono, z } from '@hono/zod-openapi';
import { SessionFilter, SessionPage, SessionStatus, SessionsEnded } from '../../contracts/session.ts';
import { Uuid } from '../../contracts/target.ts';
import { extendSession, listOwnSessions, readSessionStatus, revokeOtherSessions, revokeOwnSession } from '../../services/auth/sessions.ts';
import type { ServiceDeps } from '../../services/context.ts';
import { json } from '../define-route.ts';
import type { DefineRoute } from '../define-route.ts';
import type { ApiEnv } from '../env.ts';
import { LIVE_SESSION, SESSION_STATUS } from '../examples/accounts.ts';

const tags = ['auth'];

/** One's own sessions: the one that asks, and all. */
export const sessionRoutes = (deps: ServiceDeps, route: DefineRoute) =>
  new OpenAPIHono<ApiEnv>()
    .openapi(
      route(
        {
          method: 'get',
          path: '/session',
          tags,
          operationId: 'getSession',
          summary: 'When this session ends',
          description: 'Asking does not keep it alive. An API token has no session.',
          access: 'authenticated',
          isActivity: false,
          problems: ['NOT_FOUND'],
        },
        { 200: json(SessionStatus, 'The session of this token', SESSION_STATUS) },
      ),
      async (c) => c.json(await readSessionStatus(deps, c.get('caller')), 200),
    )
    .openapi(
      route(
        {
          method: 'post',
          path: '/session/extend',
          tags,
          operationId: 'extendSession',
          summary: 'Keep this session alive',
          description: 'As any other request does. It never lives longer than its absolute end.',
          access: 'authenticated',
          problems: ['NOT_FOUND'],
        },
        { 200: json(SessionStatus, 'The session of this token', SESSION_STATUS) },
      ),
      async (c) => c.json(await extendSession(deps, c.get('caller')), 200),
    )
    .openapi(
      route(
        {
          method: 'get',
          path: '/sessions',
          tags,
          operationId: 'listSessions',
          summary: 'Own sessions',
          access: 'authenticated',
          needsSession: true,
          request: { query: SessionFilter },
        },
        { 200: json(SessionPage, 'A page', { data: [LIVE_SESSION], next: null }) },
      ),
      async (c) => c.json(await listOwnSessions(deps, c.get('caller'), c.req.valid('query')), 200),
    )
    .openapi(
      route(
        {
          method: 'delete',
          path: '/sessions',
          tags,
          operationId: 'revokeOtherSessions',
          summary: 'End all other own sessions',
          access: 'authenticated',
          needsSession: true,
        },
        { 200: json(SessionsEnded, 'How many were ended', { ended: 2 }) },
      ),
      async (c) => c.json({ ended: await revokeOtherSessions(deps, c.get('caller')) }, 200),
    )
    .openapi(
      route(
        {
          method: 'delete',
          path: '/sessions/{session}',
          tags,
          operationId: 'revokeSession',
          summary: 'End one of the own sessions',
          access: 'authenticated',
          needsSession: true,
          request: { params: z.object({ session: Uuid }) },
        },
        { 204: { description: 'Ended' } },
      ),
      async (c) => {
        await revokeOwnSession(deps, c.get('caller'), c.req.valid('param').session);
        return c.body(null, 204);
      },
    );
