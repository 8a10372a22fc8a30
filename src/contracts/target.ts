import { z } from 'zod';
import { CommunicationMethodType, CredentialType, HealthStatus, TargetEnvironment, TargetStatus, TargetType, TestResult } from './enums.ts';
import { listQuery } from './list.ts';
import { SELECTOR_ATTRIBUTES, SelectorText } from './selector.ts';
import { serialOrUuid } from './serial-key.ts';
import { Text } from './text.ts';
import { METHODS } from './capabilities.ts';
import { clientCertificateProblem } from './methods/client-certificate.ts';
import { METHOD_INPUT_CONFIGS } from './methods/inputs.ts';
import { snmpCredentialProblem } from './methods/snmp-credential.ts';
import { readablePasswordProblem } from './methods/winrm-encryption.ts';
import {
  ApiKeySecret,
  ApiTokenSecret,
  ClientCertificateSecret,
  PasswordSecret,
  SnmpCommunitySecret,
  SnmpV3Secret,
  SshKeySecret,
} from './transport.ts';

export const TargetSerial = z
  .string()
  .regex(/^T\d{8,19}$/, 'must be a target serial such as T20250001')
  .meta({ example: 'T20250001' });
/** In lower case, as the database tells it, however it was written: it is compared as text and stands on record. */
export const Uuid = z.uuid().toLowerCase().meta({ example: '7c9e6679-7425-40de-944b-e07fc1f90ae7' });

/** A target by its serial or by its uuid. */
export const TargetKey = serialOrUuid(/T\d{8,19}/, 'a target', 'T20250001');

// Each label ends before its dot, so there is one way to read a name: an optional dot would take exponential time to refuse one.
const DNS_NAME = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*\.?$/;
const ENDS_IN_NUMBER = /(^|\.)\d+\.?$/;
const ZONE = /%[a-z0-9._-]{1,32}$/;

const isHost = (host: string): boolean => {
  if (host.includes(':')) return z.ipv6().safeParse(host.replace(ZONE, '')).success;
  return ENDS_IN_NUMBER.test(host) ? z.ipv4().safeParse(host).success : DNS_NAME.test(host);
};

export const Host = Text(253)
  .transform((host) => host.trim().toLowerCase())
  .refine(isHost, 'must be a DNS name or an IP address');

const credentialName = Text(100).min(1).default('default');

const SECRETS = [
  PasswordSecret.extend({ credential_type: z.literal('password') }),
  SshKeySecret.extend({ credential_type: z.literal('ssh_key') }),
  SnmpCommunitySecret.extend({ credential_type: z.literal('snmp_community') }),
  SnmpV3Secret.extend({ credential_type: z.literal('snmp_v3') }),
  ApiKeySecret.extend({ credential_type: z.literal('api_key') }),
  ApiTokenSecret.extend({ credential_type: z.literal('api_token') }),
  ClientCertificateSecret.extend({ credential_type: z.literal('client_certificate') }),
] as const;

/** Secrets that a caller gives; never given back. */
export const CredentialSecret = z
  .discriminatedUnion('credential_type', SECRETS)
  .meta({ id: 'CredentialSecret', description: 'A secret. It is sealed at once and never shown again.' });
export type CredentialSecret = z.infer<typeof CredentialSecret>;

const [password, sshKey, snmpCommunity, snmpV3, apiKey, apiToken, clientCertificate] = SECRETS;

/** A secret with its name within the method. */
export const CredentialInput = z
  .discriminatedUnion('credential_type', [
    password.extend({ credential_name: credentialName }),
    sshKey.extend({ credential_name: credentialName }),
    snmpCommunity.extend({ credential_name: credentialName }),
    snmpV3.extend({ credential_name: credentialName }),
    apiKey.extend({ credential_name: credentialName }),
    apiToken.extend({ credential_name: credentialName }),
    clientCertificate.extend({ credential_name: credentialName }),
  ])
  .meta({ id: 'CredentialInput', description: 'A secret. It is sealed at once and never shown again.' });
export type CredentialInput = z.infer<typeof CredentialInput>;

export const Port = z.number().int().min(1).max(65_535);
export const MethodName = Text(100).min(1);
export const MethodPriority = z.number().int().min(1).max(1_000);

const fieldsOf = <Type extends CommunicationMethodType>(type: Type) => ({
  method_type: z.literal(type).meta({ description: 'How the target is reached.' }),
  method_name: MethodName.optional().meta({ description: 'Default: its type and a number.' }),
  is_primary: z.boolean().optional().meta({ description: 'Used first. Exactly one method of a target is primary.' }),
  is_active: z.boolean().optional().meta({ description: 'May be used. Left out: as it was; of a new one true.' }),
  priority: MethodPriority.optional().meta({
    description: 'Order of those that are not primary, 1 first. Left out: the place in the list.',
  }),
  credential: CredentialInput.optional(),
});

const networkMethod = <Type extends CommunicationMethodType, Config extends z.ZodType>(type: Type, config: Config) =>
  z.strictObject({ ...fieldsOf(type), host: Host, port: Port.default(METHODS[type].defaultPort ?? 0), config });

const METHOD_INPUTS = [
  networkMethod('ssh', METHOD_INPUT_CONFIGS.ssh.prefault({})),
  networkMethod('winrm', METHOD_INPUT_CONFIGS.winrm.prefault({})),
  networkMethod('telnet', METHOD_INPUT_CONFIGS.telnet.prefault({})),
  networkMethod('snmp', METHOD_INPUT_CONFIGS.snmp.prefault({})),
  networkMethod('rest_api', METHOD_INPUT_CONFIGS.rest_api.prefault({})),
  networkMethod('smtp', METHOD_INPUT_CONFIGS.smtp.prefault({})),
  networkMethod('mysql', METHOD_INPUT_CONFIGS.mysql.prefault({})),
  networkMethod('postgresql', METHOD_INPUT_CONFIGS.postgresql.prefault({})),
  networkMethod('mssql', METHOD_INPUT_CONFIGS.mssql.prefault({})),
  networkMethod('oracle', METHOD_INPUT_CONFIGS.oracle),
  z.strictObject({ ...fieldsOf('sqlite'), config: METHOD_INPUT_CONFIGS.sqlite }),
  networkMethod('mongodb', METHOD_INPUT_CONFIGS.mongodb.prefault({})),
  networkMethod('redis', METHOD_INPUT_CONFIGS.redis.prefault({})),
  networkMethod('elasticsearch', METHOD_INPUT_CONFIGS.elasticsearch.prefault({})),
] as const;

/** A credential of a type that the method cannot log in with is refused. */
const refuseForeignCredential = (
  { method_type: type, credential }: { method_type: CommunicationMethodType; credential?: CredentialInput | undefined },
  context: z.RefinementCtx,
): void => {
  const allowed = METHODS[type].credentialTypes;
  if (credential === undefined || allowed.includes(credential.credential_type)) return;
  const instead = allowed.length === 0 ? 'it takes none' : `it takes ${allowed.join(' or ')}`;
  const message = `${METHODS[type].label} cannot log in with ${credential.credential_type}: ${instead}`;
  context.addIssue({ code: 'custom', path: ['credential', 'credential_type'], message });
};

const refuseUnfitSnmpCredential = (method: z.infer<(typeof METHOD_INPUTS)[number]>, context: z.RefinementCtx): void => {
  if (method.method_type !== 'snmp' || method.credential === undefined) return;
  const problem = snmpCredentialProblem(method.config, method.credential);
  if (problem !== undefined) context.addIssue({ code: 'custom', path: ['credential', problem.field], message: problem.message });
};

const refuseReadablePassword = (method: z.infer<(typeof METHOD_INPUTS)[number]>, context: z.RefinementCtx): void => {
  const message = method.method_type === 'winrm' ? readablePasswordProblem(method.port, method.config) : undefined;
  if (message !== undefined) context.addIssue({ code: 'custom', path: ['config', 'transport'], message });
};

const refuseUnshownCertificate = (method: z.infer<(typeof METHOD_INPUTS)[number]>, context: z.RefinementCtx): void => {
  if (method.credential?.credential_type !== 'client_certificate') return;
  const problem = clientCertificateProblem(method.method_type, { ...method.config });
  if (problem !== undefined) context.addIssue({ code: 'custom', path: ['config', problem.option], message: problem.message });
};

export const MethodInput = z
  .discriminatedUnion('method_type', METHOD_INPUTS)
  .superRefine(refuseForeignCredential)
  .superRefine(refuseUnfitSnmpCredential)
  .superRefine(refuseReadablePassword)
  .superRefine(refuseUnshownCertificate)
  .meta({ id: 'MethodInput' });
export type MethodInput = z.infer<typeof MethodInput>;

export const LabelName = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9._/-]{0,61}[a-z0-9])?$/, 'a label name is lower case letters, digits and . _ / -');

export const Labels = z.record(LabelName, Text(200)).refine((labels) => Object.keys(labels).length <= 64, 'at most 64 labels');

/** Labels that people give: one named like a built-in key of selectors could never be asked for. */
export const LabelsInput = Labels.superRefine((labels, context) => {
  for (const name of SELECTOR_ATTRIBUTES)
    if (Object.hasOwn(labels, name))
      context.addIssue({
        code: 'custom',
        path: [name],
        message: `selectors know ${name} as a field of the target itself; name the label otherwise`,
      });
});

const TargetFields = {
  name: Text(100).min(1),
  target_type: TargetType.default('system'),
  description: Text(10_000).nullable().default(null),
  os_type: z
    .string()
    .regex(/^[a-z][a-z0-9_]{0,99}$/)
    .default('linux')
    .meta({ description: 'Value of a device type.' }),
  environment: TargetEnvironment.default('development'),
  location: Text(100).nullable().default(null),
  data_center: Text(100).nullable().default(null),
  region: Text(100).nullable().default(null),
  labels: LabelsInput.default({}),
  status: TargetStatus.default('active'),
};

export const CreateTarget = z
  .strictObject({ ...TargetFields, methods: z.array(MethodInput).min(1, 'a target needs at least one communication method').max(20) })
  .meta({ id: 'CreateTarget' });
export type CreateTarget = z.infer<typeof CreateTarget>;

/** Fields left out stay as they are. */
export const UpdateTarget = z
  .strictObject({
    name: TargetFields.name.optional(),
    target_type: TargetType.optional(),
    description: Text(10_000).nullable().optional(),
    os_type: TargetFields.os_type.unwrap().optional(),
    environment: TargetEnvironment.optional(),
    location: Text(100).nullable().optional(),
    data_center: Text(100).nullable().optional(),
    region: Text(100).nullable().optional(),
    labels: LabelsInput.optional(),
    status: TargetStatus.optional(),
    methods: z.array(MethodInput).min(1).max(20).optional().meta({
      description:
        'Replaces all methods, matched by method_name; options that are left out get their defaults. A method that comes without a credential keeps the one it has; that needs credentials.write where the kept one would go to another place, or travel less protected.',
    }),
  })
  .meta({ id: 'UpdateTarget' });
export type UpdateTarget = z.infer<typeof UpdateTarget>;

export const CredentialInfo = z.object({
  credential_uuid: Uuid,
  credential_type: CredentialType,
  credential_name: z.string(),
  is_primary: z.boolean().meta({ description: 'Logged in with; exactly one of those that are switched on.' }),
  is_active: z.boolean(),
  updated_at: z.iso.datetime().meta({ description: 'Last change, also of the secret.' }),
});
export type CredentialInfo = z.infer<typeof CredentialInfo>;

/** A way to reach a target, as it is shown. */
export const Method = z
  .object({
    method_type: CommunicationMethodType,
    method_name: z.string(),
    host: z.string().nullable(),
    port: z.number().int().nullable(),
    is_primary: z.boolean(),
    is_active: z.boolean(),
    priority: z.number().int(),
    config: z.record(z.string(), z.unknown()),
    host_key_fingerprint: z.string().nullable(),
    last_tested_at: z.iso.datetime().nullable(),
    last_test_result: TestResult.nullable(),
    last_test_message: z.string().nullable(),
    credentials: z.array(CredentialInfo),
    weaknesses: z.array(z.string()).meta({ description: 'What protects it less than it could: not encrypted, certificate not checked …' }),
  })
  .meta({ id: 'Method' });
export type Method = z.infer<typeof Method>;

export const Target = z
  .object({
    target_serial: TargetSerial,
    target_uuid: Uuid,
    name: z.string(),
    target_type: TargetType,
    description: z.string().nullable(),
    os_type: z.string(),
    environment: TargetEnvironment,
    location: z.string().nullable(),
    data_center: z.string().nullable(),
    region: z.string().nullable(),
    labels: z.record(z.string(), z.string()),
    status: TargetStatus,
    health_status: HealthStatus,
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
    methods: z.array(Method),
  })
  .meta({ id: 'Target' });
export type Target = z.infer<typeof Target>;

export const TargetFilter = listQuery(
  { item: Target, sorts: ['created', 'name'], sort: '-created' },
  {
    search: Text(100).optional().meta({ description: 'Part of the name, or a serial.' }),
    environment: TargetEnvironment.optional(),
    status: TargetStatus.optional(),
    os_type: Text(100).optional(),
    host: Text(253).optional().meta({ description: 'Address or name of one of its methods.' }),
    target_type: TargetType.optional(),
    health_status: HealthStatus.optional(),
    method_type: CommunicationMethodType.optional().meta({ description: 'Of one of its methods that is switched on.' }),
    location: Text(100).optional(),
    data_center: Text(100).optional(),
    region: Text(100).optional(),
    selector: SelectorText.optional(),
  },
);
export type TargetFilter = z.infer<typeof TargetFilter>;

export const ConnectionTest = z
  .object({
    result: TestResult,
    message: z.string(),
    error_code: z.string().nullable(),
    failure_category: z.string().nullable(),
    duration_ms: z.number().int(),
    host_key_fingerprint: z.string().nullable(),
  })
  .meta({ id: 'ConnectionTest' });
export type ConnectionTest = z.infer<typeof ConnectionTest>;

/** A method that is not saved yet. */
export const TestMethodConfig = z.strictObject({ os_type: TargetFields.os_type, method: MethodInput }).meta({ id: 'TestMethodConfig' });
export type TestMethodConfig = z.infer<typeof TestMethodConfig>;

export const AcceptHostKey = z
  .strictObject({
    fingerprint: z
      .string()
      .regex(/^SHA256:[A-Za-z0-9+/]{43}$/, 'must be a fingerprint as ssh-keygen -l prints it: SHA256: and 43 characters')
      .optional()
      .meta({ description: 'What the host must show, and what is then pinned. Left out: the host is only asked, and nothing is stored.' }),
  })
  .meta({ id: 'AcceptHostKey' });
export type AcceptHostKey = z.infer<typeof AcceptHostKey>;

export const HostKey = z
  .object({
    method_name: z.string(),
    host: z.string(),
    port: z.number().int(),
    pinned_fingerprint: z.string().nullable().meta({ description: 'Before this request; null: the host was never met.' }),
    shown_fingerprint: z.string().meta({ description: 'What the host shows now. No credential was sent to it.' }),
    is_accepted: z.boolean().meta({ description: 'Whether what it shows is pinned now.' }),
  })
  .meta({ id: 'HostKey' });
export type HostKey = z.infer<typeof HostKey>;
