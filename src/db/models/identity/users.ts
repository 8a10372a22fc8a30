import { boolean, identity, integer, jsonArray, oneOf, timestamptz, uuid, varchar } from '../columns.ts';
import { defineTable } from '../model.ts';
import { UsersPermissions } from '../../../contracts/json/identity.ts';
import { UserRole } from '../../../contracts/enums.ts';

export const UserModel = defineTable(
  'users',
  'Accounts and their base role.',
  {
    id: identity('Primary key.'),
    user_uuid: uuid('Public id.', { default: 'gen_random_uuid()' }),
    username: varchar(50, 'Login name, 1–50 characters, unique without regard to case.'),
    email: varchar(255, 'Mail address, unique without regard to case.'),
    password_hash: varchar(255, 'Argon2id PHC string; `!` marks an account that cannot log in with a password.'),
    role: oneOf(UserRole, 'Base role.', { default: 'viewer' }),
    permissions: jsonArray(UsersPermissions, 'Permission names granted on top of the role.', { default: "'[]'::jsonb" }),
    is_active: boolean('False = deactivated. Accounts are never deleted.', { default: 'true' }),
    must_change_password: boolean('Sessions of this account may only change the password.', { default: 'false' }),
    failed_login_count: integer('Failed logins since the last success.', { default: '0' }),
    locked_until: timestamptz('Logins are refused before this time.', { null: true }),
    password_changed_at: timestamptz('Last password change.', { null: true }),
    oidc_issuer: varchar(255, 'Identity at an OIDC provider, matched at login; both or none.', { null: true }),
    oidc_subject: varchar(255, 'Identity at an OIDC provider, matched at login; both or none.', { null: true }),
    last_login_at: timestamptz('Last successful login (seed `last_login`).', { null: true }),
    created_at: timestamptz('Row created.', { default: 'now()' }),
    updated_at: timestamptz('Last change, by trigger.', { default: 'now()' }),
  },
  {
    primaryKey: ['id'],
    unique: [{ columns: ['user_uuid'] }, { columns: ['oidc_issuer', 'oidc_subject'] }],
    indexes: [
      { keys: 'lower((username)::text)', name: 'uq_users_username', isUnique: true, why: 'at most one such row' },
      { keys: 'lower((email)::text)', name: 'uq_users_email', isUnique: true, why: 'at most one such row' },
    ],
    checks: {
      username_length: '(char_length((username)::text) >= 1)',
      failed_login_count: '(failed_login_count >= 0)',
      oidc: '((oidc_issuer IS NULL) = (oidc_subject IS NULL))',
    },
  },
);
