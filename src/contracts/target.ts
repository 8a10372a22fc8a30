import { z } from 'zod';
import { CommunicationMethodType, CredentialType, HealthStatus, TargetEnvironment, TargetStatus, TargetType, TestResult } from './enums.ts';
import { listQuery } from './list.ts';
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
export const Uuid = z.uuid().meta({ example: '7c9e6679-7425-40de-944b-e07fc1f90ae7' });

// Each label ends before its dot, so there is one way to read a name: an optional dot would take exponential time to refuse one.
const DNS_NAME = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*\.?$/;
const ENDS_IN_NUMBER = /(^|\.)\d+\.?$/;
const ZONE = /%[a-z0-9._-]{1,32}$/;

const isHost = (host: string): boolean => {
  if (host.includes(':')) return z.ipv6().safeParse(host.replace(ZONE, '')).success;
  return ENDS_IN_NUMBER.test(host) ? z.ipv4().safeParse(host).success : DNS_NAME.test(host);
};

const Host = Text(253)
  .transform((host) => host.trim().toLowerCase())
  .refine(isHost, 'must be a DNS name or an IP address');

const credentialName = Text(100).min(1).default('default');

/** Secrets that a caller gives; never given back. */
export const CredentialInput = z
  .discriminatedUnion('credential_type', [
    PasswordSecret.extend({ credential_type: z.literal('password'), credential_name: credentialName }),
    SshKeySecret.extend({ credential_type: z.literal('ssh_key'), credential_name: credentialName }),
    SnmpCommunitySecret.extend({ credential_type: z.literal('snmp_community'), credential_name: credentialName }),
    SnmpV3Secret.extend({ credential_type: z.literal('snmp_v3'), credential_name: credentialName }),
    ApiKeySecret.extend({ credential_type: z.literal('api_key'), credential_name: credentialName }),
    ApiTokenSecret.extend({ credential_type: z.literal('api_token'), credential_name: credentialName }),
    ClientCertificateSecret.extend({ credential_type: z.literal('client_certificate'), credential_name: credentialName }),
  ])
  .meta({ id: 'CredentialInput', description: 'A secret. It is sealed at once and never shown again.' });
export type CredentialInput = z.infer<typeof CredentialInput>;

const Port = z.number().int().min(1).max(65_535);

const fieldsOf = <Type extends CommunicationMethodType>(type: Type) => ({
  method_type: z.literal(type).meta({ description: 'How the target is reached.' }),
  method_name: Text(100).min(1).optional(),
  is_primary: z.boolean().optional(),
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
  labels: Labels.default({}),
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
    labels: Labels.optional(),
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
  is_primary: z.boolean(),
});

export const Method = z
  .object({
    method_type: CommunicationMethodType,
    method_name: z.string(),
    host: z.string().nullable(),
    port: z.number().int().nullable(),
    is_primary: z.boolean(),
    is_active: z.boolean(),
    config: z.record(z.string(), z.unknown()),
    host_key_fingerprint: z.string().nullable(),
    last_tested_at: z.iso.datetime().nullable(),
    last_test_result: TestResult.nullable(),
    last_test_message: z.string().nullable(),
    credentials: z.array(CredentialInfo),
    weaknesses: z.array(z.string()).meta({ description: 'What protects it less than it could: not encrypted, certificate not checked …' }),
  })
  .meta({ id: 'Method' });

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
