import { z } from 'zod';
import { UserRole } from './enums.ts';
import { PermissionName } from './json/identity.ts';
import { listOf } from './json/shared.ts';
import { listQuery } from './list.ts';
import { Uuid } from './target.ts';
import { Text } from './text.ts';

const USERNAME = /^[\p{L}\p{N}_][\p{L}\p{N}._-]*$/u;

/** No `@`, so that a name is never taken for the mail address of somebody else, and nothing that is not seen. */
export const Username = Text(50)
  .regex(USERNAME, 'must be 1–50 letters, digits, dots, underscores or hyphens, beginning with a letter, a digit or _')
  .meta({ example: 'ann', pattern: USERNAME.source });

export const Email = Text(255)
  .regex(/^[^\s@<>(),;:"[\]\\]+@[^\s@<>(),;:"[\]\\]+$/, 'must be a mail address')
  .meta({ example: 'ann@example.org' });

const Granted = listOf(PermissionName).meta({ description: 'Permissions on top of those of the role.' });
const Password = Text(4_096).min(8);

export const User = z
  .object({
    user_uuid: Uuid,
    username: z.string(),
    email: z.string(),
    role: UserRole,
    permissions: z.array(PermissionName).meta({ description: 'Permissions on top of those of the role.' }),
    is_active: z.boolean().meta({ description: 'False: deactivated. Accounts are never deleted.' }),
    must_change_password: z.boolean(),
    has_password: z
      .boolean()
      .meta({ description: 'False: no password lets it in; it logs in at the OIDC provider, or must be given one.' }),
    oidc_issuer: z.string().nullable().meta({ description: 'The OIDC provider that knows the account.' }),
    locked_until: z.iso.datetime().nullable().meta({ description: 'Logins with a password are refused until then.' }),
    last_login_at: z.iso.datetime().nullable(),
    password_changed_at: z.iso.datetime().nullable(),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .meta({ id: 'User' });
export type User = z.infer<typeof User>;

export const UserFilter = listQuery(
  { item: User, sorts: ['created', 'username', 'last_login'], sort: '-created' },
  {
    search: Text(100).optional().meta({ description: 'Part of the user name or mail address.' }),
    username: Text(50).optional().meta({ description: 'The whole user name, without regard to case.' }),
    role: UserRole.optional(),
    is_active: z.stringbool({ truthy: ['true'], falsy: ['false'] }).optional(),
  },
);
export type UserFilter = z.infer<typeof UserFilter>;

export const CreateUser = z
  .strictObject({
    username: Username,
    email: Email,
    role: UserRole.default('viewer'),
    permissions: Granted.default([]),
    password: Password.optional().meta({ description: 'Left out: a random one is made, and is in the answer once.' }),
    must_change_password: z.boolean().default(true).meta({ description: 'The first login must choose another password.' }),
  })
  .meta({ id: 'CreateUser' });
export type CreateUser = z.infer<typeof CreateUser>;

const ONCE = 'Shown only here, and only in the first answer: a repeat with the same Idempotency-Key does not have it.';

export const UserCreated = User.extend({
  password: z
    .string()
    .optional()
    .meta({ description: `The password that was made. ${ONCE}` }),
}).meta({ id: 'UserCreated' });
export type UserCreated = z.infer<typeof UserCreated>;

export const UpdateUser = z
  .strictObject({
    username: Username.optional(),
    email: Email.optional(),
    role: UserRole.optional(),
    permissions: Granted.optional(),
    is_active: z.boolean().optional().meta({ description: 'False deactivates: its sessions end at once, and no token of it works.' }),
  })
  .meta({ id: 'UpdateUser' });
export type UpdateUser = z.infer<typeof UpdateUser>;

export const PasswordReset = z
  .object({
    username: z.string(),
    password: z
      .string()
      .optional()
      .meta({ description: `Must be changed at the next login. ${ONCE}` }),
  })
  .meta({ id: 'PasswordReset' });
export type PasswordReset = z.infer<typeof PasswordReset>;

export const UpdateProfile = z.strictObject({ email: Email }).meta({ id: 'UpdateProfile' });
export type UpdateProfile = z.infer<typeof UpdateProfile>;

export const PermissionTable = z
  .object({
    roles: z.record(UserRole, z.array(PermissionName)).meta({ description: 'What each role may do.' }),
    own: z.array(PermissionName).meta({ description: 'What the caller may do.' }),
  })
  .meta({ id: 'PermissionTable' });
export type PermissionTable = z.infer<typeof PermissionTable>;
