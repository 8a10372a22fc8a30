import { OpenAPIHono, z } from '@hono/zod-openapi';
import {
  ApiToken,
  ApiTokenCreated,
  ApiTokenFilter,
  ChangePassword,
  CreateApiToken,
  Login,
  Profile,
  SessionCreated,
} from '../../contracts/auth.ts';
import { pageOf } from '../../contracts/page.ts';
import { Uuid } from '../../contracts/target.ts';
import { PermissionTable, UpdateProfile } from '../../contracts/user.ts';
import { changePassword, getProfile, logout } from '../../services/auth/account.ts';
import { createApiToken, listApiTokens, revokeApiToken } from '../../services/auth/api-tokens.ts';
import { profileRevision } from '../../services/auth/profile.ts';
import { login } from '../../services/auth/login.ts';
import { readPermissions, updateProfile } from '../../services/auth/update-profile.ts';
import type { ServiceDeps } from '../../services/context.ts';
import { body, json, tagged } from '../define-route.ts';
import type { DefineRoute } from '../define-route.ts';
import type { ApiEnv } from '../env.ts';
import {
  API_TOKEN,
  API_TOKEN_CREATED,
  CHANGE_PASSWORD,
  CREATE_API_TOKEN,
  LOGIN,
  PERMISSION_TABLE,
  PROFILE,
  SESSION,
  UPDATE_PROFILE,
} from '../examples/accounts.ts';

const tags = ['auth'];

export const authRoutes = (deps: ServiceDeps, route: DefineRoute) =>
  new OpenAPIHono<ApiEnv>()
    .openapi(
      route(
        {
          method: 'post',
          path: '/login',
          tags,
          operationId: 'login',
          summary: 'Log in',
          access: 'public',
          rate: 'login',
          problems: ['UNAUTHENTICATED'],
          request: body(Login, LOGIN),
        },
        { 200: json(SessionCreated, 'Logged in', SESSION) },
      ),
      async (c) => c.json(await login(deps, c.req.valid('json'), c.get('request')), 200),
    )
    .openapi(
      route(
        {
          method: 'post',
          path: '/logout',
          tags,
          operationId: 'logout',
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
        {
          method: 'get',
          path: '/me',
          tags,
          operationId: 'getProfile',
          summary: 'Own profile',
          access: 'authenticated',
          passwordRule: 'password_change_allowed',
          etag: 'gives',
        },
        { 200: json(Profile, 'The account of this token', PROFILE) },
      ),
      async (c) => c.json(tagged(c, await getProfile(c.get('caller')), profileRevision), 200),
    )
    .openapi(
      route(
        {
          method: 'patch',
          path: '/me',
          tags,
          operationId: 'updateProfile',
          summary: 'Change own mail address',
          description: 'Of name, role and permissions others decide.',
          access: 'authenticated',
          needsSession: true,
          problems: ['CONFLICT'],
          etag: 'takes',
          request: body(UpdateProfile, UPDATE_PROFILE),
        },
        { 200: json(Profile, 'Changed', PROFILE) },
      ),
      async (c) => {
        const profile = await updateProfile(deps, c.get('caller'), c.req.valid('json'), c.get('expected'));
        return c.json(tagged(c, profile, profileRevision), 200);
      },
    )
    .openapi(
      route(
        {
          method: 'get',
          path: '/permissions',
          tags,
          operationId: 'getPermissions',
          summary: 'What each role may do, and the caller',
          access: 'authenticated',
        },
        { 200: json(PermissionTable, 'The table that the API decides by', PERMISSION_TABLE) },
      ),
      (c) => c.json(readPermissions(c.get('caller')), 200),
    )
    .openapi(
      route(
        {
          method: 'post',
          path: '/password',
          tags,
          operationId: 'changePassword',
          summary: 'Change own password',
          access: 'authenticated',
          passwordRule: 'password_change_allowed',
          needsSession: true,
          problems: ['CONFLICT'],
          request: body(ChangePassword, CHANGE_PASSWORD),
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
        {
          method: 'get',
          path: '/tokens',
          tags,
          operationId: 'listApiTokens',
          summary: 'Own API tokens',
          access: 'tokens.own',
          request: { query: ApiTokenFilter },
        },
        { 200: json(pageOf(ApiToken, 'ApiTokenPage'), 'A page', { data: [API_TOKEN], next: null }) },
      ),
      async (c) => c.json(await listApiTokens(deps, c.get('caller'), c.req.valid('query')), 200),
    )
    .openapi(
      route(
        {
          method: 'post',
          path: '/tokens',
          tags,
          operationId: 'createApiToken',
          summary: 'Make an API token',
          access: 'tokens.own',
          needsSession: true,
          problems: ['CONFLICT'],
          once: ['token'],
          request: body(CreateApiToken, CREATE_API_TOKEN),
        },
        { 201: json(ApiTokenCreated, 'Made', API_TOKEN_CREATED) },
      ),
      async (c) => c.json(await createApiToken(deps, c.get('caller'), c.req.valid('json')), 201),
    )
    .openapi(
      route(
        {
          method: 'delete',
          path: '/tokens/{uuid}',
          tags,
          operationId: 'revokeApiToken',
          summary: 'Revoke an API token',
          access: 'tokens.own',
          request: { params: z.object({ uuid: Uuid }) },
        },
        { 204: { description: 'Revoked' } },
      ),
      async (c) => {
        await revokeApiToken(deps, c.get('caller'), c.req.valid('param').uuid);
        return c.body(null, 204);
      },
    );
