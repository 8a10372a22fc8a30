import type { ConnectionTest, TestMethodConfig } from '../../contracts/target.ts';
import { PasswordSecret, SshKeySecret } from '../../contracts/transport.ts';
import type { Endpoint, LoginSecret } from '../../contracts/transport.ts';
import { selectRow, selectRows } from '../../db/query.ts';
import { recordAudit } from '../../db/record-audit.ts';
import { openBytes } from '../../db/seal.ts';
import type { KeyRing } from '../../db/seal.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { authorize } from '../context.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { keyProblems } from './write-methods.ts';

const TEST_LIMIT_MS = 60_000;
const PROBE_TEXT = 'echo ok';

const platformOf = (osType: string): Endpoint['platform'] => (osType.startsWith('windows') ? 'windows' : 'posix');

/** Connects, logs in and runs an echo: the same adapter that runs commands. A failure is a result, not an error. */
const probe = async ({ openSession }: ServiceDeps, endpoint: Endpoint): Promise<ConnectionTest> => {
  const startedAt = performance.now();
  const signal = AbortSignal.timeout(TEST_LIMIT_MS);
  const took = (): number => Math.round(performance.now() - startedAt);
  try {
    const session = await openSession(endpoint, signal);
    await using _ = session;
    const program = {
      interpreter: 'sh',
      text: PROBE_TEXT,
      arguments: [],
      workingDirectory: undefined,
      environment: {},
      marker: 'connection-test',
    } as const;
    const { exitCode } = await session.run(program, async () => {}, signal);
    const login = `Logged in to ${endpoint.host}:${endpoint.port} as ${endpoint.secret.username}`;
    if (exitCode !== 0) throw new OpsError('COMMAND_FAILED', `${login}, but an echo ended with exit code ${exitCode}.`);
    return {
      result: 'success',
      message: `${login}.`,
      error_code: null,
      failure_category: null,
      duration_ms: took(),
      host_key_fingerprint: session.hostKeyFingerprint,
    };
  } catch (error) {
    const known =
      error instanceof OpsError
        ? error
        : new OpsError('CONNECTION_TIMED_OUT', `${endpoint.host}:${endpoint.port} did not finish the test in ${TEST_LIMIT_MS / 1_000} s.`);
    return {
      result: 'failure',
      message: known.message,
      error_code: known.code,
      failure_category: known.category,
      duration_ms: took(),
      host_key_fingerprint: null,
    };
  }
};

interface MethodRow {
  id: number;
  method_name: string;
  os_type: string;
  host: string;
  port: number;
  config: { timeout?: number };
  host_key_fingerprint: string | null;
  credential_uuid: string | null;
  credential_type: string;
  ciphertext: Buffer;
  nonce: Buffer;
  key_id: string;
}

const METHOD_OF_TARGET = `
SELECT m.id, m.method_name, t.os_type, m.host, m.port, m.config, m.host_key_fingerprint, c.credential_uuid, c.credential_type, c.ciphertext, c.nonce, c.key_id
FROM universal_targets t JOIN target_communication_methods m ON m.target_id = t.id AND m.is_active
  LEFT JOIN LATERAL (SELECT * FROM target_credentials WHERE communication_method_id = m.id AND is_active ORDER BY is_primary DESC, id LIMIT 1) c ON true
WHERE t.is_active AND t.target_serial = $1 AND ($2::text IS NULL OR m.method_name = $2) ORDER BY m.is_primary DESC, m.priority, m.id LIMIT 1`;

const openSecret = (keyRing: KeyRing, row: MethodRow): LoginSecret => {
  if (row.credential_uuid === null)
    throw new OpsError('CREDENTIAL_MISSING', `Method ${row.method_name} has no active credential. Add a password or a key.`);
  const sealed = { keyId: row.key_id, nonce: row.nonce, ciphertext: row.ciphertext };
  const plain: unknown = JSON.parse(
    openBytes(keyRing, sealed, { table: 'target_credentials', uuid: row.credential_uuid, column: 'ciphertext' }),
  );
  return row.credential_type === 'password'
    ? { type: 'password', ...PasswordSecret.parse(plain) }
    : { type: 'ssh_key', ...SshKeySecret.parse(plain) };
};

/** Tests the primary method of a saved target, or the named one, and notes the result on it. @throws OpsError NOT_FOUND, CREDENTIAL_MISSING */
export const testConnection = async (
  deps: ServiceDeps,
  caller: Caller,
  serial: string,
  methodName: string | undefined,
): Promise<ConnectionTest> => {
  authorize(caller, 'targets.test');
  const { db, keyRing, readSettings } = deps;
  const row = await selectRow<MethodRow>(db, METHOD_OF_TARGET, [serial, methodName ?? null]);
  if (row === undefined)
    throw new OpsError(
      'NOT_FOUND',
      methodName === undefined ? `There is no target ${serial}.` : `Target ${serial} has no method ${methodName}.`,
    );
  const settings = await readSettings();
  const test = await probe(deps, {
    methodType: 'ssh',
    host: row.host,
    port: row.port,
    hostKeyFingerprint: row.host_key_fingerprint ?? undefined,
    platform: platformOf(row.os_type),
    connectTimeoutMs: (row.config.timeout ?? settings.connection_timeout_seconds) * 1_000,
    keepAliveMs: 15_000,
    secret: openSecret(keyRing, row),
  });
  await db.transaction(async (transaction) => {
    await selectRows(
      db,
      `UPDATE target_communication_methods SET last_tested_at = now(), last_test_result = $2, last_test_message = $3,
         host_key_fingerprint = coalesce(host_key_fingerprint, $4) WHERE id = $1 RETURNING id`,
      [row.id, test.result, test.message, test.host_key_fingerprint],
      transaction,
    );
    const event = {
      eventType: 'target_connection_test',
      action: 'test_connection',
      actor: caller.actor,
      resourceType: 'universal_targets',
    } as const;
    await recordAudit(
      db,
      keyRing.auditKey,
      { ...event, resourceId: serial, details: { method: row.method_name, result: test.result, error_code: test.error_code } },
      transaction,
    );
  });
  return test;
};

/** Tests a method that is not saved; nothing of it is kept but the audit event. */
export const testMethodConfig = async (
  deps: ServiceDeps,
  caller: Caller,
  { method, os_type: osType }: TestMethodConfig,
): Promise<ConnectionTest> => {
  authorize(caller, 'targets.test');
  const fields = keyProblems(method.credential, 'method.credential');
  if (fields.length > 0) throw new OpsError('VALIDATION', 'The private key cannot be used.', { fields });
  const settings = await deps.readSettings();
  const { credential, host, port, config } = method;
  const secret: LoginSecret =
    credential.credential_type === 'password'
      ? { type: 'password', username: credential.username, password: credential.password }
      : {
          type: 'ssh_key',
          username: credential.username,
          private_key: credential.private_key,
          ...(credential.passphrase !== undefined && { passphrase: credential.passphrase }),
        };
  const test = await probe(deps, {
    methodType: 'ssh',
    host,
    port,
    hostKeyFingerprint: undefined,
    platform: platformOf(osType),
    connectTimeoutMs: (config.timeout ?? settings.connection_timeout_seconds) * 1_000,
    keepAliveMs: 15_000,
    secret,
  });
  const event = {
    eventType: 'target_connection_test',
    action: 'test_method_config',
    actor: caller.actor,
    resourceType: 'target_communication_methods',
  } as const;
  await recordAudit(deps.db, deps.keyRing.auditKey, {
    ...event,
    details: { host, port, result: test.result, error_code: test.error_code },
  });
  return test;
};
