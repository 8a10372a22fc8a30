import { SealedValue } from '../../contracts/sealed-value.ts';
import type { LoginSecret, Endpoint } from '../../contracts/transport.ts';
import { PasswordSecret, SshKeySecret } from '../../contracts/transport.ts';
import type { createDefinitionCache, Definition, StoredVariable } from '../../db/load-definition.ts';
import { selectPrepared } from '../../db/query.ts';
import { openBytes, openValue } from '../../db/seal.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { variableText } from '../../domain/variables.ts';
import { createSecretMask } from '../../domain/secret-mask.ts';
import type { SecretMask } from '../../domain/secret-mask.ts';
import type { ActivityDeps } from '../deps.ts';

/** All that the actions of one branch need, opened inside the worker and nowhere else. */
export interface BranchContext {
  branchId: number;
  executionId: number;
  executionSerial: string;
  jobName: string;
  targetSerial: string;
  methodId: number;
  endpoint: Endpoint;
  credentialUuid: string;
  definition: Definition;
  /** Environment of every program of the branch: the job's variables, and what OpsConductor knows. */
  variables: Record<string, string>;
  mask: SecretMask;
}

interface ContextRow {
  branch_id: number;
  execution_id: number;
  execution_serial: string;
  execution_uuid: string;
  run_variables: Record<string, unknown>;
  definition_version: number;
  job_id: number;
  job_uuid: string;
  job_serial: string;
  job_name: string;
  target_serial: string;
  target_name: string;
  os_type: string;
  method_id: number | null;
  host: string;
  port: number;
  config: { timeout?: number; keepalive?: number };
  host_key_fingerprint: string | null;
  credential_uuid: string | null;
  credential_type: string;
  ciphertext: Buffer;
  nonce: Buffer;
  key_id: string;
}

const CONTEXT_OF_BRANCH = `
SELECT b.id AS branch_id, e.id AS execution_id, e.execution_serial, e.execution_uuid, e.variables AS run_variables, e.definition_version,
  j.id AS job_id, j.job_uuid, j.job_serial, j.name AS job_name, t.target_serial, t.name AS target_name, t.os_type,
  m.id AS method_id, m.host, m.port, m.config, m.host_key_fingerprint, c.credential_uuid, c.credential_type, c.ciphertext, c.nonce, c.key_id
FROM job_execution_branches b JOIN job_executions e ON e.id = b.job_execution_id JOIN jobs j ON j.id = e.job_id
  JOIN universal_targets t ON t.id = b.target_id
  LEFT JOIN LATERAL (SELECT * FROM target_communication_methods WHERE target_id = t.id AND is_active AND method_type = 'ssh'
    ORDER BY is_primary DESC, priority, id LIMIT 1) m ON true
  LEFT JOIN LATERAL (SELECT * FROM target_credentials WHERE communication_method_id = m.id AND is_active ORDER BY is_primary DESC, id LIMIT 1) c ON true
WHERE b.branch_serial = $1`;

/** @throws OpsError METHOD_MISSING, CREDENTIAL_MISSING, CREDENTIAL_UNREADABLE, VARIABLE_MISSING, each naming the target or variable. */
export const loadBranchContext = async (
  { db, keyRing, readSettings }: Pick<ActivityDeps, 'db' | 'keyRing' | 'readSettings'>,
  loadDefinition: ReturnType<typeof createDefinitionCache>,
  branch: string,
): Promise<BranchContext> => {
  const row = await selectPrepared<ContextRow>(db, 'context_of_branch', CONTEXT_OF_BRANCH, [branch]);
  if (row === undefined) throw new OpsError('NOT_FOUND', `There is no branch ${branch}.`);
  if (row.method_id === null) {
    throw new OpsError(
      'METHOD_MISSING',
      `Target ${row.target_serial} (${row.target_name}) has no active ssh method; commands and scripts need one. Add it with: opsconductor targets.`,
    );
  }
  if (row.credential_uuid === null) {
    throw new OpsError(
      'CREDENTIAL_MISSING',
      `The ssh method of target ${row.target_serial} (${row.target_name}) has no active credential. Add a password or a key.`,
    );
  }
  const settings = await readSettings();
  const definition = await loadDefinition(row.job_id, row.definition_version);
  const secret = openCredential(keyRing, row, row.credential_uuid);
  const { values, secrets } = openVariables(keyRing, row, definition.variables);
  return {
    branchId: row.branch_id,
    executionId: row.execution_id,
    executionSerial: row.execution_serial,
    jobName: row.job_name,
    targetSerial: row.target_serial,
    methodId: row.method_id,
    credentialUuid: row.credential_uuid,
    definition,
    variables: { ...values, ...systemVariables(row) },
    mask: createSecretMask([...secrets, ...secretTexts(secret)]),
    endpoint: {
      methodType: 'ssh',
      host: row.host,
      port: row.port,
      hostKeyFingerprint: row.host_key_fingerprint ?? undefined,
      platform: row.os_type.startsWith('windows') ? 'windows' : 'posix',
      connectTimeoutMs: (row.config.timeout ?? settings.connection_timeout_seconds) * 1_000,
      keepAliveMs: (row.config.keepalive ?? 15) * 1_000,
      secret,
    },
  };
};

const systemVariables = (row: ContextRow): Record<string, string> => ({
  JOB_NAME: row.job_name,
  JOB_SERIAL: row.job_serial,
  EXECUTION_ID: row.execution_serial,
  TARGET_NAME: row.target_name,
  TARGET_SERIAL: row.target_serial,
  TARGET_HOST: row.host,
  TARGET_OS: row.os_type,
});

const openCredential = (keyRing: ActivityDeps['keyRing'], row: ContextRow, uuid: string): LoginSecret => {
  const sealed = { keyId: row.key_id, nonce: row.nonce, ciphertext: row.ciphertext };
  const plain: unknown = JSON.parse(openBytes(keyRing, sealed, { table: 'target_credentials', uuid, column: 'ciphertext' }));
  if (row.credential_type === 'password') return { type: 'password', ...PasswordSecret.parse(plain) };
  if (row.credential_type === 'ssh_key') return { type: 'ssh_key', ...SshKeySecret.parse(plain) };
  throw new OpsError('METHOD_UNSUPPORTED', `A credential of type ${row.credential_type} cannot log in by ssh.`);
};

const secretTexts = (secret: LoginSecret): string[] =>
  secret.type === 'password' ? [secret.password] : [secret.private_key, ...(secret.passphrase === undefined ? [] : [secret.passphrase])];

const openVariables = (keyRing: ActivityDeps['keyRing'], row: ContextRow, stored: readonly StoredVariable[]) => {
  const values: Record<string, string> = {};
  const secrets: string[] = [];
  for (const variable of stored) {
    const override = row.run_variables[variable.key];
    const text = override === undefined ? ownText(keyRing, row, variable) : overrideText(keyRing, row, variable, override);
    if (text === undefined) continue;
    values[variable.key] = text;
    if (variable.is_secret) secrets.push(text);
  }
  return { values, secrets };
};

const ownText = (keyRing: ActivityDeps['keyRing'], row: ContextRow, variable: StoredVariable): string | undefined => {
  if (variable.sealed !== undefined)
    return openValue(keyRing, variable.sealed, { table: 'jobs', uuid: row.job_uuid, column: `variables.${variable.key}` });
  return variable.value === undefined || variable.value === null ? undefined : variableText(variable.value);
};

const overrideText = (keyRing: ActivityDeps['keyRing'], row: ContextRow, variable: StoredVariable, override: unknown): string => {
  if (!variable.is_secret) return variableText(override);
  return openValue(keyRing, SealedValue.parse(override), {
    table: 'job_executions',
    uuid: row.execution_uuid,
    column: `variables.${variable.key}`,
  });
};
