import { bigint, bytea, identity, inet, jsonArray, timestamptz, uuid, varchar } from '../columns.ts';
import { defineTable } from '../model.ts';
import { references } from '../table.ts';
import { ApiTokensScopes } from '../../../contracts/json/identity.ts';

export const ApiTokenModel = defineTable(
  'api_tokens',
  'Tokens for programs.',
  {
    id: identity('Primary key.'),
    token_uuid: uuid('Public id.', { default: 'gen_random_uuid()' }),
    user_id: bigint('Owner; the token never has more rights than the owner.'),
    name: varchar(100, 'Purpose.'),
    token_prefix: varchar(12, 'First characters, shown in lists.'),
    token_hash: bytea('SHA-256 of the token, 32 bytes.'),
    scopes: jsonArray(ApiTokensScopes, 'Permission names; empty = none.', { default: "'[]'::jsonb" }),
    expires_at: timestamptz('End; null = none.', { null: true }),
    last_used_at: timestamptz('Last request.', { null: true }),
    last_used_ip: inet('Its address.', { null: true }),
    revoked_at: timestamptz('Revoked.', { null: true }),
    created_at: timestamptz('Row created.', { default: 'now()' }),
  },
  {
    primaryKey: ['id'],
    unique: [{ columns: ['token_uuid'] }, { columns: ['token_hash'] }],
    foreignKeys: [references('user_id', 'users', 'CASCADE')],
    indexes: [
      { keys: 'user_id, name', isUnique: true, where: '(revoked_at IS NULL)', why: 'at most one such row' },
      { keys: 'user_id', why: 'FK, own tokens' },
    ],
    checks: { token_hash_length: '(octet_length(token_hash) = 32)' },
  },
);
