import type { CommunicationMethodType, CredentialType } from '../contracts/enums.ts';
import { SECRET_SHAPES } from '../contracts/transport.ts';
import type { Endpoint, LoginSecret } from '../contracts/transport.ts';
import { platformOf } from '../domain/command-shell.ts';
import { OpsError } from '../domain/ops-error.ts';
import { openBytes } from './seal.ts';
import type { KeyRing } from './seal.ts';

/** A method of a target and its first active credential, as METHOD_COLUMNS select them of `m` and `c`. */
export interface MethodRow {
  method_id: number;
  method_type: CommunicationMethodType;
  method_name: string;
  host: string | null;
  port: number | null;
  config: Record<string, unknown>;
  host_key_fingerprint: string | null;
  credential_uuid: string | null;
  credential_type: CredentialType;
  ciphertext: Buffer;
  nonce: Buffer;
  key_id: string;
}

export const METHOD_COLUMNS = `m.id AS method_id, m.method_type, m.method_name, m.host, m.port, m.config, m.host_key_fingerprint,
  c.credential_uuid, c.credential_type, c.ciphertext, c.nonce, c.key_id`;

/** Joins the credential of method `m` as `c`. */
export const JOIN_CREDENTIAL = `LEFT JOIN LATERAL (SELECT * FROM target_credentials WHERE communication_method_id = m.id AND is_active
    ORDER BY is_primary DESC, id LIMIT 1) c ON true`;

const openSecret = (keyRing: KeyRing, row: MethodRow): LoginSecret | undefined => {
  if (row.credential_uuid === null) return undefined;
  const sealed = { keyId: row.key_id, nonce: row.nonce, ciphertext: row.ciphertext };
  const place = { table: 'target_credentials', uuid: row.credential_uuid, column: 'ciphertext' } as const;
  const plain: unknown = JSON.parse(openBytes(keyRing, sealed, place));
  return secretOf(row.credential_type, plain);
};

/** The secret of a credential of this type. @throws ZodError when it has not the shape of the type. */
export const secretOf = (type: CredentialType, plain: unknown): LoginSecret =>
  ({ type, ...SECRET_SHAPES[type].parse(plain) }) as LoginSecret;

const numberIn = (config: Record<string, unknown>, key: string): number | undefined => {
  const value = config[key];
  return typeof value === 'number' ? value : undefined;
};

/** The endpoint of a method with its secret. @param facts of the target, and the limit of a connection in seconds where the method sets none. */
export const endpointOf = (
  method: Pick<MethodRow, 'method_type' | 'host' | 'port' | 'config' | 'host_key_fingerprint'>,
  secret: LoginSecret | undefined,
  facts: { osType: string; connectionTimeoutSeconds: number },
): Endpoint => ({
  methodType: method.method_type,
  host: method.host ?? '',
  port: method.port ?? 0,
  config: method.config,
  hostKeyFingerprint: method.host_key_fingerprint ?? undefined,
  platform: platformOf({ methodType: method.method_type, config: method.config }, facts.osType),
  connectTimeoutMs: (numberIn(method.config, 'timeout') ?? facts.connectionTimeoutSeconds) * 1_000,
  keepAliveMs: (numberIn(method.config, 'keepalive') ?? 15) * 1_000,
  secret,
});

/** As endpointOf, of a row with its credential opened. @throws OpsError CREDENTIAL_MISSING, CREDENTIAL_UNREADABLE */
export const openEndpoint = (
  keyRing: KeyRing,
  row: MethodRow,
  facts: { osType: string; connectionTimeoutSeconds: number; isCredentialOptional: boolean; where: string },
): Endpoint => {
  const secret = openSecret(keyRing, row);
  if (secret === undefined && !facts.isCredentialOptional)
    throw new OpsError(
      'CREDENTIAL_MISSING',
      `The method ${row.method_name} of ${facts.where} has no active credential. Add one to the target.`,
    );
  return endpointOf(row, secret, facts);
};

const OPEN_FIELDS: ReadonlySet<string> = new Set(['type', 'credential_type', 'username', 'header', 'certificate']);

/** Parts of a secret that no text may show. */
export const secretTexts = (secret: LoginSecret | undefined): string[] => {
  if (secret === undefined) return [];
  const login = secret.type === 'client_certificate' ? secret.login : undefined;
  const fields = { ...secret, ...login, login: undefined };
  // A server may show the headers that it got: HTTP logs in with both in one word.
  const basic = 'password' in fields ? [Buffer.from(`${fields.username}:${fields.password}`).toString('base64')] : [];
  const own = Object.entries(fields).flatMap(([name, value]) => (OPEN_FIELDS.has(name) || value === undefined ? [] : [value]));
  return [...own, ...basic];
};
