import { z } from 'zod';
import { CreateCalendar } from './calendar.ts';
import { CredentialType } from './enums.ts';
import { CreateJob } from './job.ts';
import { CreateTemplate } from './job-template.ts';
import { VariableInput } from './job-variable.ts';
import { JobSerial } from './job.ts';
import { SettingName } from './setting.ts';
import { CreateTarget, TargetSerial, UpdateTarget, Uuid } from './target.ts';
import { Text } from './text.ts';
import { ScheduleDefinition } from './schedule.ts';
import { VariableKey } from './variable.ts';
import { CreateUser } from './user.ts';

/** A secret that a passphrase sealed: AES-256-GCM, nonce and bytes in base64, the tag at the end. */
export const SealedSecret = z
  .strictObject({ nonce: z.base64().length(16), ct: z.base64().min(24).max(200_000) })
  .meta({ id: 'SealedSecret', description: 'Opens with the passphrase of the export only.' });
export type SealedSecret = z.infer<typeof SealedSecret>;

const KDF_LIMITS = { memoryKib: 262_144, passes: 10, lanes: 4 };

/** How the key of the sealed secrets is made of a passphrase. The limits keep a document from making the server work for minutes. */
export const SealHead = z
  .strictObject({
    cipher: z.literal('aes-256-gcm'),
    kdf: z.literal('argon2id'),
    memory_kib: z.number().int().min(8_192).max(KDF_LIMITS.memoryKib),
    passes: z.number().int().min(1).max(KDF_LIMITS.passes),
    lanes: z.number().int().min(1).max(KDF_LIMITS.lanes),
    salt: z.base64().length(24),
    check: SealedSecret.meta({ description: 'Tells a wrong passphrase from a right one.' }),
  })
  .meta({ id: 'SealHead' });
export type SealHead = z.infer<typeof SealHead>;

/** What is known of a credential; with `sealed` it is made, without it only said to be there. */
export const CredentialEntry = z
  .strictObject({
    credential_name: Text(100).min(1),
    credential_type: CredentialType,
    is_primary: z.boolean().default(false),
    is_active: z.boolean().default(true),
    sealed: SealedSecret.optional(),
  })
  .meta({ id: 'CredentialEntry' });
export type CredentialEntry = z.infer<typeof CredentialEntry>;

const uuid = Uuid.optional().meta({ description: 'Names the thing for good, in any installation.' });

/** By what a thing is found: the uuid, else the serial, else the name when only one thing has it. */
export const TargetHead = z.object({ kind: z.literal('target'), serial: TargetSerial.optional(), uuid, name: CreateTarget.shape.name });
export const JobHead = z.object({ serial: JobSerial.optional(), uuid, name: CreateJob.shape.name });

/** Targets by serial, or by a name that only one has. */
export const TargetNames = z.array(Text(100).min(1)).min(1, 'a job needs at least one target').max(100_000);

const SealedVariable = VariableInput.extend({ sealed: SealedSecret.optional() });

export const UserItem = z.strictObject({
  kind: z.literal('user'),
  uuid: Uuid.optional().meta({ description: 'Is passed over: accounts are found by their user name.' }),
  username: CreateUser.shape.username,
  email: CreateUser.shape.email.optional().meta({ description: 'A new account needs it.' }),
  role: CreateUser.shape.role.unwrap().optional(),
  permissions: CreateUser.shape.permissions.unwrap().optional(),
  is_active: z.boolean().optional(),
});
export type UserItem = z.infer<typeof UserItem>;

export const SettingItem = z.strictObject({ kind: z.literal('setting'), name: SettingName, value: z.unknown() });
export type SettingItem = z.infer<typeof SettingItem>;

/** Found by its job and name. */
export const ScheduleItem = ScheduleDefinition.safeExtend({
  kind: z.literal('schedule'),
  sealed: z
    .record(VariableKey, SealedSecret)
    .optional()
    .meta({ description: 'Values of secret variables, which stand as `********` among the others.' }),
});

export const CalendarItem = CreateCalendar.extend({ kind: z.literal('calendar'), uuid });
export type CalendarItem = z.infer<typeof CalendarItem>;

const OpenMethod = z.record(z.string(), z.unknown()).meta({
  description: 'As `MethodInput`, and `credentials`: a list of `CredentialEntry` in place of `credential`.',
});

const items = [
  UpdateTarget.extend({ ...TargetHead.shape, methods: z.array(OpenMethod).max(20).optional() }),
  CreateJob.extend({
    kind: z.literal('job'),
    ...JobHead.shape,
    targets: TargetNames.optional(),
    variables: z.array(SealedVariable).optional(),
  }),
  CreateTemplate.extend({ kind: z.literal('template'), ...JobHead.shape, variables: z.array(SealedVariable).optional() }),
  ScheduleItem,
  SettingItem,
  UserItem,
  CalendarItem,
] as const;

/** One thing of a document. */
export const DataItem = z.discriminatedUnion('kind', items);

/** What an export writes and an import, or `apply`, reads. Each kind checks its own items, so that one that is wrong does not stop the others. */
export const DataDocument = z
  .strictObject({
    opsconductor: z.literal(1).optional().meta({ description: 'Version of this form.' }),
    exported_at: z.iso.datetime().optional(),
    seal: SealHead.optional(),
    items: z.array(DataItem),
  })
  .meta({ id: 'DataDocument', description: 'Things of several kinds, in any order.' });
export type DataDocument = z.input<typeof DataDocument>;

/** All but the items. */
export const DocumentHead = DataDocument.omit({ items: true });
export type DocumentHead = z.infer<typeof DocumentHead>;
