import { z } from 'zod';
import type { CommunicationMethodType } from './enums.ts';
import { Text } from './text.ts';

/** Secrets of a credential, as they are sealed. One shape a credential type. */
export const PasswordSecret = z.strictObject({ username: Text(255).min(1), password: Text(4096).min(1) });
export const SshKeySecret = z.strictObject({
  username: Text(255).min(1),
  private_key: Text(32_768).min(1),
  passphrase: Text(4096).optional(),
});
export const SnmpCommunitySecret = z.strictObject({ community: Text(255).min(1) });
/** User of SNMP version 3; which of the keys are used follows from the method's security level. */
export const SnmpV3Secret = z.strictObject({
  username: Text(32).min(1),
  auth_key: Text(255).min(8).optional(),
  privacy_key: Text(255).min(8).optional(),
});
/** A key that is sent in a header of this name. */
export const ApiKeySecret = z.strictObject({
  header: z
    .string()
    .regex(/^[A-Za-z0-9-]{1,100}$/, 'a header name is letters, digits and -')
    .default('X-API-Key'),
  key: Text(8_192).min(1),
});
/** A token that is sent as `Authorization: Bearer …`. */
export const ApiTokenSecret = z.strictObject({ token: Text(8_192).min(1) });

/** Certificate of a client, which a TLS server asks for, with its private key; both in PEM form, the own certificate before those of its issuers. */
export const ClientCertificateSecret = z.strictObject({
  certificate: Text(65_536).regex(/-----BEGIN CERTIFICATE-----/, 'must be certificates in PEM form'),
  private_key: Text(32_768).min(1),
  passphrase: Text(4_096).optional(),
  login: z
    .discriminatedUnion('credential_type', [
      PasswordSecret.extend({ credential_type: z.literal('password') }),
      ApiKeySecret.extend({ credential_type: z.literal('api_key') }),
      ApiTokenSecret.extend({ credential_type: z.literal('api_token') }),
    ])
    .optional()
    .meta({ description: 'What to log in with beside the certificate.' }),
});

export type ClientCertificateSecret = z.infer<typeof ClientCertificateSecret>;
export type PasswordSecret = z.infer<typeof PasswordSecret>;
export type SshKeySecret = z.infer<typeof SshKeySecret>;

/** One shape a credential type: the sealed JSON of a credential is parsed by it. */
export const SECRET_SHAPES = {
  password: PasswordSecret,
  ssh_key: SshKeySecret,
  snmp_community: SnmpCommunitySecret,
  snmp_v3: SnmpV3Secret,
  api_key: ApiKeySecret,
  api_token: ApiTokenSecret,
  client_certificate: ClientCertificateSecret,
} as const;

type SecretShapes = typeof SECRET_SHAPES;

/** What a transport logs in with. */
export type LoginSecret = { [Type in keyof SecretShapes]: { type: Type } & z.infer<SecretShapes[Type]> }[keyof SecretShapes];

/** Where and how to reach a target. */
export interface Endpoint {
  methodType: CommunicationMethodType;
  /** Address or DNS name; empty for a protocol without one (sqlite). */
  host: string;
  /** 0 for a protocol without one. */
  port: number;
  /** Options of the method, as its schema in contracts/methods has checked them. */
  config: Readonly<Record<string, unknown>>;
  /** Pinned host key (`SHA256:…`), undefined before the first use. */
  hostKeyFingerprint: string | undefined;
  /** What is at the other end of the method: Windows and everything else are given programs in different ways. */
  platform: 'posix' | 'windows';
  connectTimeoutMs: number;
  keepAliveMs: number;
  /** Undefined where the method needs no credential. */
  secret: LoginSecret | undefined;
}

/** What reads the text of a command at the other end; `header`: a device that takes one line as it stands. */
export type CommandShell = 'posix_shell' | 'cmd' | 'powershell' | 'header';

/** The program that interprets a text on the target. */
export type Interpreter = 'sh' | 'bash' | 'python' | 'powershell' | 'javascript' | 'batch';

/** A text to run on a target. Text, arguments and environment travel in the encrypted channel, never in an argument list. */
export interface RemoteProgram {
  interpreter: Interpreter;
  text: string;
  arguments: readonly string[];
  workingDirectory: string | undefined;
  environment: Readonly<Record<string, string>>;
  /** Marks the process and all its descendants (environment variable OPSCONDUCTOR_ACTION), so that they can be found and ended. */
  marker: string;
  /** User on the target who shall run it, where the protocol can change to another. */
  runAs?: string | undefined;
}

/** How a program ended. A signal name instead of a code when it was killed; neither where the method has no exit codes (telnet to a device). */
export interface ProgramExit {
  exitCode: number | null;
  signal: string | null;
}

/**
 * A statement with values in it: `segments` has one more than `values`, a value stands between two segments. A transport binds the values, in the
 * way of its protocol; it never writes one into the text of a statement.
 */
export interface BoundText {
  segments: readonly string[];
  values: readonly (string | number | boolean | null)[];
}

export interface QueryRequest {
  statement: BoundText;
  /** Called by name instead of executed as text. */
  isProcedure: boolean;
  /** Rows beyond are read but not given. */
  maxRows: number;
}

/** What a statement did. Its rows went to the output, one JSON object a line. */
export interface QueryResult {
  /** Rows that it gave; null for a statement that gives none. */
  rowCount: number | null;
  /** Rows that it changed, where the server says. */
  affectedRows: number | null;
  isTruncated: boolean;
}

export interface HttpRequest {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'PATCH' | 'HEAD';
  /** Path and query; the transport puts its origin and base path before it. */
  path: string;
  headers: Readonly<Record<string, string>>;
  body: string | undefined;
}

/** The body went to the output. */
export interface HttpResponse {
  status: number;
  headers: Readonly<Record<string, string>>;
}

export interface MailAttachment {
  filename: string;
  contentType: string;
  content: Buffer;
}

export interface Mail {
  from: string | undefined;
  to: readonly string[];
  cc: readonly string[];
  bcc: readonly string[];
  subject: string;
  text: string;
  html: string | undefined;
  attachments: readonly MailAttachment[];
  /** Message-ID, the same for a repeat. */
  id: string;
}

export interface MailReceipt {
  accepted: readonly string[];
  rejected: readonly string[];
  /** Last answer of the server. */
  response: string;
}

/** `get` and `walk` only read. */
export type OidOperation =
  | { operation: 'get' | 'walk'; oid: string }
  | { operation: 'set'; oid: string; type: 'integer' | 'string' | 'oid' | 'ip' | 'counter' | 'gauge' | 'timeticks'; value: string };

/** What is known of a file on a target. */
export interface RemoteFile {
  kind: 'file' | 'directory' | 'link' | 'other';
  bytes: number;
  /** Permission bits, such as 0o644. */
  mode: number | undefined;
}

export type FileOperation =
  | { operation: 'copy' | 'move'; source: string; destination: string; overwrite: boolean; preservePermissions: boolean }
  | { operation: 'delete'; source: string; isRecursive: boolean }
  | { operation: 'mkdir'; source: string; mode: string | undefined }
  | { operation: 'chmod'; source: string; mode: string; isRecursive: boolean }
  | { operation: 'chown'; source: string; owner: string; isRecursive: boolean };
