import type { Sequelize, Transaction } from 'sequelize';
import type { Page } from '../../contracts/page.ts';
import type { Target, TargetFilter } from '../../contracts/target.ts';
import { keyset } from '../../db/keyset.ts';
import type { Order } from '../../db/keyset.ts';
import { selectRows } from '../../db/query.ts';
import { selectorCondition } from '../../db/selector-sql.ts';
import type { BoundCondition } from '../../db/selector-sql.ts';
import { methodWeaknesses } from '../../domain/method-weaknesses.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { parseSelector } from '../../domain/selector.ts';
import { authorize } from '../context.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { escapeLike } from '../escape-like.ts';
import { iso } from '../iso.ts';
import { keyColumn } from './target-key.ts';

const ORDER: Order<'created' | 'name'> = {
  id: 't.id',
  sorts: { created: 'id', name: { by: 't.name', type: 'text' } },
  sort: '-created',
};

const TARGET_COLUMNS = `t.target_serial, t.target_uuid, t.name, t.target_type, t.description, t.os_type, t.environment, t.location, t.data_center, t.region,
t.labels, t.status, t.health_status, ${iso('t.created_at')} AS created_at, ${iso('t.updated_at')} AS updated_at`;

const METHODS = `
(SELECT coalesce(jsonb_agg(jsonb_build_object('method_type', m.method_type, 'method_name', m.method_name, 'host', m.host, 'port', m.port,
   'is_primary', m.is_primary, 'is_active', m.is_active, 'priority', m.priority, 'config', m.config, 'host_key_fingerprint', m.host_key_fingerprint,
   'last_tested_at', ${iso('m.last_tested_at')}, 'last_test_result', m.last_test_result, 'last_test_message', m.last_test_message,
   'credentials', (SELECT coalesce(jsonb_agg(jsonb_build_object('credential_uuid', c.credential_uuid, 'credential_type', c.credential_type,
      'credential_name', c.credential_name, 'is_primary', c.is_primary, 'is_active', c.is_active, 'updated_at', ${iso('c.updated_at')})
      ORDER BY c.is_primary DESC, c.id), '[]') FROM target_credentials c WHERE c.communication_method_id = m.id)
   ) ORDER BY m.is_primary DESC, m.priority, m.id), '[]') FROM target_communication_methods m WHERE m.target_id = t.id) AS methods`;

type TargetRow = Omit<Target, 'methods'> & { methods: Omit<Target['methods'][number], 'weaknesses'>[] };

const withWeaknesses = <Row extends TargetRow>(row: Row): Omit<Row, 'methods'> & Pick<Target, 'methods'> => ({
  ...row,
  methods: row.methods.map((method) => ({
    ...method,
    weaknesses: methodWeaknesses({ ...method, hasCredential: method.credentials.some(({ is_active: isActive }) => isActive) }),
  })),
});

/** Filters that a column answers. */
const COLUMN_FILTERS = {
  environment: 'environment',
  status: 'status',
  os_type: 'os_type',
  target_type: 'target_type',
  health_status: 'health_status',
  location: 'location',
  data_center: 'data_center',
  region: 'region',
} as const satisfies Partial<Record<keyof TargetFilter, string>>;

const HAS_METHOD = 'EXISTS (SELECT 1 FROM target_communication_methods m WHERE m.target_id = t.id AND';

/** The conditions of the filters that were given. @throws OpsError VALIDATION for a selector that cannot be read */
const conditionsOf = (filter: TargetFilter): BoundCondition => {
  const bind: unknown[] = [];
  const put = (value: unknown): string => `$${bind.push(value)}`;
  const conditions = ['t.is_active'];
  const { search, host, method_type: methodType, selector } = filter;
  if (search !== undefined) conditions.push(`(t.name ILIKE '%' || ${put(escapeLike(search))} || '%' OR t.target_serial = ${put(search)})`);
  for (const [name, column] of Object.entries(COLUMN_FILTERS)) {
    const value = filter[name as keyof typeof COLUMN_FILTERS];
    if (value !== undefined) conditions.push(`t.${column} = ${put(value)}`);
  }
  if (host !== undefined) conditions.push(`${HAS_METHOD} m.host = ${put(host.toLowerCase())})`);
  if (methodType !== undefined) conditions.push(`${HAS_METHOD} m.is_active AND m.method_type = ${put(methodType)})`);
  if (selector !== undefined) {
    const fits = selectorCondition(parseSelector(selector), 't', bind.length + 1);
    conditions.push(fits.sql);
    bind.push(...fits.bind);
  }
  return { sql: conditions.join(' AND '), bind };
};

/** Targets that are not deleted. @throws OpsError VALIDATION for a selector that cannot be read */
export const listTargets = async ({ db }: ServiceDeps, caller: Caller, filter: TargetFilter): Promise<Page<Target>> => {
  authorize(caller, 'targets.read');
  const { sql, bind } = conditionsOf(filter);
  const page = keyset(ORDER, filter, bind);
  const rows = await selectRows<TargetRow & { row_id: number }>(
    db,
    `SELECT ${page.columns}, ${TARGET_COLUMNS}, ${page.wants('methods') ? METHODS : `'[]'::jsonb AS methods`} FROM universal_targets t
     WHERE ${sql} AND ${page.where} ${page.order}`,
    page.bind,
  );
  return page.of(rows.map(withWeaknesses));
};

/** @param key serial or uuid. @throws OpsError NOT_FOUND */
export const readTarget = async (db: Sequelize, key: string, transaction?: Transaction): Promise<Target> => {
  const [row] = await selectRows<TargetRow>(
    db,
    `SELECT ${TARGET_COLUMNS}, ${METHODS} FROM universal_targets t WHERE t.is_active AND t.${keyColumn(key)} = $1`,
    [key],
    transaction,
  );
  if (row === undefined) throw new OpsError('NOT_FOUND', `There is no target ${key}.`);
  return withWeaknesses(row);
};

/** Targets that are not deleted, by their row ids. */
export const readTargets = async (
  db: Sequelize,
  ids: readonly number[],
  transaction?: Transaction,
): Promise<(Target & { id: number })[]> => {
  const rows = await selectRows<TargetRow & { id: number }>(
    db,
    `SELECT t.id, ${TARGET_COLUMNS}, ${METHODS} FROM universal_targets t WHERE t.is_active AND t.id = ANY($1::bigint[])`,
    [ids],
    transaction,
  );
  return rows.map(withWeaknesses);
};

export const getTarget = async ({ db }: ServiceDeps, caller: Caller, key: string): Promise<Target> => {
  authorize(caller, 'targets.read');
  return readTarget(db, key);
};
