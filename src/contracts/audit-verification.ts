import { z } from 'zod';
import { Instant } from './instant.ts';

export const AuditFindingKind = z.enum([
  'event_altered',
  'events_missing',
  'events_added',
  'events_changed',
  'seal_altered',
  'seal_missing',
  'anchor_missing',
]);
export type AuditFindingKind = z.infer<typeof AuditFindingKind>;

const Id = z.number().int();

const AuditFinding = z
  .object({
    type: z.literal('finding'),
    kind: AuditFindingKind,
    event_id: Id.nullable(),
    seal_id: Id.nullable(),
    message: z.string(),
  })
  .meta({ id: 'AuditFinding', description: 'Something that nobody with the rights of OpsConductor can have done.' });
export type AuditFinding = z.infer<typeof AuditFinding>;

const AuditProgress = z
  .object({ type: z.literal('progress'), events: z.number().int(), seals: z.number().int() })
  .meta({ id: 'AuditProgress', description: 'How many were looked at so far.' });

export const AuditVerdict = z
  .object({
    type: z.literal('verdict'),
    intact: z.boolean(),
    events: z.number().int().meta({ description: 'Events whose signature was verified.' }),
    seals: z.number().int().meta({ description: 'Seals that were verified with the events that they cover.' }),
    findings: z.number().int().meta({ description: 'All of them; at most 1,000 are told.' }),
    dropped_seals: z.number().int().meta({ description: 'Seals whose months retention has dropped; their own signatures were verified.' }),
    unsealed_events: z
      .number()
      .int()
      .meta({ description: 'Events that no seal covers yet: one that was removed from among them is not found.' }),
    head: z
      .object({ seal_id: Id, seal_hash: z.string(), to_event_id: Id })
      .nullable()
      .meta({ description: 'The newest seal. Kept somewhere else, its hash shows later that nothing up to it was removed (`anchor`).' }),
  })
  .meta({ id: 'AuditVerdict' });
export type AuditVerdict = z.infer<typeof AuditVerdict>;

/** A line of the answer; the last one is the verdict. An answer that ends without it was broken off. */
export const AuditVerificationLine = z.union([AuditProgress, AuditFinding, AuditVerdict]).meta({ id: 'AuditVerificationLine' });
export type AuditVerificationLine = z.infer<typeof AuditVerificationLine>;

const Time = Instant;

export const VerifyAudit = z
  .strictObject({
    from: Time.optional().meta({ description: 'Only events from here on, and the seals that cover them.' }),
    to: Time.optional().meta({ description: 'Only events before.' }),
    anchor: z
      .string()
      .regex(/^[0-9a-f]{64}$/, 'must be the hash of a seal: 64 hexadecimal digits')
      .optional()
      .meta({ description: 'Hash of a seal that was noted earlier: it must still be there.' }),
  })
  .meta({ description: 'Which part of the trail.' });
export type VerifyAudit = z.infer<typeof VerifyAudit>;
