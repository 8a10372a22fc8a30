import type { AcceptHostKey, HostKey } from '../../contracts/target.ts';
import { endpointOf, JOIN_CREDENTIAL, METHOD_COLUMNS } from '../../db/method-endpoint.ts';
import type { MethodRow } from '../../db/method-endpoint.ts';
import { selectRow } from '../../db/query.ts';
import { recordAudit } from '../../db/record-audit.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { readHostKey } from '../../transports/ssh/read-host-key.ts';
import { authorize } from '../context.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { keyColumn } from './target-key.ts';

type SshRow = MethodRow & { target_serial: string; os_type: string };

const sshMethod = (key: string): string => `
SELECT t.target_serial, t.os_type, ${METHOD_COLUMNS}
FROM universal_targets t JOIN target_communication_methods m ON m.target_id = t.id AND m.is_active AND m.method_type = 'ssh' ${JOIN_CREDENTIAL}
WHERE t.is_active AND t.${keyColumn(key)} = $1 AND ($2::text IS NULL OR m.method_name = $2) ORDER BY m.is_primary DESC, m.priority, m.id LIMIT 1`;

/** Nothing, when somebody has moved the method or pinned another key since it was read. */
const PIN = `
UPDATE target_communication_methods SET host_key_fingerprint = $2
WHERE id = $1 AND host = $3 AND port = $4 AND host_key_fingerprint IS NOT DISTINCT FROM $5 RETURNING id`;

const findMethod = async ({ db }: ServiceDeps, key: string, methodName: string | undefined): Promise<SshRow> => {
  const row = await selectRow<SshRow>(db, sshMethod(key), [key, methodName ?? null]);
  if (row !== undefined) return row;
  const which = methodName === undefined ? 'active SSH method' : `active SSH method ${methodName}`;
  throw new OpsError('NOT_FOUND', `There is no target ${key} with an ${which}; only SSH has host keys.`);
};

const pin = async (
  { db, keyRing }: ServiceDeps,
  caller: Caller,
  { target_serial: serial, method_id: id, method_name: method, host, port, host_key_fingerprint: before }: SshRow,
  fingerprint: string,
): Promise<void> =>
  db.transaction(async (transaction) => {
    const pinned = await selectRow(db, PIN, [id, fingerprint, host, port, before], transaction);
    if (pinned === undefined)
      throw new OpsError(
        'CONFLICT',
        `The method ${method} of target ${serial} was changed meanwhile. Nothing was pinned; look at it and try again.`,
      );
    const event = {
      eventType: 'target_updated',
      action: 'accept_host_key',
      severity: 'medium',
      actor: caller.actor,
      resourceType: 'universal_targets',
      resourceId: serial,
      details: { method, host, port, from: before, to: fingerprint },
    } as const;
    await recordAudit(db, keyRing.auditKey, event, transaction);
  });

/**
 * Asks the SSH server of a target for its host key, without logging in, and pins it when it is the one that the caller has confirmed. Without a
 * confirmed fingerprint nothing is stored.
 * @param methodName undefined: the first SSH method of the target
 * @throws OpsError NOT_FOUND, CONFLICT when the host shows another key than the confirmed one, FORBIDDEN, and those of connecting
 */
export const acceptHostKey = async (
  deps: ServiceDeps,
  caller: Caller,
  key: string,
  methodName: string | undefined,
  { fingerprint }: AcceptHostKey,
): Promise<HostKey> => {
  authorize(caller, 'targets.write');
  const row = await findMethod(deps, key, methodName);
  // The next login sends the stored credential to whoever has this key.
  if (fingerprint !== undefined && row.credential_uuid !== null) authorize(caller, 'credentials.write');
  const settings = await deps.readSettings();
  const facts = { osType: row.os_type, connectionTimeoutSeconds: settings.connection_timeout_seconds };
  const endpoint = endpointOf(row, undefined, facts);
  const shown = await readHostKey(endpoint);
  if (fingerprint !== undefined && shown !== fingerprint)
    throw new OpsError(
      'CONFLICT',
      `${endpoint.host}:${endpoint.port} shows the host key ${shown}, not the confirmed ${fingerprint}. Nothing was pinned. Read the fingerprint on the host itself: if it is not the one that is shown here, someone stands in between.`,
    );
  const pinned = row.host_key_fingerprint;
  if (fingerprint !== undefined && pinned !== fingerprint) await pin(deps, caller, row, fingerprint);
  return {
    method_name: row.method_name,
    host: endpoint.host,
    port: endpoint.port,
    pinned_fingerprint: pinned,
    shown_fingerprint: shown,
    is_accepted: shown === (fingerprint ?? pinned),
  };
};
