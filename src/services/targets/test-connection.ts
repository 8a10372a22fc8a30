import type { ConnectionTest, TestMethodConfig } from '../../contracts/target.ts';
import { METHODS } from '../../contracts/capabilities.ts';
import { endpointOf, JOIN_CREDENTIAL, METHOD_COLUMNS, openEndpoint, secretOf } from '../../db/method-endpoint.ts';
import type { MethodRow } from '../../db/method-endpoint.ts';
import { selectRow, selectRows } from '../../db/query.ts';
import { recordAudit, recordAudits } from '../../db/record-audit.ts';
import type { AuditEvent } from '../../db/record-audit.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { authorize } from '../context.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { credentialAccess } from './credential-access.ts';
import { probe } from './probe.ts';
import { keyColumn } from './target-key.ts';
import { plainSecret } from './write-credential.ts';
import { addressOf, keyProblems } from './write-methods.ts';

type TestedRow = MethodRow & { target_serial: string; os_type: string };

const methodOfTarget = (key: string): string => `
SELECT t.target_serial, t.os_type, ${METHOD_COLUMNS}
FROM universal_targets t JOIN target_communication_methods m ON m.target_id = t.id AND m.is_active ${JOIN_CREDENTIAL}
WHERE t.is_active AND t.${keyColumn(key)} = $1 AND ($2::text IS NULL OR m.method_name = $2) ORDER BY m.is_primary DESC, m.priority, m.id LIMIT 1`;

/** Tests the primary method of a saved target, or the named one, and notes the result on it, unless the method was moved elsewhere meanwhile. @throws OpsError NOT_FOUND, CREDENTIAL_MISSING */
export const testConnection = async (
  deps: ServiceDeps,
  caller: Caller,
  key: string,
  methodName: string | undefined,
): Promise<ConnectionTest> => {
  authorize(caller, 'targets.test');
  const { db, keyRing, readSettings } = deps;
  const row = await selectRow<TestedRow>(db, methodOfTarget(key), [key, methodName ?? null]);
  if (row === undefined)
    throw new OpsError(
      'NOT_FOUND',
      methodName === undefined
        ? `There is no target ${key}.`
        : `There is no target ${key} with a method ${methodName} that is switched on.`,
    );
  const serial = row.target_serial;
  const settings = await readSettings();
  await recordAudits(db, keyRing.auditKey, credentialAccess(caller, 'test_connection', row, { target: serial }));
  const endpoint = openEndpoint(keyRing, row, {
    osType: row.os_type,
    connectionTimeoutSeconds: settings.connection_timeout_seconds,
    isCredentialOptional: METHODS[row.method_type].isCredentialOptional,
    where: `target ${serial}`,
  });
  const test = await probe(deps, endpoint);
  await db.transaction(async (transaction) => {
    await selectRows(
      db,
      `UPDATE target_communication_methods SET last_tested_at = now(), last_test_result = $2, last_test_message = $3,
         host_key_fingerprint = coalesce(host_key_fingerprint, $4)
       WHERE id = $1 AND host IS NOT DISTINCT FROM $5 AND port IS NOT DISTINCT FROM $6 RETURNING id`,
      [row.method_id, test.result, test.message, test.host_key_fingerprint, row.host, row.port],
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

/** Tests a method that is not saved; nothing of it is kept but the audit events. */
export const testMethodConfig = async (
  deps: ServiceDeps,
  caller: Caller,
  { method, os_type: osType }: TestMethodConfig,
): Promise<ConnectionTest> => {
  authorize(caller, 'targets.test');
  const fields = keyProblems(method.credential, 'method.credential');
  if (fields.length > 0) throw new OpsError('VALIDATION', 'The private key or certificate cannot be used.', { fields });
  const settings = await deps.readSettings();
  const { credential } = method;
  if (credential === undefined && !METHODS[method.method_type].isCredentialOptional) {
    const missing = { path: 'method.credential', message: `${METHODS[method.method_type].label} needs one` };
    throw new OpsError('VALIDATION', 'The method has no credential.', { fields: [missing] });
  }
  const { host, port } = addressOf(method);
  const secret = credential === undefined ? undefined : secretOf(credential.credential_type, plainSecret(credential));
  const { method_type } = method;
  const row = { method_type, host, port, config: { ...method.config }, host_key_fingerprint: null };
  const about = { actor: caller.actor, resourceType: 'target_communication_methods', action: 'test_method_config' } as const;
  const details = { host, port, method_type };
  const audit = (event: Pick<AuditEvent, 'eventType' | 'details'>): Promise<void> =>
    recordAudit(deps.db, deps.keyRing.auditKey, { ...about, ...event, details: { ...details, ...event.details } });
  // Before it is sent anywhere: a use of a credential must not go unseen, whatever becomes of us meanwhile.
  if (credential !== undefined) await audit({ eventType: 'credential_accessed', details: { credential_type: credential.credential_type } });
  const test = await probe(deps, endpointOf(row, secret, { osType, connectionTimeoutSeconds: settings.connection_timeout_seconds }));
  await audit({ eventType: 'target_connection_test', details: { result: test.result, error_code: test.error_code } });
  return test;
};
