import type { Target } from '../../../contracts/target.ts';
import { selectRows } from '../../../db/query.ts';
import { recordAudits } from '../../../db/record-audit.ts';
import type { AuditEvent } from '../../../db/record-audit.ts';
import { selectorCondition } from '../../../db/selector-sql.ts';
import { parseSelector } from '../../../domain/selector.ts';
import type { Caller, ServiceDeps } from '../../context.ts';
import { readTargets } from '../../targets/read-targets.ts';
import type { ExportScope } from './kind.ts';
import { openedText, storedCredentials } from './target-credentials.ts';
import type { StoredCredential } from './target-credentials.ts';

const TARGETS_A_PAGE = 500;

const idsAfter = async ({ db }: ServiceDeps, { selector, serials }: ExportScope, after: number): Promise<number[]> => {
  const chosen = selector === undefined ? undefined : selectorCondition(parseSelector(selector), 't', 3);
  const rows = await selectRows<{ id: number }>(
    db,
    `SELECT t.id FROM universal_targets t WHERE t.is_active AND t.id > $1 AND ($2::text[] IS NULL OR t.target_serial = ANY($2::text[]))
     AND ${chosen?.sql ?? 'true'} ORDER BY t.id LIMIT ${TARGETS_A_PAGE}`,
    [after, serials ?? null, ...(chosen?.bind ?? [])],
  );
  return rows.map(({ id }) => id);
};

const accessOf = (caller: Caller, { credential_uuid: uuid, method_name: method }: StoredCredential): AuditEvent => ({
  eventType: 'credential_accessed',
  action: 'export_data',
  actor: caller.actor,
  resourceType: 'target_credentials',
  resourceId: uuid,
  details: { method },
});

/** Reads the credentials that will be opened; that they are is on record before. */
const credentialsOf = async ({ db, keyRing }: ServiceDeps, caller: Caller, ids: readonly number[]): Promise<StoredCredential[]> => {
  const stored = await storedCredentials(db, ids);
  for (let from = 0; from < stored.length; from += 1_000)
    await recordAudits(
      db,
      keyRing.auditKey,
      stored.slice(from, from + 1_000).map((one) => accessOf(caller, one)),
    );
  return stored;
};

type Method = Target['methods'][number];

const methodItem = (method: Method, sealedOf: (uuid: string) => object | undefined): object => {
  const { method_type, method_name, host, port, is_primary, is_active, priority, config, credentials } = method;
  const shown = credentials.map(
    ({ credential_uuid: uuid, credential_name, credential_type, is_primary: isPrimary, is_active: isActive }) => {
      const sealed = sealedOf(uuid);
      return { credential_name, credential_type, is_primary: isPrimary, is_active: isActive, ...(sealed !== undefined && { sealed }) };
    },
  );
  const address = method_type === 'sqlite' ? {} : { host, port };
  const head = { method_type, method_name, ...address, is_primary, is_active, priority, config };
  return { ...head, ...(shown.length > 0 && { credentials: shown }) };
};

const targetItem = (target: Target, sealedOf: (uuid: string) => object | undefined): object => {
  const { target_serial: serial, target_uuid: uuid, name, target_type, description, os_type, environment } = target;
  const { location, data_center, region, labels, status, methods } = target;
  const head = { kind: 'target', serial, uuid, name, target_type, description, os_type, environment };
  const rest = { location, data_center, region, labels, status };
  return { ...head, ...rest, methods: methods.map((method) => methodItem(method, sealedOf)) };
};

/** Targets with their methods as items; their secrets only with a seal. */
export async function* targetItems(deps: ServiceDeps, caller: Caller, scope: ExportScope): AsyncGenerator<object[]> {
  const { seal } = scope;
  for (let after = 0; ;) {
    const ids = await idsAfter(deps, scope, after);
    const last = ids.at(-1);
    if (last === undefined) return;
    after = last;
    const stored = seal === undefined ? [] : await credentialsOf(deps, caller, ids);
    const byUuid = new Map(stored.map((one) => [one.credential_uuid, one]));
    const sealedOf = (uuid: string): object | undefined => {
      const one = byUuid.get(uuid);
      const text = one === undefined ? undefined : openedText(deps.keyRing, one);
      return text === undefined ? undefined : seal?.(text);
    };
    const targets = await readTargets(deps.db, ids);
    yield targets.toSorted((a, b) => a.id - b.id).map((target) => targetItem(target, sealedOf));
  }
}
