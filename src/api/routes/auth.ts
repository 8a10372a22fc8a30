import { OpenAPIHono, z } from '@hono/zod-openapi';
import { ApiToken, ApiTokenCreated, ChangePassword, CreateApiToken, Login, Profile, SessionCreated } from '../../contracts/auth.ts';
import { Uuid } from '../../contracts/target.ts';
import { changePassword, getProfile, logout } from '../../services/auth/account.ts';
import { createApiToken, listApiTokens, revokeApiToken } from '../../services/auth/api-tokens.ts';
import { login } from '../../services/auth/login.ts';
import type { ServiceDeps } from '../../services/context.ts';
import { json } from '../define-route.ts';
import type { DefineRoute } from '../define-route.ts';
import type { ApiEnv } from '../env.ts';

const tags = ['auth'];
const body = <Schema extends z.ZodType>(schema: Schema) => ({ body: { required: true, ...json(schema, '') } });

export const authRoutes = (deps: ServiceDeps, route: DefineRoute) =>
  new OpenAPIHono<ApiEnv>()
    .openapi(
      route(
        { method: 'post', path: '/login', tags, summary: 'Log in', access: 'public', request: body(Login) },
        { 200: json(SessionCreated, 'Logged in') },
      ),
      async (c) => c.json(await login(deps, c.req.valid('json'), c.get('request')), 200),
    )
    .openapi(
      route(
        {
          method: 'post',
          path: '/logout',
          tags,
          summary: 'End this session',
          access: 'authenticated',
          passwordRule: 'password_change_allowed',
        },
        { 204: { description: 'Ended' } },
      ),
      async (c) => {
        await logout(deps, c.get('caller'));
        return c.body(null, 204);
      },
    )
    .openapi(
      route(
        { method: 'get', path: '/me', tags, summary: 'Own profile', access: 'authenticated', passwordRule: 'password_change_allowed' },
        { 200: json(Profile, 'The account of this token') },
      ),
      async (c) => c.json(await getProfile(c.get('caller')), 200),
    )
    .openapi(
      route(
        {
          method: 'post',
          path: '/password',
          tags,
          summary: 'Change own password',
          access: 'authenticated',
          passwordRule: 'password_change_allowed',
          request: body(ChangePassword),
        },
        { 204: { description: 'Changed; all other sessions are ended' } },
      ),
      async (c) => {
        await changePassword(deps, c.get('caller'), c.req.valid('json'));
        return c.body(null, 204);
      },
    )
    .openapi(
      route(
        { method: 'get', path: '/tokens', tags, summary: 'Own API tokens', access: 'tokens.own' },
        { 200: json(z.object({ data: z.array(ApiToken) }), 'Tokens') },
      ),
      async (c) => c.json({ data: await listApiTokens(c.get('caller')) }, 200),
    )
    .openapi(
      route(
        { method: 'post', path: '/tokens', tags, summary: 'Make an API token', access: 'tokens.own', request: body(CreateApiToken) },
        { 201: json(ApiTokenCreated, 'Made') },
      ),
      async (c) => c.json(await createApiToken(deps, c.get('caller'), c.req.valid('json')), 201),
    )
    .openapi(
      route(
        {
          method: 'delete',
          path: '/tokens/{uuid}',
          tags,
          summary: 'Revoke an API token',
          access: 'tokens.own',
          problems: [404],
          request: { params: z.object({ uuid: Uuid }) },
        },
        { 204: { description: 'Revoked' } },
      ),
      async (c) => {
        await revokeApiToken(deps, c.get('caller'), c.req.valid('param').uuid);
        return c.body(null, 204);
      },
    );
