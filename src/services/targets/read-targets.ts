import type { Sequelize, Transaction } from 'sequelize';
import type { Page } from '../../contracts/page.ts';
import type { Target, TargetFilter } from '../../contracts/target.ts';
import { keyset } from '../../db/keyset.ts';
import type { Order } from '../../db/keyset.ts';
import { selectRows } from '../../db/query.ts';
import { methodWeaknesses } from '../../domain/method-weaknesses.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { authorize } from '../context.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { iso } from '../iso.ts';

const ORDER: Order<'created' | 'name'> = {
  id: 't.id',
  sorts: { created: 'id', name: { by: 't.name', type: 'text' } },
  sort: '-created',
};

const TARGET_COLUMNS = `t.target_serial, t.target_uuid, t.name, t.target_type, t.description, t.os_type, t.environment, t.location, t.data_center, t.region,
t.labels, t.status, t.health_status, ${iso('t.created_at')} AS created_at, ${iso('t.updated_at')} AS updated_at`;

const METHODS = `
(SELECT coalesce(jsonb_agg(jsonb_build_object('method_type', m.method_type, 'method_name', m.method_name, 'host', m.host, 'port', m.port,
   'is_primary', m.is_primary, 'is_active', m.is_active, 'config', m.config, 'host_key_fingerprint', m.host_key_fingerprint,
   'last_tested_at', ${iso('m.last_tested_at')}, 'last_test_result', m.last_test_result, 'last_test_message', m.last_test_message,
   'credentials', (SELECT coalesce(jsonb_agg(jsonb_build_object('credential_uuid', c.credential_uuid, 'credential_type', c.credential_type,
      'credential_name', c.credential_name, 'is_primary', c.is_primary) ORDER BY c.id), '[]') FROM target_credentials c WHERE c.communication_method_id = m.id)
   ) ORDER BY m.is_primary DESC, m.priority, m.id), '[]') FROM target_communication_methods m WHERE m.target_id = t.id) AS methods`;

type TargetRow = Omit<Target, 'methods'> & { methods: Omit<Target['methods'][number], 'weaknesses'>[] };

const withWeaknesses = <Row extends TargetRow>(row: Row): Omit<Row, 'methods'> & Pick<Target, 'methods'> => ({
  ...row,
  methods: row.methods.map((method) => ({
    ...method,
    weaknesses: methodWeaknesses({ ...method, hasCredential: method.credentials.length > 0 }),
  })),
});

const escapeLike = (text: string): string => text.replace(/[\\%_]/g, String.raw`\$&`);

/** Targets that are not deleted. */
export const listTargets = async ({ db }: ServiceDeps, caller: Caller, filter: TargetFilter): Promise<Page<Target>> => {
  authorize(caller, 'targets.read');
  const page = keyset(ORDER, filter, [
    filter.search === undefined ? null : escapeLike(filter.search),
    filter.search ?? null,
    filter.environment ?? null,
    filter.status ?? null,
    filter.os_type ?? null,
    filter.host?.toLowerCase() ?? null,
  ]);
  const rows = await selectRows<TargetRow & { row_id: number }>(
    db,
    `SELECT ${page.columns}, ${TARGET_COLUMNS}, ${page.wants('methods') ? METHODS : `'[]'::jsonb AS methods`} FROM universal_targets t
     WHERE t.is_active AND ($1::text IS NULL OR t.name ILIKE '%' || $1 || '%' OR t.target_serial = $2) AND ($3::text IS NULL OR t.environment = $3)
       AND ($4::text IS NULL OR t.status = $4) AND ($5::text IS NULL OR t.os_type = $5)
       AND ($6::text IS NULL OR EXISTS (SELECT 1 FROM target_communication_methods m WHERE m.target_id = t.id AND m.host = $6))
       AND ${page.where} ${page.order}`,
    page.bind,
  );
  return page.of(rows.map(withWeaknesses));
};

/** @throws OpsError NOT_FOUND */
export const readTarget = async (db: Sequelize, serial: string, transaction?: Transaction): Promise<Target> => {
  const [row] = await selectRows<TargetRow>(
    db,
    `SELECT ${TARGET_COLUMNS}, ${METHODS} FROM universal_targets t WHERE t.is_active AND t.target_serial = $1`,
    [serial],
    transaction,
  );
  if (row === undefined) throw new OpsError('NOT_FOUND', `There is no target ${serial}.`);
  return withWeaknesses(row);
};

export const getTarget = async ({ db }: ServiceDeps, caller: Caller, serial: string): Promise<Target> => {
  authorize(caller, 'targets.read');
  return readTarget(db, serial);
};
