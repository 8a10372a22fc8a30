import { OpenAPIHono, z } from '@hono/zod-openapi';
import { OwnedApiTokenFilter, OwnedApiTokenPage } from '../../contracts/auth.ts';
import { SessionFilter, SessionPage, SessionsEnded } from '../../contracts/session.ts';
import { Uuid } from '../../contracts/target.ts';
import type { ServiceDeps } from '../../services/context.ts';
import { listUserSessions, revokeUserSession, revokeUserSessions } from '../../services/users/user-sessions.ts';
import { listUserTokens, revokeUserToken } from '../../services/users/user-tokens.ts';
import { json } from '../define-route.ts';
import type { DefineRoute } from '../define-route.ts';
import type { ApiEnv } from '../env.ts';
import { LIVE_SESSION, OWNED_API_TOKEN } from '../examples/accounts.ts';

const tags = ['users'];
const params = z.object({ uuid: Uuid });

/** Sessions and API tokens of an account. */
export const userAccessRoutes = (deps: ServiceDeps, route: DefineRoute) =>
  new OpenAPIHono<ApiEnv>()
    .openapi(
      route(
        {
          method: 'get',
          path: '/{uuid}/sessions',
          tags,
          operationId: 'listUserSessions',
          summary: 'Sessions of a user',
          access: 'users.write',
          request: { params, query: SessionFilter },
        },
        { 200: json(SessionPage, 'A page', { data: [LIVE_SESSION], next: null }) },
      ),
      async (c) => c.json(await listUserSessions(deps, c.get('caller'), c.req.valid('param').uuid, c.req.valid('query')), 200),
    )
    .openapi(
      route(
        {
          method: 'delete',
          path: '/{uuid}/sessions',
          tags,
          operationId: 'revokeUserSessions',
          summary: 'End all sessions of a user',
          description: 'API tokens go on.',
          access: 'users.write',
          request: { params },
        },
        { 200: json(SessionsEnded, 'How many were ended', { ended: 2 }) },
      ),
      async (c) => c.json({ ended: await revokeUserSessions(deps, c.get('caller'), c.req.valid('param').uuid) }, 200),
    )
    .openapi(
      route(
        {
          method: 'delete',
          path: '/{uuid}/sessions/{session}',
          tags,
          operationId: 'revokeUserSession',
          summary: 'End a session of a user',
          access: 'users.write',
          request: { params: params.extend({ session: Uuid }) },
        },
        { 204: { description: 'Ended' } },
      ),
      async (c) => {
        const { uuid, session } = c.req.valid('param');
        await revokeUserSession(deps, c.get('caller'), uuid, session);
        return c.body(null, 204);
      },
    )
    .openapi(
      route(
        {
          method: 'get',
          path: '/{uuid}/tokens',
          tags,
          operationId: 'listUserTokens',
          summary: 'API tokens of a user',
          access: 'tokens.all',
          request: { params, query: OwnedApiTokenFilter },
        },
        { 200: json(OwnedApiTokenPage, 'A page', { data: [OWNED_API_TOKEN], next: null }) },
      ),
      async (c) => c.json(await listUserTokens(deps, c.get('caller'), c.req.valid('param').uuid, c.req.valid('query')), 200),
    )
    .openapi(
      route(
        {
          method: 'delete',
          path: '/{uuid}/tokens/{token}',
          tags,
          operationId: 'revokeUserToken',
          summary: 'Revoke an API token of a user',
          access: 'tokens.all',
          request: { params: params.extend({ token: Uuid }) },
        },
        { 204: { description: 'Revoked' } },
      ),
      async (c) => {
        const { uuid, token } = c.req.valid('param');
        await revokeUserToken(deps, c.get('caller'), uuid, token);
        return c.body(null, 204);
      },
    );
