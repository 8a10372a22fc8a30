import { OpenAPIHono, z } from '@hono/zod-openapi';
import { pageOf } from '../../contracts/page.ts';
import { Uuid } from '../../contracts/target.ts';
import { CreateUser, PasswordReset, UpdateUser, User, UserCreated, UserFilter } from '../../contracts/user.ts';
import type { ServiceDeps } from '../../services/context.ts';
import { userRevision } from '../../services/users/account-rows.ts';
import { createUser } from '../../services/users/create-user.ts';
import { getUser, listUsers } from '../../services/users/read-users.ts';
import { updateUser } from '../../services/users/update-user.ts';
import { requirePasswordChange, resetUserPassword, unlockUser } from '../../services/users/user-password.ts';
import { body, json, tagged } from '../define-route.ts';
import type { DefineRoute } from '../define-route.ts';
import type { ApiEnv } from '../env.ts';
import { CREATE_USER, PASSWORD_RESET, UPDATE_USER, USER, USER_CREATED } from '../examples/accounts.ts';

const tags = ['users'];
const params = z.object({ uuid: Uuid });

/** Accounts, for those who manage them. */
export const userRoutes = (deps: ServiceDeps, route: DefineRoute) =>
  new OpenAPIHono<ApiEnv>()
    .openapi(
      route(
        {
          method: 'get',
          path: '/',
          tags,
          operationId: 'listUsers',
          summary: 'List users',
          access: 'users.write',
          request: { query: UserFilter },
        },
        { 200: json(pageOf(User, 'UserPage'), 'A page', { data: [USER], next: null }) },
      ),
      async (c) => c.json(await listUsers(deps, c.get('caller'), c.req.valid('query')), 200),
    )
    .openapi(
      route(
        {
          method: 'post',
          path: '/',
          tags,
          operationId: 'createUser',
          summary: 'Add a user',
          description: 'Nobody gives rights that he lacks. Without a password a random one is made, which is in this answer only.',
          access: 'users.write',
          problems: ['CONFLICT'],
          once: ['password'],
          request: body(CreateUser, CREATE_USER),
        },
        { 201: json(UserCreated, 'Added', USER_CREATED) },
      ),
      async (c) => c.json(await createUser(deps, c.get('caller'), c.req.valid('json')), 201),
    )
    .openapi(
      route(
        {
          method: 'get',
          path: '/{uuid}',
          tags,
          operationId: 'getUser',
          summary: 'One user',
          access: 'users.write',
          etag: 'gives',
          request: { params },
        },
        { 200: json(User, 'The user', USER) },
      ),
      async (c) => c.json(tagged(c, await getUser(deps, c.get('caller'), c.req.valid('param').uuid), userRevision), 200),
    )
    .openapi(
      route(
        {
          method: 'patch',
          path: '/{uuid}',
          tags,
          operationId: 'updateUser',
          summary: 'Change, deactivate or activate a user',
          description:
            'What is left out stays. Nobody changes an account that has more rights than he has, gives rights that he lacks, or changes his own role. ' +
            'The last active administrator stays.',
          access: 'users.write',
          problems: ['CONFLICT'],
          etag: 'takes',
          request: { params, ...body(UpdateUser, UPDATE_USER) },
        },
        { 200: json(User, 'Changed', USER) },
      ),
      async (c) => {
        const user = await updateUser(deps, c.get('caller'), c.req.valid('param').uuid, c.req.valid('json'), c.get('expected'));
        return c.json(tagged(c, user, userRevision), 200);
      },
    )
    .openapi(
      route(
        {
          method: 'post',
          path: '/{uuid}/reset-password',
          tags,
          operationId: 'resetUserPassword',
          summary: 'Give a user a random password',
          description: 'It is in this answer only, and must be changed at the next login. Unlocks the account and ends its sessions.',
          access: 'users.write',
          problems: ['CONFLICT'],
          once: ['password'],
          request: { params },
        },
        { 200: json(PasswordReset, 'Reset', PASSWORD_RESET) },
      ),
      async (c) => c.json(await resetUserPassword(deps, c.get('caller'), c.req.valid('param').uuid), 200),
    )
    .openapi(
      route(
        {
          method: 'post',
          path: '/{uuid}/unlock',
          tags,
          operationId: 'unlockUser',
          summary: 'Unlock a user after wrong passwords',
          access: 'users.write',
          request: { params },
        },
        { 200: json(User, 'Unlocked', USER) },
      ),
      async (c) => c.json(await unlockUser(deps, c.get('caller'), c.req.valid('param').uuid), 200),
    )
    .openapi(
      route(
        {
          method: 'post',
          path: '/{uuid}/require-password-change',
          tags,
          operationId: 'requirePasswordChange',
          summary: 'Have a user change the password',
          description: 'Until then the account, its sessions and its API tokens can do nothing else.',
          access: 'users.write',
          problems: ['CONFLICT'],
          request: { params },
        },
        { 200: json(User, 'Asked for', { ...USER, must_change_password: true }) },
      ),
      async (c) => c.json(await requirePasswordChange(deps, c.get('caller'), c.req.valid('param').uuid), 200),
    );
