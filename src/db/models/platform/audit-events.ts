import { bigint, bytea, identity, inet, jsonObject, oneOf, text, timestamptz, varchar } from '../columns.ts';
import { defineTable } from '../model.ts';
import { references } from '../table.ts';
import { AuditEventsDetails } from '../../../contracts/json/platform.ts';
import { AlertSeverity, ActorType, AuditEventType } from '../../../contracts/enums.ts';

export const AuditEventModel = defineTable(
  'audit_events',
  'Append-only record of who did what. Partitioned by month on `occurred_at`.',
  {
    id: identity('Part of the key.'),
    occurred_at: timestamptz('Time; partition key.', { default: 'now()' }),
    event_type: oneOf(AuditEventType, 'Event.'),
    action: varchar(100, 'Verb of the service, e.g. `change_user_role`.'),
    severity: oneOf(AlertSeverity, 'Weight.', { default: 'medium' }),
    actor_type: oneOf(ActorType, 'Kind of actor.'),
    user_id: bigint('User; null for system and anonymous.', { null: true }),
    api_token_id: bigint('Token, if one was used.', { null: true }),
    resource_type: varchar(50, 'Table or concept.'),
    resource_id: varchar(100, 'Serial or uuid of the resource.', { null: true }),
    details: jsonObject(AuditEventsDetails, 'Before/after without secrets.', { default: "'{}'::jsonb" }),
    ip_address: inet('Client.', { null: true }),
    user_agent: text('Client.', { null: true }),
    request_id: varchar(64, 'Correlates with the access log.', { null: true }),
    checksum: bytea('HMAC-SHA-256 over the canonical row with the audit key, 32 bytes.'),
  },
  {
    primaryKey: ['id', 'occurred_at'],
    foreignKeys: [references('user_id', 'users', 'RESTRICT'), references('api_token_id', 'api_tokens', 'RESTRICT')],
    indexes: [
      { keys: 'occurred_at', why: 'list, retention' },
      { keys: 'user_id, occurred_at', where: '(user_id IS NOT NULL)', why: 'FK, by user' },
      { keys: 'resource_type, resource_id, occurred_at', why: 'history of a resource' },
      { keys: 'event_type, occurred_at', why: 'by event' },
      { keys: 'request_id', where: '(request_id IS NOT NULL)', why: 'what one request did' },
      { keys: 'ip_address, occurred_at', where: '(ip_address IS NOT NULL)', why: 'by address' },
      {
        keys: 'severity, occurred_at',
        where: "(severity = ANY (ARRAY['high'::text, 'critical'::text]))",
        why: 'the few that weigh much',
      },
      { keys: 'api_token_id', where: '(api_token_id IS NOT NULL)', why: 'FK' },
    ],
    checks: {
      checksum_length: '(octet_length(checksum) = 32)',
      actor: "((actor_type = ANY (ARRAY['system'::text, 'anonymous'::text])) OR (user_id IS NOT NULL))",
      api_token: "((actor_type = 'api_token'::text) = (api_token_id IS NOT NULL))",
    },
    triggers: {
      append_only: { when: 'BEFORE DELETE OR UPDATE', run: 'FOR EACH ROW EXECUTE FUNCTION forbid_change()' },
      no_truncate: { when: 'BEFORE TRUNCATE', run: 'FOR EACH STATEMENT EXECUTE FUNCTION forbid_change()' },
    },
    partitionBy: 'occurred_at',
  },
);
