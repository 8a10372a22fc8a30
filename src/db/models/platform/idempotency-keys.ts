import { bigint, bytea, identity, jsonAny, oneOf, smallint, timestamptz, varchar } from '../columns.ts';
import { defineTable } from '../model.ts';
import { references } from '../table.ts';
import { IdempotencyKeysResponseBody } from '../../../contracts/json/platform.ts';
import { IdempotencyState } from '../../../contracts/enums.ts';

export const IdempotencyKeyModel = defineTable(
  'idempotency_keys',
  'Answers to POST requests with an Idempotency-Key.',
  {
    id: identity('Primary key.'),
    user_id: bigint('Caller.'),
    idempotency_key: varchar(255, 'Header value, 1–200 characters.'),
    method: varchar(10, 'HTTP method.'),
    path: varchar(500, 'Route with ids.'),
    request_hash: bytea('SHA-256 of the body; another body with the same key is 422.'),
    state: oneOf(IdempotencyState, 'A second request gets 409 while in progress; after 60 s it may take over.', { default: 'in_progress' }),
    response_status: smallint('HTTP status to replay.', { null: true }),
    response_body: jsonAny(IdempotencyKeysResponseBody, 'Body to replay, without a secret that is shown only once (a new token).', {
      null: true,
    }),
    expires_at: timestamptz('Created + 24 h.'),
    created_at: timestamptz('Row created.', { default: 'now()' }),
  },
  {
    primaryKey: ['id'],
    unique: [{ columns: ['user_id', 'idempotency_key'] }],
    foreignKeys: [references('user_id', 'users', 'CASCADE')],
    indexes: [{ keys: 'expires_at', why: 'retention' }],
    checks: { completed: "((state = 'completed'::text) = (response_status IS NOT NULL))" },
  },
);
