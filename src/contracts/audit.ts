import { z } from 'zod';
import { Instant } from './instant.ts';
import { ActorType, AlertSeverity, AuditEventType } from './enums.ts';
import { listQuery } from './list.ts';
import { Uuid } from './target.ts';
import { Text } from './text.ts';

const Time = z.iso.datetime();
const Id = z.number().int();

export const AuditEvent = z
  .object({
    id: Id.meta({ description: 'Its number; there are gaps.' }),
    occurred_at: Time,
    event_type: AuditEventType,
    action: z.string().meta({ description: 'What was done, such as `update_target`.' }),
    severity: AlertSeverity,
    actor_type: ActorType,
    username: z.string().nullable().meta({ description: 'Who did it; null for OpsConductor itself and for strangers.' }),
    user_uuid: z.string().nullable(),
    api_token: z.string().nullable().meta({ description: 'Name of the API token that was used.' }),
    api_token_uuid: z.string().nullable(),
    resource_type: z.string().meta({ description: 'To what: a table, or a concept.' }),
    resource_id: z.string().nullable().meta({ description: 'Serial, uuid or name.' }),
    details: z.record(z.string(), z.unknown()).meta({ description: 'Before and after, without secrets.' }),
    ip_address: z.string().nullable(),
    user_agent: z.string().nullable(),
    request_id: z.string().nullable().meta({ description: 'X-Request-Id of the answer.' }),
  })
  .meta({ id: 'AuditEvent' });
export type AuditEvent = z.infer<typeof AuditEvent>;

export const OneAuditEvent = AuditEvent.extend({
  signature: z.enum(['valid', 'invalid']).meta({ description: '`invalid`: the row is not as OpsConductor signed it.' }),
  seal_id: Id.nullable().meta({ description: 'The seal that covers it; null while it is young.' }),
}).meta({ id: 'OneAuditEvent' });
export type OneAuditEvent = z.infer<typeof OneAuditEvent>;

const FILTERS = {
  event_type: AuditEventType.optional(),
  severity: AlertSeverity.optional(),
  user: Text(255).min(1).optional().meta({ description: 'User name.' }),
  via: Uuid.optional().meta({ description: 'uuid of an API token: what was done with it.' }),
  resource_type: Text(50).min(1).optional().meta({ example: 'universal_targets' }),
  resource_id: Text(100).min(1).optional().meta({ description: 'Serial, uuid or name; with `resource_type`.' }),
  ip: z.union([z.ipv4(), z.ipv6()]).optional().meta({ description: 'Address of the client.' }),
  request_id: Text(64).min(1).optional(),
  from: Instant.optional().meta({ description: 'This time or later.' }),
  to: Instant.optional().meta({ description: 'Before this time.' }),
  search: Text(200).min(1).optional().meta({ description: 'Text in the details, of at most 7 days: from `from` to `to`, or to now.' }),
};

export const AuditFilter = listQuery({ item: AuditEvent, sorts: ['occurred'], sort: '-occurred' }, FILTERS);
export type AuditFilter = z.infer<typeof AuditFilter>;

export const AuditExportFormat = z.enum(['csv', 'json', 'ndjson']);
export type AuditExportFormat = z.infer<typeof AuditExportFormat>;

export const AuditExport = z.strictObject({ format: AuditExportFormat.default('csv'), ...FILTERS });
export type AuditExport = z.infer<typeof AuditExport>;

export const AuditEventTypes = z
  .object({ event_types: z.array(AuditEventType), severities: z.array(AlertSeverity), actor_types: z.array(ActorType) })
  .meta({ id: 'AuditEventTypes' });
export type AuditEventTypes = z.infer<typeof AuditEventTypes>;

const Count = z.number().int();

export const AuditStatistics = z
  .object({
    from: Time,
    total: Count,
    by_event_type: z.array(z.object({ event_type: AuditEventType, events: Count })),
    by_severity: z.array(z.object({ severity: AlertSeverity, events: Count })),
    by_user: z.array(z.object({ username: z.string(), events: Count })).meta({ description: 'The twenty with the most events.' }),
    by_day: z.array(z.object({ day: z.iso.date(), events: Count })).meta({ description: 'Days of UTC that have any.' }),
  })
  .meta({ id: 'AuditStatistics' });
export type AuditStatistics = z.infer<typeof AuditStatistics>;

export const AuditStatisticsQuery = z.strictObject({
  days: z.coerce.number().int().min(1).max(366).default(30).meta({ description: 'So many days back from now.' }),
});
export type AuditStatisticsQuery = z.infer<typeof AuditStatisticsQuery>;

export const AuditSeal = z
  .object({
    id: Id,
    from_event_id: Id,
    to_event_id: Id,
    event_count: Count,
    events_until: Time.meta({ description: 'Time of the newest event that it covers.' }),
    events_hash: z.string(),
    previous_seal_hash: z.string().nullable(),
    seal_hash: z.string().meta({ description: 'Vouches for this seal and all before it.' }),
    sealed_at: Time,
  })
  .meta({ id: 'AuditSeal' });
export type AuditSeal = z.infer<typeof AuditSeal>;

export const AuditSealFilter = listQuery({ item: AuditSeal, sorts: ['created'], sort: '-created' }, {});
export type AuditSealFilter = z.infer<typeof AuditSealFilter>;
