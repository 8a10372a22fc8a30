import { z } from 'zod';
import { UserRole } from './enums.ts';
import { listQuery } from './list.ts';
import { pageOf } from './page.ts';
import { Uuid } from './target.ts';
import { Text } from './text.ts';

export const Login = z.strictObject({ username: Text(255).min(1), password: Text(4_096).min(1) }).meta({ id: 'Login' });
export type Login = z.infer<typeof Login>;

export const Profile = z
  .object({
    user_uuid: Uuid,
    username: z.string(),
    email: z.string(),
    role: UserRole,
    permissions: z.array(z.string()),
    must_change_password: z.boolean(),
    last_login_at: z.iso.datetime().nullable(),
  })
  .meta({ id: 'Profile' });
export type Profile = z.infer<typeof Profile>;

export const SessionCreated = z
  .object({
    token: z.string().meta({ description: 'Send it as `Authorization: Bearer …`. It is shown only here.' }),
    expires_at: z.iso.datetime(),
    user: Profile,
  })
  .meta({ id: 'SessionCreated' });
export type SessionCreated = z.infer<typeof SessionCreated>;

export const ChangePassword = z
  .strictObject({ current_password: Text(4_096).min(1), new_password: Text(4_096).min(8) })
  .meta({ id: 'ChangePassword' });
export type ChangePassword = z.infer<typeof ChangePassword>;

export const CreateApiToken = z
  .strictObject({
    name: Text(100).min(1),
    scopes: z.array(Text(100)).min(1, 'a token without scopes may do nothing').max(100),
    expires_at: z.iso.datetime().nullable().default(null),
  })
  .meta({ id: 'CreateApiToken' });
export type CreateApiToken = z.infer<typeof CreateApiToken>;

export const ApiToken = z
  .object({
    token_uuid: Uuid,
    name: z.string(),
    token_prefix: z.string(),
    scopes: z.array(z.string()),
    expires_at: z.iso.datetime().nullable(),
    last_used_at: z.iso.datetime().nullable(),
    created_at: z.iso.datetime(),
  })
  .meta({ id: 'ApiToken' });
export type ApiToken = z.infer<typeof ApiToken>;

export const ApiTokenFilter = listQuery({ item: ApiToken, sorts: ['created', 'name'], sort: '-created' }, {});
export type ApiTokenFilter = z.infer<typeof ApiTokenFilter>;

export const OwnedApiToken = ApiToken.extend({ user_uuid: Uuid, username: z.string() }).meta({ id: 'OwnedApiToken' });
export type OwnedApiToken = z.infer<typeof OwnedApiToken>;

export const OwnedApiTokenPage = pageOf(OwnedApiToken, 'OwnedApiTokenPage');

export const OwnedApiTokenFilter = listQuery({ item: OwnedApiToken, sorts: ['created'], sort: '-created' }, {});
export type OwnedApiTokenFilter = z.infer<typeof OwnedApiTokenFilter>;

export const ApiTokenCreated = ApiToken.extend({
  token: z
    .string()
    .optional()
    .meta({ description: 'Shown only here, and only in the first answer: a repeat with the same Idempotency-Key does not have it.' }),
}).meta({
  id: 'ApiTokenCreated',
});
export type ApiTokenCreated = z.infer<typeof ApiTokenCreated>;
