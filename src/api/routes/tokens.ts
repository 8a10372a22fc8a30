import { OpenAPIHono } from '@hono/zod-openapi';
import { OwnedApiTokenFilter, OwnedApiTokenPage } from '../../contracts/auth.ts';
import type { ServiceDeps } from '../../services/context.ts';
import { listAllTokens } from '../../services/users/user-tokens.ts';
import { json } from '../define-route.ts';
import type { DefineRoute } from '../define-route.ts';
import type { ApiEnv } from '../env.ts';
import { OWNED_API_TOKEN } from '../examples/accounts.ts';

/** API tokens of everybody; one's own are at /auth/tokens. */
export const tokenRoutes = (deps: ServiceDeps, route: DefineRoute) =>
  new OpenAPIHono<ApiEnv>().openapi(
    route(
      {
        method: 'get',
        path: '/',
        tags: ['users'],
        operationId: 'listAllTokens',
        summary: 'API tokens of everybody',
        access: 'tokens.all',
        request: { query: OwnedApiTokenFilter },
      },
      { 200: json(OwnedApiTokenPage, 'A page', { data: [OWNED_API_TOKEN], next: null }) },
    ),
    async (c) => c.json(await listAllTokens(deps, c.get('caller'), c.req.valid('query')), 200),
  );
