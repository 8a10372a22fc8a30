import { bigint, bytea, identity, inet, oneOf, text, timestamptz, uuid } from '../columns.ts';
import { defineTable } from '../model.ts';
import { references } from '../table.ts';
import { SessionEndReason } from '../../../contracts/enums.ts';

export const UserSessionModel = defineTable(
  'user_sessions',
  'Logged-in browser sessions with an absolute and an inactivity limit.',
  {
    id: identity('Primary key.'),
    session_uuid: uuid('Public id for listing and revoking.', { default: 'gen_random_uuid()' }),
    user_id: bigint('Owner.'),
    session_token_hash: bytea('SHA-256 of the opaque token, 32 bytes (seed kept the token itself).'),
    ip_address: inet('Client address at login.', { null: true }),
    user_agent: text('Client string at login.', { null: true }),
    expires_at: timestamptz('Absolute end.'),
    last_activity_at: timestamptz('Last request; inactivity limit is `inactivity_timeout_minutes`.', { default: 'now()' }),
    revoked_at: timestamptz('End before the limit.', { null: true }),
    revoke_reason: oneOf(SessionEndReason, 'Why it ended.', { null: true }),
    created_at: timestamptz('Row created.', { default: 'now()' }),
  },
  {
    primaryKey: ['id'],
    unique: [{ columns: ['session_uuid'] }, { columns: ['session_token_hash'] }],
    foreignKeys: [references('user_id', 'users', 'CASCADE')],
    indexes: [
      { keys: 'user_id', why: 'sessions of a user' },
      { keys: 'expires_at', why: 'sweeper' },
    ],
    checks: {
      session_token_hash_length: '(octet_length(session_token_hash) = 32)',
      revoked: '((revoked_at IS NULL) = (revoke_reason IS NULL))',
    },
  },
);
